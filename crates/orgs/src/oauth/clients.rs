//! Making and revoking OAuth clients, and whether one is who it says it is.

use std::sync::Arc;

use aws_lc_rs::constant_time;
use rand::rngs::SysRng;
use rollcall_model::{OauthClient, OauthClientId, Origin, ScimConnectionId, Scopes};
use rollcall_store::{
    ConnectionHandle, NewOauthClient, OrgHandle, Store, StoreError, StoredCredential,
};

use crate::error::OrgsError;
use crate::field;
use crate::secret::OauthClientSecret;

/// A client and the secret that is shown this once.
pub struct IssuedClient {
    /// What is kept.
    pub client: OauthClient,
    /// What is not.
    pub secret: OauthClientSecret,
}

/// Makes an OAuth client for a SCIM connection.
///
/// # Errors
///
/// The name is not valid.
pub async fn create(
    org: &OrgHandle,
    connection: &ConnectionHandle,
    name: &str,
    scopes: Scopes,
    origin: Origin,
) -> Result<IssuedClient, OrgsError> {
    let secret = OauthClientSecret::generate(&mut SysRng)?;
    let new = NewOauthClient {
        id: OauthClientId::new(org.clock()),
        name: field::name("name", name)?,
        prefix: secret.prefix(),
        scopes,
        digest: secret.digest(),
    };
    let mut tx = org.begin(origin).await?;
    let client = tx
        .insert_oauth_client(connection.connection_id(), new)
        .await?;
    tx.commit().await?;
    Ok(IssuedClient { client, secret })
}

/// Revokes an OAuth client, and every access token it was given, now.
///
/// # Errors
///
/// There is none of that id.
pub async fn revoke(
    org: &OrgHandle,
    connection_id: ScimConnectionId,
    id: OauthClientId,
    origin: Origin,
) -> Result<(), OrgsError> {
    let mut tx = org.begin(origin).await?;
    if !tx.revoke_oauth_client(connection_id, id).await? {
        return Err(OrgsError::NotFound {
            what: "OAuth client",
        });
    }
    Ok(tx.commit().await?)
}

/// Why a client is not given an access token. Only the last one is told to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientRefusal {
    /// There is no client of that id, or no such id.
    Unknown,
    /// The secret is not that of the client.
    WrongSecret,
    /// Somebody revoked the client.
    Revoked,
    /// The client is right and its connection is switched off.
    Disabled,
}

/// What comes of a client's id and secret.
pub enum ClientVerdict {
    /// It is who it says it is.
    Known(Arc<StoredCredential>),
    /// It is not, and the connection in whose log that belongs.
    Refused(ClientRefusal, Option<ScimConnectionId>),
}

/// Compares a client's secret with the one it was given (RFC 6749 §2.3.1).
///
/// # Errors
///
/// The database is not available.
pub async fn authenticate(
    store: &Store,
    client_id: &str,
    secret: &str,
) -> Result<ClientVerdict, StoreError> {
    let refused = |refusal, of| Ok(ClientVerdict::Refused(refusal, of));
    let Ok(id) = client_id.parse() else {
        return refused(ClientRefusal::Unknown, None);
    };
    let Some(client) = store.find_oauth_client(id).await? else {
        return refused(ClientRefusal::Unknown, None);
    };
    let of = Some(client.connection_id);
    let is_right = OauthClientSecret::parse(secret).is_ok_and(|presented| {
        constant_time::verify_slices_are_equal(&presented.digest(), &client.digest).is_ok()
    });
    if !is_right {
        return refused(ClientRefusal::WrongSecret, of);
    }
    if client.revoked_at.is_some() {
        return refused(ClientRefusal::Revoked, of);
    }
    if !client.connection_enabled {
        return refused(ClientRefusal::Disabled, of);
    }
    Ok(ClientVerdict::Known(client))
}
