//! The load balancer in front of the replicas: each connection goes to the next one that takes it.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A balancer that runs. Dropped, it takes no more connections.
pub(super) struct Balancer {
    url: String,
    task: JoinHandle<()>,
}

impl Balancer {
    /// Starts one before the replicas at these URLs.
    pub(super) async fn start(urls: impl Iterator<Item = &str>) -> anyhow::Result<Self> {
        let mut replicas = Vec::new();
        for url in urls {
            let address = url.strip_prefix("http://").context("replicas speak HTTP")?;
            replicas.push(address.parse::<SocketAddr>()?);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, replicas.clone()));
                replicas.rotate_left(1);
            }
        });
        Ok(Self { url, task })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, replicas: Vec<SocketAddr>) {
    for replica in replicas {
        if let Ok(mut replica) = TcpStream::connect(replica).await {
            // A connection that breaks is the end of both sides, whichever it was.
            let _ = copy_bidirectional(&mut client, &mut replica).await;
            return;
        }
    }
}
