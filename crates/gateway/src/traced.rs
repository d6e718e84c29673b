//! The span of a request: where it begins, and what is told of it at the end.
//!
//! Attributes have the names of OpenTelemetry's conventions for HTTP, and `rollcall.…` where there are
//! none. Paths are told as patterns, never with their query, and of the tenant its ids: what a trace
//! holds goes to where many look.

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use rollcall_metrics::traces::{self, CallerHeaders, ROOT};
use rollcall_model::{IdpKind, OrgId, RequestId};
use tracing::field::{Empty, display};
use tracing::{Span, debug_span};

use crate::scim::Seen;
use crate::state::AppState;

/// What monitors ask every few seconds.
const NOT_RECORDED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The span of a request that is recorded; none for any other.
pub(crate) fn begin(app: &AppState, req: &ServiceRequest, id: RequestId) -> Span {
    if !app.traces.are_on() || NOT_RECORDED.contains(&req.path()) {
        return Span::none();
    }
    let header = |name| req.headers().get(name)?.to_str().ok();
    let caller = CallerHeaders {
        parent: header("traceparent"),
        state: header("tracestate"),
    };
    app.traces.request(caller, || {
        debug_span!(
            target: ROOT,
            parent: None,
            "request",
            otel.kind = "server",
            otel.name = method(req.method()),
            otel.status_code = Empty,
            http.request.method = method(req.method()),
            http.route = Empty,
            http.response.status_code = Empty,
            "error.type" = Empty,
            rollcall.request.id = %id,
            rollcall.organization.id = Empty,
            rollcall.scim_connection.id = Empty,
            rollcall.idp = Empty,
            rollcall.refused = Empty,
        )
    })
}

/// Tells of the organization that a request of the management API or of a page is about.
pub(crate) fn note_organization(id: OrgId) {
    Span::current().record("rollcall.organization.id", display(id));
}

/// Tells what came of a request, within its span.
pub(crate) fn end(span: &Span, req: &HttpRequest, route: &str, status: u16, seen: Option<&Seen>) {
    traces::rename_current(format!("{} {route}", method(req.method())));
    span.record("http.route", route);
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", display(status));
    }
    match seen {
        Some(Seen::Tenant { handle, idp, .. }) => {
            span.record("rollcall.organization.id", display(handle.org_id()));
            let connection = display(handle.connection_id());
            span.record("rollcall.scim_connection.id", connection);
            span.record("rollcall.idp", idp.map(IdpKind::as_str));
        }
        Some(Seen::Refused { reason, .. }) => {
            span.record("rollcall.refused", reason.label());
        }
        Some(Seen::Nobody) | None => {}
    }
}

/// A method that is in a standard, or `_OTHER`: anybody can make up one.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "_OTHER",
    }
}
