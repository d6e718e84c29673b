//! How a page, a refusal and a failure are sent.

mod error;
mod headers;
mod parts;
mod when;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use askama::Template;

pub(crate) use error::{PageError, nothing_here};
pub(crate) use headers::as_pages;
pub(crate) use parts::{Danger, Field, next_page};
pub(crate) use when::When;

/// What a handler of a page gives.
pub(crate) type Answer = Result<HttpResponse, PageError>;

const HTML: &str = "text/html; charset=utf-8";

/// A page.
pub(crate) fn page(template: &impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

/// A page with another status than 200.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Answer {
    let body = template.render()?;
    Ok(HttpResponse::build(status).content_type(HTML).body(body))
}

/// Sends the browser to another page, to be read by GET.
pub(crate) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, path))
        .finish()
}
