//! The real binary as a process that can be killed.

use std::net::TcpListener;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The API key that the server is given.
pub(crate) const ADMIN_KEY: &str = "an-api-key-given-from-outside-for-tests";

/// 32 bytes, base64.
const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A server on one port and one database, running or not.
pub(crate) struct Server {
    database_url: String,
    listen: String,
    url: String,
    child: Option<Child>,
}

impl Server {
    /// A server that is not started yet, on a port that is free now.
    pub(crate) fn on(database_url: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = free.local_addr().unwrap().to_string();
        Self {
            database_url: database_url.to_owned(),
            url: format!("http://{listen}"),
            listen,
            child: None,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Starts it and waits until it says that it listens.
    pub(crate) async fn start(&mut self) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .arg("serve")
            .env("ROLLCALL_LISTEN", &self.listen)
            .env("ROLLCALL_PUBLIC_URL", &self.url)
            .env("ROLLCALL_DATABASE_URL", &self.database_url)
            .env("ROLLCALL_ADMIN_KEY", ADMIN_KEY)
            .env("ROLLCALL_SECRET_KEY", SECRET_KEY)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap();
            let line = line.expect("the server ended before it listened");
            if line.contains("is listening on") {
                break;
            }
        }
        // The pipe stays open, so that the server can go on writing to it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
    }

    /// Sends SIGTERM, waits, and says whether it ended well.
    pub(crate) async fn stop(&mut self) -> bool {
        let mut child = self.child.take().unwrap();
        let pid = child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(sent.unwrap().success());
        child.wait().await.unwrap().success()
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.unwrap();
        }
    }
}
