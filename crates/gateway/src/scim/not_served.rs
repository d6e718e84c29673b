//! What is announced as not supported, and everything that does not exist.

use actix_web::HttpResponse;
use actix_web::http::Method;

use super::endpoint::Endpoint;
use super::failure::ScimFailure;
use super::tenant::Tenant;

/// Features that `/ServiceProviderConfig` says are off: known paths, answered with 501.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/Me")
            .on(Method::GET, me)
            .on(Method::POST, me)
            .on(Method::PUT, me)
            .on(Method::PATCH, me)
            .on(Method::DELETE, me),
    ]
}

async fn me(_: Tenant) -> Result<HttpResponse, ScimFailure> {
    Err(ScimFailure::NotServed { feature: "/Me" })
}

/// Everything else.
pub(super) async fn no_endpoint(_: Tenant) -> Result<HttpResponse, ScimFailure> {
    Err(ScimFailure::NoEndpoint)
}
