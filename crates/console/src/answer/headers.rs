//! What every page is sent with, and failures as pages.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest};

use crate::answer::error::{self, PageError};
use crate::console;

/// Nothing inline, nothing from elsewhere, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_FRAME_OPTIONS, "DENY"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

/// Gives every answer below a scope its headers, and makes a page of each that has no body of ours.
pub(crate) async fn as_pages(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Handlers' errors are answers by now. The request is not cloned before it: a router must be the
    // only one who holds it.
    let mut answer = next.call(req).await?.map_into_boxed_body();
    if answer.status().as_u16() >= 400 && !is_html(answer.headers()) {
        answer = error_page(answer);
    }
    for (name, value) in HEADERS {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn error_page(answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = answer.status();
    let (req, failed) = answer.into_parts();
    let told = failed.error().and_then(|error| error.as_error());
    let other = PageError::Other(status);
    let refusal = told.unwrap_or(&other);
    let request_id = console::request_id(&req).to_string();
    refusal.log(&request_id);
    let page = error::page(refusal, &request_id, start_of(&req));
    ServiceResponse::new(req, page)
}

/// Where somebody goes on after an error.
fn start_of(req: &HttpRequest) -> &'static str {
    if req.path().starts_with("/portal") {
        "/portal"
    } else {
        "/console"
    }
}
