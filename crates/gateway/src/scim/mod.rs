//! The SCIM endpoint, mounted below each way to name a tenant.

mod body;
mod bulk;
mod conditional;
mod discovery;
mod endpoint;
mod failure;
mod groups;
mod idp;
mod limits;
mod list;
mod not_served;
mod page;
mod prefer;
mod render;
mod root;
mod tenant;
mod users;
mod visitor;
mod walk;

use actix_web::web::{self, ServiceConfig};

pub(crate) use bulk::Remark;
pub(crate) use failure::ScimFailure;
pub(crate) use tenant::Seen;

use endpoint::Endpoint;

use crate::address::CONNECTION;

/// Where the token alone names the tenant.
const TOKEN_ALONE: [&str; 2] = ["/scim/v2", "/api/v1/auth/scim"];
/// Where a host may name the organization; without one, the token names the tenant.
const BY_HOST: &str = "/api/scim/v2";

/// Mounts the endpoint at each of its addresses.
pub(crate) fn configure(config: &mut ServiceConfig, extra_paths: &[String]) {
    // Connection ids are told from endpoint names by their prefix.
    let by_path = format!("/scim/v2/{{{CONNECTION}:scim_[0-9A-Za-z]+}}");
    config.service(web::scope(&by_path).configure(mount));
    for path in TOKEN_ALONE.into_iter().chain([BY_HOST]) {
        config.service(web::scope(path).configure(mount));
    }
    for path in extra_paths {
        config.service(web::scope(path).configure(mount));
    }
}

/// Every endpoint, in an order in which a fixed path comes before a pattern that would take it.
fn endpoints() -> Vec<Endpoint> {
    [
        not_served::endpoints(),
        root::endpoints(),
        users::endpoints(),
        groups::endpoints(),
        bulk::endpoints(),
        discovery::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn mount(config: &mut ServiceConfig) {
    for endpoint in endpoints() {
        endpoint.mount(config);
    }
    config.default_service(web::to(not_served::no_endpoint));
}

/// Method and path, below the base address, of everything that the endpoint serves.
pub(crate) fn routes() -> Vec<(String, &'static str)> {
    let endpoints = endpoints();
    endpoints.iter().flat_map(Endpoint::names).collect()
}
