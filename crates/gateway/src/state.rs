//! What every handler shares.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use rollcall_metrics::Metrics;
use rollcall_metrics::traces::Traces;
use rollcall_orgs::domains::TxtResolver;
use rollcall_orgs::guesses::Guesses;
use rollcall_orgs::oauth::AccessTokens;
use rollcall_orgs::oidc::OidcClients;
use rollcall_orgs::secret::SealingKey;
use rollcall_orgs::webhooks::Destinations;
use rollcall_replicas::Replicas;
use rollcall_store::Store;

use crate::activity::ActivityLog;
use crate::admission::Admission;
use crate::followers::Followers;
use crate::health::Draining;
use crate::held_back::HeldBack;
use crate::metrics_page::MetricsPage;
use crate::notices::Notices;
use crate::purge::Purge;
use crate::settings::Settings;

/// What every handler shares. One for each server, behind `web::Data`.
pub struct AppState {
    /// The database, for requests.
    pub store: Store,
    /// The database, for what goes on beside them.
    pub background: Store,
    /// Every metric.
    pub metrics: Metrics,
    /// Which requests are recorded.
    pub traces: Traces,
    /// What their page needs to know.
    pub metrics_page: MetricsPage,
    /// Seals what must be read back.
    pub sealing_key: Arc<SealingKey>,
    /// Makes the access tokens of OAuth clients, and reads them.
    pub access_tokens: AccessTokens,
    /// What the gateway was told.
    pub settings: Settings,
    /// Notes of who was here, written off the request path.
    pub activity: ActivityLog,
    /// How far the removal of old tombstones has come.
    pub purge: Purge,
    /// What was told of the end of tokens, and of connections that need attention.
    pub notices: Notices,
    /// Who tries out tokens.
    pub guesses: Guesses,
    /// Whose turn it is.
    pub admission: Admission,
    /// Refusals of clients that do not slow down.
    pub held_back: HeldBack,
    /// What this server shares with the others of its installation.
    pub replicas: Replicas,
    /// Asks DNS for the proofs of domains.
    pub dns: Arc<dyn TxtResolver>,
    /// Where webhooks may be sent.
    pub destinations: Destinations,
    /// Verifies id tokens.
    pub oidc: Arc<OidcClients>,
    /// Who waits for events.
    pub followers: Followers,
    /// Whether the server is on its way down.
    pub draining: Draining,
}

/// The shared state of the server that a request came to.
///
/// It is set where routes are configured, and no route exists without it.
#[expect(
    clippy::expect_used,
    reason = "a server without its state would be wired wrongly at start, not at a request"
)]
pub(crate) fn of(req: &HttpRequest) -> web::Data<AppState> {
    req.app_data::<web::Data<AppState>>()
        .expect("the state is set where routes are configured")
        .clone()
}
