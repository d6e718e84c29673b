//! From a configuration to a server that runs. `serve` and `demo` share it.
//!
//! The order is the one in which a mistake is cheapest to find: addresses and certificates first,
//! before the database is touched, and the first API key last, because it is shown only once.

mod database;
mod listen;
mod pages;
mod replicas;
mod secret_key;
mod tls;
mod webhooks;

use std::sync::Arc;

use anyhow::Context;
use prometheus::Registry;
use rollcall_events::{Events, EventsOptions};
use rollcall_gateway::{
    ActivityLog, Admission, AdmissionLimits, AppState, Draining, Followers, HeldBack, Limits,
    Listeners, MetricsPage, Notices, OauthSettings, Purge, RateSettings, Running, Settings,
};
use rollcall_metrics::Metrics;
use rollcall_metrics::traces::Traces;
use rollcall_model::Origin;
use rollcall_orgs::api_keys;
use rollcall_orgs::domains::Dns;
use rollcall_orgs::guesses::Guesses;
use rollcall_orgs::oauth::AccessTokens;
use rollcall_orgs::oidc::OidcClients;
use rollcall_orgs::secret::{ApiKeySecret, check_key};
use rollcall_orgs::webhooks::Destinations;
use rollcall_outbound::{Fetcher, Timeouts};
use rollcall_store::{Divided, Store, StoreOptions};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

pub(crate) use self::database::{check_server, describe, open, renew_keys, sqlite_file};
pub(crate) use self::listen::{Bound, bind};
pub(crate) use self::replicas::redis_options;
pub(crate) use self::secret_key::{
    before as secret_key_before, find as find_secret_key, replace as replace_secret_key,
};
use self::tls::Certificate;
use crate::config::Config;

/// The release, as `rollcall --version` and the metrics show it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A server that was just started.
pub(crate) struct Started {
    /// What runs.
    pub(crate) serving: Serving,
    /// The first API key, if this start made it. Nobody can read it again.
    pub(crate) first_key: Option<ApiKeySecret>,
}

/// The server, and the tasks beside it.
pub(crate) struct Serving {
    running: Running,
    events: Events,
    /// Follows the files of the certificate, if there is one.
    certificate: Option<JoinHandle<()>>,
}

impl Serving {
    /// Stops: requests under way finish, and everything is in the database.
    pub(crate) async fn stop(self) {
        self.running.drain();
        self.events.stop().await;
        self.running.stop().await;
        if let Some(follows) = self.certificate {
            follows.abort();
        }
    }
}

/// Opens the database, brings it up to date and starts serving.
///
/// # Errors
///
/// A sentence for the operator about what is missing or in the way.
pub(crate) async fn start(
    config: &Config,
    bound: Bound,
    traces: Traces,
) -> anyhow::Result<Started> {
    let store = open(config).await?;
    let started = start_on(store.clone(), config, bound, traces).await;
    if started.is_err() {
        // What went wrong is told; that closing went wrong too would not help.
        let _ = store.close().await;
    }
    started
}

/// Traces as the configuration has them.
///
/// # Errors
///
/// They cannot be sent to the endpoint.
pub(crate) fn traces(config: &Config) -> anyhow::Result<Traces> {
    match config.traces.options(VERSION) {
        Some(options) => Ok(Traces::start(options)?),
        None => Ok(Traces::off()),
    }
}

async fn start_on(
    store: Store,
    config: &Config,
    bound: Bound,
    traces: Traces,
) -> anyhow::Result<Started> {
    database::bring_up_to_date(&store, config).await?;
    let used_before = store.has_key_check().await?;
    let sealing_key = Arc::new(secret_key::find_or_make(config, used_before)?);
    check_key(&store, &sealing_key).await?;
    let first_key = first_key(&store, config).await?;
    let metrics = Metrics::register(Registry::new(), VERSION)?;
    traces.count_in(&metrics);
    let settings = settings(config, bound.url());
    let outbound = Fetcher::new(
        config.outbound.allowed_private_networks.clone(),
        Timeouts::default(),
    )?;
    let Divided {
        requests,
        background,
    } = store.divide().await?;
    let state = AppState {
        store: requests,
        background: background.clone(),
        replicas: replicas::share(config, metrics.clone())?,
        metrics,
        traces: traces.clone(),
        metrics_page: MetricsPage::new(config.metrics.connections),
        sealing_key: Arc::clone(&sealing_key),
        admission: Admission::new(settings.admission),
        held_back: HeldBack::default(),
        access_tokens: AccessTokens::new(
            settings.public_url.clone(),
            settings.oauth.access_token_lifetime,
            settings.oauth.signing_key_age,
        ),
        settings,
        activity: ActivityLog::new(config.request_log.settings()),
        purge: Purge::default(),
        notices: Notices::default(),
        guesses: Guesses::default(),
        dns: Arc::new(Dns::from_system()),
        followers: Followers::default(),
        destinations: Destinations::new(outbound.clone()),
        oidc: Arc::new(OidcClients::new(outbound.clone())),
        draining: Draining::default(),
    };
    let listeners = Listeners {
        main: bound.main,
        tls: bound.tls.as_ref().map(Certificate::config).transpose()?,
        metrics: bound.metrics,
    };
    let stream = config.events.redis_stream.as_ref();
    let redis_stream = stream.and_then(|key| {
        state
            .replicas
            .event_stream(key, config.events.redis_stream_max_len)
    });
    let metrics = state.metrics.clone();
    let pages = pages::of(&state, config)?;
    let running =
        rollcall_gateway::start(state, listeners, pages).context("cannot start serving")?;
    let options = EventsOptions {
        retention: config.events.retention,
        redis_stream,
        webhooks: Some(webhooks::options(config, outbound, sealing_key)),
        traces,
    };
    let events = rollcall_events::start(&background, &metrics, options);
    let certificate = bound
        .tls
        .map(|certificate| follow(certificate, metrics))
        .transpose()?;
    let serving = Serving {
        running,
        events,
        certificate,
    };
    Ok(Started { serving, first_key })
}

/// Has changes of a certificate's files served.
fn follow(certificate: Arc<Certificate>, metrics: Metrics) -> anyhow::Result<JoinHandle<()>> {
    let hangups = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    Ok(tokio::spawn(certificate.follow(
        metrics,
        tls::READ_EVERY,
        hangups,
    )))
}

/// Takes in the key of the configuration, or makes the first one of an installation.
async fn first_key(store: &Store, config: &Config) -> anyhow::Result<Option<ApiKeySecret>> {
    let origin = Origin::system(store.clock());
    if let Some(key) = &config.admin_key {
        api_keys::adopt(
            store,
            "from the configuration",
            key.as_secret_string(),
            origin,
        )
        .await?;
        return Ok(None);
    }
    let first = api_keys::create_first(store, "first key", origin).await?;
    Ok(first.map(|issued| issued.secret))
}

/// `url` is where the server listens, for when the configuration does not say how it is reached.
fn settings(config: &Config, url: String) -> Settings {
    if config.public_url.is_none() && (config.behind_proxy || config.listen.ip().is_unspecified()) {
        tracing::warn!(
            %url,
            "`public_url` is not set, so endpoint URLs begin with an address that customers \
             cannot reach"
        );
    }
    if config.behind_proxy && config.trusted_proxies.is_empty() {
        tracing::warn!(
            listen = %config.listen,
            "`behind_proxy` is set without `trusted_proxies`: whoever reaches this address can say \
             where a request comes from, and with it get past `allowed_source_addresses` and the limit \
             on guessing. Name the addresses of your proxies"
        );
    }
    let limits = &config.limits;
    let built_in = Limits::default();
    Settings {
        public_url: config.public_url.clone().unwrap_or(url),
        base_domain: config.base_domain.clone(),
        proxies: config.proxies(),
        extra_scim_paths: config.scim.extra_paths.clone(),
        limits: Limits {
            max_body_bytes: limits.max_body_bytes,
            max_nesting: limits.max_nesting,
            max_string_bytes: limits.max_string_bytes,
            max_attributes: limits.max_attributes,
            max_results: limits.max_results,
            default_results: limits.default_results,
            max_root_query_matches: limits.max_root_query_matches,
            cursor_timeout: limits.cursor_timeout,
            max_patch_operations: limits.max_patch_operations,
            max_bulk_operations: limits.max_bulk_operations,
            max_bulk_payload_bytes: limits.max_bulk_payload_bytes,
            max_members_per_request: limits.max_group_members_per_request,
            max_page: limits.max_page,
            max_followers: config.events.max_followers,
            // Nobody had a reason to set these two.
            stream_lasts: built_in.stream_lasts,
            stream_silence: built_in.stream_silence,
            max_bad_tokens_per_minute: limits.max_bad_tokens_per_minute,
            max_connections: limits.max_connections,
            keep_alive: limits.keep_alive,
            request_head_timeout: limits.request_head_timeout,
            request_body_timeout: limits.request_body_timeout,
            long_answer_timeout: limits.long_answer_timeout,
            snapshot_timeout: limits.snapshot_timeout,
            max_roster_bytes: limits.max_roster_bytes,
            compress_from_bytes: limits.compress_from_bytes,
            shutdown_timeout: limits.shutdown_timeout,
        },
        admission: AdmissionLimits {
            at_once: at_once(config.database.max_connections),
            at_once_per_connection: config.concurrency.requests_per_connection,
            waiting_per_connection: config.concurrency.waiting_per_connection,
            patience: config.concurrency.wait,
        },
        oauth: OauthSettings {
            access_token_lifetime: config.oauth.access_token_lifetime,
            signing_key_age: config.oauth.signing_key_age,
        },
        rate_limits: RateSettings {
            reads_per_second: config.rate_limits.reads_per_second,
            writes_per_second: config.rate_limits.writes_per_second,
            burst_seconds: config.rate_limits.burst_seconds,
        },
        request_log: config.request_log.settings(),
        management_oidc: config.management_oidc.management(),
        portal_return_origins: config.portal.return_origins.clone(),
    }
}

/// How many SCIM requests work at once. One of the connections for requests is left for the
/// management API.
fn at_once(connections: u32) -> usize {
    let kept = StoreOptions::background_connections(connections) + 1;
    usize::try_from(connections.saturating_sub(kept).max(1)).unwrap_or(usize::MAX)
}
