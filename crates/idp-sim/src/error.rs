//! What can go wrong while playing a provider.

use std::fmt;

use crate::operation::{Method, Operation};
use crate::providers::IdpKind;

/// One step the endpoint did not let happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// Method of the request.
    pub method: Method,
    /// Endpoint without ids and filter values.
    pub route: &'static str,
    /// Status of the last answer; `None` when none came.
    pub status: Option<u16>,
    /// The endpoint's own words (`detail` of a SCIM error, RFC 7644 §3.12), or what happened.
    pub detail: String,
    /// The person or group it was about; empty for a connection test.
    pub who: String,
}

impl Failure {
    pub(crate) fn of(operation: Operation, who: &str, detail: impl Into<String>) -> Self {
        Self {
            method: operation.method(),
            route: operation.route(),
            status: None,
            detail: detail.into(),
            who: who.to_owned(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.route)?;
        if !self.who.is_empty() {
            write!(f, " for {}", self.who)?;
        }
        if let Some(status) = self.status {
            write!(f, ": {status}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// Why a session could not begin, or a single change was not made. Messages are complete.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The base URL is not an absolute http or https URL.
    #[error("`{0}` is not an absolute http or https URL")]
    BadBaseUrl(String),
    /// The token holds characters that cannot be in a header.
    #[error("the token cannot be sent: it holds characters that no header may have")]
    BadToken,
    /// The HTTP client could not be made.
    #[error("cannot make an HTTP client: {0}")]
    Client(reqwest::Error),
    /// The connection test failed, so nothing was pushed.
    #[error("the connection test failed: {0}")]
    ConnectionTest(Failure),
    /// The endpoint did not take a change.
    #[error("{0}")]
    Refused(Failure),
    /// This provider does not read users back.
    #[error("{0} never imports")]
    NoImport(IdpKind),
}
