//! A gateway in this process, with tenants full of users.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use prometheus::Registry;
use rand::rngs::SysRng;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use rollcall_gateway::{
    ActivityLog, AppState, Draining, Guesses, Limits, Listeners, Purge, Running, Settings,
};
use rollcall_metrics::Metrics;
use rollcall_model::{GroupId, Origin, SystemClock, UserId};
use rollcall_orgs::api_keys;
use rollcall_orgs::secret::{ScimTokenSecret, SealingKey};
use rollcall_store::{ConnectionHandle, MARK, Store, StoreOptions, Synchronous};
use serde_json::{Value, json};

/// A gateway that runs.
pub struct Server {
    running: Running,
    store: Store,
    client: reqwest::Client,
    url: String,
    key: String,
}

/// A SCIM connection with its users.
pub struct Tenant {
    client: reqwest::Client,
    base: String,
    token: String,
    handle: ConnectionHandle,
}

impl Server {
    /// Starts a gateway on an empty database.
    ///
    /// # Errors
    ///
    /// The database or the port is not there.
    pub async fn start(database_url: &str) -> anyhow::Result<Self> {
        let options = StoreOptions {
            url: database_url.to_owned(),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(20),
            synchronous: Synchronous::Full,
            tombstone_retention: Duration::ZERO,
        };
        let clock = Arc::new(SystemClock);
        let store = Store::connect(&options, clock.clone()).await?;
        store.migrate().await?;
        let key = api_keys::create(&store, "bench", Origin::system(clock.as_ref())).await?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let sealing_key = SealingKey::generate(&mut SysRng)?;
        let state = AppState {
            store: store.clone(),
            metrics: Metrics::register(Registry::new(), "bench")?,
            sealing_key: SealingKey::from_base64(&sealing_key)?,
            settings: Settings {
                public_url: url.clone(),
                base_domain: None,
                behind_proxy: false,
                extra_scim_paths: Vec::new(),
                limits: Limits::default(),
            },
            activity: ActivityLog::default(),
            guesses: Guesses::default(),
            purge: Purge::default(),
            draining: Draining::default(),
        };
        let listeners = Listeners {
            main: listener,
            tls: None,
            metrics: None,
        };
        Ok(Self {
            running: rollcall_gateway::start(state, listeners)?,
            store,
            client: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(60))
                .build()?,
            url,
            key: key.secret.expose().to_owned(),
        })
    }

    /// Makes a tenant with `users` users, of which the first is number 0.
    ///
    /// # Errors
    ///
    /// A request is refused, or the database is not available.
    pub async fn tenant(&self, name: &str, users: u64) -> anyhow::Result<Tenant> {
        let organization = self
            .manage("/v1/organizations", json!({ "name": name }))
            .await?;
        let path = format!("/v1/organizations/{}", text(&organization, "/id")?);
        let oidc = json!({ "issuer": "https://login.example.com", "client_id": "bench" });
        let sign_in = json!({ "name": "Sign-in", "protocol": "oidc", "oidc": oidc });
        let sso = self
            .manage(&format!("{path}/sso-connections"), sign_in)
            .await?;
        let directory = json!({ "name": "Directory", "sso_connection_id": text(&sso, "/id")? });
        let connection = self
            .manage(&format!("{path}/scim-connections"), directory)
            .await?;
        let token = text(&connection, "/token/secret")?;
        let digest = ScimTokenSecret::parse(&token)?.digest();
        let stored = self.store.find_token(&digest).await?;
        let tenant = Tenant {
            client: self.client.clone(),
            base: text(&connection, "/endpoint_url")?,
            token,
            handle: stored
                .context("a token that was just made")?
                .handle(&self.store),
        };
        tenant.fill(users).await?;
        Ok(tenant)
    }

    /// Lets the database settle after all tenants were made.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn settle(&self) -> anyhow::Result<()> {
        Ok(self.store.settle().await?)
    }

    /// Stops serving and closes the database.
    ///
    /// # Errors
    ///
    /// The database does not close.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.running.stop().await;
        Ok(self.store.close().await?)
    }

    async fn manage(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.key)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_success(), "POST {path}: {status} {body}");
        Ok(serde_json::from_str(&body)?)
    }
}

impl Tenant {
    /// The `userName` of a user by its number.
    #[must_use]
    pub fn user_name(number: u64) -> String {
        format!("user-{number:0width$}@example.com", width = MARK.len())
    }

    /// One request; the body of its answer.
    ///
    /// # Errors
    ///
    /// It is refused.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/scim+json")
                .body(body.to_string());
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {body}");
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&body)?)
    }

    /// `GET`
    ///
    /// # Errors
    ///
    /// It is refused.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path, None).await
    }

    /// Makes the users: the first by a request, all others as copies.
    async fn fill(&self, users: u64) -> anyhow::Result<()> {
        let first = self
            .send(
                Method::POST,
                "/Users",
                Some(&json!({
                    "userName": Self::user_name(0),
                    "externalId": format!("00u{MARK}"),
                    "displayName": format!("User {MARK}"),
                    "name": { "givenName": "User", "familyName": MARK },
                    "active": true,
                    "emails": [{ "value": Self::user_name(0), "type": "work", "primary": true }],
                })),
            )
            .await?;
        let id = UserId::from_scim(&text(&first, "/id")?).context("the id of a user")?;
        Ok(self.handle.copy_user(id, 1..users).await?)
    }

    /// Makes a group with the first `members` users as members; gives its id.
    ///
    /// # Errors
    ///
    /// A request is refused, or the database is not available.
    pub async fn group(&self, name: &str, members: u64) -> anyhow::Result<String> {
        let body = json!({ "displayName": name });
        let group = self.send(Method::POST, "/Groups", Some(&body)).await?;
        let group = text(&group, "/id")?;
        let id = GroupId::from_scim(&group).context("the id of a group")?;
        self.handle.fill_group(id, members).await?;
        Ok(group)
    }
}

/// A text inside a body, by JSON pointer.
///
/// # Errors
///
/// There is none.
pub fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
    let text = body.pointer(pointer).and_then(Value::as_str);
    Ok(text
        .with_context(|| format!("no text at {pointer} in {body}"))?
        .to_owned())
}
