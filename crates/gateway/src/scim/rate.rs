//! How much a SCIM connection may ask for (RFC 6585 §4).
//!
//! Reads and writes have budgets of their own, so that an import which lists everything does not
//! hold up the deactivation of who leaves. What a request may ask for besides is told in the header
//! fields of draft-ietf-httpapi-ratelimit-headers-10, on refusals and on answers alike.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use rollcall_metrics::Budget;
use rollcall_replicas::{Quota, Standing, Verdict};
use rollcall_store::ConnectionHandle;

use super::failure::ScimFailure;
use super::scopes;
use super::tenant::Tenant;
use crate::settings::RateSettings;
use crate::state::AppState;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How the budget of a request stands, left in its extensions.
#[derive(Clone, Copy)]
pub(crate) struct Told(Standing);

/// One of many refusals within a second, which the request log need not tell; left in the request's
/// extensions.
pub(crate) struct OneOfMany;

/// Takes a request off the budget of its connection, or refuses it with 429.
pub(super) async fn check(
    req: &HttpRequest,
    app: &AppState,
    handle: &ConnectionHandle,
) -> Result<(), ScimFailure> {
    let budget = if scopes::only_looks(req) {
        Budget::Reads
    } else {
        Budget::Writes
    };
    take(req, app, handle, budget, 1).await
}

/// Takes the operations of a bulk request off the budget of writes, all or none. The request itself
/// was taken off before.
pub(super) async fn check_bulk(
    req: &HttpRequest,
    tenant: &Tenant,
    operations: usize,
) -> Result<(), ScimFailure> {
    match u64::try_from(operations).unwrap_or(u64::MAX) {
        0 | 1 => Ok(()),
        many => take(req, &tenant.app, &tenant.handle, Budget::Writes, many - 1).await,
    }
}

async fn take(
    req: &HttpRequest,
    app: &AppState,
    handle: &ConnectionHandle,
    budget: Budget,
    cells: u64,
) -> Result<(), ScimFailure> {
    let Some(quota) = quota(&app.settings.rate_limits, handle, budget) else {
        return Ok(());
    };
    let now = app.store.clock().now();
    let connection = handle.connection_id();
    match app
        .replicas
        .take(connection, budget, quota, cells, now)
        .await
    {
        Verdict::Allowed(standing) => {
            req.extensions_mut().insert(Told(standing));
            Ok(())
        }
        Verdict::Refused {
            standing,
            worth_telling,
        } => {
            req.extensions_mut().insert(Told(standing));
            if !worth_telling {
                req.extensions_mut().insert(OneOfMany);
            }
            Err(ScimFailure::OverBudget { standing })
        }
    }
}

/// What the connection chose, or else what the installation gives everybody.
fn quota(settings: &RateSettings, handle: &ConnectionHandle, budget: Budget) -> Option<Quota> {
    let own = &handle.settings().rate_limits;
    let rate = match budget {
        Budget::Reads => own.reads_per_second.unwrap_or(settings.reads_per_second),
        Budget::Writes => own.writes_per_second.unwrap_or(settings.writes_per_second),
    };
    Quota::new(rate, settings.burst_seconds)
}

/// Tells the client how its budget stands, if it has one.
pub(crate) fn add_headers(req: &HttpRequest, headers: &mut HeaderMap) {
    let Some(Told(standing)) = req.extensions().get::<Told>().copied() else {
        return;
    };
    let Standing {
        budget,
        quota,
        left,
        resets_in,
    } = standing;
    let name = budget.label();
    let (burst, window) = (quota.burst(), quota.window_seconds());
    let reset = whole_seconds(resets_in);
    let fields = [
        (RATE_LIMIT, format!("\"{name}\";r={left};t={reset}")),
        (
            RATE_LIMIT_POLICY,
            format!("\"{name}\";q={burst};w={window}"),
        ),
    ];
    for (field, value) in fields {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(field, value);
        }
    }
}

/// Rounded up: who comes back a moment too early is refused again.
pub(super) const fn whole_seconds(duration: std::time::Duration) -> u64 {
    duration.as_secs() + (duration.subsec_nanos() > 0) as u64
}
