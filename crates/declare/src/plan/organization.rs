//! The plan of one organization.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::compare::{changes, of_new, only_changed};
use super::{Action, Call, Kind, Options, Part, Piece, Problem, Ref, Step};
use super::{danger, parts, rules, scim, sso, webhooks};
use crate::api::escaped;
use crate::held::HeldOrganization;
use crate::named::Fields;
use crate::place::Place;
use crate::wanted::{Wanted, WantedOrganization};

/// What the parts of a plan are made from.
pub(super) struct Making<'a> {
    pub(super) wanted: &'a WantedOrganization,
    /// `None` for an organization that is yet to be made.
    pub(super) held: Option<&'a HeldOrganization>,
    pub(super) options: &'a Options,
    pub(super) part: Part,
}

/// A step before anything is known of what it does.
pub(super) fn step(action: Action, kind: Kind, name: &str, turn: u8) -> Step {
    Step {
        action,
        kind,
        name: name.to_owned(),
        scim_connection: None,
        fields: Vec::new(),
        dangers: Vec::new(),
        notes: Vec::new(),
        calls: Vec::new(),
        turn,
    }
}

/// A step that changes fields of what is there, with why that may hurt; `None` if nothing differs.
pub(super) fn change(
    kind: Kind,
    name: &str,
    turn: u8,
    (wanted, held): (&Fields, &Fields),
) -> Option<Step> {
    let fields = changes(wanted, held);
    if fields.is_empty() {
        return None;
    }
    let mut step = step(Action::Change, kind, name, turn);
    for change in &fields {
        if let Some(why) = danger::of_change(kind, change)
            && !step.dangers.iter().any(|said| said == why)
        {
            step.dangers.push(why.to_owned());
        }
    }
    step.fields = fields;
    Some(step)
}

impl Making<'_> {
    pub(super) fn problem(&mut self, place: Place, reason: impl Into<String>) {
        self.part.problems.push(Problem::new(place, reason));
    }

    /// Notes a problem if a name means several things that are there, and says whether it does; `what` is what
    /// they are.
    pub(super) fn refuse_shared(
        &mut self,
        shared: &BTreeSet<&str>,
        what: &str,
        it: &Wanted,
    ) -> bool {
        let is_shared = shared.contains(it.name.as_str());
        if is_shared {
            let reason = format!(
                "there is more than one {what} `{}`: give them different names first",
                it.name
            );
            self.problem(it.place, reason);
        }
        is_shared
    }

    /// Whether there is, or will be, an SSO connection of that name.
    pub(super) fn knows_sso(&self, name: &str) -> bool {
        let wanted = self.wanted.sso_connections.iter().flatten();
        let held = self.held.is_some_and(|held| held.sso_id(name).is_some());
        held || wanted.into_iter().any(|it| it.it.name == name)
    }
}

/// Compares one organization.
pub(super) fn plan(
    wanted: &WantedOrganization,
    held: Option<&HeldOrganization>,
    options: &Options,
) -> Part {
    let mut making = Making {
        wanted,
        held,
        options,
        part: Part {
            organization: Some(wanted.it.name.clone()),
            found_as: held.map(|held| held.it.id.clone()),
            ..Part::default()
        },
    };
    itself(&mut making);
    sso::plan(&mut making);
    scim::plan(&mut making);
    rules::plan(&mut making);
    parts::domains(&mut making);
    webhooks::of_organization(&mut making);
    let mut part = making.part;
    part.steps.sort_by_key(|step| step.turn);
    part
}

fn itself(making: &mut Making<'_>) {
    let wanted = &making.wanted.it;
    let mut fields = Fields::new();
    fields.insert("slug".to_owned(), Value::from(wanted.name.as_str()));
    fields.extend(wanted.fields.clone());
    let Some(held) = making.held else {
        if !wanted.fields.contains_key("name") {
            let reason = format!("the new organization `{}` needs a `name`", wanted.name);
            making.problem(wanted.place, reason);
        }
        let mut create = step(Action::Create, Kind::Organization, &wanted.name, 10);
        create.fields = of_new(&wanted.fields);
        fields.retain(|_, value| !value.is_null());
        let path = vec![Piece::Text("/v1/organizations".to_owned())];
        let mut call = Call::new(Method::POST, path, Some(fields));
        call.makes = Some(Ref::Organization);
        create.calls.push(call);
        making.part.steps.push(create);
        return;
    };
    let mut is = held.it.fields.clone();
    is.insert("slug".to_owned(), Value::from(held.it.name.as_str()));
    if let Some(mut step) = change(Kind::Organization, &wanted.name, 10, (&fields, &is)) {
        let body = only_changed(&fields, &is);
        let path = super::links::organization("");
        step.calls.push(Call::new(Method::PATCH, path, Some(body)));
        making.part.steps.push(step);
    }
}

/// Takes an organization away that the file does not have.
pub(super) fn delete(slug: &str, id: &str) -> Part {
    let mut step = step(Action::Delete, Kind::Organization, slug, 90);
    step.dangers
        .push("everything in it goes: its connections, users and groups".to_owned());
    let path = super::links::organization(&format!("?confirm={}", escaped(slug)));
    step.calls.push(Call::new(Method::DELETE, path, None));
    Part {
        organization: Some(slug.to_owned()),
        steps: vec![step],
        found_as: Some(id.to_owned()),
        ..Part::default()
    }
}
