//! The policy.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::compare::{merged, of_new};
use super::links::organization;
use super::organization::{Making, change, step};
use super::{Action, Call, FieldChange, Kind, Step, danger};
use crate::held::{HeldPolicy, wanted_users};
use crate::named::{Fields, PROTECTED_USERS, in_order};

const RESTRICTED: &str = "restrict_account_creation_to_scim";

pub(super) fn plan(making: &mut Making<'_>) {
    let Some(wanted) = &making.wanted.policy else {
        return;
    };
    let nothing = HeldPolicy::default();
    let held = making.held.map_or(&nothing, |held| &held.policy);
    let mut rules = wanted.clone();
    let protected = rules.shift_remove(PROTECTED_USERS).is_some();
    let changed = if making.held.is_some() {
        change(Kind::Policy, "", 55, (&rules, &held.fields))
    } else {
        // A new organization has the default rules.
        create(&rules)
    };
    let mut body = merged(&held.raw, &rules);
    let mut users = None;
    if protected {
        users = protect(making, held, &mut body);
    }
    if changed.is_none() && users.is_none() {
        return;
    }
    let mut step = changed.unwrap_or_else(|| step(Action::Change, Kind::Policy, "", 55));
    if let Some(users) = users {
        step.dangers
            .extend(danger::of_change(Kind::Policy, &users).map(str::to_owned));
        step.fields.push(users);
    }
    let mut fields = step.fields.iter();
    let restricts = fields.any(|it| it.field == RESTRICTED && it.after == Value::Bool(true));
    let force = restricts && may_force(making, held);
    let mut connections = making.held.iter().flat_map(|held| &held.scim_connections);
    if restricts && !force && !connections.any(|it| it.connected) {
        let reason = "accounts cannot be restricted to SCIM: no SCIM connection is connected, so nobody new \
                      could get in, and people have accounts already; `--force` does it all the same";
        making.problem(making.wanted.it.place, reason);
    }
    let path = organization(if force {
        "/policy?force=true"
    } else {
        "/policy"
    });
    step.calls.push(Call::new(Method::PUT, path, Some(body)));
    making.part.steps.push(step);
}

fn create(rules: &Fields) -> Option<Step> {
    let mut step = step(Action::Create, Kind::Policy, "", 55);
    step.fields = of_new(rules);
    for change in &step.fields {
        if change.field == RESTRICTED && change.after == Value::Bool(true) {
            step.dangers.push(
                "nobody can sign in before a SCIM connection has provisioned them".to_owned(),
            );
        }
    }
    (!step.fields.is_empty()).then_some(step)
}

/// Whether accounts may be restricted to SCIM although nothing may be connected: where nobody has an
/// account, nobody can be locked out.
fn may_force(making: &Making<'_>, held: &HeldPolicy) -> bool {
    making.options.force || making.held.is_none() || held.seats_taken == 0
}

/// Puts the ids of users into a policy that the file has by their names, and tells what changes. Those
/// who have not been pushed yet are waited for.
fn protect(making: &mut Making<'_>, held: &HeldPolicy, body: &mut Fields) -> Option<FieldChange> {
    let (mut ids, mut names) = (BTreeSet::new(), Vec::new());
    for user in wanted_users(making.wanted) {
        let (connection, name) = (&user.scim_connection, &user.user_name);
        match making.held.and_then(|held| held.found.user(connection, name)) {
            Some(id) => {
                ids.insert(id.to_owned());
                names.push(user);
            }
            None => making.part.waits.push(format!(
                "the user `{name}` of the SCIM connection `{connection}` has not been pushed yet, and will \
                 be protected"
            )),
        }
    }
    if ids == held.protected {
        return None;
    }
    body.insert(
        PROTECTED_USERS.to_owned(),
        ids.into_iter().map(Value::from).collect(),
    );
    Some(FieldChange {
        field: PROTECTED_USERS.to_owned(),
        before: held
            .fields
            .get(PROTECTED_USERS)
            .cloned()
            .unwrap_or_default(),
        after: in_order(names),
    })
}
