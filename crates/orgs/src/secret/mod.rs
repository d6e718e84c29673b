//! Secrets: what is shown once and then only compared, and what must be read back.
//!
//! The two never share a type. A [`SecretToken`] (SCIM token, API key, secret of an OAuth client) leaves a SHA-256 behind and
//! nothing else; the digest needs no salt and no slow hash, because the secret is 32 random bytes
//! and cannot be guessed. What must be read back, such as an OIDC client secret, is sealed with a
//! [`SealingKey`] that comes from the configuration, so a copy of the database alone opens nothing.
//! What clients carry from one request to the next is sealed with a [`CursorKey`] derived from it.

mod cursor;
mod key_check;
mod replace;
mod sealed;
mod token;

pub use cursor::CursorKey;
pub use key_check::{check as check_key, is_key_of};
pub use replace::{ReplaceKeyError, replace_key};
pub use sealed::{OpenError, SealError, SealedFor, SealingKey, SealingKeyError};
pub use token::{
    ApiKeySecret, ApiKeyText, OauthClientSecret, OauthClientText, PortalLinkSecret, PortalLinkText,
    PortalSessionSecret, PortalSessionText, Presented, RandomSourceError, ScimTokenSecret,
    ScimTokenText, SecretToken, TokenKind, TokenShapeError,
};
