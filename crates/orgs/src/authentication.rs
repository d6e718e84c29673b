//! Whether a SCIM request may come in.
//!
//! A tenant is named by a path, by a host, or by nothing but the token. Whatever names it, the
//! token must belong to it, and a token of somebody else gets the same answer as one that does
//! not exist: both cost one look-up by digest. Only the holder of the right token learns that a
//! connection is disabled, does not take requests from where it is, or that the token lacks a scope.

use std::net::IpAddr;
use std::sync::Arc;

use rollcall_model::{Credential, IdpKind, ScimConnectionId, Scope, Scopes, Slug, Timestamp};
use rollcall_store::{
    ConnectionHandle, LogAddress, PublicConnection, Store, StoreError, StoredCredential,
};

use crate::oauth::{self, AccessTokens};
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
    /// What it came with.
    pub credential: Credential,
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
pub async fn authenticate(
    store: &Store,
    access_tokens: &AccessTokens,
    asked: Asked<'_>,
) -> Result<Verdict, StoreError> {
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
    let Found {
        credential: token,
        scopes,
        expires_at,
    } = match find(store, access_tokens, bearer).await? {
        Ok(found) => found,
        Err(refusal) => return refused(refusal, named()),
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
    if expires_at.is_some_and(|at| at <= now) {
        return refused(Refusal::Expired, own);
    }
    if !token.connection_enabled {
        return refused(Refusal::Disabled, own);
    }
    if !token.may_come_from(source) {
        return refused(Refusal::Source(source), own);
    }
    if !needed.is_empty() && !needed.iter().any(|scope| scopes.allow(*scope)) {
        return refused(Refusal::Forbidden(needed), own);
    }
    Ok(Verdict::Allowed(Box::new(Access {
        credential: token.credential,
        scopes,
        connected_before: token.connected_before,
        recognised_idp: token.recognised_idp,
        handle: token.handle(store),
    })))
}

/// What a bearer text stands for.
struct Found {
    credential: Arc<StoredCredential>,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
}

/// Looks up a SCIM token by its digest, or the client of an access token by what the token says.
async fn find(
    store: &Store,
    access_tokens: &AccessTokens,
    bearer: &str,
) -> Result<Result<Found, Refusal>, StoreError> {
    if oauth::is_like_one(bearer) {
        let Some(verified) = access_tokens.verify(store, bearer).await? else {
            return Ok(Err(Refusal::Unknown));
        };
        let found = store.find_oauth_client(verified.client_id).await?;
        // A client stays with its connection; a token that says otherwise is of another database.
        let client = found.filter(|client| client.connection_id == verified.connection_id);
        return Ok(client.ok_or(Refusal::Unknown).map(|client| Found {
            scopes: client.scopes.and(verified.scopes),
            expires_at: Some(verified.expires_at),
            credential: client,
        }));
    }
    let presented = match ScimTokenSecret::parse(bearer) {
        Ok(presented) => presented,
        Err(shape) => return Ok(Err(Refusal::Malformed(shape))),
    };
    let found = store.find_token(&presented.digest()).await?;
    Ok(found.ok_or(Refusal::Unknown).map(|token| Found {
        scopes: token.scopes,
        expires_at: token.expires_at,
        credential: token,
    }))
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
