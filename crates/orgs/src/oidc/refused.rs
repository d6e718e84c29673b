//! Why a token is not believed.

use rollcall_model::SignInReason;

use crate::oidc::provider::ProviderUnavailable;

/// Why an id token is not believed. Each reason has a stable name, [`IdTokenRefused::code`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenRefused {
    /// It is no signed JWT (RFC 7519), or a claim that must be there is not.
    #[error("the token cannot be read: {0}")]
    Malformed(&'static str),
    /// It is signed with an algorithm that is not accepted, or not with the one of its key.
    #[error(
        "the token is signed with an algorithm that is not accepted for the key it names; accepted \
         are RS256, RS384, RS512, PS256, ES256, ES384 and EdDSA"
    )]
    Algorithm,
    /// The provider publishes no key of that id.
    #[error("the provider publishes no signing key with the `kid` of the token")]
    KeyUnknown,
    /// The signature does not fit.
    #[error("the signature of the token is not valid")]
    Signature,
    /// `iss` is not the issuer of the SSO connection.
    #[error("the token comes from another issuer than the one that is set")]
    Issuer,
    /// `aud` does not hold the client id, or `azp` is another one.
    #[error("the token is meant for another client than the one that is set")]
    Audience,
    /// `exp` is over.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is still to come.
    #[error("the token is not valid yet; is a clock wrong?")]
    NotYetValid,
    /// `nonce` is not the one that the sign-in began with.
    #[error("the token belongs to another sign-in: its `nonce` is not the one that was sent")]
    Nonce,
    /// The keys of the provider cannot be had, so nothing can be said of the token.
    #[error("the keys of the provider cannot be had: {0}")]
    ProviderUnavailable(#[from] ProviderUnavailable),
}

impl IdTokenRefused {
    /// Its stable name, as sign-in decisions give it for a reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.reason().as_str()
    }

    /// The reason of a decision about a sign-in with such a token.
    #[must_use]
    pub const fn reason(&self) -> SignInReason {
        match self {
            Self::Malformed(_) => SignInReason::TokenMalformed,
            Self::Algorithm => SignInReason::TokenAlgorithm,
            Self::KeyUnknown => SignInReason::TokenKeyUnknown,
            Self::Signature => SignInReason::TokenSignature,
            Self::Issuer => SignInReason::TokenIssuer,
            Self::Audience => SignInReason::TokenAudience,
            Self::Expired => SignInReason::TokenExpired,
            Self::NotYetValid => SignInReason::TokenNotYetValid,
            Self::Nonce => SignInReason::TokenNonce,
            Self::ProviderUnavailable(_) => SignInReason::SsoProviderUnavailable,
        }
    }
}
