//! How a SCIM request ended, in the words of the request log.
//!
//! A [`RequestReason`] is why it was refused; each belongs to one [`RequestCategory`], which says who
//! has to do something about it. Both are stored by their words, so a word is never given another
//! meaning.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Declares an enum whose values stand as words in the database and in answers.
macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident, $what:literal {
            $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let known = Self::ALL.iter().copied();
                known.clone().find(|it| it.as_str() == text).ok_or_else(|| {
                    let words: Vec<&str> = known.map(Self::as_str).collect();
                    format!("{} must be one of {}", $what, words.join(", "))
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

words! {
    /// What kind of ending a request had: who has to do something about it.
    RequestCategory, "a category" {
        /// It was done.
        Success = "success",
        /// A bulk request was answered, and some of its operations failed.
        PartlyFailed = "partly_failed",
        /// Its token was missing, wrong, expired or revoked.
        Authentication = "authentication",
        /// Its token is right and may not do this: scope, network, policy, or a disabled connection.
        Permission = "permission",
        /// What it names is not there.
        NotFound = "not_found",
        /// Another resource, or a newer version of this one, is in the way.
        Conflict = "conflict",
        /// Its body, filter or path is not what the schema or the protocol wants.
        Validation = "validation",
        /// It is larger than it may be.
        TooLarge = "too_large",
        /// Too many came in too short a time.
        RateLimit = "rate_limit",
        /// It asked for something that is not served, or switched off.
        Unsupported = "unsupported",
        /// Something failed on the side of the gateway.
        Server = "server",
    }
}

words! {
    /// Why a request was refused. Every refusal of the SCIM endpoint has one.
    RequestReason, "a reason" {
        /// No bearer token came with it.
        TokenMissing = "token_missing",
        /// The `Authorization` header does not hold one bearer token.
        TokenUnreadable = "token_unreadable",
        /// What it holds cannot be a token of Rollcall: cut off, mistyped, another product's.
        TokenMalformed = "token_malformed",
        /// A well-formed token that does not exist.
        TokenUnknown = "token_unknown",
        /// A token of another connection than the URL names.
        TokenMismatch = "token_mismatch",
        /// A token past its last day.
        TokenExpired = "token_expired",
        /// A token that somebody revoked.
        TokenRevoked = "token_revoked",
        /// An OAuth client that asked for an access token is unknown, revoked, or has another secret.
        ClientRefused = "client_refused",
        /// The connection is switched off.
        ConnectionDisabled = "connection_disabled",
        /// It came from a network that the connection does not allow.
        SourceAddress = "source_address",
        /// The token lacks the scope.
        ScopeMissing = "scope_missing",
        /// The policy of the organization forbids the change.
        PolicyRefused = "policy_refused",
        /// There is no user or group with that id in this connection.
        NoSuchResource = "no_such_resource",
        /// There is no endpoint at that path.
        NoSuchEndpoint = "no_such_endpoint",
        /// A unique value is taken.
        Taken = "taken",
        /// The `userName` is that of a user who is inactive.
        InactiveUser = "inactive_user",
        /// `If-Match` names another version.
        StaleVersion = "stale_version",
        /// The connection wants `If-Match`.
        VersionRequired = "version_required",
        /// The body is not JSON, or not the message that belongs there.
        InvalidSyntax = "invalid_syntax",
        /// A value is missing or has the wrong form.
        InvalidValue = "invalid_value",
        /// The filter cannot be understood.
        InvalidFilter = "invalid_filter",
        /// A PATCH path cannot be understood.
        InvalidPath = "invalid_path",
        /// A PATCH path selects nothing.
        NoTarget = "no_target",
        /// The attribute may not be changed.
        Mutability = "mutability",
        /// Data that must not stand in a URL stood in one.
        Sensitive = "sensitive",
        /// A cursor of a list that is not, or no longer, good.
        InvalidCursor = "invalid_cursor",
        /// A page or count that is no number, or a query that matches too much.
        InvalidPage = "invalid_page",
        /// Another protocol version.
        InvalidVersion = "invalid_version",
        /// A member, manager or role that does not exist.
        UnknownReference = "unknown_reference",
        /// A group that would be in itself.
        GroupCycle = "group_cycle",
        /// The body has another media type, or its answer was wanted in one.
        MediaType = "media_type",
        /// The body ended too early.
        CutOff = "cut_off",
        /// The body took too long.
        TooSlow = "too_slow",
        /// The body is larger than it may be.
        TooLarge = "too_large",
        /// A list in the body is longer than it may be.
        TooMany = "too_many",
        /// The connection sent more than its budget.
        OverBudget = "over_budget",
        /// The connection sent too many at the same time.
        TooManyAtOnce = "too_many_at_once",
        /// The address sent many wrong tokens.
        Guessing = "guessing",
        /// The endpoint does not know the method.
        MethodUnknown = "method_unknown",
        /// A part of the protocol that is switched off for this connection.
        SwitchedOff = "switched_off",
        /// Some operations of a bulk request failed.
        OperationsFailed = "operations_failed",
        /// The database or another part was away.
        Unavailable = "unavailable",
        /// A fault of the gateway.
        Internal = "internal",
        /// The HTTP server refused the request before anything looked at it.
        Http = "http",
    }
}

impl RequestReason {
    /// The category that it belongs to.
    #[must_use]
    pub const fn category(self) -> RequestCategory {
        match self {
            Self::TokenMissing
            | Self::TokenUnreadable
            | Self::TokenMalformed
            | Self::TokenUnknown
            | Self::TokenMismatch
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::ClientRefused => RequestCategory::Authentication,
            Self::ConnectionDisabled
            | Self::SourceAddress
            | Self::ScopeMissing
            | Self::PolicyRefused => RequestCategory::Permission,
            Self::NoSuchResource | Self::NoSuchEndpoint => RequestCategory::NotFound,
            Self::Taken | Self::InactiveUser | Self::StaleVersion | Self::VersionRequired => {
                RequestCategory::Conflict
            }
            Self::InvalidSyntax
            | Self::InvalidValue
            | Self::InvalidFilter
            | Self::InvalidPath
            | Self::NoTarget
            | Self::Mutability
            | Self::Sensitive
            | Self::InvalidCursor
            | Self::InvalidPage
            | Self::InvalidVersion
            | Self::UnknownReference
            | Self::GroupCycle
            | Self::MediaType
            | Self::CutOff
            | Self::Http => RequestCategory::Validation,
            Self::TooLarge | Self::TooMany => RequestCategory::TooLarge,
            Self::OverBudget | Self::TooManyAtOnce | Self::Guessing => RequestCategory::RateLimit,
            Self::MethodUnknown | Self::SwitchedOff => RequestCategory::Unsupported,
            Self::OperationsFailed => RequestCategory::PartlyFailed,
            Self::TooSlow | Self::Unavailable | Self::Internal => RequestCategory::Server,
        }
    }
}

impl RequestCategory {
    /// What can be said of an ending of which nothing but its HTTP status is known.
    #[must_use]
    pub const fn from_status(status: u16) -> Self {
        match status {
            0..=399 => Self::Success,
            401 => Self::Authentication,
            403 => Self::Permission,
            404 => Self::NotFound,
            409 | 412 | 428 => Self::Conflict,
            413 => Self::TooLarge,
            429 => Self::RateLimit,
            405 | 501 => Self::Unsupported,
            408 | 500.. => Self::Server,
            _ => Self::Validation,
        }
    }

    /// Whether something went wrong.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Success)
    }
}

words! {
    /// Of which requests the log keeps what was said: bodies, and values in filters.
    LoggedContent, "what the log keeps" {
        /// Of none.
        Off = "off",
        /// Of those that failed.
        Failures = "failures",
        /// Of all.
        All = "all",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_what_it_was_written_for() {
        for reason in RequestReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
            assert!(reason.category().is_failure());
        }
        for category in RequestCategory::ALL {
            assert_eq!(category.as_str().parse(), Ok(*category));
        }
        insta::assert_snapshot!(
            "some".parse::<LoggedContent>().unwrap_err(),
            @"what the log keeps must be one of off, failures, all"
        );
    }

    #[test]
    fn every_category_but_success_has_a_reason() {
        let of = |category| {
            let mut reasons = RequestReason::ALL.iter();
            reasons.any(|reason| reason.category() == category)
        };
        for category in RequestCategory::ALL {
            assert_eq!(of(*category), category.is_failure(), "{category}");
        }
    }
}
