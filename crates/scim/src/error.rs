//! What the server refuses, in the words of RFC 7644 §3.12.
//!
//! One struct and not an enum per cause: a client acts on the status, on `scimType` and
//! on the text, and the text is where the fact that helps an administrator stands. It must
//! name attributes and ids, never a password or a whole body, since answers are logged.

/// A refusal the client can act on (RFC 7644 §3.12).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    /// HTTP status of the answer.
    pub status: u16,
    /// Keyword a client may branch on; `None` where the RFC defines none.
    pub scim_type: Option<ScimType>,
    /// One English sentence or phrase for the person who reads the log.
    pub detail: String,
}

/// The keywords of RFC 7644 §3.12, table 9, and those that RFC 9865 §2.1 adds for lists by cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or an operator does not fit its attribute.
    InvalidFilter,
    /// The answer would be larger than the server is willing to compute.
    TooMany,
    /// A value must be unique and is taken.
    Uniqueness,
    /// The attribute may not be changed in this way.
    Mutability,
    /// The body is not JSON, or not the message that belongs here.
    InvalidSyntax,
    /// A PATCH path is malformed or names no attribute.
    InvalidPath,
    /// A PATCH path selects nothing.
    NoTarget,
    /// A value is missing or has the wrong form.
    InvalidValue,
    /// The protocol version is not served.
    InvalidVers,
    /// The request shows data that must not stand in an address.
    Sensitive,
    /// A cursor that this server did not make for this very query.
    InvalidCursor,
    /// A cursor whose time is over.
    ExpiredCursor,
    /// A page size that is no number, or another one than the walk began with.
    InvalidCount,
}

impl ScimType {
    /// The keyword as it is written in an answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// The status that goes with the keyword: 409 for uniqueness (RFC 7644 §3.3 against
    /// table 9), 403 for sensitive (erratum 6893), else 400.
    fn status(self) -> u16 {
        match self {
            Self::Uniqueness => 409,
            Self::Sensitive => 403,
            Self::InvalidFilter
            | Self::TooMany
            | Self::Mutability
            | Self::InvalidSyntax
            | Self::InvalidPath
            | Self::NoTarget
            | Self::InvalidValue
            | Self::InvalidVers
            | Self::InvalidCursor
            | Self::ExpiredCursor
            | Self::InvalidCount => 400,
        }
    }
}

impl ScimError {
    /// A refusal with the status that belongs to its keyword.
    pub fn new(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self {
            status: scim_type.status(),
            scim_type: Some(scim_type),
            detail: detail.into(),
        }
    }

    /// 400 `invalidFilter`.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidFilter, detail)
    }

    /// 400 `tooMany`.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::new(ScimType::TooMany, detail)
    }

    /// 409 `uniqueness`.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self::new(ScimType::Uniqueness, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::new(ScimType::Mutability, detail)
    }

    /// 400 `invalidSyntax`.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidSyntax, detail)
    }

    /// 400 `invalidPath`.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidPath, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::new(ScimType::NoTarget, detail)
    }

    /// 400 `invalidValue`.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidValue, detail)
    }

    /// 400 `invalidVers`.
    pub fn invalid_vers(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidVers, detail)
    }

    /// 403 `sensitive`.
    pub fn sensitive(detail: impl Into<String>) -> Self {
        Self::new(ScimType::Sensitive, detail)
    }

    /// 400 `invalidCursor`. One text for every reason, so that it tells nothing of other queries.
    pub fn invalid_cursor() -> Self {
        let detail = "the cursor does not belong to this query; begin again with an empty one";
        Self::new(ScimType::InvalidCursor, detail)
    }

    /// 400 `expiredCursor`.
    pub fn expired_cursor() -> Self {
        let detail = "the cursor is too old; begin again with an empty one";
        Self::new(ScimType::ExpiredCursor, detail)
    }

    /// 400 `invalidCount`.
    pub fn invalid_count(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidCount, detail)
    }

    /// 404 without a keyword.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::plain(404, detail)
    }

    /// 409 without a keyword: something else is in the way, but no value that is taken.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::plain(409, detail)
    }

    /// 413 without a keyword; the detail names the limit (RFC 7644 §3.7.4).
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::plain(413, detail)
    }

    fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            scim_type: None,
            detail: detail.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_values_are_a_conflict_and_other_refusals_bad_requests() {
        assert_eq!(ScimError::uniqueness("").status, 409);
        assert_eq!(ScimError::sensitive("").status, 403);
        assert_eq!(ScimError::no_target("").status, 400);
        let error = ScimError::too_large("at most 1 MiB");
        assert_eq!((error.status, error.scim_type), (413, None));
    }

    #[test]
    fn an_error_prints_its_detail() {
        assert_eq!(
            ScimError::invalid_value("`active` is odd").to_string(),
            "`active` is odd"
        );
    }
}
