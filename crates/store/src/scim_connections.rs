//! SCIM connections of one organization.

use rollcall_model::{
    EventType, IdpKind, OrgId, Page, PageRequest, ScimConnection, ScimConnectionId, ScimSettings,
    ScimSettingsChange, SsoConnectionId, Timestamp,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, Statement,
};
use serde_json::{Value, json};

use crate::entity::scim_connections::{ActiveModel, Column, Entity, Model};
use crate::entity::{directory_counts, routing_connections, scim_tokens, users};
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx, OrgHandle, OrgTx};
use crate::oauth_clients;
use crate::shape;

/// A SCIM connection that is to be stored.
pub struct NewScimConnection {
    /// Its id.
    pub id: ScimConnectionId,
    /// Its name for people.
    pub name: String,
    /// The login provider it is linked to.
    pub sso_connection_id: SsoConnectionId,
    /// The identity provider that it is said to be.
    pub idp: Option<IdpKind>,
}

/// What may change about a SCIM connection. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ScimConnectionChange {
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

/// Every query on the table starts here.
fn of(org_id: OrgId) -> Select<Entity> {
    Entity::find().filter(Column::OrgId.eq(org_id.as_uuid()))
}

fn idp(row: &Model, name: Option<&String>) -> Result<Option<IdpKind>, StoreError> {
    name.map(|name| name.parse())
        .transpose()
        .map_err(|reason| StoreError::corrupt("scim_connections", row.id, reason))
}

/// Puts a connection together from its row, its counts and its tokens.
async fn assemble(
    db: &impl ConnectionTrait,
    row: Model,
    now: Timestamp,
) -> Result<ScimConnection, StoreError> {
    let counts = directory_counts::Entity::find_by_id((row.org_id, row.id))
        .one(db)
        .await?
        .ok_or_else(|| StoreError::corrupt("directory_counts", row.id, "no row"))?;
    let live_tokens = scim_tokens::Entity::find()
        .filter(scim_tokens::Column::OrgId.eq(row.org_id))
        .filter(scim_tokens::Column::ScimConnectionId.eq(row.id))
        .filter(scim_tokens::Column::ExpiresAt.gt(now.unix_micros()))
        .filter(
            Condition::any()
                .add(scim_tokens::Column::RevokedAt.is_null())
                .add(scim_tokens::Column::RevokedAt.gt(now.unix_micros())),
        )
        .count(db)
        .await?;
    let live_oauth_clients = oauth_clients::count_live(
        db,
        OrgId::from_uuid(row.org_id),
        ScimConnectionId::from_uuid(row.id),
    )
    .await?;
    Ok(ScimConnection {
        id: ScimConnectionId::from_uuid(row.id),
        idp: idp(&row, row.idp.as_ref())?,
        recognised_idp: idp(&row, row.recognised_idp.as_ref())?,
        name: row.name,
        sso_connection_id: SsoConnectionId::from_uuid(row.sso_connection_id),
        enabled: row.enabled,
        settings: shape::read_settings(ScimConnectionId::from_uuid(row.id), &row.settings)?,
        first_request_at: row.first_request_at.map(Timestamp::from_unix_micros),
        last_request_at: row.last_request_at.map(Timestamp::from_unix_micros),
        users: u64::try_from(counts.users).unwrap_or(0),
        groups: u64::try_from(counts.groups).unwrap_or(0),
        live_tokens,
        live_oauth_clients,
        created_at: Timestamp::from_unix_micros(row.created_at),
        updated_at: Timestamp::from_unix_micros(row.updated_at),
    })
}

fn told(connection: &ScimConnection) -> Value {
    json!({ "scim_connection": {
        "id": connection.id,
        "name": connection.name,
        "sso_connection_id": connection.sso_connection_id,
        "idp": connection.idp.map(IdpKind::as_str),
        "enabled": connection.enabled,
        "settings": connection.settings,
    }})
}

/// The settings that differ from their defaults, as they are stored.
fn chosen(id: ScimConnectionId, settings: &ScimSettings) -> Result<String, StoreError> {
    let as_json = |settings: &ScimSettings| {
        serde_json::to_value(settings)
            .map_err(|reason| StoreError::corrupt("scim_connections", id, reason))
    };
    let (mut chosen, default) = (as_json(settings)?, as_json(&ScimSettings::default())?);
    if let Value::Object(chosen) = &mut chosen {
        chosen.retain(|name, value| default.get(name) != Some(value));
    }
    Ok(chosen.to_string())
}

impl OrgHandle {
    /// One SCIM connection; `None` also if it belongs to another organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_scim_connection(
        &self,
        id: ScimConnectionId,
    ) -> Result<Option<ScimConnection>, StoreError> {
        let row = of(self.org_id())
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.store.db)
            .await?;
        match row {
            Some(row) => Ok(Some(
                assemble(&self.store.db, row, self.clock().now()).await?,
            )),
            None => Ok(None),
        }
    }

    /// Opens the users and groups of a SCIM connection for a management call.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn open_connection(
        &self,
        id: ScimConnectionId,
    ) -> Result<Option<ConnectionHandle>, StoreError> {
        let row = of(self.org_id())
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.store.db)
            .await?;
        match row {
            Some(row) => Ok(Some(self.store.handle_of(&row).await?)),
            None => Ok(None),
        }
    }

    /// Lists the SCIM connections, oldest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_scim_connections(
        &self,
        page: PageRequest<ScimConnectionId>,
    ) -> Result<Page<ScimConnection, ScimConnectionId>, StoreError> {
        let mut query = of(self.org_id());
        if let Some(after) = page.after {
            query = query.filter(Column::Id.gt(after.as_uuid()));
        }
        let rows = query
            .order_by_asc(Column::Id)
            .limit(page.limit + 1)
            .all(&self.store.db)
            .await?;
        let now = self.clock().now();
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            items.push(assemble(&self.store.db, row, now).await?);
        }
        Ok(Page::from_one_more(items, page.limit, |item| item.id))
    }
}

impl OrgTx {
    /// Adds a SCIM connection.
    ///
    /// # Errors
    ///
    /// The SSO connection is not one of this organization ([`StoreError::ParentMissing`]).
    pub async fn insert_scim_connection(
        &mut self,
        new: NewScimConnection,
    ) -> Result<(), StoreError> {
        let (org_id, id) = (self.org_id.as_uuid(), new.id.as_uuid());
        let now = self.now.unix_micros();
        Entity::insert(ActiveModel {
            org_id: Set(org_id),
            id: Set(id),
            name: Set(new.name.clone()),
            sso_connection_id: Set(new.sso_connection_id.as_uuid()),
            idp: Set(new.idp.map(|idp| idp.as_str().to_owned())),
            enabled: Set(true),
            first_request_at: Set(None),
            last_request_at: Set(None),
            recognised_idp: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
            settings: Set("{}".to_owned()),
            revision: Set(0),
        })
        .exec_without_returning(self.connection())
        .await?;
        directory_counts::Entity::insert(directory_counts::ActiveModel {
            org_id: Set(org_id),
            scim_connection_id: Set(id),
            users: Set(0),
            groups: Set(0),
            parkings: Set(0),
            rearranged: Set(0),
        })
        .exec_without_returning(self.connection())
        .await?;
        routing_connections::Entity::insert(routing_connections::ActiveModel {
            scim_connection_id: Set(id),
            org_id: Set(org_id),
        })
        .exec_without_returning(self.connection())
        .await?;
        self.outbox.push_made(
            EventType::ScimConnectionCreated,
            Some(new.id),
            new.id,
            json!({ "scim_connection": {
                "id": new.id,
                "name": new.name,
                "sso_connection_id": new.sso_connection_id,
                "idp": new.idp.map(IdpKind::as_str),
                "enabled": true,
                "settings": ScimSettings::default(),
            }}),
        );
        Ok(())
    }

    /// Changes a SCIM connection; `None` if there is none of that id. Equal values make no event.
    ///
    /// # Errors
    ///
    /// The SSO connection is not one of this organization ([`StoreError::ParentMissing`]).
    pub async fn change_scim_connection(
        &mut self,
        id: ScimConnectionId,
        change: ScimConnectionChange,
    ) -> Result<Option<ScimConnection>, StoreError> {
        let row = of(self.org_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let revision = row.revision;
        let before = assemble(self.connection(), row, self.now).await?;
        let mut after = before.clone();
        if let Some(name) = change.name {
            after.name = name;
        }
        if let Some(enabled) = change.enabled {
            after.enabled = enabled;
        }
        if let Some(sso_connection_id) = change.sso_connection_id {
            after.sso_connection_id = sso_connection_id;
        }
        if let Some(idp) = change.idp {
            after.idp = idp;
        }
        if let Some(settings) = change.settings {
            after.settings = settings.apply(&before.settings);
        }
        if after == before {
            return Ok(Some(before));
        }
        if after.settings.role_attribute != before.settings.role_attribute {
            self.reread_roles(id);
        }
        after.updated_at = self.now;
        Entity::update(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            id: Set(id.as_uuid()),
            name: Set(after.name.clone()),
            sso_connection_id: Set(after.sso_connection_id.as_uuid()),
            idp: Set(after.idp.map(|idp| idp.as_str().to_owned())),
            enabled: Set(after.enabled),
            updated_at: Set(self.now.unix_micros()),
            settings: Set(chosen(id, &after.settings)?),
            revision: Set(revision + 1),
            ..Default::default()
        })
        .exec(self.connection())
        .await?;
        let kind = match (before.enabled, after.enabled) {
            (true, false) => EventType::ScimConnectionDisabled,
            (false, true) => EventType::ScimConnectionEnabled,
            _ => EventType::ScimConnectionUpdated,
        };
        self.outbox
            .push_change(kind, Some(id), id, told(&before), told(&after));
        Ok(Some(after))
    }

    /// Deletes a SCIM connection with its tokens, users and groups; `false` if there is none of
    /// that id. One event tells it, not one for each user.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_scim_connection(
        &mut self,
        id: ScimConnectionId,
    ) -> Result<bool, StoreError> {
        // First the connection itself, so that no push can add to it meanwhile.
        self.lock_scim_connection(id).await?;
        let Some(before) = self.find_scim_connection(id).await? else {
            return Ok(false);
        };
        let active = self.delete_users_of(id).await?;
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        self.outbox.push_gone(
            EventType::ScimConnectionDeleted,
            Some(id),
            id,
            json!({ "scim_connection": { "id": id } }),
            told(&before),
        );
        self.outbox.count_active(-active);
        self.delete_sign_in_links_to(id).await?;
        self.give_out_seats_of_policy().await?;
        Ok(true)
    }

    /// Deletes every user of a connection, and tells how many were active.
    async fn delete_users_of(&self, id: ScimConnectionId) -> Result<i64, StoreError> {
        // Each row is judged as it is when it goes: somebody may be about to change it.
        const DELETE: &str = "
            with gone as (
                delete from users where org_id = $1 and scim_connection_id = $2 returning active
            )
            select count(*) as number from gone where active";
        if self.writes_at_once() {
            let db = self.connection();
            let values = [self.org_id.as_uuid().into(), id.as_uuid().into()];
            let delete = Statement::from_sql_and_values(db.get_database_backend(), DELETE, values);
            let counted = db.query_one_raw(delete).await?;
            return Ok(counted.map_or(Ok(0), |row| row.try_get("", "number"))?);
        }
        let active = users::Entity::delete_many()
            .filter(users::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(users::Column::ScimConnectionId.eq(id.as_uuid()))
            .filter(users::Column::Active.eq(true))
            .exec(self.connection())
            .await?;
        Ok(i64::try_from(active.rows_affected).unwrap_or(i64::MAX))
    }

    /// Holds a SCIM connection's row until the end of the transaction; `false` if there is none
    /// of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_scim_connection(&self, id: ScimConnectionId) -> Result<bool, StoreError> {
        let row = of(self.org_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        Ok(row.is_some())
    }

    /// One SCIM connection as this transaction sees it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_scim_connection(
        &self,
        id: ScimConnectionId,
    ) -> Result<Option<ScimConnection>, StoreError> {
        let row = of(self.org_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .one(self.connection())
            .await?;
        match row {
            Some(row) => Ok(Some(assemble(self.connection(), row, self.now).await?)),
            None => Ok(None),
        }
    }

    /// Deletes every SCIM connection of the organization.
    pub(crate) async fn delete_all_scim_connections(&mut self) -> Result<(), StoreError> {
        let rows = of(self.org_id).all(self.connection()).await?;
        for row in rows {
            self.delete_scim_connection(ScimConnectionId::from_uuid(row.id))
                .await?;
        }
        Ok(())
    }
}

impl DirectoryTx {
    /// Marks the identity provider's first request; `false` if there was one before.
    ///
    /// Two first requests at once are told apart by the database: only one of them changes the
    /// row, and only that one makes the event.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn mark_connected(&mut self, idp: Option<IdpKind>) -> Result<bool, StoreError> {
        let name = idp.map(|idp| idp.as_str().to_owned());
        let marked = Entity::update_many()
            .col_expr(Column::FirstRequestAt, Expr::value(self.now.unix_micros()))
            .col_expr(Column::LastRequestAt, Expr::value(self.now.unix_micros()))
            .col_expr(Column::RecognisedIdp, Expr::value(name.clone()))
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::Id.eq(self.connection_id.as_uuid()))
            .filter(Column::FirstRequestAt.is_null())
            .exec(self.connection())
            .await?;
        if marked.rows_affected == 0 {
            return Ok(false);
        }
        let id = self.connection_id;
        self.org.outbox.push(
            EventType::ScimConnectionConnected,
            Some(id),
            id,
            json!({ "scim_connection": { "id": id, "recognised_idp": name } }),
        );
        Ok(true)
    }
}
