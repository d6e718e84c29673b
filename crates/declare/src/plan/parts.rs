//! What belongs to a SCIM connection, and domains.

use reqwest::Method;
use serde_json::Value;

use super::compare::{merged, of_new};
use super::links::{organization, scim};
use super::organization::{Making, change, step};
use super::{Action, Call, Kind, Ref, Step};
use crate::api::escaped;
use crate::held::{Held, HeldScim};
use crate::named::Fields;
use crate::wanted::{Wanted, WantedScim};

/// The step that makes or changes something.
fn set(kind: Kind, turn: u8, wanted: &Wanted, held: Option<&Held>) -> Option<Step> {
    match held {
        Some(held) => change(kind, &wanted.name, turn, (&wanted.fields, &held.fields)),
        None => {
            let mut step = step(Action::Create, kind, &wanted.name, turn);
            step.fields = of_new(&wanted.fields);
            Some(step)
        }
    }
}

fn called<'a>(held: &'a [Held], name: &str) -> Option<&'a Held> {
    held.iter().find(|it| it.name == name)
}

/// What is there and that the file does not have, if that is to go.
fn gone<'a>(
    making: &Making<'_>,
    held: &'a [Held],
    wanted: Option<&[Wanted]>,
) -> impl Iterator<Item = &'a Held> + use<'a> {
    let names: Vec<String> = wanted
        .unwrap_or_default()
        .iter()
        .map(|it| it.name.clone())
        .collect();
    let prune = making.options.prune;
    held.iter()
        .filter(move |it| prune && !names.contains(&it.name))
}

/// Every field of something that is written as a whole.
fn whole(wanted: &Wanted, held: Option<&Held>) -> Fields {
    match held {
        Some(held) => merged(&held.fields, &wanted.fields),
        None => wanted.fields.clone(),
    }
}

pub(super) fn schemas(making: &mut Making<'_>, one: &WantedScim, held: Option<&HeldScim>) {
    let there = held.map_or(&[][..], |held| &held.schemas);
    for wanted in one.schemas.iter().flatten() {
        let held = called(there, &wanted.name);
        let Some(mut step) = set(Kind::Schema, 35, wanted, held) else {
            continue;
        };
        let mut body = whole(wanted, held);
        body.retain(|_, value| !value.is_null());
        body.insert("id".to_owned(), Value::from(wanted.name.as_str()));
        let (method, rest) = match held {
            None => (Method::POST, "/schemas".to_owned()),
            Some(_) => (Method::PUT, format!("/schemas/{}", escaped(&wanted.name))),
        };
        step.calls
            .push(Call::new(method, scim(&one.it.name, &rest), Some(body)));
        push(making, one, step);
    }
    for held in gone(making, there, one.schemas.as_deref()) {
        let mut step = step(Action::Delete, Kind::Schema, &held.name, 81);
        step.dangers
            .push("every value under it is dropped".to_owned());
        let path = scim(&one.it.name, &format!("/schemas/{}", escaped(&held.name)));
        step.calls.push(Call::new(Method::DELETE, path, None));
        push(making, one, step);
    }
}

pub(super) fn attribute_mappings(
    making: &mut Making<'_>,
    one: &WantedScim,
    held: Option<&HeldScim>,
) {
    let there = held.map_or(&[][..], |held| &held.attribute_mappings);
    for wanted in one.attribute_mappings.iter().flatten() {
        let held = called(there, &wanted.name);
        let Some(mut step) = set(Kind::AttributeMapping, 45, wanted, held) else {
            continue;
        };
        let path = scim(
            &one.it.name,
            &format!("/attribute-mappings/{}", escaped(&wanted.name)),
        );
        let body = whole(wanted, held);
        step.calls.push(Call::new(Method::PUT, path, Some(body)));
        push(making, one, step);
    }
    for held in gone(making, there, one.attribute_mappings.as_deref()) {
        let mut step = step(Action::Delete, Kind::AttributeMapping, &held.name, 80);
        step.dangers
            .push("the product is told no such attribute any more".to_owned());
        let path = scim(
            &one.it.name,
            &format!("/attribute-mappings/{}", escaped(&held.name)),
        );
        step.calls.push(Call::new(Method::DELETE, path, None));
        push(making, one, step);
    }
}

/// Groups come from identity providers, so a mapping may have to wait for its group.
pub(super) fn role_mappings(making: &mut Making<'_>, one: &WantedScim, held: Option<&HeldScim>) {
    let there = held.map_or(&[][..], |held| &held.role_mappings);
    for wanted in one.role_mappings.iter().flatten() {
        let same_name = there.iter().filter(|it| it.name == wanted.name).count();
        let mapped = called(there, &wanted.name);
        let found = making
            .held
            .map_or(&[][..], |held| held.found.group(&one.it.name, &wanted.name));
        if same_name > 1 || found.len() > 1 {
            let reason = format!(
                "there is more than one group `{}` in `{}`: a file cannot tell them apart",
                wanted.name, one.it.name
            );
            making.problem(wanted.place, reason);
            continue;
        }
        let id = mapped.map(|it| &it.id).or(found.first());
        let Some(id) = id else {
            making.part.waits.push(format!(
                "the group `{}` of the SCIM connection `{}` has not been pushed yet; it will give the role {}",
                wanted.name, one.it.name, wanted.fields["role"]
            ));
            continue;
        };
        // A role that is new must be there first, and one that is taken away must be nobody's.
        let mut wanted = wanted.clone();
        if let Some(held) = mapped {
            same_role(&mut wanted.fields, &held.fields);
        }
        let role = &wanted.fields["role"];
        let is_new = !making.held.is_some_and(|held| {
            let roles = held.policy.raw.get("roles").and_then(Value::as_array);
            roles.is_none_or(|roles| roles.contains(role))
        });
        let turn = if is_new { 60 } else { 50 };
        if let Some(mut step) = set(Kind::RoleMapping, turn, &wanted, mapped) {
            let path = scim(&one.it.name, &format!("/groups/{id}/role-mapping"));
            step.calls
                .push(Call::new(Method::PUT, path, Some(wanted.fields.clone())));
            push(making, one, step);
        }
    }
    for held in gone(making, there, one.role_mappings.as_deref()) {
        let mut step = step(Action::Delete, Kind::RoleMapping, &held.name, 50);
        step.dangers
            .push("its direct members lose the role that it gives".to_owned());
        let path = scim(&one.it.name, &format!("/groups/{}/role-mapping", held.id));
        step.calls.push(Call::new(Method::DELETE, path, None));
        push(making, one, step);
    }
}

/// A role may be written in any letter case, and is shown as the policy has it.
fn same_role(wanted: &mut Fields, held: &Fields) {
    let lower = |fields: &Fields| fields["role"].as_str().map(str::to_lowercase);
    if lower(wanted) == lower(held) {
        wanted["role"] = held["role"].clone();
    }
}

fn push(making: &mut Making<'_>, one: &WantedScim, mut step: Step) {
    step.scim_connection = Some(one.it.name.clone());
    making.part.steps.push(step);
}

pub(super) fn domains(making: &mut Making<'_>) {
    let (file, held) = (making.wanted, making.held);
    let there = held.map_or(&[][..], |held| &held.domains);
    for wanted in file.domains.iter().flatten() {
        let sso = wanted.fields.get("sso_connection").and_then(Value::as_str);
        if let Some(sso) = sso
            && !making.knows_sso(sso)
        {
            let reason =
                format!("there is no SSO connection `{sso}`, neither in the file nor here");
            making.problem(wanted.place, reason);
            continue;
        }
        let link = sso.map(|name| ("sso_connection_id", Ref::Sso(name.to_owned())));
        let held = called(there, &wanted.name);
        let Some(mut step) = set(Kind::Domain, 65, wanted, held) else {
            continue;
        };
        let mut body = Fields::new();
        let mut call = match held {
            None => {
                step.notes.push(
                    "it has to be verified: its TXT record is on its page of the console, and in GET …/domains"
                        .to_owned(),
                );
                body.insert("domain".to_owned(), Value::from(wanted.name.as_str()));
                Call::new(Method::POST, organization("/domains"), Some(body))
            }
            Some(_) => {
                body.insert("sso_connection_id".to_owned(), Value::Null);
                let path = organization(&format!("/domains/{}", escaped(&wanted.name)));
                Call::new(Method::PATCH, path, Some(body))
            }
        };
        call.id_in_body = link;
        step.calls.push(call);
        making.part.steps.push(step);
    }
    for held in gone(making, there, file.domains.as_deref()) {
        let mut step = step(Action::Delete, Kind::Domain, &held.name, 82);
        step.dangers
            .push("another organization may verify it".to_owned());
        let path = organization(&format!("/domains/{}", escaped(&held.name)));
        step.calls.push(Call::new(Method::DELETE, path, None));
        making.part.steps.push(step);
    }
}
