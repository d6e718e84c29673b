//! `/healthz` and `/readyz`.
//!
//! `/healthz` says that the process lives, and asks nobody else: restarting a gateway does not
//! mend a database. `/readyz` says whether it should be given requests, and what is wrong.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder};
use rollcall_replicas::RedisHealth;
use rollcall_store::StoreError;
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

/// A page for GET and for HEAD, which many monitors ask with.
pub(crate) fn probe<F, Args>(path: &str, handler: F) -> Resource
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
