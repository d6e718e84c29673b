//! A store with organizations, endpoints and whoever sends to them.

use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use rollcall_events::webhooks::WebhookOptions;
use rollcall_events::{Events, EventsOptions};
use rollcall_metrics::Metrics;
use rollcall_model::{Origin, PageRequest, SystemClock, WebhookDelivery, WebhookEndpointId};
use rollcall_orgs::organizations::{self, NewOrganization, OrganizationPatch};
use rollcall_orgs::secret::SealingKey;
use rollcall_orgs::webhooks::{self, Destinations};
use rollcall_outbound::{AllowedNetworks, Fetcher, Timeouts};
use rollcall_store::{OrgHandle, Store, WebhookEndpointChange};
use rollcall_testkit::TestDatabase;
use secrecy::{ExposeSecret, SecretString};

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) fetcher: Fetcher,
    pub(crate) metrics: Metrics,
    key: Arc<SealingKey>,
    _database: TestDatabase,
}

/// An endpoint that a test made, and the bytes of its secret.
pub(crate) struct Endpoint {
    pub(crate) id: WebhookEndpointId,
    pub(crate) secret: Vec<u8>,
}

pub(crate) fn fetcher(allowed: &[&str]) -> Fetcher {
    let allowed = AllowedNetworks::parse(allowed).unwrap();
    Fetcher::new(allowed, Timeouts::default()).unwrap()
}

pub(crate) fn bytes_of(secret: &SecretString) -> Vec<u8> {
    use base64::Engine as _;
    let encoded = secret.expose_secret().strip_prefix("whsec_").unwrap();
    base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .unwrap()
}

impl Fixture {
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let text = SecretString::from("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        Self {
            store: database.store(Arc::new(SystemClock)).await,
            fetcher: fetcher(&["127.0.0.0/8"]),
            metrics: Metrics::register(Registry::new(), "test").unwrap(),
            key: Arc::new(SealingKey::from_base64(&text).unwrap()),
            _database: database,
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::system(self.store.clock())
    }

    pub(crate) fn key(&self) -> &SealingKey {
        &self.key
    }

    /// As fast as a test wants it.
    pub(crate) fn options(&self) -> WebhookOptions {
        let key = Arc::clone(&self.key);
        let open = move |id, sealed: &[u8]| webhooks::open_secret(&key, id, sealed).ok();
        WebhookOptions {
            first_retry: Duration::from_millis(20),
            longest_retry: Duration::from_millis(200),
            ..WebhookOptions::new(self.fetcher.clone(), Arc::new(open))
        }
    }

    pub(crate) fn send(&self) -> Events {
        self.send_with(self.options())
    }

    pub(crate) fn send_with(&self, options: WebhookOptions) -> Events {
        send_from(&self.store, &self.metrics, options)
    }

    pub(crate) async fn organization(&self, name: &str) -> OrgHandle {
        let new = NewOrganization {
            name: name.to_owned(),
            slug: None,
            external_id: None,
        };
        organizations::create(&self.store, new, self.origin())
            .await
            .unwrap()
    }

    /// Makes so many events of an organization.
    pub(crate) async fn events(&self, org: &OrgHandle, count: usize) {
        for number in 0..count {
            let patch = OrganizationPatch {
                external_id: Some(Some(format!("{}-{number}", self.origin().request_id))),
                ..OrganizationPatch::default()
            };
            organizations::change(org, patch, self.origin())
                .await
                .unwrap();
        }
    }

    pub(crate) async fn endpoint(&self, url: &str, chosen: WebhookEndpointChange) -> Endpoint {
        self.endpoint_of(None, url, chosen).await
    }

    pub(crate) async fn endpoint_of(
        &self,
        org: Option<&OrgHandle>,
        url: &str,
        chosen: WebhookEndpointChange,
    ) -> Endpoint {
        let destinations = Destinations::new(self.fetcher.clone());
        let tools = (&self.store, self.key(), &destinations);
        let org = org.map(OrgHandle::org_id);
        let asked = (url.to_owned(), chosen);
        let issued = webhooks::create(tools, org, asked, self.origin())
            .await
            .unwrap();
        Endpoint {
            id: issued.endpoint.id,
            secret: bytes_of(&issued.secret),
        }
    }

    /// Everything that was queued for an endpoint, newest first.
    pub(crate) async fn deliveries(&self, id: WebhookEndpointId) -> Vec<WebhookDelivery> {
        let page = PageRequest {
            after: None,
            limit: 1_000,
        };
        let page = self.store.list_webhook_deliveries(id, None, page);
        page.await.unwrap().items
    }

    pub(crate) async fn count(&self, id: WebhookEndpointId, state: &str) -> usize {
        let all = self.deliveries(id).await;
        all.iter().filter(|it| it.state.as_str() == state).count()
    }
}

pub(crate) fn send_from(store: &Store, metrics: &Metrics, webhooks: WebhookOptions) -> Events {
    let options = EventsOptions {
        webhooks: Some(webhooks),
        ..EventsOptions::default()
    };
    rollcall_events::start(store, metrics, options)
}

/// What most tests choose.
pub(crate) fn quick() -> WebhookEndpointChange {
    WebhookEndpointChange {
        timeout: Some(Duration::from_secs(1)),
        ..WebhookEndpointChange::default()
    }
}
