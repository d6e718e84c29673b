//! `/Bulk`: many writes in one request (RFC 7644 §3.7).
//!
//! Each operation is a transaction of its own with its events, as the same request by itself
//! would be, and one that fails leaves the others alone. The exception are creations that refer
//! to each other in a circle: none of them can be whole without the others, so they share one.

mod job;
mod write;

use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use rollcall_scim::ScimError;
use rollcall_scim::bulk::{BulkRequest, BulkResult, bulk_response};
use tracing::instrument;

use super::body::{self, document};
use super::endpoint::Endpoint;
use super::failure::ScimFailure;
use super::rate;
use super::tenant::Tenant;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/Bulk").on(Method::POST, bulk)]
}

/// What the request log is to say of a request that succeeded, left in its extensions.
pub(crate) struct Remark(pub(crate) String);

/// `POST /Bulk`: 200 whatever the operations came to.
///
/// Only if the database was away for each of them, it is the request itself that failed: 503
/// tells the client to send it again.
#[instrument(level = "debug", name = "scim.bulk", skip_all)]
async fn bulk(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    tenant.require(tenant.settings().features.bulk, "Bulk")?;
    let limits = &tenant.app.settings.limits;
    let limit = limits.max_bulk_payload_bytes;
    let body = body::read_up_to(limit, &tenant, &req, payload).await;
    let body = body.map_err(|failure| match failure {
        ScimFailure::TooLarge { limit } => ScimError::too_large(format!(
            "the body is larger than maxPayloadSize, which is {limit} bytes"
        ))
        .into(),
        other => other,
    })?;
    let request = BulkRequest::parse(tenant.catalog(), body, limits.max_bulk_operations)?;
    rate::check_bulk(&req, &tenant, request.operations.len()).await?;
    let results = job::Job::new(&tenant, &request).run().await;
    let failures: Vec<&ScimError> = results
        .iter()
        .filter_map(|result| result.outcome.as_ref().err())
        .collect();
    if let Some(first) = failures.first() {
        if failures.len() == results.len() && failures.iter().all(|error| error.status == 503) {
            return Err(ScimFailure::Scim((*first).clone()));
        }
        req.extensions_mut()
            .insert(remark(&request, &results, failures.len(), first));
    }
    Ok(document(&bulk_response(results)))
}

fn remark(
    request: &BulkRequest,
    results: &[BulkResult],
    failures: usize,
    first: &ScimError,
) -> Remark {
    let skipped = match request.operations.len() - results.len() {
        0 => String::new(),
        skipped => format!(", {skipped} were not tried"),
    };
    Remark(format!(
        "{failures} of {} operations failed{skipped}; the first: {}",
        request.operations.len(),
        first.detail
    ))
}
