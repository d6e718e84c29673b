//! Why a management call is refused.

use rollcall_store::StoreError;

use crate::secret::{RandomSourceError, SealError};

/// A refusal, or a failure below.
#[derive(Debug, thiserror::Error)]
pub enum OrgsError {
    /// A field does not hold what it may.
    #[error("`{field}` {reason}")]
    Invalid {
        /// The field, as the API spells it; `oidc.issuer` for a field inside another.
        field: &'static str,
        /// What is wrong, to follow the field's name in a sentence.
        reason: String,
    },
    /// What a field names does not exist in this organization.
    #[error("`{field}` names nothing in this organization")]
    NoSuchReference {
        /// The field.
        field: &'static str,
    },
    /// What the call is about does not exist in this organization.
    #[error("there is no {what} of that id")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Something dangerous was not confirmed, or by another name.
    #[error("to confirm, send `confirm={expected}`")]
    Unconfirmed {
        /// What would confirm it.
        expected: String,
    },
    /// It would do harm as things stand.
    #[error("{reason}")]
    Refused {
        /// A stable word for programs.
        code: &'static str,
        /// What stands in the way, and what to do about it.
        reason: String,
    },
    /// An SSO connection cannot be deleted while SCIM connections are linked to it.
    #[error(
        "SCIM connections are linked to it: {by}. Say with `move_scim_connections_to` which SSO \
         connection takes them over, or delete them first"
    )]
    Linked {
        /// Which ones.
        by: String,
    },
    /// Another organization has verified a domain.
    #[error(
        "the domain is verified by another organization; it must be removed there before it can be \
         verified here"
    )]
    DomainTaken,
    /// The proof for a domain was not found.
    #[error("{0}")]
    DomainNotProven(String),
    /// DNS gave no answer, so nothing can be said of a domain.
    #[error("DNS cannot be asked for the record: {0}; try again in a moment")]
    DnsUnavailable(String),
    /// The secret key is not the one that this database was sealed with.
    #[error(
        "this is not the secret key that the database was first used with; secrets in it could not \
         be read any more. Start with that key again"
    )]
    WrongKey,
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomSourceError),
    /// A secret could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database refused, or is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OrgsError {
    pub(crate) fn invalid(field: &'static str, reason: impl ToString) -> Self {
        Self::Invalid {
            field,
            reason: reason.to_string(),
        }
    }
}
