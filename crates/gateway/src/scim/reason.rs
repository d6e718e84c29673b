//! Why a request was refused, in the words of the request log.
//!
//! One match without a catch-all: a new failure does not compile until somebody chooses its word, and
//! each word has an explanation (`rollcall_orgs::request_log`).

use actix_web::http::StatusCode;
use rollcall_model::RequestReason;
use rollcall_orgs::authentication::Refusal;
use rollcall_scim::{ScimError, ScimType};
use rollcall_store::StoreError;

use super::failure::ScimFailure;
use crate::admission::Busy;

impl ScimFailure {
    /// The word for it.
    pub(crate) fn reason(&self) -> RequestReason {
        match self {
            Self::Scim(error) => of_scim(error),
            Self::Patch(error) => of_scim(&error.clone().into()),
            Self::NotFound { .. } => RequestReason::NoSuchResource,
            Self::NoEndpoint => RequestReason::NoSuchEndpoint,
            Self::Method { .. } => RequestReason::MethodUnknown,
            Self::NotServed { .. } | Self::FilterOff => RequestReason::SwitchedOff,
            Self::Stale { .. } | Self::Excluded { .. } => RequestReason::StaleVersion,
            Self::Unconditional => RequestReason::VersionRequired,
            Self::MediaType | Self::NotAcceptable => RequestReason::MediaType,
            Self::TooLarge { .. } => RequestReason::TooLarge,
            Self::TooMany { .. } => RequestReason::TooMany,
            Self::CutOff => RequestReason::CutOff,
            Self::TooSlow => RequestReason::TooSlow,
            Self::Refused(refusal) => of_refusal(*refusal),
            Self::Guessing { .. } => RequestReason::Guessing,
            Self::Busy(Busy::LineFull) => RequestReason::TooManyAtOnce,
            Self::Busy(Busy::WaitedTooLong) => RequestReason::Unavailable,
            Self::OverBudget { .. } => RequestReason::OverBudget,
            Self::Framework(status) => of_status(*status),
            Self::Unsealed(_) | Self::Panicked => RequestReason::Internal,
            Self::Store(error) => of_store(error),
        }
    }
}

fn of_scim(error: &ScimError) -> RequestReason {
    match error.scim_type {
        Some(ScimType::InvalidFilter) => RequestReason::InvalidFilter,
        Some(ScimType::TooMany | ScimType::InvalidCount) => RequestReason::InvalidPage,
        Some(ScimType::Uniqueness) => RequestReason::Taken,
        Some(ScimType::Mutability) => RequestReason::Mutability,
        Some(ScimType::InvalidSyntax) => RequestReason::InvalidSyntax,
        Some(ScimType::InvalidPath) => RequestReason::InvalidPath,
        Some(ScimType::NoTarget) => RequestReason::NoTarget,
        Some(ScimType::InvalidValue) => RequestReason::InvalidValue,
        Some(ScimType::InvalidVers) => RequestReason::InvalidVersion,
        Some(ScimType::Sensitive) => RequestReason::Sensitive,
        Some(ScimType::InvalidCursor | ScimType::ExpiredCursor) => RequestReason::InvalidCursor,
        None => of_number(error.status),
    }
}

const fn of_refusal(refusal: Refusal) -> RequestReason {
    match refusal {
        Refusal::Missing => RequestReason::TokenMissing,
        Refusal::Unreadable => RequestReason::TokenUnreadable,
        Refusal::Malformed(_) => RequestReason::TokenMalformed,
        Refusal::Unknown => RequestReason::TokenUnknown,
        Refusal::Mismatch => RequestReason::TokenMismatch,
        Refusal::Expired => RequestReason::TokenExpired,
        Refusal::Revoked => RequestReason::TokenRevoked,
        Refusal::Disabled => RequestReason::ConnectionDisabled,
        Refusal::Source(_) => RequestReason::SourceAddress,
        Refusal::Forbidden(_) => RequestReason::ScopeMissing,
    }
}

fn of_store(error: &StoreError) -> RequestReason {
    match error {
        StoreError::Filter(error) => of_scim(error),
        StoreError::Conflict { .. } => RequestReason::Taken,
        StoreError::InactiveUser { .. } => RequestReason::InactiveUser,
        StoreError::NoSuchMember { .. }
        | StoreError::NoSuchManager { .. }
        | StoreError::NoSuchRole { .. } => RequestReason::UnknownReference,
        StoreError::WrongMemberKind { .. } | StoreError::TooLong { .. } => {
            RequestReason::InvalidValue
        }
        StoreError::GroupCycle => RequestReason::GroupCycle,
        StoreError::Refused(_) => RequestReason::PolicyRefused,
        StoreError::ParentMissing
        | StoreError::InUse { .. }
        | StoreError::TooMany { .. }
        | StoreError::LastApiKey => RequestReason::NoSuchResource,
        StoreError::Unavailable(_) => RequestReason::Unavailable,
        StoreError::Corrupt { .. } | StoreError::Database(_) => RequestReason::Internal,
    }
}

fn of_status(status: StatusCode) -> RequestReason {
    of_number(status.as_u16())
}

/// Of an error of which nothing but its status is known.
const fn of_number(status: u16) -> RequestReason {
    match status {
        404 => RequestReason::NoSuchResource,
        409 => RequestReason::Taken,
        412 => RequestReason::StaleVersion,
        413 => RequestReason::TooLarge,
        429 => RequestReason::OverBudget,
        501 => RequestReason::SwitchedOff,
        503 => RequestReason::Unavailable,
        500.. => RequestReason::Internal,
        _ => RequestReason::Http,
    }
}

#[cfg(test)]
mod tests {
    use rollcall_orgs::request_log::english;
    use rollcall_scim::Quirk;

    #[test]
    fn every_allowance_is_explained() {
        let unknown = english::of_quirk("one of a later release");
        for quirk in Quirk::ALL {
            assert_ne!(english::of_quirk(quirk.as_str()), unknown, "{quirk:?}");
        }
    }
}
