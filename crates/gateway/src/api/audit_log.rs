//! `/v1/audit-log` and `/v1/organizations/{org}/audit-log`: who did what, and where the chains end.

use std::collections::{BTreeSet, HashMap};

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_model::{
    ApiKeyId, AuditChain, AuditEntry, AuditHash, AuditHead, AuditId, OrgId, Page, PageRequest,
    RequestId, Timestamp,
};
use rollcall_store::{AuditQuery, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::fields::from_text;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody, ListQuery, moment};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_audit_log)
        .service(list_audit_heads)
        .service(list_organization_audit_log)
        .service(get_audit_head);
}

/// One row: who did what to what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct AuditEntryBody {
    /// Its id.
    #[schema(value_type = String, example = "aud_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: AuditId,
    /// Its number in the chain of its organization, from 1 on without a gap; `null` for rows of before
    /// there was a chain.
    #[schema(required = true)]
    number: Option<u64>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The organization; `null` for what belongs to none, such as API keys.
    #[schema(value_type = Option<String>, required = true)]
    organization_id: Option<OrgId>,
    /// Who did it: a SCIM connection, an API key, a session of the setup portal, or
    /// `system`.
    actor: String,
    /// The name of the API key, while there is one; for a person, `oidc:` and the name in the token.
    #[schema(required = true)]
    actor_name: Option<String>,
    /// What was done.
    #[schema(example = "organization.updated")]
    action: String,
    /// To what.
    target: String,
    /// By which request.
    #[schema(value_type = String, example = "req_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    request_id: RequestId,
    /// `before` and `after`, with the fields that differ; `null` where the event says it all.
    #[schema(value_type = Option<Object>, required = true)]
    detail: Option<Value>,
    /// The hash of the chain up to this row, as 64 hexadecimal digits.
    #[schema(value_type = Option<String>, required = true)]
    hash: Option<AuditHash>,
}

impl AuditEntryBody {
    fn new(entry: AuditEntry, names: &HashMap<ApiKeyId, String>) -> Self {
        let key = entry.actor.parse().ok();
        Self {
            id: entry.id,
            number: entry.number,
            at: entry.at,
            organization_id: entry.organization_id,
            actor_name: key.and_then(|key: ApiKeyId| names.get(&key).cloned()),
            actor: entry.actor,
            action: entry.action,
            target: entry.target,
            request_id: entry.request_id,
            detail: entry.detail,
            hash: entry.hash,
        }
    }
}

/// Where a chain ends. Keep it where nobody of the database can write.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditHead)]
struct AuditHeadBody {
    /// The organization; `null` for the chain of the installation.
    #[schema(value_type = Option<String>, required = true)]
    organization_id: Option<OrgId>,
    /// The number of the last row; 0 if there is none.
    number: u64,
    /// Its hash, as 64 hexadecimal digits.
    #[schema(value_type = String)]
    hash: AuditHash,
}

impl From<AuditHead> for AuditHeadBody {
    fn from(head: AuditHead) -> Self {
        Self {
            organization_id: head.organization_id,
            number: head.number,
            hash: head.hash,
        }
    }
}

/// Which rows are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditLogQuery {
    /// The `next_cursor` of the page before; from the newest row if it is not given.
    after: Option<String>,
    /// At most this many rows; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// Only of this actor, as the rows name it.
    actor: Option<String>,
    /// Only this action.
    #[param(example = "organization.updated")]
    action: Option<String>,
    /// Only about this target, as the rows name it.
    target: Option<String>,
    /// Not written before, as RFC 3339.
    #[param(example = "2026-11-22T00:00:00Z")]
    since: Option<String>,
    /// Written before, as RFC 3339.
    until: Option<String>,
}

impl AuditLogQuery {
    fn page(&self, max_page: u64) -> Result<PageRequest<AuditId>, Problem> {
        let limit = query::limit(self.limit, max_page)?;
        PageRequest::parse(self.after.as_deref(), limit)
            .map_err(|error| Problem::invalid("after", format!("`after` is {error}")))
    }

    fn rows(self) -> Result<AuditQuery, Problem> {
        Ok(AuditQuery {
            since: moment("since", self.since.as_deref())?,
            until: moment("until", self.until.as_deref())?,
            actor: self.actor,
            action: self.action,
            target: self.target,
        })
    }
}

async fn show(store: &Store, page: Page<AuditEntry, AuditId>) -> Result<HttpResponse, Problem> {
    let keys = page.items.iter().map(|entry| entry.actor.parse());
    let keys: BTreeSet<ApiKeyId> = keys.filter_map(Result::ok).collect();
    let names = store.api_key_names(&keys).await?;
    answer::page(page, |entry| AuditEntryBody::new(entry, &names))
}

/// List the audit log of everything
///
/// Of all organizations, deleted ones too, and of what belongs to none; newest first.
#[utoipa::path(
    tag = "Audit log",
    params(AuditLogQuery),
    responses((status = 200, description = "A page", body = ListBody<AuditEntryBody>)),
)]
#[get("/audit-log")]
async fn list_audit_log(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query: AuditLogQuery = query::read(&req)?;
    let page = query.page(caller.app.settings.limits.max_page)?;
    let store = &caller.app.store;
    let page = store.list_audit_log(&query.rows()?, page).await?;
    show(store, page).await
}

/// List where the chains of the audit log end
///
/// That of the installation first, then those of the organizations, oldest first.
#[utoipa::path(
    tag = "Audit log",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<AuditHeadBody>)),
)]
#[get("/audit-log/heads")]
async fn list_audit_heads(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let page: PageRequest<AuditChain> = caller.page(&req)?;
    let store = &caller.app.store;
    let heads = store.list_audit_heads(page.after, page.limit + 1).await?;
    let page = Page::from_one_more(heads, page.limit, |head| AuditChain(head.organization_id));
    answer::page(page, AuditHeadBody::from)
}

/// List the audit log of an organization
///
/// Newest first.
#[utoipa::path(
    tag = "Audit log",
    params(AuditLogQuery),
    responses((status = 200, description = "A page", body = ListBody<AuditEntryBody>)),
)]
#[get("/organizations/{org}/audit-log")]
async fn list_organization_audit_log(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let query: AuditLogQuery = query::read(&req)?;
    let page = query.page(caller.app.settings.limits.max_page)?;
    let page = org.list_audit_log(&query.rows()?, page).await?;
    show(&caller.app.store, page).await
}

/// Get where the chain of an organization's audit log ends
///
/// Kept elsewhere, it shows later that nothing up to there was touched: see `rollcall audit verify`.
#[utoipa::path(
    tag = "Audit log",
    responses((status = 200, description = "The head", body = AuditHeadBody)),
)]
#[get("/organizations/{org}/audit-log/head")]
async fn get_audit_head(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    answer::ok(&AuditHeadBody::from(org.audit_head().await?))
}
