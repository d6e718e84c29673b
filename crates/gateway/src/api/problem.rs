//! Refusals of the management API: RFC 9457 problem bodies.
//!
//! One match turns each error into its answer, without a catch-all, so a new error does not
//! compile until somebody chooses its status. What went wrong inside goes to the log once, here,
//! and never to the caller.

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use rollcall_model::chain;
use rollcall_orgs::OrgsError;
use rollcall_scim::schema::SchemaError;
use rollcall_store::{SchemaRefused, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a caller should wait before it tries again, in seconds.
pub(crate) const RETRY_SECONDS: &str = "2";

/// A problem body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`: the status and `code` say what it is.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The status in words.
    pub(crate) title: &'static str,
    /// The HTTP status.
    pub(crate) status: u16,
    /// A stable word for programs.
    pub(crate) code: &'static str,
    /// A sentence for people.
    pub(crate) detail: String,
    /// The field that is at fault, as the request spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) field: Option<String>,
}

/// A refusal or failure of a management call.
#[derive(Debug, thiserror::Error)]
#[error("{status} {code}: {detail}")]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
}

impl Problem {
    /// A refusal with a stable word and a sentence.
    #[must_use]
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            field: None,
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// 404.
    #[must_use]
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no such {what}"),
        )
    }

    /// 401: no key, or one that nobody made.
    #[must_use]
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send a valid API key as `Authorization: Bearer <API key>`",
        )
    }

    /// 422: a field or parameter that does not hold what it may.
    #[must_use]
    pub(crate) fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail).at(field)
    }

    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %chain(error), "a management call failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "something failed on our side; the request id finds it in the log",
        )
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { ref attribute } => {
                let attribute = attribute.clone();
                Self::new(StatusCode::CONFLICT, "conflict", error.to_string()).at(attribute)
            }
            StoreError::InactiveUser { .. } => {
                Self::new(StatusCode::CONFLICT, "conflict", error.to_string()).at("userName")
            }
            StoreError::Refused(ref refusal) => {
                let rule = refusal.rule();
                Self::new(StatusCode::CONFLICT, "policy", error.to_string()).at(rule)
            }
            StoreError::InUse { .. } => {
                Self::new(StatusCode::CONFLICT, "in_use", error.to_string())
            }
            StoreError::TooMany { .. } => {
                Self::new(StatusCode::CONFLICT, "too_many", error.to_string())
            }
            StoreError::LastApiKey => {
                Self::new(StatusCode::CONFLICT, "last_api_key", error.to_string())
            }
            StoreError::TooLong { ref attribute, .. } => {
                let attribute = attribute.clone();
                Self::invalid(attribute, error.to_string())
            }
            StoreError::NoSuchRole { ref attribute, .. } => {
                let attribute = attribute.clone();
                Self::invalid(attribute, error.to_string())
            }
            StoreError::ParentMissing
            | StoreError::NoSuchMember { .. }
            | StoreError::NoSuchManager { .. }
            | StoreError::WrongMemberKind { .. }
            | StoreError::GroupCycle
            | StoreError::Filter(_) => {
                Self::new(StatusCode::NOT_FOUND, "not_found", error.to_string())
            }
            StoreError::Unavailable(_) => {
                tracing::warn!(error = %chain(&error), "the database is not available");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "the service is not available now; try again in a moment",
                )
            }
            StoreError::Corrupt { .. } | StoreError::Database(_) => Self::internal(&error),
        }
    }
}

impl From<OrgsError> for Problem {
    fn from(error: OrgsError) -> Self {
        match error {
            OrgsError::Invalid { field, .. } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_field",
                error.to_string(),
            )
            .at(field),
            OrgsError::NoSuchReference { field } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "no_such_reference",
                error.to_string(),
            )
            .at(field),
            OrgsError::NotFound { what } => Self::not_found(what),
            OrgsError::Unconfirmed { .. } => Self::new(
                StatusCode::BAD_REQUEST,
                "confirmation_required",
                error.to_string(),
            )
            .at("confirm"),
            OrgsError::Refused { code, .. } => {
                Self::new(StatusCode::CONFLICT, code, error.to_string())
            }
            OrgsError::Linked { .. } => {
                Self::new(StatusCode::CONFLICT, "in_use", error.to_string())
            }
            OrgsError::DomainTaken => {
                Self::new(StatusCode::CONFLICT, "domain_taken", error.to_string())
            }
            OrgsError::DomainNotProven(_) => Self::new(
                StatusCode::CONFLICT,
                "domain_not_verified",
                error.to_string(),
            ),
            OrgsError::DnsUnavailable(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "dns_unavailable",
                error.to_string(),
            ),
            OrgsError::Random(_) | OrgsError::Seal(_) | OrgsError::WrongKey => {
                Self::internal(&error)
            }
            OrgsError::Store(error) => error.into(),
        }
    }
}

impl From<SchemaError> for Problem {
    fn from(error: SchemaError) -> Self {
        Self::invalid(error.place.clone(), error.to_string())
    }
}

impl From<SchemaRefused> for Problem {
    fn from(error: SchemaRefused) -> Self {
        match error {
            SchemaRefused::Schema(error) => error.into(),
            SchemaRefused::TooMany => {
                Self::new(StatusCode::CONFLICT, "too_many", error.to_string())
            }
            SchemaRefused::Store(error) => error.into(),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        answer.content_type("application/problem+json");
        if self.status == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"rollcall\""));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header((RETRY_AFTER, RETRY_SECONDS));
        }
        if matches!(
            self.status,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT
        ) {
            // The rest of the body is not waited for.
            answer.force_close();
        }
        let body = ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail.clone(),
            field: self.field.clone(),
        };
        answer.body(serde_json::json!(body).to_string())
    }
}
