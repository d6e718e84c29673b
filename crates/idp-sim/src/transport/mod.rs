//! Sends requests, and alone knows about time-outs, sizes and retries.
//!
//! A busy endpoint (429, 503) is asked again when it said it would be ready; one that cannot be
//! reached is waited for, so that a restarted server is survived. A POST whose answer was lost is
//! not sent again, because it may have been carried out: it is [`SendError::Lost`], and the step
//! looks first. So is one that was answered 503, when the time that was named is over: an endpoint
//! whose database went away in the middle does not know either.

mod answer;
mod retry;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderValue};
use url::{Host, Url};

pub(crate) use answer::Answer;
pub use retry::RetryPolicy;

use crate::error::{Failure, SimulationError};
use crate::journal::Acknowledged;
use crate::operation::Method;
use crate::report::Tally;
use crate::request::RequestShape;
use crate::target::{Options, Target};
use retry::{Attempts, Next};

/// How long a connection may take to open; a machine that is down often answers nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a request has no usable answer.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The endpoint refused, or could not be reached: nothing was done.
    Refused(Failure),
    /// The request may have been carried out.
    Lost(Failure),
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Refused(failure) | SendError::Lost(failure) => failure,
        }
    }
}

/// An HTTP client for one endpoint.
pub(crate) struct Transport<'a> {
    client: reqwest::Client,
    /// Without a slash at the end.
    base: String,
    /// Of the base URL, without the `?`.
    query: Option<String>,
    authorization: HeaderValue,
    options: Options<'a>,
}

impl<'a> Transport<'a> {
    /// # Errors
    ///
    /// When the URL or the token cannot be used, or the TLS set-up of the machine is broken.
    pub(crate) fn new(target: &Target, options: Options<'a>) -> Result<Self, SimulationError> {
        let bad = || SimulationError::BadBaseUrl(target.base_url.clone());
        let url = Url::parse(&target.base_url).map_err(|_| bad())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad());
        }
        let (base, query) = match target.base_url.split_once('?') {
            Some((base, query)) => (base, Some(query.to_owned())),
            None => (target.base_url.as_str(), None),
        };
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", target.token))
            .map_err(|_| SimulationError::BadToken)?;
        authorization.set_sensitive(true);
        let mut builder = reqwest::Client::builder()
            .timeout(options.timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build().map_err(SimulationError::Client)?,
            base: base.trim_end_matches('/').to_owned(),
            query,
            authorization,
            options,
        })
    }

    /// Sends until there is an answer worth having; a 2xx write goes into the journal.
    pub(crate) async fn send(
        &self,
        shape: &RequestShape,
        tally: &Tally,
    ) -> Result<Answer, SendError> {
        let mut attempts = Attempts::new(self.options.retry);
        let is_post = shape.operation.method() == Method::Post;
        loop {
            tally.sent();
            let started = Instant::now();
            let sent = self.send_once(shape).await;
            if sent.is_ok() {
                tally.answered(shape.operation, started.elapsed());
            }
            let (wait, error) = match sent {
                Ok(answer) if answer.is_success() => return self.accept(shape, answer),
                Ok(answer) => {
                    let next = attempts.after_status(answer.status, answer.retry_after.as_deref());
                    let failure = refusal(shape, &answer);
                    if let Next::Wait(time) = next
                        && answer.status == 503
                        && is_post
                    {
                        tokio::time::sleep(time).await;
                        return Err(SendError::Lost(failure));
                    }
                    (next, SendError::Refused(failure))
                }
                Err(unanswered) => {
                    let failure =
                        Failure::of(shape.operation, &shape.who, unanswered.reason.clone());
                    if unanswered.may_have_arrived && is_post {
                        return Err(SendError::Lost(failure));
                    }
                    (attempts.after_no_answer(), SendError::Refused(failure))
                }
            };
            match wait {
                Next::Wait(time) => tokio::time::sleep(time).await,
                Next::GiveUp => return Err(error),
            }
        }
    }

    fn accept(&self, shape: &RequestShape, answer: Answer) -> Result<Answer, SendError> {
        if let (Some(journal), true) = (self.options.journal, shape.operation.method().is_write()) {
            journal.acknowledged(Acknowledged {
                method: shape.operation.method(),
                path: shape.path_and_query.clone(),
                id: answer.id().or_else(|| id_of_path(&shape.path_and_query)),
                etag: answer.version(),
                status: answer.status,
                at: Instant::now(),
            });
        }
        if let Some(problem) = &answer.unreadable {
            let failure = Failure {
                status: Some(answer.status),
                ..Failure::of(shape.operation, &shape.who, problem.clone())
            };
            return Err(SendError::Refused(failure));
        }
        Ok(answer)
    }

    async fn send_once(&self, shape: &RequestShape) -> Result<Answer, Unanswered> {
        let method = match shape.operation.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self
            .client
            .request(method, self.url(&shape.path_and_query))
            .header(AUTHORIZATION, self.authorization.clone());
        for (name, value) in &shape.headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = &shape.body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.map_err(Unanswered::from)?;
        Answer::read(response, self.options.max_answer_bytes)
            .await
            .map_err(Unanswered::from)
    }

    fn url(&self, path_and_query: &str) -> String {
        let base = &self.base;
        match &self.query {
            None => format!("{base}{path_and_query}"),
            Some(query) => match path_and_query.split_once('?') {
                Some((path, rest)) => format!("{base}{path}?{query}&{rest}"),
                None => format!("{base}{path_and_query}?{query}"),
            },
        }
    }
}

/// No answer, or only a part of one.
struct Unanswered {
    reason: String,
    may_have_arrived: bool,
}

impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        let may_have_arrived = !error.is_connect();
        // Filters hold addresses of people, so the URL is not repeated.
        let error = error.without_url();
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            reason.push_str(": ");
            reason.push_str(&cause.to_string());
            source = cause.source();
        }
        Self {
            reason,
            may_have_arrived,
        }
    }
}

fn refusal(shape: &RequestShape, answer: &Answer) -> Failure {
    Failure {
        status: Some(answer.status),
        ..Failure::of(shape.operation, &shape.who, answer.detail())
    }
}

/// `/Users/1` gives `1`, `/Users` nothing.
fn id_of_path(path: &str) -> Option<String> {
    path.split('/').nth(2).map(str::to_owned)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
