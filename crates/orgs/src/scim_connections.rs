//! Creating, changing and deleting SCIM connections.

use rollcall_model::{
    IdpKind, Origin, ScimConnection, ScimConnectionId, ScimSettingsChange, Scopes, SsoConnectionId,
};
use rollcall_store::{NewScimConnection, OrgHandle, ScimConnectionChange, StoreError};

use crate::error::OrgsError;
use crate::field;
use crate::tokens::{self, IssuedToken, Wanted};

/// What a caller wants changed. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ScimConnectionPatch {
    /// A new name.
    pub name: Option<String>,
    /// Whether requests are taken.
    pub enabled: Option<bool>,
    /// Another login provider.
    pub sso_connection_id: Option<SsoConnectionId>,
    /// Another identity provider, or none.
    pub idp: Option<Option<IdpKind>>,
    /// Settings that get another value.
    pub settings: Option<ScimSettingsChange>,
}

/// The name of the token that a new connection comes with.
const FIRST_TOKEN: &str = "First token";

fn naming_sso(error: StoreError) -> OrgsError {
    match error {
        StoreError::ParentMissing => OrgsError::NoSuchReference {
            field: "sso_connection_id",
        },
        other => other.into(),
    }
}

/// Creates a SCIM connection linked to a login provider, with its first token.
///
/// # Errors
///
/// A field is not valid, or the login provider is not one of this organization.
pub async fn create(
    org: &OrgHandle,
    name: &str,
    sso_connection_id: SsoConnectionId,
    idp: Option<IdpKind>,
    origin: Origin,
) -> Result<(ScimConnection, IssuedToken), OrgsError> {
    let new = new_connection(org, name, sso_connection_id, idp)?;
    let id = new.id;
    let first = Wanted {
        name: FIRST_TOKEN,
        scopes: Scopes::WRITE,
        expires_in_days: None,
    };
    let draft = tokens::draft(org.clock(), first)?;
    let mut tx = org.begin(origin).await?;
    let inserted = tx.insert_scim_connection(new).await;
    inserted.map_err(naming_sso)?;
    let token = tx.insert_token(id, draft.new).await?;
    let connection = tx.find_scim_connection(id).await?;
    let connection = connection.ok_or(StoreError::ParentMissing)?;
    tx.commit().await?;
    Ok((
        connection,
        IssuedToken {
            token,
            secret: draft.secret,
        },
    ))
}

/// Creates a SCIM connection linked to a login provider, which nobody can use until a token or an
/// OAuth client is made for it: for whoever has no place to show a secret.
///
/// # Errors
///
/// A field is not valid, or the login provider is not one of this organization.
pub async fn create_without_token(
    org: &OrgHandle,
    name: &str,
    sso_connection_id: SsoConnectionId,
    idp: Option<IdpKind>,
    origin: Origin,
) -> Result<ScimConnection, OrgsError> {
    let new = new_connection(org, name, sso_connection_id, idp)?;
    let id = new.id;
    let mut tx = org.begin(origin).await?;
    let inserted = tx.insert_scim_connection(new).await;
    inserted.map_err(naming_sso)?;
    let connection = tx.find_scim_connection(id).await?;
    let connection = connection.ok_or(StoreError::ParentMissing)?;
    tx.commit().await?;
    Ok(connection)
}

fn new_connection(
    org: &OrgHandle,
    name: &str,
    sso_connection_id: SsoConnectionId,
    idp: Option<IdpKind>,
) -> Result<NewScimConnection, OrgsError> {
    Ok(NewScimConnection {
        id: ScimConnectionId::new(org.clock()),
        name: field::name("name", name)?,
        sso_connection_id,
        idp,
    })
}

/// One SCIM connection.
///
/// # Errors
///
/// There is none of that id in this organization.
pub async fn find(org: &OrgHandle, id: ScimConnectionId) -> Result<ScimConnection, OrgsError> {
    org.find_scim_connection(id)
        .await?
        .ok_or(OrgsError::NotFound {
            what: "SCIM connection",
        })
}

/// Changes a SCIM connection and returns it as it is now.
///
/// # Errors
///
/// A field is not valid, there is no such connection, or the login provider is not one of this
/// organization.
pub async fn change(
    org: &OrgHandle,
    id: ScimConnectionId,
    patch: ScimConnectionPatch,
    origin: Origin,
) -> Result<ScimConnection, OrgsError> {
    let change = ScimConnectionChange {
        name: patch
            .name
            .map(|text| field::name("name", &text))
            .transpose()?,
        enabled: patch.enabled,
        sso_connection_id: patch.sso_connection_id,
        idp: patch.idp,
        settings: patch.settings,
    };
    let mut tx = org.begin(origin).await?;
    let connection = tx
        .change_scim_connection(id, change)
        .await
        .map_err(naming_sso)?
        .ok_or(OrgsError::NotFound {
            what: "SCIM connection",
        })?;
    tx.commit().await?;
    Ok(connection)
}

/// Deletes a SCIM connection with its tokens, users and groups, if `confirm` is its name.
///
/// # Errors
///
/// The confirmation is missing or another word, or there is no such connection.
pub async fn delete(
    org: &OrgHandle,
    id: ScimConnectionId,
    confirm: Option<&str>,
    origin: Origin,
) -> Result<(), OrgsError> {
    let connection = find(org, id).await?;
    if confirm != Some(connection.name.as_str()) {
        return Err(OrgsError::Unconfirmed {
            expected: connection.name,
        });
    }
    let mut tx = org.begin(origin).await?;
    tx.delete_scim_connection(id).await?;
    Ok(tx.commit().await?)
}
