//! The management API, as the vendor's own programs would call it.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A server and an API key for it.
pub(super) struct Api {
    client: Client,
    url: String,
    key: String,
}

/// A customer.
#[derive(Deserialize)]
pub(super) struct Organization {
    pub(super) id: String,
    /// Its name in URLs; takes the place of the id.
    pub(super) slug: String,
}

/// A login provider of a customer.
#[derive(Deserialize)]
pub(super) struct SsoConnection {
    pub(super) id: String,
}

/// A provisioning configuration of a customer.
#[derive(Deserialize)]
pub(super) struct ScimConnection {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) endpoint_url: String,
    pub(super) recognised_idp: Option<String>,
    pub(super) users: usize,
    pub(super) groups: usize,
}

/// The answer to the creation of a SCIM connection, the only one that shows the token.
#[derive(Deserialize)]
pub(super) struct NewScimConnection {
    #[serde(flatten)]
    pub(super) connection: ScimConnection,
    pub(super) token: NewToken,
}

/// A token that was just made.
#[derive(Deserialize)]
pub(super) struct NewToken {
    pub(super) secret: String,
}

/// A page of the event feed.
#[derive(Deserialize)]
pub(super) struct Events {
    pub(super) data: Vec<Event>,
    /// What to ask for next; `None` only while there are no events at all.
    pub(super) next_cursor: Option<String>,
}

/// One change.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) organization_id: String,
    pub(super) position: u64,
    pub(super) data: Value,
}

/// The problem body of a refusal (RFC 9457); everything else in it is left out.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

impl Api {
    /// A client of a server on this machine.
    pub(super) fn new(url: &str, key: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            // A proxy of the environment could not reach this machine.
            .no_proxy()
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            client,
            url: url.to_owned(),
            key: key.to_owned(),
        })
    }

    /// Where the server is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The API key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Calls `GET` with a path below the server's URL.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let request = self.client.get(format!("{}{path}", self.url));
        send(request.bearer_auth(&self.key))
            .await
            .with_context(|| format!("GET {path}"))
    }

    /// Calls `POST` with a path below the server's URL.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<T> {
        let request = self.client.post(format!("{}{path}", self.url)).json(body);
        send(request.bearer_auth(&self.key))
            .await
            .with_context(|| format!("POST {path}"))
    }

    /// Asks a SCIM endpoint for the id of a user (RFC 7644 §3.4.2).
    pub(super) async fn find_user_id(
        &self,
        endpoint: &str,
        token: &str,
        user_name: &str,
    ) -> anyhow::Result<String> {
        let filter = format!("userName eq \"{user_name}\"");
        let url = Url::parse_with_params(&format!("{endpoint}/Users"), [("filter", filter)])?;
        let request = self.client.get(url).bearer_auth(token);
        let found: Value = send(request).await.context("GET /Users")?;
        let id = found.pointer("/Resources/0/id").and_then(Value::as_str);
        Ok(id
            .with_context(|| format!("there is no {user_name}"))?
            .to_owned())
    }
}

async fn send<T: DeserializeOwned>(request: RequestBuilder) -> anyhow::Result<T> {
    let answer = request.send().await.context("no answer")?;
    let status = answer.status();
    let body = answer.bytes().await.context("the answer broke off")?;
    if !status.is_success() {
        let detail = serde_json::from_slice(&body).map_or_else(
            |_| String::from_utf8_lossy(&body).into_owned(),
            |problem: Problem| problem.detail,
        );
        bail!("{status}: {detail}");
    }
    serde_json::from_slice(&body).context("the answer is not what the API promises")
}
