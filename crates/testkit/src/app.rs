//! A real gateway on a free port of this machine, with a clock that tests move.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use rand::rngs::SysRng;
use rollcall_events::webhooks::WebhookOptions;
use rollcall_events::{Events, EventsOptions};
use rollcall_gateway::{
    ActivityLog, Admission, AdmissionLimits, AppState, Draining, EachConnectionMetrics, Followers,
    HeldBack, Limits, Listeners, MetricsPage, Notices, OauthSettings, Proxies, Purge, RateSettings,
    RequestLogSettings, Running, Settings,
};
use rollcall_metrics::Metrics;
use rollcall_metrics::traces::Traces;
use rollcall_model::{ManualClock, Origin, SystemClock, Timestamp};
use rollcall_orgs::api_keys;
use rollcall_orgs::console_sign_in::ConsoleOidc;
use rollcall_orgs::guesses::Guesses;
use rollcall_orgs::oauth::AccessTokens;
use rollcall_orgs::oidc::OidcClients;
use rollcall_orgs::portal::ReturnOrigins;
use rollcall_orgs::secret::SealingKey;
use rollcall_orgs::webhooks::Destinations;
use rollcall_outbound::{AllowedNetworks, Fetcher, Timeouts};
use rollcall_replicas::{RedisHealth, RedisOptions, Replicas};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::client::Client;
use crate::database::TestDatabase;
use crate::dns::TestDns;
use crate::eventually;

/// Where every test's clock begins: 2026-11-22T00:00:00Z.
const BEGINNING: Timestamp = Timestamp::from_unix_micros(1_795_305_600_000_000);

/// The domain under which test organizations have hosts of their own.
pub const BASE_DOMAIN: &str = "scim.example.com";

/// A gateway that runs.
pub struct TestApp {
    running: Running,
    events: Events,
    /// The clock that the gateway asks.
    pub clock: Arc<ManualClock>,
    /// The DNS that the gateway asks.
    pub dns: Arc<TestDns>,
    /// The management API, with a key that may do everything.
    pub api: Client,
    /// The database behind it.
    pub database: TestDatabase,
    sealing_key: SecretString,
}

/// A SCIM connection that a test works with.
pub struct Connection {
    /// The id of its organization.
    pub organization: String,
    /// The slug of its organization.
    pub slug: String,
    /// Its own id.
    pub id: String,
    /// The id of its SSO connection.
    pub sso: String,
    /// The secret of its first token.
    pub token: String,
    /// The id of that token.
    pub token_id: String,
    /// Its SCIM endpoint, by path, with that token.
    pub scim: Client,
}

impl Connection {
    /// Its path in the management API.
    #[must_use]
    pub fn path(&self) -> String {
        format!(
            "/v1/organizations/{}/scim-connections/{}",
            self.organization, self.id
        )
    }
}

/// Webhooks as a gateway sends them.
fn webhooks(state: &AppState, fetcher: Fetcher) -> WebhookOptions {
    let key = Arc::clone(&state.sealing_key);
    let open = move |id, sealed: &[u8]| rollcall_orgs::webhooks::open_secret(&key, id, sealed).ok();
    WebhookOptions::new(fetcher, Arc::new(open))
}

impl TestApp {
    /// Starts a gateway on a database.
    pub async fn start(database: TestDatabase) -> Self {
        Self::start_with(database, |_| {}).await
    }

    /// Starts a gateway with other settings.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub async fn start_with(database: TestDatabase, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(ManualClock::at(BEGINNING));
        let sealing_key = SealingKey::generate(&mut SysRng).unwrap();
        Self::launch(database, clock, sealing_key, None, None, None, change).await
    }

    /// Starts a gateway whose operators can sign in at an issuer.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub async fn start_with_sign_in(database: TestDatabase, sign_in: ConsoleOidc) -> Self {
        let clock = Arc::new(ManualClock::at(BEGINNING));
        let key = SealingKey::generate(&mut SysRng).unwrap();
        Self::launch(database, clock, key, None, None, Some(sign_in), |_| {}).await
    }

    /// Starts two gateways of one installation, which share a database, a clock and a Redis. Waits
    /// until both share.
    ///
    /// # Panics
    ///
    /// If they cannot be started, or Redis does not answer.
    pub async fn start_two(
        database: TestDatabase,
        redis: &RedisOptions,
        change: impl Fn(&mut Settings),
    ) -> [Self; 2] {
        let clock = Arc::new(ManualClock::at(BEGINNING));
        let sealing_key = SealingKey::generate(&mut SysRng).unwrap();
        let again = database.share();
        let launch = async |database| {
            let (clock, key) = (clock.clone(), sealing_key.clone());
            let app = Self::launch(database, clock, key, Some(redis), None, None, &change).await;
            let replicas = &app.state().replicas;
            eventually("Redis answers", async || {
                replicas.redis() == RedisHealth::Answers
            })
            .await;
            app
        };
        [launch(database).await, launch(again).await]
    }

    /// Starts a gateway that adds its events to a stream of a Redis.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub async fn start_with_stream(
        database: TestDatabase,
        redis: &RedisOptions,
        stream: &str,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(BEGINNING));
        let key = SealingKey::generate(&mut SysRng).unwrap();
        Self::launch(
            database,
            clock,
            key,
            Some(redis),
            Some(stream),
            None,
            |_| {},
        )
        .await
    }

    async fn launch(
        database: TestDatabase,
        clock: Arc<ManualClock>,
        sealing_key: SecretString,
        redis: Option<&RedisOptions>,
        stream: Option<&str>,
        sign_in: Option<ConsoleOidc>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let store = database.store(clock.clone()).await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = Settings {
            public_url: url.clone(),
            base_domain: Some(BASE_DOMAIN.to_owned()),
            proxies: Proxies::None,
            extra_scim_paths: vec!["/custom/scim".to_owned()],
            limits: Limits {
                shutdown_timeout: Duration::from_secs(5),
                ..Limits::default()
            },
            // Most tests ask more than anybody does; those of the limits set them.
            rate_limits: RateSettings::OFF,
            oauth: OauthSettings::default(),
            admission: AdmissionLimits::default(),
            request_log: RequestLogSettings::default(),
            management_oidc: None,
            portal_return_origins: ReturnOrigins::default(),
        };
        change(&mut settings);
        let key = api_keys::create(&store, "tests", Origin::system(clock.as_ref()))
            .await
            .unwrap();
        let metrics = Metrics::register(Registry::new(), "test").unwrap();
        let replicas = match redis {
            None => Replicas::alone(metrics.clone()),
            Some(redis) => Replicas::over_redis(redis, &SystemClock, metrics.clone()).unwrap(),
        };
        // Providers of tests run on this machine.
        let loopback = AllowedNetworks::parse(&["127.0.0.0/8"]).unwrap();
        let fetcher = Fetcher::new(loopback, Timeouts::default()).unwrap();
        let dns = Arc::new(TestDns::default());
        let store = store.divide().await.unwrap();
        let state = AppState {
            store: store.requests,
            background: store.background,
            replicas,
            metrics,
            traces: Traces::off(),
            metrics_page: MetricsPage::new(EachConnectionMetrics::All),
            sealing_key: Arc::new(SealingKey::from_base64(&sealing_key).unwrap()),
            admission: Admission::new(settings.admission),
            held_back: HeldBack::default(),
            access_tokens: AccessTokens::new(
                settings.public_url.clone(),
                settings.oauth.access_token_lifetime,
                settings.oauth.signing_key_age,
            ),
            activity: ActivityLog::new(settings.request_log.clone()),
            settings,
            purge: Purge::default(),
            notices: Notices::default(),
            guesses: Guesses::default(),
            dns: dns.clone(),
            destinations: Destinations::new(fetcher.clone()),
            oidc: Arc::new(OidcClients::new(fetcher.clone())),
            followers: Followers::default(),
            draining: Draining::default(),
        };
        let listeners = Listeners {
            main: listener,
            tls: None,
            metrics: None,
        };
        let options = EventsOptions {
            redis_stream: stream.and_then(|key| state.replicas.event_stream(key, 0)),
            webhooks: Some(webhooks(&state, fetcher)),
            ..EventsOptions::default()
        };
        let events = rollcall_events::start(&state.background, &state.metrics, options);
        let pages = crate::pages::of(&state, sign_in);
        let running = rollcall_gateway::start(state, listeners, pages).unwrap();
        let api = Client::new(&url, Some(key.secret.expose()), "application/json");
        Self {
            running,
            events,
            clock,
            dns,
            api,
            database,
            sealing_key,
        }
    }

    /// What the gateway's handlers share.
    #[must_use]
    pub fn state(&self) -> &AppState {
        self.running.state()
    }

    /// Writes what the gateway has noted of its activity, as it does every few seconds.
    ///
    /// # Panics
    ///
    /// If the database does not take it.
    pub async fn flush(&self) {
        let state = self.state();
        state
            .activity
            .flush(&state.store, &state.metrics)
            .await
            .unwrap();
        state.replicas.flush(state.store.clock().now()).await;
    }

    /// Removes the tombstones whose time is over, as the gateway does every hour.
    ///
    /// # Panics
    ///
    /// If the database refuses.
    pub async fn purge(&self) {
        let state = self.state();
        while !state
            .purge
            .step(&state.store, &state.metrics)
            .await
            .unwrap()
        {}
    }

    /// Tells of tokens that are about to end or have ended, as the gateway does every minute. The
    /// clock has to have moved by that since the last time.
    ///
    /// # Panics
    ///
    /// If the database refuses.
    pub async fn tell_notices(&self) {
        let state = self.state();
        while !state.notices.step(&state.store).await.unwrap() {}
    }

    /// Creates an organization of that name with an SSO connection and a SCIM connection.
    pub async fn connect(&self, name: &str) -> Connection {
        let organization = self
            .api
            .post("/v1/organizations", json!({ "name": name }))
            .await;
        let organization = organization.expect(201);
        let org = organization.text("/id");
        let sso = self
            .api
            .post(
                &format!("/v1/organizations/{org}/sso-connections"),
                json!({
                    "name": "Sign-in",
                    "protocol": "oidc",
                    "oidc": { "issuer": "https://login.example.com", "client_id": "product" },
                }),
            )
            .await
            .expect(201)
            .text("/id");
        let connection = self
            .api
            .post(
                &format!("/v1/organizations/{org}/scim-connections"),
                json!({ "name": format!("{name} directory"), "sso_connection_id": sso }),
            )
            .await
            .expect(201);
        let token = connection.text("/token/secret");
        Connection {
            slug: organization.text("/slug"),
            id: connection.text("/id"),
            token_id: connection.text("/token/id"),
            scim: self.scim_at(&connection.text("/endpoint_url"), Some(&token)),
            organization: org,
            sso,
            token,
        }
    }

    /// A SCIM client of any base URL; a path is taken to be on this gateway.
    #[must_use]
    pub fn scim_at(&self, base: &str, token: Option<&str>) -> Client {
        let base = if base.starts_with("http") {
            base.to_owned()
        } else {
            format!("{}{base}", self.api.base())
        };
        Client::new(&base, token, "application/scim+json")
    }

    /// Every event of one organization, oldest first.
    ///
    /// # Panics
    ///
    /// If the feed does not answer with a list.
    pub async fn events(&self, organization: &str) -> Vec<Value> {
        let path = format!("/v1/events?organization={organization}&limit=500");
        let reply = self.api.get(&path).await.expect(200);
        reply.body["data"].as_array().unwrap().clone()
    }

    /// The types of every event of one organization, oldest first.
    ///
    /// # Panics
    ///
    /// If the feed does not answer with a list.
    pub async fn event_types(&self, organization: &str) -> Vec<String> {
        let events = self.events(organization).await;
        events
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Stops the gateway and starts another one, at another address and with default settings, on
    /// the same database, with the same clock and the same secret key.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub async fn restart(self) -> Self {
        self.running.drain();
        self.events.stop().await;
        self.running.stop().await;
        let (clock, key) = (self.clock, self.sealing_key);
        Self::launch(self.database, clock, key, None, None, None, |_| {}).await
    }

    /// Stops the gateway as a signal does, and gives back the database.
    pub async fn stop(self) -> TestDatabase {
        self.running.drain();
        self.events.stop().await;
        self.running.stop().await;
        self.database
    }
}
