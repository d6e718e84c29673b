//! SCIM connections.

use reqwest::Method;
use serde_json::Value;

use super::compare::{of_new, only_changed};
use super::links::{organization, scim};
use super::organization::{Making, change, step};
use super::{Action, Call, Kind, Ref, Step, parts};
use crate::api::escaped;
use crate::held::{HeldScim, shared_names};
use crate::named::Fields;
use crate::wanted::{Wanted, WantedScim};

const SSO: &str = "sso_connection";
const SSO_ID: &str = "sso_connection_id";

pub(super) fn plan(making: &mut Making<'_>) {
    let (file, held) = (making.wanted, making.held);
    let there: &[HeldScim] = held.map_or(&[], |held| &held.scim_connections);
    let shared = shared_names(there.iter().map(|it| &it.it));
    for one in file.scim_connections.iter().flatten() {
        if making.refuse_shared(&shared, "SCIM connection", &one.it) {
            continue;
        }
        let held = there.iter().find(|it| it.it.name == one.it.name);
        check_link(making, &one.it);
        match held {
            None => create(making, one),
            Some(held) => differs(making, one, held),
        }
        parts::schemas(making, one, held);
        parts::attribute_mappings(making, one, held);
        parts::role_mappings(making, one, held);
    }
    prune(making, there);
}

fn check_link(making: &mut Making<'_>, wanted: &Wanted) {
    if let Some(sso) = wanted.fields.get(SSO).and_then(Value::as_str)
        && !making.knows_sso(sso)
    {
        let reason = format!("there is no SSO connection `{sso}`, neither in the file nor here");
        making.problem(wanted.place, reason);
    }
}

/// The fields of a body, with the link as an id that is put in later.
fn body_of(fields: &Fields) -> (Fields, Option<(&'static str, Ref)>) {
    let mut body = fields.clone();
    let sso = body.shift_remove(SSO);
    let link = sso.and_then(|sso| sso.as_str().map(|name| (SSO_ID, Ref::Sso(name.to_owned()))));
    (body, link)
}

fn create(making: &mut Making<'_>, one: &WantedScim) {
    let wanted = &one.it;
    if !wanted.fields.contains_key(SSO) {
        let reason = format!(
            "the new SCIM connection `{}` needs the `sso_connection` that its users sign in with",
            wanted.name
        );
        making.problem(wanted.place, reason);
        return;
    }
    let mut step = step(Action::Create, Kind::ScimConnection, &wanted.name, 30);
    step.fields = of_new(&wanted.fields);
    step.notes.push(
        "it has no token yet: make one on its page of the console, in the setup portal, or with POST …/tokens"
            .to_owned(),
    );
    let (mut body, link) = body_of(&wanted.fields);
    // Its settings may speak of attributes that its schemas bring.
    let mut later = Fields::new();
    for name in ["enabled", "settings"] {
        if let Some(value) = body.shift_remove(name) {
            later.insert(name.to_owned(), value);
        }
    }
    body.retain(|_, value| !value.is_null());
    body.insert("name".to_owned(), Value::from(wanted.name.as_str()));
    // Nobody is here to be shown a secret, and one that nobody has seen must not open anything.
    body.insert("first_token".to_owned(), Value::from(false));
    let mut call = Call::new(Method::POST, organization("/scim-connections"), Some(body));
    call.id_in_body = link;
    call.makes = Some(Ref::Scim(wanted.name.clone()));
    step.calls.push(call);
    making.part.steps.push(step);
    if !later.is_empty() {
        making.part.steps.push(settle(wanted, later));
    }
}

/// The settings of a connection that was just made. They were told with its creation.
fn settle(wanted: &Wanted, later: Fields) -> Step {
    let mut step = step(Action::Change, Kind::ScimConnection, &wanted.name, 40);
    let path = scim(&wanted.name, "");
    step.calls.push(Call::new(Method::PATCH, path, Some(later)));
    step
}

fn differs(making: &mut Making<'_>, one: &WantedScim, held: &HeldScim) {
    let (wanted, is) = (&one.it.fields, &held.it.fields);
    let changed = change(Kind::ScimConnection, &one.it.name, 40, (wanted, is));
    if let Some(mut step) = changed {
        let (body, link) = body_of(&only_changed(wanted, is));
        let mut call = Call::new(Method::PATCH, scim(&one.it.name, ""), Some(body));
        call.id_in_body = link;
        step.calls.push(call);
        making.part.steps.push(step);
    }
}

/// Takes away what the file does not have.
fn prune(making: &mut Making<'_>, there: &[HeldScim]) {
    if !making.options.prune {
        return;
    }
    let file = making.wanted;
    let wanted = |name: &str| {
        let list = file.scim_connections.iter().flatten();
        list.into_iter().any(|it| it.it.name == name)
    };
    for scim in there.iter().filter(|it| !wanted(&it.it.name)) {
        let mut step = step(Action::Delete, Kind::ScimConnection, &scim.it.name, 84);
        step.dangers.push(format!(
            "{} users and {} groups go with it, and its tokens",
            scim.users, scim.groups
        ));
        let confirm = escaped(&scim.it.name);
        let path = format!("/scim-connections/{}?confirm={confirm}", scim.it.id);
        step.calls
            .push(Call::new(Method::DELETE, organization(&path), None));
        making.part.steps.push(step);
    }
}
