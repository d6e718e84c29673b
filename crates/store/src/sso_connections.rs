//! SSO connections of one organization.

use rollcall_model::{
    EventType, OrgId, Page, PageRequest, ScimConnectionId, SsoConnection, SsoConnectionId,
    SsoProvider, Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde_json::{Value, json};

use crate::audit::detail;
use crate::changes::changes;
use crate::entity::scim_connections;
use crate::entity::sso_connections::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::{OrgHandle, OrgTx};
use crate::paging;

/// A login provider that is to be stored.
pub struct NewSsoConnection {
    /// Its id.
    pub id: SsoConnectionId,
    /// Its name for people.
    pub name: String,
    /// What people sign in with.
    pub provider: SsoProvider,
    /// Whether the provider is believed about addresses of verified domains.
    pub trust_email: bool,
    /// Whether people may sign in with it.
    pub enabled: bool,
    /// The client secret, sealed; never the plain one.
    pub sealed_client_secret: Option<Vec<u8>>,
}

/// What may change about a login provider. `None` leaves a field as it is.
#[derive(Default)]
pub struct SsoConnectionChange {
    /// A new name.
    pub name: Option<String>,
    /// New settings.
    pub provider: Option<SsoProvider>,
    /// Whether people may sign in with it.
    pub enabled: Option<bool>,
    /// Whether the provider is believed about addresses of verified domains.
    pub trust_email: Option<bool>,
    /// A new sealed client secret, or none.
    pub sealed_client_secret: Option<Option<Vec<u8>>>,
}

/// Every query on the table starts here.
fn of(org_id: OrgId) -> Select<Entity> {
    Entity::find().filter(Column::OrgId.eq(org_id.as_uuid()))
}

impl TryFrom<Model> for SsoConnection {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let provider = serde_json::from_str(&row.provider)
            .map_err(|reason| StoreError::corrupt("sso_connections", row.id, reason))?;
        Ok(Self {
            id: SsoConnectionId::from_uuid(row.id),
            name: row.name,
            provider,
            enabled: row.enabled,
            trust_email: row.trust_email,
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
        })
    }
}

fn stored(provider: &SsoProvider) -> Result<String, StoreError> {
    serde_json::to_string(provider)
        .map_err(|reason| StoreError::corrupt("sso_connections", "new", reason))
}

/// What makes the subjects of a provider its own: those of another one may be other people.
fn issuer(provider: &SsoProvider) -> (bool, &str) {
    match provider {
        SsoProvider::Oidc(oidc) => (true, &oidc.issuer),
        SsoProvider::Saml(saml) => (false, &saml.idp_entity_id),
    }
}

/// What events tell of a login provider, in the shape that the management API shows it in.
fn told(connection: &SsoConnection) -> Value {
    let (protocol, settings) = match &connection.provider {
        SsoProvider::Oidc(oidc) => ("oidc", json!(oidc)),
        SsoProvider::Saml(saml) => ("saml", json!(saml)),
    };
    json!({ "sso_connection": {
        "id": connection.id,
        "name": connection.name,
        "enabled": connection.enabled,
        "trust_email": connection.trust_email,
        "protocol": protocol,
        protocol: settings,
    }})
}

const fn has_secret(connection: &SsoConnection) -> bool {
    match &connection.provider {
        SsoProvider::Oidc(oidc) => oidc.has_client_secret,
        SsoProvider::Saml(_) => false,
    }
}

/// A secret as the audit log may show it: that it is there, and which of two it is.
fn masked(is_there: bool, which: &str) -> Value {
    if is_there {
        format!("******** ({which})").into()
    } else {
        Value::Null
    }
}

/// The SCIM connections of an SSO connection: few, since people make them one by one.
async fn linked(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    id: SsoConnectionId,
) -> Result<Vec<(ScimConnectionId, String)>, StoreError> {
    let rows = scim_connections::Entity::find()
        .filter(scim_connections::Column::OrgId.eq(org_id.as_uuid()))
        .filter(scim_connections::Column::SsoConnectionId.eq(id.as_uuid()))
        .order_by_asc(scim_connections::Column::Id)
        .all(db)
        .await?;
    let named = |row: scim_connections::Model| (ScimConnectionId::from_uuid(row.id), row.name);
    Ok(rows.into_iter().map(named).collect())
}

impl OrgHandle {
    /// The SCIM connections that are linked to an SSO connection, oldest first, with their names.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_scim_connections_of_sso(
        &self,
        id: SsoConnectionId,
    ) -> Result<Vec<(ScimConnectionId, String)>, StoreError> {
        linked(&self.store.db, self.org_id(), id).await
    }

    /// One SSO connection; `None` also if it belongs to another organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_sso_connection(
        &self,
        id: SsoConnectionId,
    ) -> Result<Option<SsoConnection>, StoreError> {
        let row = of(self.org_id())
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.store.db)
            .await?;
        row.map(SsoConnection::try_from).transpose()
    }

    /// Lists the SSO connections, oldest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_sso_connections(
        &self,
        page: PageRequest<SsoConnectionId>,
    ) -> Result<Page<SsoConnection, SsoConnectionId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id()),
            Column::Id,
            page,
            (SsoConnectionId::as_uuid, |item: &SsoConnection| item.id),
        )
        .await
    }
}

impl OrgTx {
    /// The SCIM connections that are linked to an SSO connection, oldest first, with their names.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_scim_connections_of_sso(
        &self,
        id: SsoConnectionId,
    ) -> Result<Vec<(ScimConnectionId, String)>, StoreError> {
        linked(self.connection(), self.org_id, id).await
    }

    /// Adds an SSO connection.
    ///
    /// # Errors
    ///
    /// The organization is gone.
    pub async fn insert_sso_connection(
        &mut self,
        new: NewSsoConnection,
    ) -> Result<SsoConnection, StoreError> {
        let connection = SsoConnection {
            id: new.id,
            name: new.name,
            provider: new.provider,
            enabled: new.enabled,
            trust_email: new.trust_email,
            created_at: self.now,
            updated_at: self.now,
        };
        Entity::insert(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            id: Set(connection.id.as_uuid()),
            name: Set(connection.name.clone()),
            provider: Set(stored(&connection.provider)?),
            client_secret: Set(new.sealed_client_secret),
            created_at: Set(self.now.unix_micros()),
            updated_at: Set(self.now.unix_micros()),
            enabled: Set(connection.enabled),
            trust_email: Set(connection.trust_email),
        })
        .exec_without_returning(self.connection())
        .await?;
        self.outbox.push_made(
            EventType::SsoConnectionCreated,
            None,
            connection.id,
            told(&connection),
        );
        Ok(connection)
    }

    /// One SSO connection as this transaction sees it; `None` if there is none of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_sso_connection(
        &self,
        id: SsoConnectionId,
    ) -> Result<Option<SsoConnection>, StoreError> {
        let row = of(self.org_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .one(self.connection())
            .await?;
        row.map(SsoConnection::try_from).transpose()
    }

    /// Reads one SSO connection and holds its row until the end of the transaction; `None` if
    /// there is none of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_sso_connection(
        &self,
        id: SsoConnectionId,
    ) -> Result<Option<SsoConnection>, StoreError> {
        let row = of(self.org_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        row.map(SsoConnection::try_from).transpose()
    }

    /// Changes an SSO connection; `None` if there is none of that id. Equal values make no
    /// event, but a new client secret always does.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn change_sso_connection(
        &mut self,
        id: SsoConnectionId,
        change: SsoConnectionChange,
    ) -> Result<Option<SsoConnection>, StoreError> {
        let Some(before) = self.lock_sso_connection(id).await? else {
            return Ok(None);
        };
        let mut after = before.clone();
        if let Some(name) = change.name {
            after.name = name;
        }
        if let Some(provider) = change.provider {
            after.provider = provider;
        }
        after.enabled = change.enabled.unwrap_or(before.enabled);
        after.trust_email = change.trust_email.unwrap_or(before.trust_email);
        if after == before && change.sealed_client_secret.is_none() {
            return Ok(Some(before));
        }
        after.updated_at = self.now;
        let new_secret = change.sealed_client_secret.as_ref().map(Option::is_some);
        Entity::update(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            id: Set(id.as_uuid()),
            name: Set(after.name.clone()),
            provider: Set(stored(&after.provider)?),
            client_secret: change
                .sealed_client_secret
                .map_or_else(Default::default, Set),
            updated_at: Set(self.now.unix_micros()),
            enabled: Set(after.enabled),
            trust_email: Set(after.trust_email),
            ..Default::default()
        })
        .exec(self.connection())
        .await?;
        let (mut was, mut is) = (told(&before), told(&after));
        if let Some(set) = new_secret {
            was["sso_connection"]["client_secret"] = masked(has_secret(&before), "before");
            is["sso_connection"]["client_secret"] = masked(set, "after");
        }
        let (was, is) = (detail::subject(was), detail::subject(is));
        let detail = detail::changed(&was, &is);
        let mut data = told(&after);
        data["changes"] = changes(&was, &is);
        let kind = EventType::SsoConnectionUpdated;
        self.outbox.push_with(kind, None, id, data, Some(detail));
        if issuer(&before.provider) != issuer(&after.provider) {
            self.delete_sign_in_links_of(id).await?;
        }
        Ok(Some(after))
    }

    /// Deletes an SSO connection; `false` if there is none of that id.
    ///
    /// # Errors
    ///
    /// A SCIM connection is linked to it ([`StoreError::InUse`]).
    pub async fn delete_sso_connection(&mut self, id: SsoConnectionId) -> Result<bool, StoreError> {
        let Some(before) = self.lock_sso_connection(id).await? else {
            return Ok(false);
        };
        self.release_domains_of(id).await?;
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec(self.connection())
            .await
            .map_err(StoreError::naming_user("a SCIM connection"))?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        self.outbox.push_gone(
            EventType::SsoConnectionDeleted,
            None,
            id,
            json!({ "sso_connection": { "id": id } }),
            told(&before),
        );
        // Accounts that sign-ins made went with it.
        self.give_out_seats_of_policy().await?;
        Ok(true)
    }
}
