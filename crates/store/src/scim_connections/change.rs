//! Making and changing SCIM connections.

use rollcall_model::{
    EventType, IdpKind, ScimConnection, ScimConnectionId, ScimSettings, ScimSettingsChange,
    SsoConnectionId,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::read::assemble;
use super::{of, told};
use crate::entity::scim_connections::{ActiveModel, Column, Entity};
use crate::entity::{directory_counts, routing_connections};
use crate::error::StoreError;
use crate::handle::{DirectoryTx, OrgTx};

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
