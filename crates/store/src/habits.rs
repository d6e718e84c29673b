//! What is usual for each SCIM connection: read, learned from and written, off the path of requests.
//!
//! What is learned is for `rollcall_model::habit` alone and stands in one text. The few moments that a
//! condition over all connections needs stand in columns beside it.

use std::collections::HashMap;

use rollcall_model::habit::{Habit, Observation};
use rollcall_model::{OrgId, ScimConnectionId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    Statement, Value,
};
use uuid::Uuid;

use crate::connect::Store;
use crate::dialect::for_no_key_update;
use crate::entity::scim_connection_habits::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

/// How many connections one transaction writes.
const AT_A_TIME: usize = 200;

#[derive(FromQueryResult)]
struct Known {
    org_id: Uuid,
    id: Uuid,
    learned: Option<String>,
}

/// Reads what was learned. What cannot be read was written by a release that keeps it otherwise, and
/// is learned anew: nothing else hangs on it.
fn read(learned: &str) -> Option<Habit> {
    serde_json::from_str(learned).ok()
}

/// What is usual for a connection; `None` while nothing was learned.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    id: ScimConnectionId,
) -> Result<Option<Habit>, StoreError> {
    let row: Option<Model> = Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(id.as_uuid()))
        .one(db)
        .await?;
    Ok(row.and_then(|row| read(&row.learned)))
}

fn row(known: &Known, habit: &Habit) -> Result<Option<ActiveModel>, StoreError> {
    let Some(until) = habit.active_until() else {
        return Ok(None);
    };
    let learned = serde_json::to_string(habit)
        .map_err(|reason| StoreError::corrupt("scim_connection_habits", known.id, reason))?;
    let micros = |at: Option<Timestamp>| at.map(Timestamp::unix_micros);
    Ok(Some(ActiveModel {
        org_id: Set(known.org_id),
        scim_connection_id: Set(known.id),
        learned: Set(learned),
        active_until: Set(until.unix_micros()),
        quiet_from: Set(micros(habit.quiet_from())),
        auth_failing_since: Set(micros(habit.auth_failing().map(|it| it.first))),
        errors_rising_since: Set(micros(habit.errors_rising().map(|it| it.0))),
    }))
}

impl Store {
    /// Learns from what was seen of some connections, each once. One that was deleted meanwhile is left
    /// out, and so is one that was never let in.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn learn_habits(
        &self,
        seen: &[(ConnectionHandle, Observation)],
    ) -> Result<(), StoreError> {
        for batch in seen.chunks(AT_A_TIME) {
            self.learn_some(batch).await?;
        }
        Ok(())
    }

    async fn learn_some(&self, seen: &[(ConnectionHandle, Observation)]) -> Result<(), StoreError> {
        let seen: HashMap<(Uuid, Uuid), &Observation> = seen
            .iter()
            .map(|(of, seen)| ((of.org_id.as_uuid(), of.connection_id.as_uuid()), seen))
            .collect();
        let tx = self.begin_write().await?;
        let db = tx.connection();
        let mut rows = Vec::new();
        for known in hold(db, seen.keys()).await? {
            let Some(seen) = seen.get(&(known.org_id, known.id)) else {
                continue;
            };
            let before = known.learned.as_deref().and_then(read);
            let mut habit = before.clone().unwrap_or_default();
            habit.learn(seen);
            if before.as_ref() != Some(&habit) {
                rows.extend(row(&known, &habit)?);
            }
        }
        if !rows.is_empty() {
            let mut over = OnConflict::columns([Column::OrgId, Column::ScimConnectionId]);
            over.update_columns([
                Column::Learned,
                Column::ActiveUntil,
                Column::QuietFrom,
                Column::AuthFailingSince,
                Column::ErrorsRisingSince,
            ]);
            Entity::insert_many(rows)
                .on_conflict(over)
                .exec_without_returning(db)
                .await?;
        }
        tx.commit().await
    }
}

/// Holds connections, in the order in which other batches of notes do, and reads what was learned of
/// them.
async fn hold(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = &(Uuid, Uuid)>,
) -> Result<Vec<Known>, StoreError> {
    let backend = db.get_database_backend();
    let mut values: Vec<Value> = Vec::new();
    let places: Vec<String> = ids
        .map(|(org_id, id)| {
            values.extend([Value::from(*org_id), Value::from(*id)]);
            format!("(${}, ${})", values.len() - 1, values.len())
        })
        .collect();
    let sql = format!(
        "select s.org_id, s.id, h.learned
         from scim_connections s
         left join scim_connection_habits h
            on h.org_id = s.org_id and h.scim_connection_id = s.id
         where (s.org_id, s.id) in (values {})
         order by s.id {}",
        places.join(", "),
        match for_no_key_update(backend) {
            "" => String::new(),
            hold => format!("{hold} of s"),
        }
    );
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(Known::find_by_statement(statement).all(db).await?)
}
