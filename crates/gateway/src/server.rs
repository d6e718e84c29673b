//! The HTTP server: what is mounted, and how it starts and stops.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use rollcall_model::chain;
use rollcall_store::Store;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::activity::FLUSH_EVERY;
use crate::api::problem::Problem;
use crate::compress::compress;
use crate::held_back::hold_back;
use crate::observe::observe;
use crate::state::AppState;
use crate::{api, health, metrics_page, oauth, scim};

/// How often the database is asked what changed of who may come in.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// How long it may take to answer.
const FOLLOW_WITHIN: Duration = Duration::from_secs(4);

/// Where the server listens.
pub struct Listeners {
    /// For everything.
    pub main: TcpListener,
    /// The certificate to serve `main` with; plain HTTP without one.
    pub tls: Option<rustls::ServerConfig>,
    /// For `/metrics` alone; without it `main` serves them.
    pub metrics: Option<TcpListener>,
}

/// Pages that are served on the main listener beside what this crate serves; what they are is the
/// caller's.
pub type Pages = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// A server that runs.
pub struct Running {
    app: Data<AppState>,
    address: SocketAddr,
    servers: Vec<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
    flusher: JoinHandle<()>,
    follower: JoinHandle<()>,
    stop_flushing: Arc<Notify>,
}

/// Everything that is served on the main listener.
fn mount(config: &mut ServiceConfig, app: &AppState, with_metrics: bool, pages: &Pages) {
    config.configure(health::configure);
    if with_metrics {
        config.configure(metrics_page::configure);
    }
    config.configure(api::configure);
    oauth::configure(config, &app.settings);
    scim::configure(config, &app.settings);
    pages(config);
    config.default_service(web::to(nothing_here));
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("page"))
}

/// Starts serving. Signals are left to the caller.
///
/// # Errors
///
/// A listener cannot be used.
pub fn start(app: AppState, listeners: Listeners, pages: Pages) -> std::io::Result<Running> {
    let address = listeners.main.local_addr()?;
    let limits = app.settings.limits;
    metrics_page::prepare(&app);
    let app = Data::new(app);
    let with_metrics = listeners.metrics.is_none();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut servers = Vec::new();

    let shared = app.clone();
    let main = HttpServer::new(move || {
        let state = shared.clone();
        let pages = Arc::clone(&pages);
        App::new()
            .app_data(shared.clone())
            // Identity providers add a slash at the end or in the middle.
            .wrap(NormalizePath::new(TrailingSlash::Trim))
            .wrap(from_fn(compress))
            .wrap(from_fn(observe))
            .wrap(from_fn(hold_back))
            .configure(move |config| mount(config, &state, with_metrics, &pages))
    })
    .workers(workers)
    // The limit is one for each worker, and connections are handed to them in turn.
    .max_connections(limits.max_connections.div_ceil(workers))
    .keep_alive(limits.keep_alive)
    .client_request_timeout(limits.request_head_timeout)
    .shutdown_timeout(limits.shutdown_timeout.as_secs())
    .disable_signals();
    let main = match listeners.tls {
        Some(tls) => main.listen_rustls_0_23(listeners.main, tls)?,
        None => main.listen(listeners.main)?,
    };
    let main = main.run();
    servers.push((main.handle(), tokio::spawn(main)));

    if let Some(listener) = listeners.metrics {
        let shared = app.clone();
        let metrics = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .configure(health::configure)
                .configure(metrics_page::configure)
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        servers.push((metrics.handle(), tokio::spawn(metrics)));
    }

    // Weak, because the store is part of the state.
    let teller = Arc::downgrade(&app.clone().into_inner());
    app.store.on_stale(Arc::new(move |stale| {
        if let Some(app) = teller.upgrade() {
            app.replicas.announce(stale);
        }
    }));
    let forgetful = app.store.clone();
    app.replicas.start(move |stale| forgetful.forget(stale));

    let stop_flushing = Arc::new(Notify::new());
    let flusher = tokio::spawn(flush_until(app.clone(), stop_flushing.clone()));
    let follower = tokio::spawn(follow_access_changes(app.background.clone()));
    Ok(Running {
        app,
        address,
        servers,
        flusher,
        follower,
        stop_flushing,
    })
}

/// Keeps what is remembered of tokens true to the database. While that is away, nothing is trusted.
async fn follow_access_changes(store: Store) {
    let mut seconds = tokio::time::interval(FOLLOW_EVERY);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        seconds.tick().await;
        match tokio::time::timeout(FOLLOW_WITHIN, store.follow_access_changes()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(error = %chain(&error), "changes of access were not read");
            }
            Err(_) => tracing::debug!("changes of access were not read in time"),
        }
    }
}

async fn flush_until(app: Data<AppState>, stop: Arc<Notify>) {
    while tokio::time::timeout(FLUSH_EVERY, stop.notified())
        .await
        .is_err()
    {
        flush(&app).await;
        if let Err(error) = app.purge.step(&app.background, &app.metrics).await {
            tracing::warn!(error = %chain(&error), "old tombstones were not removed");
        }
        if let Err(error) = app.notices.step(&app.background).await {
            tracing::warn!(error = %chain(&error), "nobody was told which tokens expire and which connections need attention");
        }
    }
}

async fn flush(app: &AppState) {
    let store = &app.background;
    if let Err(error) = app.activity.flush(store, &app.metrics).await {
        tracing::warn!(error = %chain(&error), "notes of activity were lost");
    }
    app.replicas.flush(store.clock().now()).await;
}

impl Running {
    /// Where it listens; the port that was found, if 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its handlers share.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.app
    }

    /// From now on it is not ready for requests, and those that only wait are answered. For what
    /// has to end before [`Self::stop`].
    pub fn drain(&self) {
        self.app.draining.begin();
    }

    /// Stops: not ready at once, no new connections, requests under way finish (for as long as
    /// the limits say), and what was noted is written.
    pub async fn stop(self) {
        self.drain();
        for (handle, task) in self.servers {
            handle.stop(true).await;
            match task.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "a server ended badly"),
                Err(error) => tracing::error!(%error, "a server ended badly"),
            }
        }
        self.follower.abort();
        self.stop_flushing.notify_one();
        if let Err(error) = self.flusher.await {
            tracing::error!(%error, "notes of activity were lost");
        }
        self.app.replicas.stop(self.app.store.clock().now()).await;
        // The connections that the workers opened have ended with them.
        let (app, store) = (&self.app, &self.app.background);
        if let Err(error) = app.activity.finish(store, &app.metrics).await {
            tracing::warn!(error = %chain(&error), "notes of activity were lost");
        }
        app.replicas.flush(store.clock().now()).await;
        close(self.app.background.clone()).await;
        close(self.app.store.clone()).await;
    }
}

async fn close(store: Store) {
    if let Err(error) = store.close().await {
        tracing::warn!(error = %chain(&error), "the database was not closed cleanly");
    }
}
