//! A product that webhooks are sent to: one path of it answers at once, another never does.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Instant;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use tokio::sync::{mpsc, oneshot};

/// A webhook that came.
#[derive(Debug)]
pub struct Arrival {
    /// When it was read.
    pub at: Instant,
    /// The event, as JSON.
    pub body: web::Bytes,
}

/// A receiver that runs, on a thread of its own.
pub struct Receiver {
    address: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<anyhow::Result<()>>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
}

impl Receiver {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start() -> anyhow::Result<Self> {
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let (started, starts) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let arrived = arrived.clone();
                    let answers = web::post().to(move |body: web::Bytes| {
                        let at = Instant::now();
                        // Nobody counts what comes after the end of a measurement.
                        let _ = arrived.send(Arrival { at, body });
                        async { HttpResponse::NoContent().finish() }
                    });
                    let stalls = web::post().to(|_: web::Bytes| async {
                        std::future::pending::<()>().await;
                        HttpResponse::NoContent().finish()
                    });
                    App::new()
                        .route("/answers", answers)
                        .route("/stalls", stalls)
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
        let (address, handle) = starts.await.context("the receiver did not start")?;
        Ok(Self {
            address: address.context("no address")?,
            handle,
            thread,
            arrivals,
        })
    }

    /// Where webhooks are answered at once.
    #[must_use]
    pub fn that_answers(&self) -> String {
        format!("http://{}/answers", self.address)
    }

    /// Where they are read and never answered.
    #[must_use]
    pub fn that_stalls(&self) -> String {
        format!("http://{}/stalls", self.address)
    }

    /// The next webhook at the path that answers.
    ///
    /// # Errors
    ///
    /// The receiver has ended.
    pub async fn next(&mut self) -> anyhow::Result<Arrival> {
        let next = self.arrivals.recv().await;
        next.context("the receiver has ended")
    }

    /// Ends it, and with it the requests that are not answered.
    ///
    /// # Errors
    ///
    /// It had ended badly.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.handle.stop(false).await;
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        joined.map_err(|_| anyhow::anyhow!("the receiver was cut off"))?
    }
}
