//! An HTTP server that answers the same bytes as a gateway and does nothing for them: what the web
//! framework alone reaches. It runs in a process of its own, as a gateway does.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::load::Answer;
use crate::servers::usage;

/// A server that runs. Dropped, it is killed.
pub struct Bare {
    child: Child,
    pid: u32,
    address: SocketAddr,
    /// What it answers.
    _answer: NamedTempFile,
}

impl Bare {
    /// Starts one that gives this answer to everything. It is this program itself, with the
    /// hidden command that ends in [`serve`].
    ///
    /// # Errors
    ///
    /// It does not start.
    pub async fn start(answer: &Answer<'_>) -> anyhow::Result<Self> {
        let file = NamedTempFile::new()?;
        std::fs::write(file.path(), answer.body)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bare", &answer.status.to_string()])
            .arg(file.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().context("its output is piped")?;
        let line = BufReader::new(out).lines().next_line().await?;
        Ok(Self {
            pid: child.id().context("a process that runs has an id")?,
            child,
            address: line.context("the bare server ended")?.parse()?,
            _answer: file,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU time since its start, in microseconds.
    ///
    /// # Errors
    ///
    /// It does not run any more.
    pub fn cpu_micros(&self) -> anyhow::Result<u64> {
        usage::cpu_micros(self.pid)
    }

    /// Ends it.
    ///
    /// # Errors
    ///
    /// It had ended before.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// What the process of a bare server does: tells `say` where it listens, and answers every request,
/// read to its end, with this status and the bytes of this file.
///
/// # Errors
///
/// The file cannot be read, or there is no port.
pub fn serve(
    status: u16,
    answer: &Path,
    say: impl FnOnce(SocketAddr) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let status = StatusCode::from_u16(status)?;
    let body: Arc<[u8]> = std::fs::read(answer)?.into();
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let body = web::Bytes::from_owner(Arc::clone(&body));
            App::new().default_service(web::to(move |_read: web::Bytes| {
                let answer = HttpResponse::build(status)
                    .content_type("application/scim+json")
                    .body(body.clone());
                async move { answer }
            }))
        })
        .bind(("127.0.0.1", 0))?;
        let address = server.addrs().first().copied();
        say(address.context("no address")?)?;
        Ok(server.run().await?)
    })
}
