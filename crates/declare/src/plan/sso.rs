//! SSO connections, and the secrets that go with them.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::compare::{merged, of_new};
use super::links::organization;
use super::organization::{Making, change, step};
use super::{Action, Call, FieldChange, Kind, Ref, Step};
use crate::held::{HeldSso, shared_names};
use crate::named::Fields;
use crate::wanted::WantedSso;

const SECRET_FIELD: &str = "oidc.client_secret";

pub(super) fn plan(making: &mut Making<'_>) {
    let (file, held) = (making.wanted, making.held);
    let Some(wanted) = &file.sso_connections else {
        return prune(making);
    };
    let there: &[HeldSso] = held.map_or(&[], |held| &held.sso_connections);
    let shared = shared_names(there.iter().map(|it| &it.it));
    for one in wanted {
        if making.refuse_shared(&shared, "SSO connection", &one.it) {
            continue;
        }
        let step = match there.iter().find(|it| it.it.name == one.it.name) {
            None => create(making, one),
            Some(held) => differs(making, one, held),
        };
        making.part.steps.extend(step);
    }
    prune(making);
}

fn create(making: &mut Making<'_>, wanted: &WantedSso) -> Option<Step> {
    let name = &wanted.it.name;
    let protocol = match ["oidc", "saml"]
        .iter()
        .find(|it| wanted.it.fields.contains_key(**it))
    {
        Some(protocol) => *protocol,
        None => {
            let reason = format!("the new SSO connection `{name}` needs `oidc` or `saml`");
            making.problem(wanted.it.place, reason);
            return None;
        }
    };
    let mut step = step(Action::Create, Kind::SsoConnection, name, 20);
    step.fields = of_new(&wanted.it.fields);
    let mut body = wanted.it.fields.clone();
    body.insert("name".to_owned(), Value::from(name.as_str()));
    body.insert("protocol".to_owned(), Value::from(protocol));
    let mut call = Call::new(Method::POST, organization("/sso-connections"), Some(body));
    call.makes = Some(Ref::Sso(name.clone()));
    call.secret = secret(making, wanted, &mut step, "none");
    if call.secret.is_none() && protocol == "oidc" && wanted.client_secret.is_none() {
        let note = "it has no client secret; if its provider wants one, set it in the console or with PATCH";
        step.notes.push(note.to_owned());
    }
    step.calls.push(call);
    Some(step)
}

fn differs(making: &mut Making<'_>, wanted: &WantedSso, held: &HeldSso) -> Option<Step> {
    let (fields, is) = (&wanted.it.fields, &held.it.fields);
    let changed = change(Kind::SsoConnection, &wanted.it.name, 20, (fields, is));
    let provider_changes = |changes: &[FieldChange]| {
        let of_client = ["oidc", "oidc.issuer", "oidc.client_id"];
        changes
            .iter()
            .any(|it| of_client.contains(&it.field.as_str()))
    };
    let another_client = changed
        .as_ref()
        .is_some_and(|it| provider_changes(&it.fields));
    let is_missing = wanted.client_secret.is_some()
        && (!held.has_client_secret || another_client || making.options.renew_secrets);
    if changed.is_none() && !is_missing {
        return None;
    }
    let blank = || step(Action::Change, Kind::SsoConnection, &wanted.it.name, 20);
    let mut step = changed.unwrap_or_else(blank);
    let before = if held.has_client_secret {
        "set"
    } else {
        "none"
    };
    let mut sent = None;
    if is_missing {
        sent = secret(making, wanted, &mut step, before);
    }
    if sent.is_none() && another_client && held.has_client_secret {
        let why =
            "its client secret is dropped, because issuer or client id are others: set the new one";
        step.dangers.push(why.to_owned());
    }
    if step.fields.is_empty() {
        // Nothing but a secret that cannot be had.
        return None;
    }
    let mut body = super::compare::only_changed(fields, is);
    for protocol in ["oidc", "saml"] {
        let Some(Value::Object(provider)) = fields.get(protocol) else {
            continue;
        };
        if body.contains_key(protocol) || sent.is_some() {
            // A provider is replaced as a whole.
            let whole = match is.get(protocol) {
                Some(Value::Object(held)) => merged(held, provider),
                _ => provider.clone(),
            };
            body.insert(protocol.to_owned(), Value::Object(whole));
        }
    }
    let id = Ref::Sso(wanted.it.name.clone());
    let mut path = organization("/sso-connections/");
    path.push(super::Piece::Id(id));
    let mut call = Call::new(Method::PATCH, path, Some(body));
    call.secret = sent;
    step.calls.push(call);
    Some(step)
}

/// The secret that goes with a step. Where it cannot be had, the plan says so.
fn secret(
    making: &mut Making<'_>,
    wanted: &WantedSso,
    step: &mut Step,
    before: &str,
) -> Option<SecretString> {
    let source = wanted.client_secret.as_ref()?;
    match &source.secret {
        Ok(secret) => {
            step.fields.push(FieldChange {
                field: SECRET_FIELD.to_owned(),
                before: json!(before),
                after: Value::from(format!("from {}", source.told)),
            });
            Some(secret.clone())
        }
        Err(reason) if making.options.secrets_later => {
            step.notes.push(format!(
                "its client secret is left to be set later: {reason}"
            ));
            None
        }
        Err(reason) => {
            let said = format!(
                "the client secret of `{}` cannot be had: {reason}; `--secrets-later` leaves it to be set \
                 later",
                wanted.it.name
            );
            making.problem(wanted.it.place, said);
            None
        }
    }
}

/// Takes away what the file does not have.
fn prune(making: &mut Making<'_>) {
    let (file, Some(held), true) = (making.wanted, making.held, making.options.prune) else {
        return;
    };
    let wanted = |name: &str| {
        let list = file.sso_connections.iter().flatten();
        list.into_iter().any(|it| it.it.name == name)
    };
    for sso in held
        .sso_connections
        .iter()
        .filter(|it| !wanted(&it.it.name))
    {
        let mut step = step(Action::Delete, Kind::SsoConnection, &sso.it.name, 85);
        step.dangers
            .push("nobody can sign in with it any more".to_owned());
        if let Some(linked) = still_linked(making, &sso.it.name) {
            let reason = format!(
                "the SSO connection `{}` is not in the file, and the SCIM connection `{linked}` is linked to \
                 it: name another `sso_connection` there",
                sso.it.name
            );
            making.problem(file.it.place, reason);
        }
        let path = organization(&format!("/sso-connections/{}", sso.it.id));
        step.calls.push(Call::new(Method::DELETE, path, None));
        making.part.steps.push(step);
    }
}

/// A SCIM connection that would still be linked to an SSO connection.
fn still_linked<'a>(making: &Making<'a>, sso: &str) -> Option<&'a str> {
    let held = making.held?;
    for wanted in making.wanted.scim_connections.iter().flatten() {
        let held = held
            .scim_connections
            .iter()
            .find(|it| it.it.name == wanted.it.name);
        let linked = |fields: &Fields| fields.get("sso_connection").cloned();
        let then = linked(&wanted.it.fields).or_else(|| linked(&held?.it.fields));
        if then == Some(Value::from(sso)) {
            return Some(&wanted.it.name);
        }
    }
    None
}
