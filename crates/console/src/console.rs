//! What the pages work with, and where they are mounted.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest};
use rollcall_model::RequestId;
use rollcall_orgs::console_sign_in::ConsoleOidc;
use rollcall_orgs::domains::TxtResolver;
use rollcall_orgs::guesses::Guesses;
use rollcall_orgs::oidc::OidcClients;
use rollcall_orgs::portal::ReturnOrigins;
use rollcall_orgs::secret::SealingKey;
use rollcall_orgs::webhooks::Destinations;
use rollcall_store::Store;
use tokio::sync::watch;

use crate::portal::branding::{self, Branding};
use crate::portal::{self, Streams};
use crate::{answer, assets, operator};

/// The longest body of a form. The metadata of an identity provider is pasted into one.
const MAX_FORM_BYTES: usize = 512 * 1_024;

/// What the pages work with: what the management API works with.
pub struct ConsoleOptions {
    /// The database.
    pub store: Store,
    /// Seals what must be read back.
    pub sealing_key: Arc<SealingKey>,
    /// Asks DNS for the proofs of domains.
    pub dns: Arc<dyn TxtResolver>,
    /// Asks login providers, and the vendor's own issuer.
    pub oidc: Arc<OidcClients>,
    /// How the vendor's people sign in beside API keys.
    pub sign_in: Option<ConsoleOidc>,
    /// Where the setup portal may lead back to.
    pub return_origins: ReturnOrigins,
    /// Where webhooks may be sent.
    pub destinations: Destinations,
    /// How the server is reached, without a slash at the end.
    pub public_url: String,
    /// The domain under which organizations have hosts of their own.
    pub base_domain: Option<String>,
    /// The vendor's name, logo and colour in the portal.
    pub branding: Branding,
    /// How often an address may fail to sign in within a minute before it has to wait.
    pub max_failures_per_minute: u32,
    /// Becomes true when the server is on its way down: pages that wait for something end then.
    pub draining: watch::Receiver<bool>,
    /// Where a request comes from, proxies seen through.
    pub source_of: fn(&HttpRequest) -> Option<IpAddr>,
}

/// The pages. Cheap to clone.
#[derive(Clone)]
pub struct Console(Data<Shared>);

/// What every page shares.
pub(crate) struct Shared {
    pub(crate) options: ConsoleOptions,
    /// Who tries out keys and links.
    pub(crate) guesses: Guesses,
    /// Pages of the portal that wait for something.
    pub(crate) streams: Streams,
}

impl Shared {
    /// Whether browsers reach the pages over TLS, so that cookies can ask for it.
    pub(crate) fn is_secure(&self) -> bool {
        self.options.public_url.starts_with("https://")
    }
}

impl Console {
    /// The pages over a database and what stands beside it.
    #[must_use]
    pub fn new(options: ConsoleOptions) -> Self {
        Self(Data::new(Shared {
            options,
            guesses: Guesses::default(),
            streams: Streams::default(),
        }))
    }

    /// Mounts `/console`, `/portal` and `/assets`.
    pub fn configure(&self, config: &mut ServiceConfig) {
        config.service(
            web::scope(branding::PATH)
                .app_data(self.0.clone())
                .configure(branding::configure),
        );
        assets::configure(config);
        for (path, pages) in [
            ("/console", operator::configure as fn(&mut ServiceConfig)),
            ("/portal", portal::configure),
        ] {
            config.service(
                web::scope(path)
                    .app_data(self.0.clone())
                    .app_data(web::PayloadConfig::new(MAX_FORM_BYTES))
                    .wrap(from_fn(answer::as_pages))
                    .configure(pages)
                    .default_service(web::to(answer::nothing_here)),
            );
        }
    }
}

/// What the pages share, of the server that a request came to.
#[expect(
    clippy::expect_used,
    reason = "pages without their state would be wired wrongly at start, not at a request"
)]
pub(crate) fn of(req: &HttpRequest) -> Data<Shared> {
    req.app_data::<Data<Shared>>()
        .expect("the state is set where pages are mounted")
        .clone()
}

/// The id that the server gave this request.
pub(crate) fn request_id(req: &HttpRequest) -> RequestId {
    let given = req.extensions().get::<RequestId>().copied();
    given.unwrap_or_else(|| RequestId::new(of(req).options.store.clock()))
}
