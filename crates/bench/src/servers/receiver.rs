//! A product that webhooks are sent to: one path of it answers at once, another never does.

use std::time::Instant;

use actix_web::{HttpResponse, web};
use anyhow::Context;
use tokio::sync::mpsc;

use super::own::OwnServer;

/// A webhook that came.
#[derive(Debug)]
pub struct Arrival {
    /// When it was read.
    pub at: Instant,
    /// The event, as JSON.
    pub body: web::Bytes,
}

/// A receiver that runs.
pub struct Receiver {
    server: OwnServer,
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
        let server = OwnServer::start(move |app| {
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
            app.route("/answers", answers).route("/stalls", stalls);
        });
        Ok(Self {
            server: server.await?,
            arrivals,
        })
    }

    /// Where webhooks are answered at once.
    #[must_use]
    pub fn that_answers(&self) -> String {
        format!("{}/answers", self.server.url())
    }

    /// Where they are read and never answered.
    #[must_use]
    pub fn that_stalls(&self) -> String {
        format!("{}/stalls", self.server.url())
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
        self.server.stop().await
    }
}
