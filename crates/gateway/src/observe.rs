//! What every request leaves behind: an id, its metrics, its line in the request log, its span where
//! traces are on, and a log line, which is told at `debug` where the request log says the same.
//!
//! Paths are told as patterns, never with their query: filters hold e-mail addresses. Bodies and
//! tokens are not looked at.

use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use rollcall_metrics::{Area, AuthenticationFailure, Operation, Outcome};
use rollcall_model::{IdpKind, LoggedContent, RequestCategory, RequestId, RequestReason};
use rollcall_store::LoggedRequest;
use tracing::{Instrument, Span};

use crate::request_id;
use crate::request_log::masking::loggable;
use crate::request_log::sampling::Kind;
use crate::request_log::{Captured, Draft, capture};
use crate::scim::{EndpointPath, Remark, ScimFailure, Seen, idp, rate};
use crate::state::{self, AppState};
use crate::traced;

/// How much of a text the request log takes, in characters.
const MAX_CHARS: usize = 1_000;

/// How long a request waited for something to happen, which is no time that it took. For the
/// metrics.
pub(crate) struct Waited(pub(crate) Duration);

/// Gives the request its id, and tells of it when it has been answered.
pub(crate) async fn observe(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = state::of(req.request());
    let id = RequestId::new(app.store.clock());
    req.extensions_mut().insert(id);
    let begun = Instant::now();
    let span = traced::begin(&app, &req, id);
    let mut answer = next.call(req).instrument(span.clone()).await?;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        let name = HeaderName::from_static(request_id::HEADER);
        answer.headers_mut().insert(name, value);
    }
    rate::add_headers(&answer.request().clone(), answer.headers_mut());
    // So that the log line has the ids of the trace.
    span.in_scope(|| tell(&app, id, begun.elapsed(), &answer, &span));
    Ok(answer)
}

fn tell<B>(
    app: &AppState,
    id: RequestId,
    took: Duration,
    answer: &ServiceResponse<B>,
    span: &Span,
) {
    let req = answer.request();
    let status = answer.status().as_u16();
    let outcome = Outcome::from_status(status);
    let path = EndpointPath::of(req);
    let route = || match path {
        Some(path) => format!("/scim{path}"),
        None => req.match_pattern().unwrap_or_else(|| "(none)".to_owned()),
    };
    let seen = req.extensions().get::<Seen>().cloned();
    if !span.is_disabled() {
        traced::end(span, req, &route(), status, seen.as_ref());
    }
    let organization = || match &seen {
        Some(Seen::Tenant { handle, .. }) => Some(handle.org_id().to_string()),
        Some(Seen::Refused { .. } | Seen::Nobody) | None => None,
    };
    let refused = match &seen {
        Some(Seen::Refused { reason, .. }) => Some(reason.label()),
        Some(Seen::Tenant { .. } | Seen::Nobody) | None => None,
    };
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                request.id = %id,
                method = %req.method(),
                route = route(),
                status,
                organization = organization(),
                refused,
                micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                "answered"
            )
        };
    }
    // What an identity provider asked and got stands in the request log of its connection. A line here
    // for each of it would cost a tenth of the request and hide what else there is to read.
    match &seen {
        Some(Seen::Tenant { .. }) if outcome == Outcome::Ok => answered!(debug),
        _ => answered!(info),
    }
    match seen {
        Some(seen) => {
            let operation = operation(req.method().as_str(), path);
            let idp = match &seen {
                Seen::Tenant { idp, .. } => *idp,
                Seen::Refused { .. } | Seen::Nobody => idp::recognise(req),
            };
            let idp = idp.map(IdpKind::as_str);
            app.metrics.request_answered(operation, idp, outcome, took);
            note(app, id, took, answer, operation, seen);
        }
        None if route().starts_with("/v1") => {
            let waited = req
                .extensions()
                .get::<Waited>()
                .map_or(Duration::ZERO, |it| it.0);
            app.metrics
                .api_request_answered(outcome, took.saturating_sub(waited));
        }
        None => {
            if let Some(area) = area(&route()) {
                app.metrics.page_answered(area, outcome, took);
            }
        }
    }
}

/// Whose page a path is; styles and pictures are nobody's.
fn area(route: &str) -> Option<Area> {
    match route.split('/').nth(1) {
        Some("console") => Some(Area::Console),
        Some("portal") => Some(Area::Portal),
        _ => None,
    }
}

/// Puts a SCIM request into the log of the connection that it concerns.
fn note<B>(
    app: &AppState,
    id: RequestId,
    took: Duration,
    answer: &ServiceResponse<B>,
    operation: Operation,
    seen: Seen,
) {
    let req = answer.request();
    let status = answer.status().as_u16();
    let outcome = Outcome::from_status(status);
    let now = app.store.clock().now();
    let failure = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<ScimFailure>());
    let remark = req.extensions().get::<Remark>().map(|it| it.0.clone());
    let reason = match (failure, &seen) {
        (Some(failure), _) => Some(failure.reason()),
        // Only at the token endpoint.
        (None, Seen::Refused { reason, .. }) => Some(match reason {
            AuthenticationFailure::Disabled => RequestReason::ConnectionDisabled,
            _ => RequestReason::ClientRefused,
        }),
        (None, _) => remark.is_some().then_some(RequestReason::OperationsFailed),
    };
    let category = reason.map_or(
        RequestCategory::from_status(status),
        RequestReason::category,
    );
    match &seen {
        Seen::Tenant { handle, .. } => {
            let failed = outcome != Outcome::Ok;
            app.replicas.count(handle.connection_id(), failed, now);
            app.metrics_page.count(handle.connection_id(), outcome);
            app.activity.note_outcome(handle, is_of_sender(category));
        }
        Seen::Refused {
            reason,
            concerns: Some(address),
        } => app.activity.note_not_let_in(address, *reason, now),
        Seen::Refused { concerns: None, .. } | Seen::Nobody => {}
    }
    if !app.settings.request_log.enabled {
        return;
    }
    let draft = |outcome: &str, idp: Option<IdpKind>, quirks: Vec<String>, captured| {
        let detail = failure.map(ScimFailure::detail).or(remark);
        let detail = detail.or_else(|| in_words(&quirks));
        let request = LoggedRequest {
            id,
            at: now,
            method: req.method().to_string(),
            route: loggable(endpoint(req.path()), MAX_CHARS),
            filter: None,
            status,
            outcome: outcome.to_owned(),
            category,
            reason,
            scim_type: failure.and_then(ScimFailure::scim_type).map(str::to_owned),
            quirks,
            idp: idp.map(IdpKind::as_str).map(str::to_owned),
            duration_micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            detail: detail.map(|detail| loggable(&detail, MAX_CHARS)),
            times: 1,
        };
        Draft { request, captured }
    };
    match seen {
        Seen::Tenant {
            handle,
            idp,
            tolerated,
        } => {
            let connection = handle.connection_id();
            if req.extensions().contains::<rate::OneOfMany>() {
                return;
            }
            let quirks = tolerated.names();
            let like = (!category.is_failure()).then_some(Kind {
                connection,
                operation,
                tolerated: !quirks.is_empty(),
            });
            if like.is_some_and(|kind| app.activity.is_like_another(kind, now)) {
                return;
            }
            let content = capture::content(&app.settings.request_log, handle.settings());
            let captured = Captured::of(req, content, category.is_failure());
            let draft = draft(outcome.label(), idp, quirks, captured);
            app.activity.note_request(handle, draft, like);
        }
        Seen::Refused {
            reason,
            concerns: Some(address),
        } => {
            // Nothing that an unknown sender says is kept but what it asked for.
            let captured = Captured::of(req, LoggedContent::Off, true);
            let idp = idp::recognise(req);
            let draft = draft(reason.label(), idp, Vec::new(), captured);
            app.activity.note_refused(address, draft);
        }
        Seen::Refused { concerns: None, .. } | Seen::Nobody => {}
    }
}

/// Whether a request failed through what was sent. What came too fast, and what we could not do, are
/// told elsewhere.
const fn is_of_sender(category: RequestCategory) -> bool {
    category.is_failure()
        && !matches!(
            category,
            RequestCategory::RateLimit | RequestCategory::Server
        )
}

/// Which tolerances a request needed, so that it can be seen which connection relies on which.
fn in_words(quirks: &[String]) -> Option<String> {
    (!quirks.is_empty()).then(|| format!("needed allowances: {}", quirks.join(", ")))
}

/// The part of a path from the endpoint's name on: the rest names the tenant, whose log it is.
fn endpoint(path: &str) -> &str {
    const ENDPOINTS: [&str; 8] = [
        "/Users",
        "/Groups",
        "/Schemas",
        "/ResourceTypes",
        "/ServiceProviderConfig",
        "/Bulk",
        "/Me",
        "/.search",
    ];
    let starts = ENDPOINTS.iter().filter_map(|endpoint| path.find(endpoint));
    starts.min().map_or(path, |start| &path[start..])
}

/// What a SCIM request asked for, by its method and the path of its endpoint.
fn operation(method: &str, path: Option<&str>) -> Operation {
    let method = if method == "HEAD" { "GET" } else { method };
    match (method, path.unwrap_or_default()) {
        ("POST", "/Users") => Operation::CreateUser,
        ("GET", "/Users") => Operation::ListUsers,
        ("GET", "/Users/{id}") => Operation::GetUser,
        ("PUT", "/Users/{id}") => Operation::ReplaceUser,
        ("PATCH", "/Users/{id}") => Operation::PatchUser,
        ("DELETE", "/Users/{id}") => Operation::DeleteUser,
        ("POST", "/Groups") => Operation::CreateGroup,
        ("GET", "/Groups") => Operation::ListGroups,
        ("GET", "/Groups/{id}") => Operation::GetGroup,
        ("PUT", "/Groups/{id}") => Operation::ReplaceGroup,
        ("PATCH", "/Groups/{id}") => Operation::PatchGroup,
        ("DELETE", "/Groups/{id}") => Operation::DeleteGroup,
        ("POST", "/Bulk") => Operation::Bulk,
        ("GET", "/ServiceProviderConfig") => Operation::ServiceProviderConfig,
        ("GET", "/ResourceTypes" | "/ResourceTypes/{id}") => Operation::ResourceTypes,
        ("GET", "/Schemas" | "/Schemas/{id}") => Operation::Schemas,
        _ => Operation::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_told_from_method_and_path() {
        let told = |method, path| operation(method, Some(path));
        assert_eq!(told("PATCH", "/Users/{id}"), Operation::PatchUser);
        assert_eq!(told("HEAD", "/Users"), Operation::ListUsers);
        assert_eq!(told("POST", "/Bulk"), Operation::Bulk);
        assert_eq!(told("GET", "/Bulk"), Operation::Unknown);
        assert_eq!(operation("GET", None), Operation::Unknown);
    }

    #[test]
    fn a_page_is_of_the_console_or_of_the_portal() {
        assert_eq!(area("/console/organizations/{org}"), Some(Area::Console));
        assert_eq!(area("/portal"), Some(Area::Portal));
        for path in ["/assets/{file}", "/healthz", "(none)"] {
            assert_eq!(area(path), None, "{path}");
        }
    }

    #[test]
    fn the_log_names_the_endpoint_and_not_the_tenant() {
        let path = "/scim/v2/scim_01j0000000e008000000000001/Users/7";
        assert_eq!(endpoint(path), "/Users/7");
        assert_eq!(endpoint("/elsewhere"), "/elsewhere");
    }
}
