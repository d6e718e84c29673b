//! OAuth 2.0 client credentials (RFC 6749 §4.4): clients of SCIM connections, and the access tokens
//! that they are given.
//!
//! Rollcall is both the authorization server and the resource server, and the only one that reads
//! its access tokens. They are signed JWTs (RFC 9068) all the same, because gateways in front of it
//! can then check them with the published keys. A JWT alone lets nobody in: the client it was given
//! to is looked up as a SCIM token is, so that a client is revoked at once and not within the hour.

mod access_tokens;
pub mod clients;
mod keys;

pub(crate) use access_tokens::is_like_one;
pub use access_tokens::{AccessTokens, Issued};
pub(crate) use keys::owner as signing_key_owner;
pub use keys::{PublicKey, SigningError};
