//! Refusals of the token endpoint (RFC 6749 §5.2).

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use rollcall_model::chain;
use rollcall_orgs::oauth::SigningError;
use rollcall_store::StoreError;
use serde_json::json;

use crate::api::problem::RETRY_SECONDS;

/// Why a client is given no access token.
#[derive(Debug, thiserror::Error)]
pub(super) enum OauthFailure {
    /// The request is not one, or says a thing twice.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The client is not who it says it is.
    #[error("client id and secret do not belong together, or the client was revoked")]
    InvalidClient,
    /// The same, from an address that has sent many such requests.
    #[error("too many requests without a valid client secret came from this address; wait")]
    Guessing {
        /// For how long.
        wait: Duration,
    },
    /// The client is right, and its connection is switched off.
    #[error("the SCIM connection of this client is disabled; ask the vendor to enable it")]
    Disabled,
    /// Another grant than the one there is.
    #[error("`grant_type` must be `client_credentials`")]
    UnsupportedGrantType,
    /// A scope that there is not, or that the client was not given.
    #[error("this client can be given these scopes: {0}")]
    InvalidScope(String),
    /// Another method than POST.
    #[error("send the request by POST")]
    Method,
    /// A key could not be used, or the database is not there.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl From<StoreError> for OauthFailure {
    fn from(error: StoreError) -> Self {
        Self::Signing(error.into())
    }
}

impl OauthFailure {
    /// Status and the word of RFC 6749 §5.2, or one beside it where that has none.
    const fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::Guessing { .. } => (StatusCode::TOO_MANY_REQUESTS, "invalid_client"),
            Self::Disabled => (StatusCode::BAD_REQUEST, "unauthorized_client"),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::InvalidScope(_) => (StatusCode::BAD_REQUEST, "invalid_scope"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "invalid_request"),
            Self::Signing(SigningError::Store(StoreError::Unavailable(_))) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Self::Signing(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }
}

impl ResponseError for OauthFailure {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, word) = self.parts();
        let mut answer = HttpResponse::build(status);
        answer
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((PRAGMA, "no-cache"));
        let description = match self {
            Self::Signing(error) => {
                tracing::error!(error = %chain(error), "an access token could not be given");
                "something failed on our side; try again in a moment".to_owned()
            }
            refused => refused.to_string(),
        };
        match self {
            Self::InvalidClient => {
                answer.insert_header((WWW_AUTHENTICATE, "Basic realm=\"oauth\""));
            }
            Self::Guessing { wait } => {
                answer.insert_header((RETRY_AFTER, wait.as_secs().max(1).to_string()));
            }
            Self::Method => {
                answer.insert_header((ALLOW, "POST"));
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                answer.insert_header((RETRY_AFTER, RETRY_SECONDS));
            }
            _ => {}
        }
        answer.json(json!({ "error": word, "error_description": description }))
    }
}
