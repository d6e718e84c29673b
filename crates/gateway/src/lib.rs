#![doc = include_str!("../README.md")]

mod activity;
mod address;
mod admission;
mod announced;
mod api;
mod compress;
mod followers;
mod habits;
mod health;
mod held_back;
mod metrics_page;
mod notices;
mod oauth;
mod observe;
mod proxies;
mod purge;
mod request_id;
mod request_log;
mod scim;
mod server;
mod settings;
mod state;
mod stream;
mod traced;

pub use activity::{ActivityLog, FLUSH_EVERY};
pub use address::source_of;
pub use admission::{Admission, AdmissionLimits};
pub use api::{event_schemas_document, openapi_document};
pub use followers::Followers;
pub use health::Draining;
pub use held_back::HeldBack;
pub use metrics_page::{EachConnectionMetrics, MetricsPage};
pub use notices::Notices;
pub use proxies::{NotProxies, Proxies, TrustedProxies};
pub use purge::Purge;
pub use request_id::HEADER as REQUEST_ID_HEADER;
pub use request_log::RequestLogSettings;
pub use server::{Listeners, Pages, Running, start};
pub use settings::{Limits, OauthSettings, RateSettings, Settings};
pub use state::AppState;

/// Method and path of everything that the SCIM endpoint serves, below its base address.
#[must_use]
pub fn scim_routes() -> Vec<(String, &'static str)> {
    scim::routes()
}
