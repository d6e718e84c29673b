//! `/console/audit-log`: who did what.

use std::collections::BTreeSet;

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{ApiKeyId, AuditEntry, PageRequest, Timestamp};
use rollcall_store::AuditQuery;
use serde::Deserialize;

use crate::answer::{self, Answer, PageError, When, next_page};
use crate::operator::table::{Cell, SearchBox, Table, TablePage};
use crate::operator::{Frame, Operator, PAGE, Place, given};
use crate::text as t;

const LIST: &str = "/console/audit-log";

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/audit-log", web::get().to(list));
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    organization: String,
    #[serde(default)]
    action: String,
    after: Option<String>,
}

async fn list(operator: Operator, query: web::Query<Wanted>) -> Answer {
    let wanted = AuditQuery {
        action: given(&query.action).map(str::to_owned),
        ..AuditQuery::default()
    };
    let page = PageRequest::parse(query.after.as_deref(), PAGE);
    let page = page.map_err(|_| PageError::NotFound)?;
    let bound = operator.bound_to().map(|id| id.to_string());
    let named = bound.as_deref().or_else(|| given(&query.organization));
    let page = match named {
        Some(named) => {
            let org = operator.organization(named).await?;
            org.list_audit_log(&wanted, page).await?
        }
        None => operator.store().list_audit_log(&wanted, page).await?,
    };
    let now = operator.store().clock().now();
    let kept = [
        ("organization", query.organization.as_str()),
        ("action", query.action.as_str()),
    ];
    let table = Table {
        heads: vec![t::WHAT, t::WHO, t::CONTENT, t::WHEN],
        rows: rows(&operator, page.items, now).await?,
        empty: (t::NO_AUDIT, t::NO_AUDIT_SAYS),
        first: query.after.as_ref().map(|_| LIST.to_owned()),
        next: next_page(LIST, &kept, page.next.map(|id| id.to_string())),
    };
    let frame = Frame::new(&operator, Place::AuditLog, t::AUDIT_LOG);
    let mut page = TablePage::new(frame, t::AUDIT_LEAD, table);
    let field = |name, label, value: &str| SearchBox {
        name,
        label,
        value: value.to_owned(),
        options: Vec::new(),
    };
    page.search = vec![field("action", t::ACTION_EXACTLY, &query.action)];
    if bound.is_none() {
        let of_one = field("organization", t::ORGANIZATION_SLUG, &query.organization);
        page.search.insert(0, of_one);
    }
    answer::page(&page)
}

/// Rows of the log as lines of a list: what, who, content and when.
pub(super) async fn rows(
    operator: &Operator,
    entries: Vec<AuditEntry>,
    now: Timestamp,
) -> Result<Vec<Vec<Cell>>, PageError> {
    let keys = entries.iter().filter_map(|entry| entry.actor.parse().ok());
    let keys: BTreeSet<ApiKeyId> = keys.collect();
    let names = operator.store().api_key_names(&keys).await?;
    let row = |entry: AuditEntry| {
        let key = entry.actor.parse().ok();
        let who = match key.and_then(|key: ApiKeyId| names.get(&key)) {
            Some(name) => Cell::Small(name.clone(), entry.actor),
            None => Cell::Text(entry.actor),
        };
        let content = entry.detail.map_or(Cell::Nothing, |detail| {
            let text = serde_json::to_string_pretty(&detail).unwrap_or_default();
            Cell::More(t::SHOW.to_owned(), text)
        });
        vec![
            Cell::Small(entry.action, entry.target),
            who,
            content,
            Cell::Time(When::new(entry.at, now)),
        ]
    };
    Ok(entries.into_iter().map(row).collect())
}
