//! Why there is no page, as a page.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use rollcall_model::chain;
use rollcall_orgs::OrgsError;
use rollcall_store::StoreError;

use crate::answer::{HTML, see_other};
use crate::assets;
use crate::text as t;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// There is nothing at this address, or it is not for this session.
    #[error("there is nothing at this address")]
    NotFound,
    /// Nobody is signed in; the page to sign in at.
    #[error("nobody is signed in")]
    SignedOut(String),
    /// The session may not do this; why, for people.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The form does not come from a page of this session, or its page is too old.
    #[error("the form is not one of this session")]
    ForeignForm,
    /// The form cannot be read, or does not hold what it has to; why, for people.
    #[error("{0}")]
    BadForm(String),
    /// Too many attempts; how long to wait.
    #[error("too many attempts")]
    TooMany(Duration),
    /// An answer of something else than a page.
    #[error("status {0}")]
    Other(StatusCode),
    /// A rule refused.
    #[error(transparent)]
    Orgs(#[from] OrgsError),
    /// The database refused, or is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A template could not be rendered.
    #[error(transparent)]
    Template(#[from] askama::Error),
    /// What was stored is not what was expected.
    #[error("{0}")]
    Internal(String),
}

impl PageError {
    /// What a refusal of a rule says to people; anything else is no refusal.
    ///
    /// # Errors
    ///
    /// The error, if it is none that its reader can do something about.
    pub(crate) fn refusal(error: OrgsError) -> Result<String, Self> {
        let error = Self::from(error);
        match error.status_code() {
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => Ok(error.to_string()),
            _ => Err(error),
        }
    }

    /// Tells of a failure that people are not told of.
    pub(crate) fn log(&self, request_id: &str) {
        if self.status_code() == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(request.id = request_id, error = %chain(self), "a page failed");
        }
    }

    /// Title and sentence.
    fn says(&self) -> (&'static str, String) {
        match self.status_code() {
            StatusCode::NOT_FOUND => (t::NOT_FOUND, t::NOT_FOUND_SAYS.to_owned()),
            StatusCode::SERVICE_UNAVAILABLE => (t::UNAVAILABLE, t::UNAVAILABLE_SAYS.to_owned()),
            StatusCode::INTERNAL_SERVER_ERROR => (t::FAILED, t::FAILED_SAYS.to_owned()),
            StatusCode::TOO_MANY_REQUESTS => (t::TOO_MANY, t::TOO_MANY_SAYS.to_owned()),
            _ if matches!(self, Self::ForeignForm) => (t::OLD_FORM, t::OLD_FORM_SAYS.to_owned()),
            StatusCode::FORBIDDEN => (t::FORBIDDEN, self.to_string()),
            _ if matches!(self, Self::Other(_)) => (t::BAD_REQUEST, t::BAD_REQUEST_SAYS.to_owned()),
            _ => (t::BAD_REQUEST, self.to_string()),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Orgs(OrgsError::NotFound { .. }) => StatusCode::NOT_FOUND,
            Self::SignedOut(_) => StatusCode::SEE_OTHER,
            Self::Forbidden(_) | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::BadForm(_)
            | Self::Orgs(
                OrgsError::Invalid { .. }
                | OrgsError::NoSuchReference { .. }
                | OrgsError::Unconfirmed { .. }
                | OrgsError::DomainNotProven(_),
            ) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Orgs(
                OrgsError::Refused { .. } | OrgsError::Linked { .. } | OrgsError::DomainTaken,
            ) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Other(status) => *status,
            Self::Store(error) | Self::Orgs(OrgsError::Store(error)) => of_store(error),
            Self::Orgs(OrgsError::DnsUnavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Orgs(OrgsError::WrongKey | OrgsError::Random(_) | OrgsError::Seal(_))
            | Self::Template(_)
            | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::SignedOut(path) => see_other(path),
            _ => HttpResponse::new(self.status_code()),
        }
    }
}

/// The page of an error. If that cannot be rendered either, a line of text.
pub(crate) fn page(error: &PageError, request_id: &str, back: &str) -> HttpResponse {
    #[derive(Template)]
    #[template(path = "error.html")]
    struct ErrorPage<'a> {
        title: &'a str,
        says: &'a str,
        request_id: &'a str,
        back: &'a str,
    }
    let (title, says) = error.says();
    let page = ErrorPage {
        title,
        says: &says,
        request_id,
        back,
    };
    let mut answer = HttpResponse::build(error.status_code());
    if let PageError::TooMany(wait) = error {
        answer.insert_header((RETRY_AFTER, wait.as_secs().max(1).to_string()));
    }
    match page.render() {
        Ok(body) => answer.content_type(HTML).body(body),
        Err(_) => answer.body(title.to_owned()),
    }
}

/// Whatever has no page.
pub(crate) async fn nothing_here() -> Result<HttpResponse, PageError> {
    Err(PageError::NotFound)
}

fn of_store(error: &StoreError) -> StatusCode {
    match error {
        StoreError::Conflict { .. }
        | StoreError::InactiveUser { .. }
        | StoreError::Refused(_)
        | StoreError::InUse { .. }
        | StoreError::TooMany { .. }
        | StoreError::LastApiKey => StatusCode::CONFLICT,
        StoreError::TooLong { .. } | StoreError::NoSuchRole { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        StoreError::ParentMissing
        | StoreError::NoSuchMember { .. }
        | StoreError::NoSuchManager { .. }
        | StoreError::WrongMemberKind { .. }
        | StoreError::GroupCycle
        | StoreError::Filter(_) => StatusCode::NOT_FOUND,
        StoreError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        StoreError::Corrupt { .. } | StoreError::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
