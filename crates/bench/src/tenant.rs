//! A tenant of a gateway, and single requests to it: to set a measurement up and to look at what
//! came of it. What is measured goes through [`crate::load`].

use anyhow::{Context, ensure};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;

/// An organization with one SCIM connection and its token.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Sends the requests.
    pub client: reqwest::Client,
    /// The id of the organization.
    pub organization: String,
    /// The id of the SCIM connection.
    pub connection: String,
    /// The id of its SSO connection.
    pub sso: String,
    /// A key of the management API.
    pub api_key: String,
    /// The address of the SCIM endpoint.
    pub base: String,
    /// The secret of its token.
    pub token: String,
    /// The id of its token.
    pub token_id: String,
}

impl Tenant {
    /// The same tenant at another gateway of the same installation.
    ///
    /// # Errors
    ///
    /// One of the addresses is none.
    pub fn at(&self, gateway_url: &str) -> anyhow::Result<Self> {
        let mut base: url::Url = self.base.parse()?;
        let other: url::Url = gateway_url.parse()?;
        let moved = base.set_port(other.port());
        ensure!(moved.is_ok(), "{base} has no port");
        Ok(Self {
            base: base.into(),
            ..self.clone()
        })
    }

    /// One request; status and body of its answer, whatever they are.
    ///
    /// # Errors
    ///
    /// There is no answer.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(u16, String)> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/scim+json")
                .body(body.to_string());
        }
        let answer = request.send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
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
        let (status, body) = self.ask(method.clone(), path, body).await?;
        let good = (200..300).contains(&status);
        ensure!(good, "{method} {path}: {status} {body}");
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
