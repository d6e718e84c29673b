//! The management API under `/v1`: what the vendor's programs call.
//!
//! One file or folder for each resource holds its handlers, its bodies and its part of the OpenAPI
//! document. The rest is what they share:
//!
//! | module | what it is |
//! | --- | --- |
//! | `caller` | who calls; opens organizations and connections that a path names |
//! | `post` | a POST call: body, `Idempotency-Key`, answer. No other way leads to a POST's body |
//! | `body`, `fields`, `query` | what is read from bodies and query strings, and which field is wrong |
//! | `answer`, `problem` | what is answered |
//! | `fallback` | 404 and 405 |
//! | `openapi` | the document |

mod answer;
mod api_keys;
mod audit_log;
mod body;
pub(crate) mod caller;
mod consumers;
mod domains;
mod event_schemas;
mod events;
mod fallback;
mod fields;
mod idempotency;
mod openapi;
mod organizations;
mod person;
mod policy;
mod policy_preview;
mod portal_links;
mod post;
pub(crate) mod problem;
mod query;
mod reconcile;
mod role_mappings;
mod scim_connections;
mod sign_in_decisions;
mod sign_in_links;
mod sign_in_routes;
mod snapshot;
mod sso_connections;
mod user_roles;
mod webhooks;

use actix_web::web;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config;

pub use event_schemas::event_schemas_document;
pub use openapi::openapi_document;

/// What every path begins with.
const PREFIX: &str = "/v1";

/// Mounts the API under `/v1`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let routes = scope(PREFIX)
        .configure(routes)
        .default_service(web::to(fallback::answer));
    config.service(routes);
}

/// Every endpoint, to be mounted and to be documented.
fn routes(config: &mut service_config::ServiceConfig) {
    config
        .configure(organizations::configure)
        .configure(domains::configure)
        .configure(sso_connections::configure)
        .configure(sign_in_routes::configure)
        .configure(scim_connections::configure)
        .configure(role_mappings::configure)
        .configure(user_roles::configure)
        .configure(policy::configure)
        .configure(portal_links::configure)
        .configure(sign_in_decisions::configure)
        .configure(sign_in_links::configure)
        .configure(events::configure)
        .configure(consumers::configure)
        .configure(webhooks::configure)
        .configure(snapshot::configure)
        .configure(reconcile::configure)
        .configure(event_schemas::configure)
        .configure(api_keys::configure)
        .configure(audit_log::configure)
        .service(openapi::get_openapi_document);
}
