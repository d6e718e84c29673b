//! Why a request did not bring an answer.

use std::error::Error;
use std::io;

use crate::resolver::Unresolved;

/// Why a request did not bring an answer, in words for the one who named the address.
///
/// The texts hold neither address nor body: what a forbidden address would have answered is no
/// business of whoever named it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address is no URL that can be asked.
    #[error("the address is not valid: {0}")]
    Url(String),
    /// The address does not begin with `https://`.
    #[error("the address does not begin with https://")]
    NotHttps,
    /// The address leads into a private network.
    #[error(
        "the address leads into a private or reserved network, which the configuration does not \
         allow (`outbound.allowed_private_networks`)"
    )]
    Forbidden,
    /// DNS knows no such host.
    #[error("the host name has no address in DNS")]
    NoAddress,
    /// Nobody took the connection.
    #[error("no connection could be made to the host")]
    Connect,
    /// The host's certificate is not accepted, or it does not speak TLS.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// It took too long.
    #[error("the host did not answer in time")]
    Timeout,
    /// An answer other than 200.
    #[error("the host answered with status {0} instead of 200")]
    Status(u16),
    /// The answer is longer than is read.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The host sends elsewhere again and again.
    #[error("the host redirects more than {0} times")]
    Redirects(usize),
    /// The answer ended too early, or is no HTTP.
    #[error("the connection broke before the answer was complete")]
    Broken,
}

impl FetchError {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "address_not_valid",
            Self::NotHttps => "address_not_https",
            Self::Forbidden => "address_forbidden",
            Self::NoAddress => "dns_no_address",
            Self::Connect => "connect_failed",
            Self::Tls(_) => "tls_failed",
            Self::Timeout => "timeout",
            Self::Status(_) => "unexpected_status",
            Self::TooLong(_) => "answer_too_long",
            Self::Redirects(_) => "too_many_redirects",
            Self::Broken => "connection_broken",
        }
    }

    /// What a failure of the client means. Its own text is not used, since it holds the URL.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(error) = cause {
            match error.downcast_ref() {
                Some(Unresolved::Forbidden) => return Self::Forbidden,
                Some(Unresolved::NoAddress(_)) => return Self::NoAddress,
                None => {}
            }
            if let Some(error) = tls(error) {
                return Self::Tls(error.to_string());
            }
            cause = error.source();
        }
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Connect
        } else {
            Self::Broken
        }
    }
}

/// rustls reports inside an I/O error or two, which hide it from `source`.
fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    while let Some(outer) = inner.downcast_ref::<io::Error>() {
        inner = outer.get_ref()?;
    }
    inner.downcast_ref()
}
