//! The end of the request log: lines that were kept long enough, or for which a log has no room,
//! are removed, oldest first and a few at a time.

use rollcall_model::{OrgId, RequestId, ScimConnectionId, Timestamp};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use crate::connect::Store;
use crate::entity::{scim_connections, scim_request_contents, scim_requests};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

/// How many connections one step looks at.
const CONNECTIONS_PER_STEP: usize = 100;

/// How many lines one step removes at most.
const LINES_PER_STEP: u64 = 1_000;

/// The newest line before which a log takes as many bytes as it may.
const BEYOND: &str = "
    select id from (
        select id, sum(size) over (order by id desc rows unbounded preceding) as taken
        from scim_requests
        where org_id = $1 and scim_connection_id = $2
    ) as summed
    where taken > $3
    order by id desc
    limit 1";

/// What one step of removing old lines came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrunedLogs {
    /// How many lines are gone.
    pub lines: u64,
    /// The connection that the next step goes on after; `None` for the first one.
    pub after: Option<(OrgId, ScimConnectionId)>,
    /// Whether this was the last step.
    pub done: bool,
}

#[derive(FromQueryResult)]
struct Beyond {
    id: Uuid,
}

impl ConnectionHandle {
    /// The newest line that a log of so many bytes has no room for, if there is one. It costs a
    /// look at every line that there is room for.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn first_request_beyond(&self, bytes: u64) -> Result<Option<RequestId>, StoreError> {
        let db = &self.store.db;
        let values = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            i64::try_from(bytes).unwrap_or(i64::MAX).into(),
        ];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), BEYOND, values);
        let beyond = Beyond::find_by_statement(statement).one(db).await?;
        Ok(beyond.map(|it| RequestId::from_uuid(it.id)))
    }

    /// Removes some lines of this log up to and including one; the answer is how many, and fewer than
    /// [`Store::LOG_LINES_PER_STEP`] when nothing is left to do.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_requests_to(&self, last: RequestId) -> Result<u64, StoreError> {
        let of = (self.org_id.as_uuid(), self.connection_id.as_uuid());
        self.store
            .remove_lines(of, last.as_uuid(), LINES_PER_STEP)
            .await
    }
}

impl Store {
    /// How many lines of a log one step removes at most.
    pub const LOG_LINES_PER_STEP: u64 = LINES_PER_STEP;

    /// Takes one step of removing lines that are older than a moment, from the logs of a few
    /// connections after one, whether or not anything was written there since.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn prune_request_logs(
        &self,
        after: Option<(OrgId, ScimConnectionId)>,
        before: Timestamp,
    ) -> Result<PrunedLogs, StoreError> {
        use scim_connections::{Column, Entity};
        let mut query = Entity::find()
            .select_only()
            .columns([Column::OrgId, Column::Id]);
        if let Some((org_id, id)) = after {
            let (org_id, id) = (org_id.as_uuid(), id.as_uuid());
            let behind = Condition::any().add(Column::OrgId.gt(org_id)).add(
                Expr::col(Column::OrgId)
                    .eq(org_id)
                    .and(Expr::col(Column::Id).gt(id)),
            );
            // The first part says the same again, in a form that an index begins with.
            query = query.filter(Column::OrgId.gte(org_id)).filter(behind);
        }
        let connections: Vec<(Uuid, Uuid)> = query
            .order_by_asc(Column::OrgId)
            .order_by_asc(Column::Id)
            .limit(CONNECTIONS_PER_STEP as u64)
            .into_tuple()
            .all(&self.db)
            .await?;
        let full = connections.len() == CONNECTIONS_PER_STEP;
        let before = RequestId::first_at(before).as_uuid();
        let mut step = PrunedLogs {
            lines: 0,
            after,
            done: false,
        };
        for of in connections {
            step.lines += self
                .remove_lines(of, before, LINES_PER_STEP - step.lines)
                .await?;
            if step.lines >= LINES_PER_STEP {
                return Ok(step);
            }
            step.after = Some((OrgId::from_uuid(of.0), ScimConnectionId::from_uuid(of.1)));
        }
        step.done = !full;
        Ok(step)
    }

    /// Removes up to `most` of the oldest lines of a log, as far as they are not newer than `last`.
    async fn remove_lines(
        &self,
        of: (Uuid, Uuid),
        last: Uuid,
        most: u64,
    ) -> Result<u64, StoreError> {
        use scim_requests::{Column, Entity};
        let (org_id, connection_id) = of;
        let old = Column::OrgId
            .eq(org_id)
            .and(Column::ScimConnectionId.eq(connection_id))
            .and(Column::Id.lte(last));
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(old)
            .order_by_asc(Column::Id)
            .limit(most)
            .into_tuple()
            .all(&self.db)
            .await?;
        let Some(last) = ids.last().copied() else {
            return Ok(0);
        };
        let tx = self.begin_write().await?;
        scim_request_contents::Entity::delete_many()
            .filter(scim_request_contents::Column::OrgId.eq(org_id))
            .filter(scim_request_contents::Column::ScimConnectionId.eq(connection_id))
            .filter(scim_request_contents::Column::Id.lte(last))
            .exec(tx.connection())
            .await?;
        let removed = Entity::delete_many()
            .filter(Column::OrgId.eq(org_id))
            .filter(Column::ScimConnectionId.eq(connection_id))
            .filter(Column::Id.lte(last))
            .exec(tx.connection())
            .await?;
        tx.commit().await?;
        Ok(removed.rows_affected)
    }
}
