//! When connections, tokens and OAuth clients were last used: written in batches, off the request path.

use rollcall_model::{Credential, IdpKind, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::connect::Store;
use crate::entity::{oauth_clients, scim_connections, scim_tokens};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

/// The latest use of one token or OAuth client of one connection.
pub struct Activity {
    /// The connection.
    pub handle: ConnectionHandle,
    /// What was used.
    pub credential: Credential,
    /// When.
    pub at: Timestamp,
    /// The identity provider that the request was recognised as, if it was.
    pub idp: Option<IdpKind>,
}

impl Store {
    /// Writes a batch. Times only move forward, and a recognised identity provider stays until
    /// another one is recognised.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn note_activity(&self, batch: &[Activity]) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let tx = self.begin_write().await?;
        // In one order on every replica, so that two batches wait for each other and no more.
        let mut batch: Vec<_> = batch.iter().collect();
        batch.sort_unstable_by_key(|activity| (activity.handle.connection_id, activity.credential));
        for activity in batch {
            let org_id = activity.handle.org_id.as_uuid();
            let connection_id = activity.handle.connection_id.as_uuid();
            let at = activity.at.unix_micros();
            {
                use scim_connections::{Column, Entity};
                let mut update = Entity::update_many()
                    .col_expr(Column::LastRequestAt, Expr::value(at))
                    .filter(Column::OrgId.eq(org_id))
                    .filter(Column::Id.eq(connection_id))
                    .filter(Column::LastRequestAt.lt(at));
                if let Some(idp) = activity.idp {
                    update = update.col_expr(Column::RecognisedIdp, Expr::value(idp.as_str()));
                }
                update.exec(tx.connection()).await?;
            }
            match activity.credential {
                Credential::Token(id) => {
                    use scim_tokens::{Column, Entity};
                    Entity::update_many()
                        .col_expr(Column::LastUsedAt, Expr::value(at))
                        .filter(Column::OrgId.eq(org_id))
                        .filter(Column::ScimConnectionId.eq(connection_id))
                        .filter(Column::Id.eq(id.as_uuid()))
                        .filter(Column::LastUsedAt.is_null().or(Column::LastUsedAt.lt(at)))
                        .exec(tx.connection())
                        .await?;
                }
                Credential::OauthClient(id) => {
                    use oauth_clients::{Column, Entity};
                    Entity::update_many()
                        .col_expr(Column::LastUsedAt, Expr::value(at))
                        .filter(Column::OrgId.eq(org_id))
                        .filter(Column::ScimConnectionId.eq(connection_id))
                        .filter(Column::Id.eq(id.as_uuid()))
                        .filter(Column::LastUsedAt.is_null().or(Column::LastUsedAt.lt(at)))
                        .exec(tx.connection())
                        .await?;
                }
            }
        }
        tx.commit().await
    }
}
