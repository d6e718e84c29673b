//! `/healthz`, `/readyz` and `/metrics`.
//!
//! `/healthz` says that the process lives, and asks nobody else: restarting a gateway does not
//! mend a database. `/readyz` says whether it should be given requests, and what is wrong.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, HttpResponseBuilder, Resource, Responder};
use rollcall_metrics::{Attention, ConnectionState, TokenEnd};
use rollcall_model::AttentionReason;
use rollcall_replicas::RedisHealth;
use rollcall_store::{Consumer, StoreError};
use serde_json::json;
use tokio::sync::watch;

use crate::state::AppState;
use rollcall_model::chain;

/// Whether the server is on its way down; then it is not ready for new requests.
#[derive(Debug, Default)]
pub struct Draining(watch::Sender<bool>);

impl Draining {
    /// From now on the server is not ready.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// What tells whoever is not of this crate.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    pub(crate) fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it: whoever only waits for something else is to end then.
    pub(crate) async fn begun(&self) {
        // The sender is in `self`, so that it cannot be gone.
        let _ = self.0.subscribe().wait_for(|draining| *draining).await;
    }
}

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(probe("/healthz", alive))
        .service(probe("/readyz", ready));
}

pub(crate) fn configure_metrics(config: &mut ServiceConfig) {
    config.service(probe("/metrics", metrics));
}

/// A page for GET and for HEAD, which many monitors ask with.
fn probe<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

async fn ready(app: Data<AppState>) -> HttpResponse {
    let database = check_database(&app).await;
    let wrong = if app.draining.has_begun() {
        Some("the server is shutting down".to_owned())
    } else {
        database.err()
    };
    match wrong {
        // Redis alone is no reason to take requests elsewhere: the others miss it too.
        None => HttpResponse::Ok().json(json!({
            "status": "ready",
            "database": app.store.database_name(),
            "redis": match app.replicas.redis() {
                RedisHealth::Unused => "not used",
                RedisHealth::Answers => "answers",
                RedisHealth::Away => "does not answer",
            },
        })),
        Some(reason) => HttpResponse::ServiceUnavailable().json(json!({
            "status": "not ready",
            "reason": reason,
        })),
    }
}

/// What is wrong with the database, in words that hold no part of its URL.
async fn check_database(app: &AppState) -> Result<(), String> {
    let name = app.store.database_name();
    let unreachable = |error: StoreError| {
        tracing::warn!(error = %chain(&error), "the database does not answer");
        format!("{name} does not answer; the log has the cause")
    };
    app.store.ping().await.map_err(unreachable)?;
    match app.store.pending_migrations().await.map_err(unreachable)? {
        0 => Ok(()),
        steps => Err(format!(
            "the schema is {steps} migrations behind; run `rollcall migrate`"
        )),
    }
}

async fn metrics(app: Data<AppState>) -> HttpResponse {
    let (working, waiting) = app.admission.load();
    app.metrics.set_load(working, waiting);
    let (waiting, streams) = app.followers.count();
    app.metrics.set_followers(waiting, streams);
    // Before this page takes a connection itself.
    let pool = app.store.pool_state();
    app.metrics
        .set_database_pool(pool.open, pool.idle, pool.waiting);
    match app.store.census().await {
        Ok(census) => {
            let metrics = &app.metrics;
            metrics.set_organizations(census.organizations);
            metrics.set_users(census.users);
            metrics.set_groups(census.groups);
            metrics.set_parked_references(census.parked_references);
            metrics.set_outbox_events(census.outbox);
            let waiting = census
                .outbox_since
                .map_or(0, |since| app.store.clock().now().since(since).as_secs());
            metrics.set_feed(census.feed_end, census.feed_floor, waiting);
            metrics.set_connections(ConnectionState::Disabled, census.disabled);
            metrics.set_connections(
                ConnectionState::AwaitingFirstRequest,
                census.awaiting_first_request,
            );
            metrics.set_connections(ConnectionState::Connected, census.connected);
            metrics.set_connections(ConnectionState::Attention, census.attention);
            for (reason, count) in AttentionReason::ALL.into_iter().zip(census.reasons) {
                metrics.set_attention(label_of(reason), count);
            }
        }
        // The counters are worth most when the database is away, so they are shown all the same.
        Err(error) => tracing::warn!(error = %chain(&error), "the gauges could not be counted"),
    }
    match app.store.consumers().list().await {
        Ok(consumers) => app.metrics.set_consumers(&shown_consumers(consumers)),
        Err(error) => tracing::warn!(error = %chain(&error), "consumers could not be counted"),
    }
    match app.store.count_expiring_tokens().await {
        Ok(tokens) => {
            let set = |end, count| app.metrics.set_tokens_expiring(end, count);
            set(TokenEnd::Within30Days, tokens.within_30_days);
            set(TokenEnd::Within14Days, tokens.within_14_days);
            set(TokenEnd::Within7Days, tokens.within_7_days);
            set(TokenEnd::Within1Day, tokens.within_1_day);
            set(TokenEnd::Expired, tokens.expired);
        }
        Err(error) => tracing::warn!(error = %chain(&error), "expiring tokens were not counted"),
    }
    match app.metrics.render() {
        Ok((content_type, text)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, content_type))
            .body(text),
        Err(error) => {
            tracing::error!(error = %chain(&error), "the metrics could not be written");
            HttpResponseBuilder::new(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR).finish()
        }
    }
}

/// A reason for attention, as the metrics call it.
const fn label_of(reason: AttentionReason) -> Attention {
    match reason {
        AttentionReason::NoLiveToken => Attention::NoLiveToken,
        AttentionReason::TokenExpiring => Attention::TokenExpiring,
        AttentionReason::AuthFailing => Attention::AuthFailing,
        AttentionReason::ErrorsRising => Attention::ErrorsRising,
        AttentionReason::Quiet => Attention::Quiet,
    }
}

/// The first consumers by name, and the worst of the rest: names are chosen by clients, and each is a
/// series of its own for whoever collects the metrics.
fn shown_consumers(consumers: Vec<Consumer>) -> Vec<(String, u64, u64)> {
    const SHOWN: usize = 20;
    let mut shown = Vec::new();
    let mut others = None;
    for consumer in consumers {
        let (events, seconds) = (consumer.events_behind, consumer.seconds_behind);
        if shown.len() < SHOWN {
            shown.push((consumer.name, events, seconds));
        } else {
            let (most, oldest) = others.unwrap_or((0, 0));
            others = Some((events.max(most), seconds.max(oldest)));
        }
    }
    shown.extend(others.map(|(events, seconds)| ("(others)".to_owned(), events, seconds)));
    shown
}
