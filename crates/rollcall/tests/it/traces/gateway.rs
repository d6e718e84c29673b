//! A real server with one SCIM connection, and a product that takes its webhooks.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use rollcall_testkit::{Client, Reply, TestDatabase};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::rollcall::{Folder, Server};

const ADMIN_KEY: &str = "an-api-key-given-from-outside-for-tests";
const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub(super) struct Gateway {
    folder: Folder,
    /// Its file is there as long as this is.
    _database: TestDatabase,
    server: Server,
    api: Client,
    scim: Client,
    pub(super) organization: String,
    pub(super) connection: String,
    pub(super) token: String,
}

impl Gateway {
    pub(super) async fn start(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut command: Command = folder.command(&["serve"]);
        command
            .env("ROLLCALL_LISTEN", "127.0.0.1:0")
            .env("ROLLCALL_DATABASE_URL", database.url())
            .env("ROLLCALL_ADMIN_KEY", ADMIN_KEY)
            .env("ROLLCALL_SECRET_KEY", SECRET_KEY)
            .env("ROLLCALL_OUTBOUND__ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8")
            .envs(settings.iter().copied());
        let server = Server::start_with_log(command, &folder.path("log"));
        let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");
        let made = api
            .post("/v1/organizations", json!({ "name": "Acme" }))
            .await;
        let organization = made.expect(201).text("/id");
        let path = format!("/v1/organizations/{organization}");
        let sso = json!({ "name": "Sign-in", "protocol": "oidc",
            "oidc": { "issuer": "https://login.example.com", "client_id": "product" } });
        let sso = api.post(&format!("{path}/sso-connections"), sso).await;
        let wanted =
            json!({ "name": "Directory", "sso_connection_id": sso.expect(201).text("/id") });
        let made = api
            .post(&format!("{path}/scim-connections"), wanted)
            .await
            .expect(201);
        let (connection, token) = (made.text("/id"), made.text("/token/secret"));
        let base = format!("{}/scim/v2/{connection}", api.base());
        let scim = Client::new(&base, Some(&token), "application/scim+json");
        Self {
            folder,
            _database: database,
            server,
            api,
            scim,
            organization,
            connection,
            token,
        }
    }

    pub(super) async fn add_webhook(&self, url: &str) {
        let made = self
            .api
            .post("/v1/webhook-endpoints", json!({ "url": url }))
            .await;
        let _ = made.expect(201);
    }

    async fn ask(
        &self,
        client: &Client,
        (method, path): (&str, &str),
        body: Option<&Value>,
        traceparent: &str,
    ) -> Reply {
        let mut request = client
            .request(method, path)
            .header("traceparent", traceparent)
            .header("tracestate", "vendor=1");
        if let Some(body) = body {
            request = request
                .header("content-type", "application/scim+json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        Reply {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
        }
    }

    pub(super) async fn create_user(&self, user: &Value, traceparent: &str) -> Reply {
        self.ask(&self.scim, ("POST", "/Users"), Some(user), traceparent)
            .await
    }

    pub(super) async fn delete_user(&self, id: &str, traceparent: &str) -> Reply {
        let path = format!("/Users/{id}");
        self.ask(&self.scim, ("DELETE", &path), None, traceparent)
            .await
    }

    pub(super) async fn find_user(&self, name: &str, traceparent: &str) -> Reply {
        let path = format!("/Users?filter=userName%20eq%20%22{name}%22");
        self.ask(&self.scim, ("GET", &path), None, traceparent)
            .await
    }

    pub(super) async fn find_user_as(&self, token: &str, traceparent: &str) -> Reply {
        let stranger = self.scim.with_bearer(Some(token));
        self.ask(&stranger, ("GET", "/Users"), None, traceparent)
            .await
    }

    /// The value of a counter.
    pub(super) async fn metric(&self, series: &str) -> u64 {
        let page = self.api.get("/metrics").await;
        let page = page.body.as_str().unwrap().to_owned();
        let value = page.lines().find_map(|line| line.strip_prefix(series));
        value.unwrap().trim().parse().unwrap()
    }

    /// Stops it; `false` if it did not end well.
    pub(super) fn stop(self) -> bool {
        self.server.stop()
    }

    /// Stops it, and reads what it has logged.
    pub(super) fn stop_and_read_log(self) -> String {
        assert!(self.server.stop());
        std::fs::read_to_string(self.folder.path("log")).unwrap()
    }
}

/// What webhooks are sent to.
pub(super) struct Hook {
    pub(super) url: String,
    came: mpsc::UnboundedReceiver<(String, String)>,
    /// What came while another was waited for: deliveries need not come in the order of events.
    kept: HashMap<String, String>,
}

impl Hook {
    pub(super) async fn start() -> Self {
        let (tell, came) = mpsc::unbounded_channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let server = HttpServer::new(move || {
                let tell = tell.clone();
                let take = web::post().to(move |req: HttpRequest, event: web::Json<Value>| {
                    let header = req.headers().get("traceparent");
                    let header = header.map_or("", |value| value.to_str().unwrap());
                    let kind = event["type"].as_str().unwrap().to_owned();
                    // Nobody counts what comes after the end of the test.
                    let _ = tell.send((kind, header.to_owned()));
                    async { HttpResponse::NoContent().finish() }
                });
                App::new().route("/hook", take)
            });
            let server = server.workers(1).disable_signals().listen(listener);
            actix_web::rt::System::new()
                .block_on(server.unwrap().run())
                .unwrap();
        });
        Self {
            url,
            came,
            kept: HashMap::new(),
        }
    }

    /// The `traceparent` of the webhook of a type, of which one is awaited.
    pub(super) async fn of(&mut self, kind: &str) -> String {
        let wanted = async {
            loop {
                if let Some(traceparent) = self.kept.remove(kind) {
                    return traceparent;
                }
                let (came, traceparent) = self.came.recv().await.unwrap();
                self.kept.insert(came, traceparent);
            }
        };
        let patience = Duration::from_secs(30);
        tokio::time::timeout(patience, wanted).await.unwrap()
    }
}
