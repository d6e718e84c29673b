//! `/metrics`: what was counted on the way, and what is counted for the page.
//!
//! The latter asks the database about everybody's rows at once, which has to stay cheap however many
//! replicas are asked every few seconds: what is counted is kept as a count already, or read by an
//! index; what is not, once a minute. Pages are made one after the other.

mod each_connection;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder};
use rollcall_metrics::{
    Attention, ConnectionState, Metrics, Outcome, QueryKind, TokenEnd, UNKNOWN_IDP, UserState,
    Words,
};
use rollcall_model::{AttentionReason, EventType, IdpKind, ScimConnectionId, Timestamp, chain};
use rollcall_scim::quirks::Quirk;
use rollcall_store::{Census, Consumer, DatabaseObserver, StoreError};
use tokio::sync::Mutex;

pub use self::each_connection::EachConnectionMetrics;
use self::each_connection::Requests;
use crate::health::probe;
use crate::state::AppState;

/// How long the number of inactive users is shown before they are counted again.
const INACTIVE_FOR: Duration = Duration::from_mins(1);

/// What the page of one server needs to know from one time to the next.
#[derive(Default)]
pub struct MetricsPage {
    requests: Requests,
    /// How many users were inactive, and when; held while a page is made.
    inactive: Mutex<Option<(u64, Timestamp)>>,
}

impl MetricsPage {
    /// A page that tells of these connections one by one.
    #[must_use]
    pub fn new(each_connection: EachConnectionMetrics) -> Self {
        Self {
            requests: Requests::of(each_connection),
            ..Self::default()
        }
    }

    /// A request of a connection was answered.
    pub(crate) fn count(&self, connection: ScimConnectionId, outcome: Outcome) {
        self.requests.count(connection, outcome);
    }
}

pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(probe("/metrics", metrics));
}

/// Has the metrics know what is fixed elsewhere, and the database tell them how long it takes.
pub(crate) fn prepare(app: &AppState) {
    app.metrics.know(&Words {
        idps: IdpKind::ALL.map(IdpKind::as_str).into(),
        quirks: Quirk::ALL.map(Quirk::as_str).into(),
        events: EventType::ALL.iter().map(|kind| kind.as_str()).collect(),
    });
    app.metrics.set_database_pool_size(app.store.pool_size());
    app.store
        .observe_database(Arc::new(Database(app.metrics.clone())));
}

struct Database(Metrics);

impl DatabaseObserver for Database {
    fn waited(&self, took: Duration) {
        self.0.database_waited(took);
    }

    fn asked(&self, reads: bool, took: Duration) {
        let kind = if reads {
            QueryKind::Read
        } else {
            QueryKind::Write
        };
        self.0.database_asked(kind, took);
    }
}

/// The name of an identity provider in the metrics.
pub(crate) const fn label(idp: Option<IdpKind>) -> &'static str {
    match idp {
        Some(idp) => idp.as_str(),
        None => UNKNOWN_IDP,
    }
}

async fn metrics(app: Data<AppState>) -> HttpResponse {
    let mut inactive = app.metrics_page.inactive.lock().await;
    count_here(&app);
    // The counters are worth most when the database is away, so they are shown all the same.
    if let Err(error) = count_all(&app, &mut inactive).await {
        tracing::warn!(error = %chain(&error), "the gauges could not be counted");
    }
    match app.metrics.render() {
        Ok((content_type, text)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, content_type))
            .body(text),
        Err(error) => {
            tracing::error!(error = %chain(&error), "the metrics could not be written");
            HttpResponseBuilder::new(StatusCode::INTERNAL_SERVER_ERROR).finish()
        }
    }
}

/// What this process knows by itself.
fn count_here(app: &AppState) {
    let metrics = &app.metrics;
    let (working, waiting) = app.admission.load();
    metrics.set_load(working, waiting);
    let (waiting, streams) = app.followers.count();
    metrics.set_followers(waiting, streams);
    // Before this page takes a connection itself.
    let pool = app.store.pool_state();
    metrics.set_database_pool(pool.open, pool.idle, pool.waiting);
    // The store of the background has a part in them.
    for (kind, count) in app.store.take_committed_events() {
        metrics.events_committed(kind.as_str(), count);
    }
}

/// What the database knows.
async fn count_all(
    app: &AppState,
    inactive: &mut Option<(u64, Timestamp)>,
) -> Result<(), StoreError> {
    let (store, metrics) = (&app.store, &app.metrics);
    let now = store.clock().now();
    let census = store.census().await?;
    let users_inactive = match *inactive {
        Some((count, at)) if now.since(at) < INACTIVE_FOR => count,
        _ => {
            let count = store.count_inactive_users().await?;
            *inactive = Some((count, now));
            count
        }
    };
    metrics.set_users(UserState::Inactive, users_inactive);
    let active = census.users.saturating_sub(users_inactive);
    metrics.set_users(UserState::Active, active);
    show(metrics, &census, now);
    let consumers = store.consumers().list().await?;
    metrics.set_consumers(&shown_consumers(consumers));
    let tokens = store.count_expiring_tokens().await?;
    for (end, count) in [
        (TokenEnd::Within30Days, tokens.within_30_days),
        (TokenEnd::Within14Days, tokens.within_14_days),
        (TokenEnd::Within7Days, tokens.within_7_days),
        (TokenEnd::Within1Day, tokens.within_1_day),
        (TokenEnd::Expired, tokens.expired),
    ] {
        metrics.set_tokens_expiring(end, count);
    }
    if app.metrics_page.requests.are_counted() {
        let called = store.called_connections().await?;
        let each = app.metrics_page.requests.told(called, now);
        metrics.set_each_connection(&each);
    }
    Ok(())
}

fn show(metrics: &Metrics, census: &Census, now: Timestamp) {
    metrics.set_organizations(census.organizations);
    metrics.set_groups(census.groups);
    metrics.set_parked_references(census.parked_references);
    metrics.set_outbox_events(census.outbox);
    let waiting = census
        .outbox_since
        .map_or(0, |since| now.since(since).as_secs());
    metrics.set_feed(census.feed_end, census.feed_floor, waiting);
    for (reason, count) in AttentionReason::ALL.into_iter().zip(census.reasons) {
        metrics.set_attention(label_of(reason), count);
    }
    let kinds = IdpKind::ALL.into_iter().map(Some).chain([None]);
    for idp in kinds {
        for (state, shown) in [
            (
                rollcall_model::ConnectionState::Disabled,
                ConnectionState::Disabled,
            ),
            (
                rollcall_model::ConnectionState::AwaitingFirstRequest,
                ConnectionState::AwaitingFirstRequest,
            ),
            (
                rollcall_model::ConnectionState::Connected,
                ConnectionState::Connected,
            ),
            (
                rollcall_model::ConnectionState::Attention,
                ConnectionState::Attention,
            ),
        ] {
            let these = census.connections.iter();
            let these = these.filter(|it| it.state == state && it.idp == idp);
            metrics.set_connections(shown, label(idp), these.map(|it| it.count).sum());
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
