//! Two replicas behind nginx are restarted one after the other under load, and no client notices.
//!
//! nginx has the settings that `docs/deployment.md` shows, and each restart goes as
//! `docs/operations.md` tells: out of the pool, quiet, SIGTERM, back into the pool.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use rollcall_testkit::{Client, TestDatabase, block_on};
use serde_json::json;
use tempfile::TempDir;

use crate::audit::connect;
use crate::process::{ADMIN_KEY, Server};

/// Clients that write at the same time, each into a connection of its own.
const CLIENTS: usize = 8;

/// How many requests are answered between two steps at least.
const BETWEEN: usize = 50;

/// An nginx in front of the servers; it ends with this value.
struct Nginx {
    folder: TempDir,
    port: u16,
}

impl Nginx {
    fn start(servers: &[Server]) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nginx = Self {
            folder: TempDir::new().unwrap(),
            port: free.local_addr().unwrap().port(),
        };
        drop(free);
        nginx.configure(servers, None);
        nginx.run(&[]);
        nginx
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Takes these servers into the pool, but for one.
    fn pool(&self, servers: &[Server], without: Option<usize>) {
        self.configure(servers, without);
        self.run(&["-s", "reload"]);
    }

    /// The example of the manual, with addresses of this machine in it.
    fn configure(&self, servers: &[Server], without: Option<usize>) {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manual = std::fs::read_to_string(top.join("../../docs/deployment.md")).unwrap();
        let example = manual.split("```nginx\n").nth(1).unwrap();
        let example = example.split("```").next().unwrap();
        let pool: String = servers
            .iter()
            .enumerate()
            .filter(|(place, _)| Some(*place) != without)
            .map(|(_, server)| format!("server {};", server.url().trim_start_matches("http://")))
            .collect();
        let mut here = example.to_owned();
        for (theirs, ours) in [
            ("server 127.0.0.1:8080;", pool.as_str()),
            (
                "listen 443 ssl;",
                &format!("listen 127.0.0.1:{};", self.port),
            ),
            (
                "/etc/nginx/tls/scim.example.com",
                &format!("{}/tests/data/tls", top.display()),
            ),
        ] {
            assert!(
                here.contains(theirs),
                "the example has no {theirs} any more"
            );
            here = here.replace(theirs, ours);
        }
        let folder = self.folder.path().display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
            .collect();
        let whole = format!(
            "pid {folder}/pid;\nerror_log {folder}/log;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{here}}}\n"
        );
        std::fs::write(self.path("nginx.conf"), whole).unwrap();
    }

    fn run(&self, arguments: &[&str]) {
        // Debian has it where only root looks for programs.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
        let status = Command::new("nginx")
            .env("PATH", path)
            .arg("-c")
            .arg(self.path("nginx.conf"))
            .arg("-e")
            .arg(self.path("log"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        assert!(status.success(), "{log}");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A test that has failed is not to fail once more.
        let pid = std::fs::read_to_string(self.path("pid")).unwrap_or_default();
        if !pid.trim().is_empty() {
            let _ = Command::new("kill").args(["-TERM", pid.trim()]).status();
        }
    }
}

/// What the clients have been answered so far.
#[derive(Default)]
struct Answers {
    good: AtomicUsize,
    over: AtomicBool,
}

impl Answers {
    /// Creates users until it is over. Each over a connection of its own and sent once: nothing that
    /// fails is hidden by a second attempt.
    async fn ask(&self, url: &str, token: &str) {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        for number in 0.. {
            if self.over.load(Ordering::SeqCst) {
                break;
            }
            let user = json!({ "userName": format!("person-{number}@example.com") });
            let request = client.post(format!("{url}/Users")).bearer_auth(token);
            let answer = request.json(&user).send().await.unwrap();
            let status = answer.status();
            let body = answer.text().await.unwrap();
            assert_eq!(status, StatusCode::CREATED, "{body}");
            self.good.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Waits until so many more were answered.
    async fn more(&self) {
        let wanted = self.good.load(Ordering::SeqCst) + BETWEEN;
        while self.good.load(Ordering::SeqCst) < wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Waits until a server is asked nothing any more.
async fn quiet(server: &Server) {
    let api = Client::new(server.url(), None, "application/json");
    let mut before = String::new();
    loop {
        let metrics = api.get("/metrics").await.expect(200);
        let counts = |line: &&str| line.starts_with("rollcall_requests_total");
        let now: String = metrics.text("").lines().filter(counts).collect();
        if now == before {
            return;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[test]
fn no_request_fails_when_two_replicas_are_restarted_one_after_the_other() {
    block_on(async {
        let database = TestDatabase::postgres().await;
        let mut servers = [Server::on(database.url()), Server::on(database.url())];
        for server in &mut servers {
            server.start().await;
        }
        let nginx = Nginx::start(&servers);
        let api = Client::new(servers[0].url(), Some(ADMIN_KEY), "application/json");
        let mut endpoints = Vec::new();
        for client in 0..CLIENTS {
            let connection = connect(&api, &format!("Client {client}")).await;
            endpoints.push(connection.endpoint_at(&nginx.url()));
        }

        let answers = Answers::default();
        let asking = endpoints.iter().map(|(url, token)| answers.ask(url, token));
        let restarting = async {
            for place in 0..servers.len() {
                answers.more().await;
                nginx.pool(&servers, Some(place));
                quiet(&servers[place]).await;
                assert!(servers[place].stop().await, "it did not end well");
                answers.more().await;
                servers[place].start().await;
                nginx.pool(&servers, None);
            }
            answers.more().await;
            answers.over.store(true, Ordering::SeqCst);
        };
        tokio::join!(futures_util::future::join_all(asking), restarting);
        eprintln!(
            "{} requests, none of them failed",
            answers.good.into_inner()
        );
        for server in &mut servers {
            server.kill().await;
        }
    });
}
