//! A POST with limits on time and size, whose answer is kept whatever its status is.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use crate::error::FetchError;
use crate::fetcher::Fetcher;

/// What is sent, and how long it may take.
pub struct Post<'a> {
    /// Where to.
    pub url: &'a str,
    /// What the body is.
    pub content_type: &'static str,
    /// Headers beside the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// How long connecting, sending and the answer may take together.
    pub total: Duration,
    /// How much of the answer's body is kept; the rest is not read.
    pub keep_bytes: usize,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its status. A redirect is an answer like any other: it is not followed.
    pub status: u16,
    /// The beginning of its body.
    pub body: Vec<u8>,
    /// After how long the host wants to be asked again (`Retry-After` in seconds, RFC 9110 §10.2.3).
    pub retry_after: Option<Duration>,
}

impl Fetcher {
    /// Looks at an address as [`Self::post`] will, as far as that goes without asking DNS.
    ///
    /// # Errors
    ///
    /// It is no URL, of a wrong scheme, holds a user name or password, or is a forbidden address.
    pub fn check(&self, url: &str) -> Result<(), FetchError> {
        let url = Url::parse(url).map_err(|reason| FetchError::Url(reason.to_string()))?;
        self.client_for(&url).map(|_| ())
    }

    /// Posts a body. Follows no redirects.
    ///
    /// # Errors
    ///
    /// [`FetchError`]: the address is forbidden, or there was no answer in time. An answer with any
    /// status is no error, nor is one whose body ends early.
    pub async fn post(&self, post: Post<'_>) -> Result<Posted, FetchError> {
        let ends = Instant::now() + post.total;
        let url = Url::parse(post.url).map_err(|reason| FetchError::Url(reason.to_string()))?;
        let client = self.client_for(&url)?;
        let mut request = client.post(url).header(CONTENT_TYPE, post.content_type);
        for (name, value) in post.headers {
            request = request.header(name, value);
        }
        let sent = timeout(post.total, request.body(post.body).send()).await;
        let response = sent
            .map_err(|_| FetchError::Timeout)?
            .map_err(|error| FetchError::of(&error))?;
        Ok(Posted {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers()),
            body: beginning(response, post.keep_bytes, ends).await,
        })
    }
}

/// The first bytes of a body, or as many of them as come in time.
async fn beginning(mut response: Response, keep: usize, ends: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < keep
        && let Ok(Ok(Some(chunk))) = timeout_at(ends, response.chunk()).await
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(keep);
    body
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}
