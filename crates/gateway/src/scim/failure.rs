//! Refusals of the SCIM endpoint: the error body of RFC 7644 §3.12.
//!
//! One match turns each error into its answer, without a catch-all, so a new error does not
//! compile until somebody chooses its status. What went wrong inside goes to the log once, here,
//! and never to the identity provider.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use rollcall_model::chain;
use rollcall_orgs::authentication::Refusal;
use rollcall_replicas::Standing;
use rollcall_scim::patch::PatchError;
use rollcall_scim::{ScimError, ScimType, message};
use rollcall_store::StoreError;

use super::rate::whole_seconds;
use super::scopes;
use crate::admission::Busy;
use crate::api::problem::RETRY_SECONDS;

/// The media type of every SCIM answer (RFC 7644 §8.1).
pub(crate) const MEDIA_TYPE: &str = "application/scim+json; charset=utf-8";

/// Why a SCIM request was refused or failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScimFailure {
    /// The protocol says no.
    #[error(transparent)]
    Scim(#[from] ScimError),
    /// One operation of a PATCH says no.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// No resource of that id, in this connection.
    #[error("there is no {kind} with the id `{id}`")]
    NotFound {
        /// `User`, `Group`, or what else was asked for.
        kind: &'static str,
        /// As the client sent it.
        id: String,
    },
    /// No endpoint at this path.
    #[error("there is no endpoint at this path; see /ResourceTypes for those there are")]
    NoEndpoint,
    /// The endpoint does not know the method.
    #[error("this endpoint takes {allowed} only")]
    Method {
        /// The methods it knows.
        allowed: String,
    },
    /// A feature that the service provider configuration says is off.
    #[error("{feature} is not supported; see /ServiceProviderConfig")]
    NotServed {
        /// Which one.
        feature: &'static str,
    },
    /// A filter, where filters are switched off. Leaving it out would answer another question.
    #[error("filters are not supported here; see /ServiceProviderConfig")]
    FilterOff,
    /// `If-Match` names another version.
    #[error("the resource was changed in the meantime: its version is {current}")]
    Stale {
        /// The version there is.
        current: String,
    },
    /// `If-None-Match` names the version there is.
    #[error("the resource is there in a version that `If-None-Match` excludes: {current}")]
    Excluded {
        /// The version there is.
        current: String,
    },
    /// The connection takes no write that does not say which version it is meant for.
    #[error(
        "this connection takes a change only with `If-Match`: read the resource and send its \
         `meta.version`"
    )]
    Unconditional,
    /// The body is of another media type.
    #[error("send the body as application/scim+json or application/json, in UTF-8")]
    MediaType,
    /// The client takes neither of the types that answers have, and the connection is strict.
    #[error("answers are application/scim+json or application/json, and `Accept` takes neither")]
    NotAcceptable,
    /// The body is larger than it may be.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A list in the request is longer than it may be.
    #[error("more than {limit} {what} in one request")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The body broke off.
    #[error("the body ended before all of it was there")]
    CutOff,
    /// The body did not come in time.
    #[error("the body took too long to arrive")]
    TooSlow,
    /// The request was not let in.
    #[error("{}", why(*.0))]
    Refused(Refusal),
    /// A cursor could not be made.
    #[error("a cursor could not be made: {0}")]
    Unsealed(String),
    /// The request was not let in, and its address has sent many that were not.
    #[error("too many requests without a valid token came from this address; wait and check it")]
    Guessing {
        /// For how long.
        wait: Duration,
    },
    /// The request got no turn.
    #[error("{}", match .0 {
        Busy::LineFull => "too many requests of this connection are being worked on: send fewer at \
            the same time, and this one again",
        Busy::WaitedTooLong => "the server has more to do than it can do now: send the request again",
    })]
    Busy(Busy),
    /// The connection has used up its budget (RFC 6585 §4).
    #[error(
        "this connection sent more {} than the {} per second it may: wait {} s and send the request \
         again; if that happens outside of a first import, ask the vendor for a higher limit",
        .standing.budget.label(), .standing.quota.per_second(), whole_seconds(.standing.resets_in)
    )]
    OverBudget {
        /// How its budget stands.
        standing: Standing,
    },
    /// The framework refused the request before a handler saw it.
    #[error("the request cannot be served: {}", .0.canonical_reason().unwrap_or("unknown"))]
    Framework(StatusCode),
    /// A handler panicked. The message is in the log.
    #[error("a handler panicked")]
    Panicked,
    /// The store says no, or is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The challenge of a refusal (RFC 6750 §3). Without credentials there is nothing wrong to name.
fn challenge(refusal: Refusal) -> Option<String> {
    const REALM: &str = "Bearer realm=\"scim\"";
    match refusal {
        Refusal::Missing => Some(REALM.to_owned()),
        Refusal::Unreadable => Some(format!("{REALM}, error=\"invalid_request\"")),
        Refusal::Malformed(_)
        | Refusal::Unknown
        | Refusal::Mismatch
        | Refusal::Expired
        | Refusal::Revoked => Some(format!("{REALM}, error=\"invalid_token\"")),
        Refusal::Forbidden(needed) => {
            let scope = scopes::names(needed, " ");
            Some(format!(
                "{REALM}, error=\"insufficient_scope\", scope=\"{scope}\""
            ))
        }
        Refusal::Disabled | Refusal::Source(_) => None,
    }
}

/// What a client is told of a refused token. Everything about tokens that may exist reads alike.
fn why(refusal: Refusal) -> String {
    match refusal {
        Refusal::Missing => {
            "send the SCIM token of this connection as `Authorization: Bearer <token>`".to_owned()
        }
        Refusal::Unreadable => {
            "send one SCIM token, as `Authorization: Bearer <token>` and in no other place"
                .to_owned()
        }
        Refusal::Malformed(shape) => {
            format!("the bearer token {shape}; copy the whole SCIM token again")
        }
        Refusal::Unknown | Refusal::Mismatch | Refusal::Expired | Refusal::Revoked => {
            "the bearer token is not valid for this endpoint: check that URL and token belong \
             together, or ask for a new token"
                .to_owned()
        }
        Refusal::Disabled => {
            "this SCIM connection is disabled; ask the vendor to enable it".to_owned()
        }
        Refusal::Source(source) => {
            let source = source.map_or_else(
                || "an unknown address".to_owned(),
                |address| address.to_canonical().to_string(),
            );
            format!(
                "this SCIM connection takes no requests from {source}; ask the vendor to add it to \
                 the connection's `allowed_source_addresses`"
            )
        }
        Refusal::Forbidden(needed) => {
            let scope = scopes::names(needed, "` or `");
            format!(
                "this SCIM token may not do that; ask the vendor for one with the scope `{scope}`"
            )
        }
    }
}

/// What is told of a failure that is not the client's.
fn internal() -> ScimError {
    ScimError {
        status: 500,
        scim_type: None,
        detail: "something failed on our side; the request id finds it in the log".to_owned(),
    }
}

impl ScimFailure {
    /// Status, and the SCIM error that goes with it.
    fn parts(&self) -> (StatusCode, ScimError) {
        let plain = |status: StatusCode| {
            let error = ScimError {
                status: status.as_u16(),
                scim_type: None,
                detail: self.to_string(),
            };
            (status, error)
        };
        let of_scim = |error: ScimError| {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, error)
        };
        match self {
            Self::Scim(error) => of_scim(error.clone()),
            Self::Patch(error) => of_scim(error.clone().into()),
            Self::NotFound { .. } | Self::NoEndpoint => plain(StatusCode::NOT_FOUND),
            Self::Method { .. } => plain(StatusCode::METHOD_NOT_ALLOWED),
            Self::NotServed { .. } => plain(StatusCode::NOT_IMPLEMENTED),
            Self::Stale { .. } | Self::Excluded { .. } => plain(StatusCode::PRECONDITION_FAILED),
            Self::Unconditional => plain(StatusCode::PRECONDITION_REQUIRED),
            Self::MediaType => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::NotAcceptable => plain(StatusCode::NOT_ACCEPTABLE),
            Self::Busy(Busy::WaitedTooLong) => plain(StatusCode::SERVICE_UNAVAILABLE),
            Self::Guessing { .. } | Self::OverBudget { .. } | Self::Busy(Busy::LineFull) => {
                plain(StatusCode::TOO_MANY_REQUESTS)
            }
            Self::Framework(status) => plain(*status),
            Self::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, internal()),
            Self::TooLarge { .. } | Self::TooMany { .. } => plain(StatusCode::PAYLOAD_TOO_LARGE),
            Self::TooSlow => plain(StatusCode::REQUEST_TIMEOUT),
            Self::CutOff => of_scim(ScimError::invalid_syntax(self.to_string())),
            Self::FilterOff
            | Self::Refused(Refusal::Disabled | Refusal::Source(_) | Refusal::Forbidden(_)) => {
                plain(StatusCode::FORBIDDEN)
            }
            Self::Refused(Refusal::Unreadable) => plain(StatusCode::BAD_REQUEST),
            Self::Refused(_) => plain(StatusCode::UNAUTHORIZED),
            Self::Store(StoreError::Filter(error)) => of_scim(error.clone()),
            Self::Store(StoreError::Conflict { attribute }) => of_scim(ScimError::uniqueness(
                format!("another resource of this connection has this `{attribute}`"),
            )),
            Self::Store(StoreError::InactiveUser { id }) => {
                let id = id.to_scim();
                of_scim(ScimError::uniqueness(format!(
                    "a user with this `userName` exists and is inactive; to bring it back, set \
                     `active` to true with PATCH or PUT at /Users/{id} instead of creating it"
                )))
            }
            Self::Store(
                error @ (StoreError::NoSuchMember { .. }
                | StoreError::NoSuchManager { .. }
                | StoreError::WrongMemberKind { .. }
                | StoreError::GroupCycle
                | StoreError::NoSuchRole { .. }
                | StoreError::TooLong { .. }),
            ) => of_scim(ScimError::invalid_value(error.to_string())),
            Self::Store(StoreError::Refused(refusal)) => of_scim(ScimError {
                status: 403,
                scim_type: None,
                detail: refusal.to_string(),
            }),
            Self::Store(
                StoreError::ParentMissing
                | StoreError::InUse { .. }
                | StoreError::TooMany { .. }
                | StoreError::LastApiKey,
            ) => plain(StatusCode::NOT_FOUND),
            Self::Store(StoreError::Unavailable(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                ScimError {
                    status: 503,
                    scim_type: None,
                    detail: "the service is not available now; try again in a moment".to_owned(),
                },
            ),
            Self::Unsealed(_)
            | Self::Store(StoreError::Corrupt { .. } | StoreError::Database(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, internal())
            }
        }
    }

    /// The SCIM error for an operation of a bulk request, whose answer is no error itself.
    pub(super) fn into_error(self) -> ScimError {
        self.log();
        self.parts().1
    }

    /// What the identity provider is told.
    pub(crate) fn detail(&self) -> String {
        self.parts().1.detail
    }

    /// The `scimType` that it is told with.
    pub(crate) fn scim_type(&self) -> Option<&'static str> {
        self.parts().1.scim_type.map(ScimType::as_str)
    }

    fn log(&self) {
        match self {
            Self::Store(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(error = %chain(error), "the database is not available");
            }
            Self::Store(error @ (StoreError::Corrupt { .. } | StoreError::Database(_))) => {
                tracing::error!(error = %chain(error), "a SCIM request failed");
            }
            Self::Unsealed(error) => tracing::error!(error, "a SCIM request failed"),
            _ => {}
        }
    }

    fn add_headers(&self, answer: &mut HttpResponseBuilder, status: StatusCode) {
        match self {
            // The rest of the body is not waited for.
            Self::TooLarge { .. } | Self::TooSlow => {
                answer.force_close();
            }
            Self::Refused(refusal) => {
                if let Some(challenge) = challenge(*refusal) {
                    answer.insert_header((WWW_AUTHENTICATE, challenge));
                }
            }
            Self::Busy(_) => {
                answer.insert_header((RETRY_AFTER, "1"));
            }
            Self::Guessing { wait } => {
                answer.insert_header((RETRY_AFTER, wait.as_secs().max(1).to_string()));
            }
            Self::OverBudget { standing } => {
                let wait = whole_seconds(standing.resets_in);
                answer.insert_header((RETRY_AFTER, wait.to_string()));
            }
            Self::MediaType => {
                answer.insert_header((ACCEPT, "application/scim+json, application/json"));
            }
            Self::Method { allowed } => {
                answer.insert_header((ALLOW, allowed.as_str()));
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                answer.insert_header((RETRY_AFTER, RETRY_SECONDS));
            }
            _ => {}
        }
    }
}

impl ResponseError for ScimFailure {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let (status, error) = self.parts();
        let mut answer = HttpResponse::build(status);
        self.add_headers(&mut answer, status);
        answer
            .content_type(MEDIA_TYPE)
            .body(message::error_body(&error).to_string())
    }
}
