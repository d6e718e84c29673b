//! Webhook endpoints, of an organization or of the installation.
//!
//! An endpoint has no name; its URL is one. Where several have the same URL, URL and description are.

use reqwest::Method;
use serde_json::Value;

use super::compare::{of_new, only_changed};
use super::organization::{Making, change, step};
use super::{Action, Call, Kind, Options, Part, Piece, Problem, Ref, Step};
use crate::held::Held;
use crate::wanted::Wanted;

const PATH: &str = "/v1/webhook-endpoints";

pub(super) fn of_organization(making: &mut Making<'_>) {
    let (file, held) = (making.wanted, making.held);
    let there = held.map_or(&[][..], |held| &held.webhook_endpoints);
    let wanted = file.webhook_endpoints.as_deref().unwrap_or_default();
    let owner = Some(Ref::Organization);
    plan(&mut making.part, wanted, there, (owner, making.options));
}

/// Compares the endpoints of the installation itself.
pub(super) fn of_all(wanted: &[Wanted], there: &[Held], options: &Options) -> Part {
    let mut part = Part::default();
    plan(&mut part, wanted, there, (None, options));
    part.steps.sort_by_key(|step| step.turn);
    part
}

fn plan(
    part: &mut Part,
    wanted: &[Wanted],
    there: &[Held],
    (owner, options): (Option<Ref>, &Options),
) {
    let mut known = Vec::new();
    for one in wanted {
        match find(one, wanted, there) {
            Err(reason) => part.problems.push(Problem::new(one.place, reason)),
            Ok(None) => part.steps.push(create(one, owner.clone())),
            Ok(Some(held)) => {
                known.push(held.id.as_str());
                part.steps.extend(differs(one, held));
            }
        }
    }
    let gone = |held: &&Held| options.prune && !known.contains(&held.id.as_str());
    for held in there.iter().filter(gone) {
        let mut step = step(Action::Delete, Kind::WebhookEndpoint, &held.name, 83);
        step.dangers
            .push("what waits for it is not sent any more".to_owned());
        let path = vec![Piece::Text(format!("{PATH}/{}", held.id))];
        step.calls.push(Call::new(Method::DELETE, path, None));
        part.steps.push(step);
    }
}

/// The endpoint that is meant, among those that are there.
fn find<'a>(
    one: &Wanted,
    wanted: &[Wanted],
    there: &'a [Held],
) -> Result<Option<&'a Held>, String> {
    let described =
        |fields: &crate::named::Fields| fields.get("description").cloned().unwrap_or_default();
    let description = described(&one.fields);
    let alike = wanted.iter().filter(|it| it.name == one.name);
    let same = alike
        .clone()
        .filter(|it| described(&it.fields) == description);
    let held: Vec<_> = there.iter().filter(|it| it.name == one.name).collect();
    if same.count() > 1 {
        return Err(format!(
            "`{}` is there twice with the same description",
            one.name
        ));
    }
    if alike.count() == 1 && held.len() <= 1 {
        return Ok(held.first().copied());
    }
    let mut meant = held
        .iter()
        .filter(|it| described(&it.fields) == description);
    match (meant.next(), meant.next()) {
        (found, None) => Ok(found.copied()),
        (_, Some(_)) => Err(format!(
            "more than one endpoint `{}` is there with this description: give them different ones first",
            one.name
        )),
    }
}

fn create(one: &Wanted, owner: Option<Ref>) -> Step {
    let mut step = step(Action::Create, Kind::WebhookEndpoint, &one.name, 70);
    step.fields = of_new(&one.fields);
    step.notes.push(
        "its secret is shown by nobody yet: have a new one made on its page of the console, or with POST \
         …/rotate-secret"
            .to_owned(),
    );
    let mut body = one.fields.clone();
    body.retain(|_, value| !value.is_null());
    body.insert("url".to_owned(), Value::from(one.name.as_str()));
    let path = vec![Piece::Text(PATH.to_owned())];
    let mut call = Call::new(Method::POST, path, Some(body));
    call.id_in_body = owner.map(|owner| ("organization", owner));
    step.calls.push(call);
    step
}

fn differs(one: &Wanted, held: &Held) -> Option<Step> {
    let mut step = change(
        Kind::WebhookEndpoint,
        &one.name,
        70,
        (&one.fields, &held.fields),
    )?;
    let path = vec![Piece::Text(format!("{PATH}/{}", held.id))];
    let body = only_changed(&one.fields, &held.fields);
    step.calls.push(Call::new(Method::PATCH, path, Some(body)));
    Some(step)
}
