//! A collector of traces that reads what it is sent and keeps its length.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use tokio::sync::oneshot;

/// The longest message that is read.
const LONGEST: usize = 64 * 1024 * 1024;

/// A collector that runs, on a thread of its own.
pub struct Sink {
    url: String,
    bytes: Arc<AtomicUsize>,
    handle: ServerHandle,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Sink {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start() -> anyhow::Result<Self> {
        let bytes = Arc::<AtomicUsize>::default();
        let (started, starts) = oneshot::channel();
        let counts = Arc::clone(&bytes);
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let counts = Arc::clone(&counts);
                    let takes = web::post().to(move |body: web::Bytes| {
                        counts.fetch_add(body.len(), Ordering::Relaxed);
                        // An answer without a word in it is an empty message.
                        async { HttpResponse::Ok().finish() }
                    });
                    App::new()
                        .app_data(web::PayloadConfig::new(LONGEST))
                        .route("/v1/traces", takes)
                })
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))?;
                let address = server.addrs().first().copied();
                let running = server.run();
                // Whoever started it waits for this.
                let _ = started.send((address, running.handle()));
                Ok(running.await?)
            })
        });
        let started: (Option<SocketAddr>, _) = starts.await.context("the sink did not start")?;
        let (address, handle) = started;
        Ok(Self {
            url: format!("http://{}", address.context("no address")?),
            bytes,
            handle,
            thread,
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
        self.handle.stop(false).await;
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        joined.map_err(|_| anyhow::anyhow!("the sink was cut off"))?
    }
}
