//! Whether a SCIM request may come in.
//!
//! A tenant is named by a path, by a host, or by nothing but the token. Whatever names it, the
//! token must belong to it, and a token of somebody else gets the same answer as one that does
//! not exist: both cost one look-up by digest. Only the holder of the right token learns that a
//! connection is disabled, does not take requests from where it is, or that the token lacks a scope.

use std::net::IpAddr;

use rollcall_model::{IdpKind, ScimConnectionId, Scope, Scopes, Slug, TokenId};
use rollcall_store::{ConnectionHandle, LogAddress, PublicConnection, Store, StoreError};

use crate::secret::{ScimTokenSecret, TokenShapeError};

/// What a request's address says about its tenant; nothing, if the token alone is to name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The connection in `/scim/v2/{scim_connection_id}`.
    pub connection: Option<ScimConnectionId>,
    /// The organization in `https://{slug}.{base_domain}/scim/v2`.
    pub organization: Option<Slug>,
}

/// What a request carries to show who sends it (RFC 6750 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials<'r> {
    /// No bearer token.
    Nothing,
    /// One text in the place of a bearer token.
    Bearer(&'r str),
    /// Something that is not one token: none after the scheme, several, or one that stands in a
    /// second place too.
    Unreadable,
}

/// What a request needs of its token: one of these scopes, or none at all if there are none.
pub type Needed = &'static [Scope];

/// A request, as far as it matters for whether it is let in.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'r> {
    /// What it carries.
    pub credentials: Credentials<'r>,
    /// Where it was sent to.
    pub address: &'r Address,
    /// Where it comes from, if that is known.
    pub source: Option<IpAddr>,
    /// What it needs of its token.
    pub needed: Needed,
}

/// A request that was let in.
pub struct Access {
    /// Opens the users and groups.
    pub handle: ConnectionHandle,
    /// The token it came with.
    pub token_id: TokenId,
    /// What it may do.
    pub scopes: Scopes,
    /// Whether the identity provider had been heard of before.
    pub connected_before: bool,
    /// The identity provider recognised so far.
    pub recognised_idp: Option<IdpKind>,
}

/// Why a request was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It carries no bearer token.
    Missing,
    /// It does not carry its token as the protocol has it.
    Unreadable,
    /// What it carries cannot be one of our tokens.
    Malformed(TokenShapeError),
    /// Nobody made such a token.
    Unknown,
    /// The token is of another tenant than the address names.
    Mismatch,
    /// The token's time is over.
    Expired,
    /// Somebody revoked the token.
    Revoked,
    /// The token is right and its connection is switched off.
    Disabled,
    /// The token is right and its connection takes no requests from there.
    Source(Option<IpAddr>),
    /// The token is right and has none of the scopes that this takes.
    Forbidden(Needed),
}

/// A refused request, and whose log it belongs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// What the path or the host names, or the connection that the token is of.
    pub concerns: Option<LogAddress>,
}

/// What comes of a request's token and address.
pub enum Verdict {
    /// Come in.
    Allowed(Box<Access>),
    /// Stay out.
    Refused(Refused),
}

/// Compares a bearer token with the address it was sent to, with where it comes from, and with what
/// is to be done there.
///
/// # Errors
///
/// The database is not available.
pub async fn authenticate(store: &Store, asked: Asked<'_>) -> Result<Verdict, StoreError> {
    let Asked {
        credentials,
        address,
        source,
        needed,
    } = asked;
    let named = || match (address.connection, &address.organization) {
        (Some(id), _) => Some(LogAddress::Connection(id)),
        (None, Some(slug)) => Some(LogAddress::Organization(slug.clone())),
        (None, None) => None,
    };
    let refused = |refusal, concerns| Ok(Verdict::Refused(Refused { refusal, concerns }));
    let bearer = match credentials {
        Credentials::Bearer(text) => text,
        Credentials::Nothing => return refused(Refusal::Missing, named()),
        Credentials::Unreadable => return refused(Refusal::Unreadable, named()),
    };
    let presented = match ScimTokenSecret::parse(bearer) {
        Ok(presented) => presented,
        Err(shape) => return refused(Refusal::Malformed(shape), named()),
    };
    let Some(token) = store.find_token(&presented.digest()).await? else {
        return refused(Refusal::Unknown, named());
    };
    let fits_path = address
        .connection
        .is_none_or(|id| id == token.connection_id);
    let fits_host = address
        .organization
        .as_ref()
        .is_none_or(|slug| *slug == token.org_slug);
    if !(fits_path && fits_host) {
        return refused(Refusal::Mismatch, named());
    }
    let own = Some(LogAddress::Connection(token.connection_id));
    let now = store.clock().now();
    if token.revoked_at.is_some_and(|at| at <= now) {
        return refused(Refusal::Revoked, own);
    }
    if token.expires_at <= now {
        return refused(Refusal::Expired, own);
    }
    if !token.connection_enabled {
        return refused(Refusal::Disabled, own);
    }
    if !token.may_come_from(source) {
        return refused(Refusal::Source(source), own);
    }
    if !needed.is_empty() && !needed.iter().any(|scope| token.scopes.allow(*scope)) {
        return refused(Refusal::Forbidden(needed), own);
    }
    Ok(Verdict::Allowed(Box::new(Access {
        token_id: token.token_id,
        scopes: token.scopes,
        connected_before: token.connected_before,
        recognised_idp: token.recognised_idp,
        handle: token.handle(store),
    })))
}

/// The connection whose discovery documents an address opens to everybody: the one that its path
/// names, if that connection is enabled and was not closed to visitors.
///
/// # Errors
///
/// The database is not available.
pub async fn open_to_all(
    store: &Store,
    address: &Address,
) -> Result<Option<PublicConnection>, StoreError> {
    let Some(id) = address.connection else {
        return Ok(None);
    };
    let Some(connection) = store.find_public_connection(id).await? else {
        return Ok(None);
    };
    let fits_host = match &address.organization {
        None => true,
        Some(slug) => connection.is_of(slug).await?,
    };
    let open = fits_host && connection.enabled() && connection.settings().anonymous_discovery;
    Ok(open.then_some(connection))
}
