//! Sign-ins: who asks to come in, as whom, and what is answered.

use serde::Serialize;

use crate::{ScimConnectionId, SsoConnectionId, Timestamp, UserId};

/// A person as a login provider names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What the provider calls the person for good: `sub`, or the SAML `NameID`.
    pub subject: String,
    /// The person's e-mail address, if it was told.
    pub email: Option<String>,
    /// Whether the provider says that the address is the person's own.
    pub email_verified: bool,
    /// What the person's `externalId` in SCIM would be, if that is told; often the subject.
    pub external_id: Option<String>,
    /// The person's name for people.
    pub name: Option<String>,
}

/// Who a subject of a login provider is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInLink {
    /// The login provider.
    pub sso_connection_id: SsoConnectionId,
    /// What it calls the person.
    pub subject: String,
    /// The user, and the SCIM connection that provisioned it; `None` for an account that a
    /// sign-in made.
    pub user: Option<(ScimConnectionId, UserId)>,
    /// The address that the person first came with.
    pub email: Option<String>,
    /// How the two were found to be one.
    pub linked_by: LinkedBy,
    /// When the person first came in.
    pub created_at: Timestamp,
    /// When the link was last changed.
    pub updated_at: Timestamp,
}

/// How a subject and a user were found to be one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkedBy {
    /// The user's `externalId` is what the provider calls the person.
    ExternalId,
    /// An address that the provider has verified is one of the user's.
    VerifiedEmail,
    /// An address that nobody has verified is one of the user's, and the policy lets that do.
    UnverifiedEmail,
    /// There is no user: the sign-in made an account.
    JustInTime,
}

impl LinkedBy {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::VerifiedEmail => "verified_email",
            Self::UnverifiedEmail => "unverified_email",
            Self::JustInTime => "just_in_time",
        }
    }

    /// The one of that word.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        let all = [
            Self::ExternalId,
            Self::VerifiedEmail,
            Self::UnverifiedEmail,
            Self::JustInTime,
        ];
        all.into_iter().find(|linked| linked.as_str() == word)
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $allows:literal, $message:literal;)+) => {
        /// Why a sign-in is allowed or denied. The words are for programs and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum SignInReason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl SignInReason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word for programs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Whether the person may come in.
            #[must_use]
            pub const fn allows(self) -> bool {
                match self { $(Self::$name => $allows,)+ }
            }

            /// What the person is told.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }

            /// When it is given, for the documentation.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

reasons! {
    /// The person is an active user that SCIM provisioned.
    ProvisionedActive = "provisioned_active", true, "You are signed in.";
    /// SCIM knows nobody like that, and the policy lets a sign-in make the account.
    JitAllowed = "jit_allowed", true, "You are signed in.";
    /// An earlier sign-in made the account. By now the policy makes no new ones, and leaves those there are.
    AccountExists = "account_exists", true, "You are signed in.";
    /// SCIM knows nobody like that, and the policy makes no accounts at sign-in.
    NotProvisioned = "not_provisioned", false,
        "You do not have an account here yet. Ask your administrator to give you access.";
    /// SCIM knows nobody like that, and accounts come from SCIM only.
    ScimRequired = "scim_required", false,
        "Your organization gives out accounts itself. Ask your administrator to assign this application to you.";
    /// The user is there and inactive.
    Deactivated = "deactivated", false,
        "Your account is deactivated. Ask your administrator to give you access again.";
    /// The user was deleted, and nobody has taken its place.
    Deleted = "deleted", false,
        "Your account was removed. Ask your administrator to give you access again.";
    /// All seats are taken: the user waits for one, or a new account would need one.
    SeatLimit = "seat_limit", false,
        "All seats of your organization are taken. Ask your administrator for one.";
    /// The address is somebody's or would become an account's, and the login provider does not say that it has verified it.
    EmailUnverified = "email_unverified", false,
        "Your e-mail address has not been verified. Verify it with the service you sign in with, then try again.";
    /// The person could be more than one user, or a user whom another person has signed in as.
    IdentityConflict = "identity_conflict", false,
        "Your sign-in matches an account that belongs to another sign-in. Ask your administrator for help.";
    /// The SSO connection is switched off.
    SsoConnectionDisabled = "sso_connection_disabled", false,
        "Signing in this way is switched off. Ask your administrator for help.";
    /// The login provider could not be asked for its keys.
    SsoProviderUnavailable = "sso_provider_unavailable", false,
        "The service you sign in with does not answer at the moment. Try again in a few minutes.";
    /// The token is no JWT, has no subject, or is too long.
    TokenMalformed = "token_malformed", false,
        "Your sign-in could not be checked. Sign in again.";
    /// The token is signed with an algorithm that its key is not for, or with none.
    TokenAlgorithm = "token_algorithm", false,
        "Your sign-in could not be checked. Sign in again.";
    /// The token is signed with a key that the login provider does not publish.
    TokenKeyUnknown = "token_key_unknown", false,
        "Your sign-in could not be checked. Sign in again.";
    /// The signature is not that of the token.
    TokenSignature = "token_signature", false,
        "Your sign-in could not be checked. Sign in again.";
    /// The token is of another issuer.
    TokenIssuer = "token_issuer", false,
        "You signed in with a service that is not your organization's. Choose the right one and sign in again.";
    /// The token is meant for another application.
    TokenAudience = "token_audience", false,
        "Your sign-in was meant for another application. Sign in again.";
    /// The token has expired.
    TokenExpired = "token_expired", false,
        "Your sign-in took too long. Sign in again.";
    /// The token is not valid yet, or was made in the future.
    TokenNotYetValid = "token_not_yet_valid", false,
        "Your sign-in is not valid yet. Wait a moment and sign in again.";
    /// The token belongs to another sign-in than the one that was begun.
    TokenNonce = "token_nonce", false,
        "Your sign-in does not belong to this window. Sign in again.";
}

impl Serialize for SignInReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own_and_sentences() {
        let words: BTreeSet<_> = SignInReason::ALL.iter().map(|of| of.as_str()).collect();
        assert_eq!(words.len(), SignInReason::ALL.len());
        for reason in SignInReason::ALL {
            assert!(reason.message().ends_with('.'), "{reason:?}");
            assert!(reason.explanation().trim().ends_with('.'), "{reason:?}");
        }
    }

    #[test]
    fn a_link_is_stored_by_its_word() {
        for linked in [LinkedBy::ExternalId, LinkedBy::JustInTime] {
            assert_eq!(LinkedBy::from_stored(linked.as_str()), Some(linked));
        }
        assert_eq!(LinkedBy::from_stored("guess"), None);
    }
}
