//! A collector of traces that reads what it is sent and keeps its length.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{HttpResponse, web};

use super::own::OwnServer;

/// The longest message that is read.
const LONGEST: usize = 64 * 1024 * 1024;

/// A collector that runs.
pub struct Sink {
    server: OwnServer,
    url: String,
    bytes: Arc<AtomicUsize>,
}

impl Sink {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start() -> anyhow::Result<Self> {
        let bytes = Arc::<AtomicUsize>::default();
        let counts = Arc::clone(&bytes);
        let server = OwnServer::start(move |app| {
            let counts = Arc::clone(&counts);
            let takes = web::post().to(move |body: web::Bytes| {
                counts.fetch_add(body.len(), Ordering::Relaxed);
                // An answer without a word in it is an empty message.
                async { HttpResponse::Ok().finish() }
            });
            app.app_data(web::PayloadConfig::new(LONGEST))
                .route("/v1/traces", takes);
        });
        let server = server.await?;
        Ok(Self {
            url: server.url(),
            server,
            bytes,
        })
    }

    /// Where spans are sent to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How much came.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Ends it.
    ///
    /// # Errors
    ///
    /// It had ended badly.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await
    }
}
