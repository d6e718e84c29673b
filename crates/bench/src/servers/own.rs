//! A small server that this program is itself, on a thread of its own: whoever gateways send to while
//! they are measured.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use anyhow::Context;
use tokio::sync::oneshot;

/// A server that runs.
pub(super) struct OwnServer {
    address: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl OwnServer {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub(super) async fn start(
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (started, starts) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || App::new().configure(routes.clone()))
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
        let (address, handle) = starts.await.context("a server did not start")?;
        Ok(Self {
            address: address.context("no address")?,
            handle,
            thread,
        })
    }

    /// Where it is, up to where paths begin.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it, and with it the requests that are not answered.
    ///
    /// # Errors
    ///
    /// It had ended badly.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.handle.stop(false).await;
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        joined.map_err(|_| anyhow::anyhow!("a server was cut off"))?
    }
}
