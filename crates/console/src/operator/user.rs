//! `…/scim-connections/{scim}/users/{user}`: one user, and how it came to be as it is.

use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::UserId;
use rollcall_store::RoleExplanation;
use serde_json::{Map, Value};

use crate::answer::{self, Answer, PageError, When};
use crate::assets;
use crate::operator::audit_log::rows;
use crate::operator::connection::{Opened, active};
use crate::operator::table::{Cell, Table};
use crate::operator::{Frame, Operator};
use crate::text as t;

/// How many changes are shown.
const CHANGES: u64 = 50;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/users/{user}", web::get().to(show));
}

#[derive(Template)]
#[template(path = "operator/user.html")]
struct Shown {
    frame: Frame,
    id: String,
    kind: &'static str,
    state: &'static str,
    role: String,
    role_says: &'static str,
    grants: Vec<String>,
    groups: Vec<(String, &'static str)>,
    attributes: Vec<(String, String)>,
    created: When,
    changed: When,
    table: Table,
}

async fn show(operator: Operator, path: web::Path<(String, String, String)>) -> Answer {
    let (org, scim, user) = path.into_inner();
    let opened = Opened::of(&operator, &(org, scim)).await?;
    let id = UserId::from_scim(&user).ok_or(PageError::NotFound)?;
    let user = opened.handle.find_user(id).await?;
    let user = user.ok_or(PageError::NotFound)?;
    let now = opened.org.clock().now();
    let default = opened.org.policy().await?.policy.default_role;
    let role = opened.handle.explain_role(id, default).await?;
    let role = role.ok_or(PageError::NotFound)?;
    let groups = opened.handle.groups_of(&[id]).await?.remove(&id);
    let changes = opened
        .org
        .recent_changes_of(&id.to_string(), CHANGES)
        .await?;
    let name = user.resource.user_name().unwrap_or_default().to_owned();
    let (kind, state) = active(user.resource.active());
    let shown = user.resource.shown(opened.handle.catalog().user());
    let frame = opened
        .frame(&operator)
        .below(&opened.connection.name, &opened.base)
        .below(t::USERS, format!("{}/users", opened.base))
        .titled(name);
    answer::page(&Shown {
        frame,
        id: id.to_scim(),
        kind,
        state,
        role: role.role.role.to_string(),
        role_says: t::role_source(role.role.source),
        grants: grants(&role),
        groups: groups
            .unwrap_or_default()
            .into_iter()
            .map(|group| {
                (
                    group.display_name,
                    if group.direct { "" } else { t::THROUGH },
                )
            })
            .collect(),
        attributes: flat(&shown),
        created: When::new(user.created_at, now),
        changed: When::new(user.updated_at, now),
        table: Table {
            heads: vec![t::WHAT, t::WHO, t::CONTENT, t::WHEN],
            rows: rows(&operator, changes, now).await?,
            empty: (t::NO_HISTORY, t::NO_HISTORY_SAYS),
            first: None,
            next: None,
        },
    })
}

/// Everything that would give a role, in the order in which it decides.
fn grants(explained: &RoleExplanation) -> Vec<String> {
    let mut grants = Vec::new();
    if let Some(manual) = &explained.manual {
        grants.push(t::given_by_hand(manual.role.as_str()));
    }
    if let Some(sent) = &explained.attribute {
        let role = sent.role.as_ref().map(|role| role.as_str());
        grants.push(t::given_by_attribute(&sent.path, &sent.value, role));
    }
    for group in &explained.groups {
        grants.push(t::given_by_group(
            &group.display_name,
            group.mapping.role.as_str(),
        ));
    }
    grants.push(t::given_by_default(explained.default_role.as_str()));
    grants
}

/// Attributes as lines: name and value; what is inside another behind its name.
fn flat(attributes: &Map<String, Value>) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (name, value) in attributes {
        flatten(name, value, &mut lines);
    }
    lines
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) => lines.push((name.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => lines.push((name.to_owned(), value.to_string())),
        Value::Array(elements) => {
            for element in elements {
                flatten(name, element, lines);
            }
        }
        // One line for an address or a telephone number with its type.
        Value::Object(inside) if inside.contains_key("value") => {
            let text = |key: &str| match inside.get(key) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            };
            let kind = text("type");
            let label = if kind.is_empty() {
                name.to_owned()
            } else {
                format!("{name} ({kind})")
            };
            lines.push((label, text("value")));
        }
        Value::Object(inside) => {
            for (key, value) in inside {
                flatten(&format!("{name}.{key}"), value, lines);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_become_lines() {
        let user = json!({
            "userName": "ada",
            "name": { "givenName": "Ada" },
            "emails": [{ "value": "ada@example.com", "type": "work" }],
            "active": true,
        });
        let lines = flat(user.as_object().unwrap());
        let lines: Vec<_> = lines.iter().map(|(n, v)| format!("{n}: {v}")).collect();
        assert_eq!(
            lines,
            [
                "userName: ada",
                "name.givenName: Ada",
                "emails (work): ada@example.com",
                "active: true"
            ]
        );
    }
}
