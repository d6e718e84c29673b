//! Why a call did not do what it was sent for.

use reqwest::StatusCode;
use serde::Deserialize;

/// Why a call did not do what it was sent for.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No server can be there.
    #[error("`{url}` is not the URL of a server: {reason}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There can be no HTTP client.
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(String),
    /// Nobody answers.
    #[error("{url} does not answer")]
    NoAnswer {
        /// Where.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// An answer broke off.
    #[error("{what}: the answer broke off")]
    BrokenOff {
        /// The call.
        what: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It was refused.
    #[error("{what} answers {status}: {detail}")]
    Refused {
        /// The call.
        what: String,
        /// The status.
        status: StatusCode,
        /// The stable word for the reason; empty if the answer was none of the API.
        code: String,
        /// The reason.
        detail: String,
    },
    /// An answer is not what the API promises.
    #[error("{what}: the answer is not one of a Rollcall management API")]
    NotAsPromised {
        /// The call.
        what: String,
        /// What it is instead.
        source: serde_json::Error,
    },
}

/// The problem body of a refusal (RFC 9457); everything else in it is left out.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    detail: String,
}

/// How much of an answer is shown that is none of the API.
const SHOWN: usize = 200;

impl ApiError {
    pub(super) fn refusal(what: String, status: StatusCode, body: &[u8]) -> Self {
        let problem = serde_json::from_slice(body).unwrap_or_else(|_| Problem {
            code: String::new(),
            detail: match status.is_redirection() {
                true => "it names another address; give that one".to_owned(),
                false => String::from_utf8_lossy(body).chars().take(SHOWN).collect(),
            },
        });
        Self::Refused {
            what,
            status,
            code: problem.code,
            detail: problem.detail,
        }
    }

    /// Whether there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status, code, .. }
            if *status == StatusCode::NOT_FOUND && code == "not_found")
    }
}
