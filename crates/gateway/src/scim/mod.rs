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
mod idp;
mod limits;
mod list;
mod long_group;
mod long_list;
mod not_served;
mod page;
mod prefer;
pub(crate) mod rate;
mod render;
mod root;
mod shape;
mod stream;
mod tenant;
mod users;
mod visitor;
mod walk;

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use url::Url;

pub(crate) use bulk::Remark;
pub(crate) use failure::ScimFailure;
pub(crate) use tenant::Seen;

use endpoint::Endpoint;
use shape::shape;

use crate::address::CONNECTION;
use crate::settings::Settings;

/// Where the endpoint is, before the version of the protocol.
const ROOT: &str = "/scim";
/// The same for those who put `/api` before everything. A path below it names no connection; a
/// host, or the token alone, does.
const API_ROOT: &str = "/api/scim";
/// Where another product's customers have it configured.
const TAKEN_OVER: &str = "/api/v1/auth/scim";
/// A segment that asks for a version of the protocol.
const VERSION: &str = "{version:v[0-9]+}";

/// Mounts the endpoint at each of its addresses: the version of the protocol may stand before or
/// after the connection, or be left out, which asks for the newest (RFC 7644 §3.13).
pub(crate) fn configure(config: &mut ServiceConfig, settings: &Settings) {
    for prefix in prefixes(&settings.public_url) {
        let root = format!("{prefix}{ROOT}");
        // Connection ids are told from endpoint names by their prefix.
        let connection = format!("{{{CONNECTION}:scim_[0-9A-Za-z]+}}");
        // A longer path comes before one that would take it.
        config
            .service(endpoint_at(&format!("{root}/v2/{connection}")))
            .service(other_version_at(&format!("{root}/{VERSION}/{connection}")));
        mount_versions(config, &format!("{root}/{connection}"));
        mount_versions(config, &root);
        mount_versions(config, &format!("{prefix}{API_ROOT}"));
        config.service(endpoint_at(&format!("{prefix}{TAKEN_OVER}")));
    }
    for path in &settings.extra_scim_paths {
        config.service(endpoint_at(path));
    }
}

/// Mounts the endpoint with the version that is served, with another, and with none.
fn mount_versions(config: &mut ServiceConfig, root: &str) {
    config
        .service(endpoint_at(&format!("{root}/v2")))
        .service(other_version_at(&format!("{root}/{VERSION}")))
        .service(endpoint_at(root));
}

/// What stands before every path: nothing, and the path of the public URL if it has one.
fn prefixes(public_url: &str) -> Vec<String> {
    let path = Url::parse(public_url).map(|url| url.path().trim_end_matches('/').to_owned());
    let path = path.unwrap_or_default();
    let with_path = (!path.is_empty()).then_some(path);
    std::iter::once(String::new()).chain(with_path).collect()
}

fn endpoint_at(path: &str) -> impl HttpServiceFactory + 'static {
    web::scope(path).configure(mount).wrap(from_fn(shape))
}

fn other_version_at(path: &str) -> impl HttpServiceFactory + 'static {
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
