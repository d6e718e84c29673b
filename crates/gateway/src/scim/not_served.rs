//! What is announced as not supported, and everything that does not exist.

use actix_web::HttpResponse;
use actix_web::http::Method;
use rollcall_scim::ScimError;

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

/// A version of the protocol that is not the one served (RFC 7644 §3.13).
pub(super) async fn other_version(_: Tenant) -> Result<HttpResponse, ScimFailure> {
    Err(ScimError::invalid_vers("version 2 of the protocol is served, at `…/v2`").into())
}

/// Everything else.
pub(super) async fn no_endpoint(_: Tenant) -> Result<HttpResponse, ScimFailure> {
    Err(ScimFailure::NoEndpoint)
}
