//! What to give to support: one JSON document about a connection, without a secret.
//!
//! It holds what the request log holds, so it is as personal as the settings let that be: bodies and
//! values in filters come masked, and only of the requests of which they are kept.

use rollcall_model::{IdpKind, PageRequest, ScimConnection, ScimToken};
use rollcall_store::{
    ConnectionHandle, LoggedBody, LoggedRequest, OrgHandle, RequestContent, RequestDetails,
    RequestQuery,
};
use serde_json::{Value, json};

use super::explain;
use crate::error::OrgsError;
use crate::scim_connections;

/// How many of the last failures a bundle holds, with what was said in them.
const FAILURES: u64 = 25;

/// How many of the last requests it holds, whatever they came to.
const REQUESTS: u64 = 100;

/// How many tokens it names.
const TOKENS: u64 = 50;

/// Which form the document has.
const FORM: u32 = 1;

/// The support bundle of a connection. `version` is that of the program.
///
/// # Errors
///
/// The connection is gone, or the database is not available.
pub async fn support_bundle(
    org: &OrgHandle,
    connection: &ConnectionHandle,
    version: &str,
) -> Result<Value, OrgsError> {
    let about = scim_connections::find(org, connection.connection_id()).await?;
    let start = |limit| PageRequest { after: None, limit };
    let tokens = connection
        .list_tokens(PageRequest {
            after: None,
            limit: TOKENS,
        })
        .await?;
    let failed = RequestQuery {
        failed: true,
        ..RequestQuery::default()
    };
    let failures = connection.list_requests(&failed, start(FAILURES)).await?;
    let ids: Vec<_> = failures.items.iter().map(|line| line.id).collect();
    let mut contents = connection.contents_of(&ids).await?;
    let failures = failures.items.into_iter().map(|request| {
        let place = contents.iter().position(|(id, _)| *id == request.id);
        let content = place.map(|place| contents.swap_remove(place).1);
        RequestDetails {
            request,
            content: content.unwrap_or_default(),
        }
    });
    let failures: Vec<Value> = failures.map(|it| details(&it, about.idp)).collect();
    let every = RequestQuery::default();
    let requests = connection.list_requests(&every, start(REQUESTS)).await?;
    let now = org.clock().now();
    let tokens = tokens.items.iter().map(|token| shown_token(token, now));
    Ok(json!({
        "support_bundle": FORM,
        "rollcall": version,
        "made_at": now,
        "organization": {
            "id": org.org_id().to_string(),
            "slug": org.organization().slug.as_str(),
            "name": org.organization().name,
        },
        "scim_connection": shown_connection(&about),
        "tokens": tokens.collect::<Vec<_>>(),
        "last_failures": failures,
        "last_requests": requests.items.iter().map(line).collect::<Vec<_>>(),
    }))
}

/// One request with everything, as a bundle of its own: what "copy" puts on the clipboard.
#[must_use]
pub fn details(details: &RequestDetails, idp: Option<IdpKind>) -> Value {
    let RequestDetails { request, content } = details;
    let mut shown = line(request);
    let RequestContent {
        request: asked,
        response: answered,
    } = content;
    shown["request_body"] = body(asked.as_ref());
    shown["response_body"] = body(answered.as_ref());
    shown["explanation"] = serde_json::to_value(explain(request, idp)).unwrap_or(Value::Null);
    shown
}

/// A body as a document, so that nobody has to read JSON inside JSON.
fn body(body: Option<&LoggedBody>) -> Value {
    let Some(body) = body else {
        return Value::Null;
    };
    let document = body.json.as_deref();
    let document = document.and_then(|text| serde_json::from_str::<Value>(text).ok());
    json!({ "json": document, "bytes": body.bytes, "note": body.note })
}

fn line(request: &LoggedRequest) -> Value {
    json!({
        "id": request.id.to_string(),
        "at": request.at,
        "method": request.method,
        "route": request.route,
        "filter": request.filter,
        "status": request.status,
        "category": request.category,
        "reason": request.reason,
        "scim_type": request.scim_type,
        "detail": request.detail,
        "quirks": request.quirks,
        "idp": request.idp,
        "duration_micros": request.duration_micros,
        "times": request.times,
    })
}

fn shown_connection(connection: &ScimConnection) -> Value {
    json!({
        "id": connection.id.to_string(),
        "name": connection.name,
        "state": connection.state(),
        "reasons": connection.reasons(),
        "attention": connection.attention(),
        "enabled": connection.enabled,
        "idp": connection.idp.map(IdpKind::as_str),
        "recognised_idp": connection.recognised_idp.map(IdpKind::as_str),
        "settings": connection.settings,
        "first_request_at": connection.first_request_at,
        "last_request_at": connection.last_request_at,
        "users": connection.users,
        "groups": connection.groups,
        "live_tokens": connection.live_tokens,
        "live_oauth_clients": connection.live_oauth_clients,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
    })
}

/// What tells tokens apart, and how long they are good.
fn shown_token(token: &ScimToken, now: rollcall_model::Timestamp) -> Value {
    json!({
        "id": token.id.to_string(),
        "name": token.name,
        "prefix": token.prefix,
        "state": token.state(now).as_str(),
        "scopes": token.scopes.names(),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    })
}
