//! Reading SCIM connections.

use rollcall_model::{
    Evidence, IdpKind, OrgId, Page, PageRequest, ScimConnection, ScimConnectionId, SsoConnectionId,
    Timestamp,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::of;
use crate::entity::directory_counts;
use crate::entity::scim_connections::{Column, Model};
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, OrgHandle, OrgTx};
use crate::{habits, oauth_clients, shape, tokens};

fn idp(row: &Model, name: Option<&String>) -> Result<Option<IdpKind>, StoreError> {
    name.map(|name| name.parse())
        .transpose()
        .map_err(|reason| StoreError::corrupt("scim_connections", row.id, reason))
}

/// Puts a connection together from its row, its counts, its credentials and its habit.
pub(super) async fn assemble(
    db: &impl ConnectionTrait,
    row: Model,
    now: Timestamp,
) -> Result<ScimConnection, StoreError> {
    let (org_id, id) = (
        OrgId::from_uuid(row.org_id),
        ScimConnectionId::from_uuid(row.id),
    );
    let counts = directory_counts::Entity::find_by_id((row.org_id, row.id))
        .one(db)
        .await?
        .ok_or_else(|| StoreError::corrupt("directory_counts", row.id, "no row"))?;
    let tokens = tokens::live_or_last(db, org_id, id, now).await?;
    let clients = oauth_clients::live_or_last(db, org_id, id).await?;
    let habit = habits::find(db, org_id, id).await?;
    let last_request_at = row.last_request_at.map(Timestamp::from_unix_micros);
    let evidence = Evidence {
        now,
        last_request_at,
        tokens: &tokens,
        clients: &clients,
        habit: habit.as_ref(),
    };
    let live_tokens = tokens.iter().filter(|token| token.is_live(now)).count();
    let live_clients = clients.iter().filter(|client| client.revoked_at.is_none());
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(ScimConnection {
        id,
        idp: idp(&row, row.idp.as_ref())?,
        recognised_idp: idp(&row, row.recognised_idp.as_ref())?,
        name: row.name,
        sso_connection_id: SsoConnectionId::from_uuid(row.sso_connection_id),
        enabled: row.enabled,
        settings: shape::read_settings(id, &row.settings)?,
        first_request_at: row.first_request_at.map(Timestamp::from_unix_micros),
        last_request_at,
        users: u64::try_from(counts.users).unwrap_or(0),
        groups: u64::try_from(counts.groups).unwrap_or(0),
        live_tokens: count(live_tokens),
        live_oauth_clients: count(live_clients.count()),
        troubles: evidence.judge(),
        created_at: Timestamp::from_unix_micros(row.created_at),
        updated_at: Timestamp::from_unix_micros(row.updated_at),
    })
}

impl OrgHandle {
    async fn scim_connection_row(&self, id: ScimConnectionId) -> Result<Option<Model>, StoreError> {
        let row = of(self.org_id()).filter(Column::Id.eq(id.as_uuid()));
        Ok(row.one(&self.store.db).await?)
    }

    /// One SCIM connection; `None` also if it belongs to another organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_scim_connection(
        &self,
        id: ScimConnectionId,
    ) -> Result<Option<ScimConnection>, StoreError> {
        match self.scim_connection_row(id).await? {
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
        match self.scim_connection_row(id).await? {
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
}
