//! The SCIM endpoint, mounted below each way to name a tenant.

mod accept;
mod body;
mod bulk;
mod conditional;
mod credentials;
mod discovery;
mod endpoint;
mod failure;
mod groups;
pub(crate) mod idp;
mod limits;
mod list;
mod long_group;
mod long_list;
mod not_served;
mod page;
mod prefer;
pub(crate) mod rate;
mod reason;
mod render;
mod root;
pub(crate) mod root_path;
mod scopes;
mod shape;
mod tenant;
mod users;
mod visitor;
mod walk;

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

pub(crate) use bulk::Remark;
pub(crate) use endpoint::EndpointPath;
pub(crate) use failure::ScimFailure;
pub(crate) use tenant::Seen;

use endpoint::Endpoint;
use shape::shape;

use crate::settings::Settings;

/// Mounts the endpoint at each of its addresses.
pub(crate) fn configure(config: &mut ServiceConfig, settings: &Settings) {
    let other_versions = root_path::pattern_of_other_versions(&settings.public_url);
    config
        .service(other_versions_at(&other_versions))
        .service(endpoint_at(&root_path::pattern(&settings.public_url)));
    for path in &settings.extra_scim_paths {
        config.service(endpoint_at(path));
    }
}

fn endpoint_at(path: &str) -> impl HttpServiceFactory + 'static {
    web::scope(path).configure(mount).wrap(from_fn(shape))
}

fn other_versions_at(path: &str) -> impl HttpServiceFactory + 'static {
    web::scope(path)
        .default_service(web::to(not_served::other_version))
        .wrap(from_fn(shape))
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
