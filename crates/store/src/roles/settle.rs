//! Settling: from what gives roles to the role that each user has.

use std::collections::HashMap;

use rollcall_model::{EventType, Policy, RoleName, RoleSource, UserId, UserRole};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable,
    PrimaryKeyToColumn, QueryFilter, Statement, Value,
};
use serde_json::json;
use uuid::Uuid;

use super::explain::GroupGrant;
use super::manual::ManualRole;
use super::{RoleChange, RoleWork, read};
use crate::dialect::{self, Hold, LookUp};
use crate::entity::user_roles::{Column, Entity, Model, PrimaryKey};
use crate::error::StoreError;
use crate::handle::DirectoryTx;

/// How many users one round of statements settles.
const USERS_PER_ROUND: usize = 500;

/// The role that follows from what gives one, in the order of precedence.
pub(super) fn decide(
    manual: Option<&RoleName>,
    attribute: Option<&RoleName>,
    groups: &[GroupGrant],
    default: &RoleName,
) -> UserRole {
    let of = |source, role: &RoleName| UserRole {
        role: role.clone(),
        source,
        group: None,
    };
    if let Some(role) = manual {
        return of(RoleSource::Manual, role);
    }
    if let Some(role) = attribute {
        return of(RoleSource::Attribute, role);
    }
    match groups.first() {
        Some(grant) => UserRole {
            group: Some(grant.group_id),
            ..of(RoleSource::Group, &grant.mapping.role)
        },
        None => of(RoleSource::Default, default),
    }
}

/// What a round leaves in the table.
#[derive(Default)]
struct Round {
    written: Vec<Model>,
    gone: Vec<Uuid>,
    changes: Vec<RoleChange>,
}

impl DirectoryTx {
    /// Brings the roles of everybody whom this transaction touched in line with what gives them,
    /// one event for each user whose role is another one or comes from elsewhere. Returns these changes, with
    /// those of earlier calls in the same transaction; [`commit`](Self::commit) calls it too.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn settle_roles(&mut self) -> Result<&[RoleChange], StoreError> {
        let users: Vec<UserId> = self.roles.users().into_iter().collect();
        if users.is_empty() {
            return Ok(&self.roles.settled);
        }
        let default = self.policy_for_roles().await?.default_role.clone();
        for users in users.chunks(USERS_PER_ROUND) {
            let round = self.settle_round(users, &default).await?;
            self.write_roles(&round).await?;
            for change in round.changes {
                self.tell_role(&change);
                self.roles.settled.push(change);
            }
        }
        let done = std::mem::take(&mut self.roles);
        self.roles = RoleWork {
            settled: done.settled,
            policy: done.policy,
            ..RoleWork::default()
        };
        Ok(&self.roles.settled)
    }

    /// The rules, as this transaction first read them to settle roles by.
    pub(super) async fn policy_for_roles(&mut self) -> Result<&Policy, StoreError> {
        let policy = match self.roles.policy.take() {
            Some(policy) => policy,
            None => self.policy().await?.policy,
        };
        Ok(self.roles.policy.insert(policy))
    }

    async fn settle_round(
        &self,
        users: &[UserId],
        default: &RoleName,
    ) -> Result<Round, StoreError> {
        // First the locks, then a look: whoever held them before has committed what it did.
        let users = self.hold_rows_of(users).await?;
        let rows = read::rows(self.connection(), self.scope(), &users).await?;
        let groups = read::group_grants(self.connection(), self.scope(), &users).await?;
        let mut round = Round::default();
        for id in users {
            self.settle_user(id, rows.get(&id), &groups, default, &mut round)?;
        }
        Ok(round)
    }

    fn settle_user(
        &self,
        id: UserId,
        row: Option<&Model>,
        groups: &HashMap<UserId, Vec<GroupGrant>>,
        default: &RoleName,
        round: &mut Round,
    ) -> Result<(), StoreError> {
        let stored =
            |text: Option<&String>| text.map(|text| read::role(text, id.as_uuid())).transpose();
        let attribute = match self.roles.attributes.get(&id) {
            Some(role) => role.clone(),
            None => stored(row.and_then(|row| row.attribute_role.as_ref()))?,
        };
        let manual = match (
            row.map(ManualRole::of).transpose()?.flatten(),
            self.roles.manual.get(&id),
        ) {
            (before, None) => before,
            (Some(before), Some(Some(after)))
                if (&before.role, &before.reason) == (&after.role, &after.reason) =>
            {
                Some(before)
            }
            (_, Some(after)) => after.clone(),
        };
        let groups = groups.get(&id).map(Vec::as_slice).unwrap_or_default();
        let before = match row {
            Some(row) => read::user_role(row)?,
            None => decide(None, None, &[], default),
        };
        let after = decide(
            manual.as_ref().map(|manual| &manual.role),
            attribute.as_ref(),
            groups,
            default,
        );
        if after.source == RoleSource::Default {
            round.gone.extend(row.map(|row| row.user_id));
        } else {
            let written = self.role_row(id, attribute, manual, &after);
            if row != Some(&written) {
                round.written.push(written);
            }
        }
        if before != after {
            round.changes.push(RoleChange {
                user_id: id,
                before,
                after,
            });
        }
        Ok(())
    }

    fn role_row(
        &self,
        id: UserId,
        attribute: Option<RoleName>,
        manual: Option<ManualRole>,
        role: &UserRole,
    ) -> Model {
        let (manual_at, manual) = (
            manual.as_ref().map(|manual| manual.at.unix_micros()),
            manual,
        );
        let (manual_role, manual_reason, manual_by) = match manual {
            None => (None, None, None),
            Some(manual) => (
                Some(String::from(manual.role)),
                manual.reason,
                Some(manual.by),
            ),
        };
        Model {
            org_id: self.org_id.as_uuid(),
            scim_connection_id: self.connection_id.as_uuid(),
            user_id: id.as_uuid(),
            attribute_role: attribute.map(String::from),
            manual_role,
            manual_reason,
            manual_by,
            manual_at,
            role: role.role.as_str().to_owned(),
            source: role.source.as_str().to_owned(),
            source_group_id: role.group.map(|id| id.as_uuid()),
        }
    }

    async fn write_roles(&self, round: &Round) -> Result<(), StoreError> {
        if !round.gone.is_empty() {
            Entity::delete_many()
                .filter(Column::OrgId.eq(self.org_id.as_uuid()))
                .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
                .filter(Column::UserId.is_in(round.gone.iter().copied()))
                .exec(self.connection())
                .await?;
        }
        if !round.written.is_empty() {
            let key: Vec<Column> = PrimaryKey::iter().map(PrimaryKey::into_column).collect();
            let rest = Column::iter().filter(|column| PrimaryKey::from_column(*column).is_none());
            let over = OnConflict::columns(key).update_columns(rest).to_owned();
            let rows = round.written.iter().cloned();
            Entity::insert_many(rows.map(|row| row.into_active_model().reset_all()))
                .on_conflict(over)
                .exec_without_returning(self.connection())
                .await?;
        }
        Ok(())
    }

    /// Those of some users, in the order of their ids, who are there; nobody else changes them
    /// until the end of the transaction.
    async fn hold_rows_of(&self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let backend = self.connection().get_database_backend();
        let look_up = LookUp {
            table: "users",
            columns: "t.id as id",
            parameter: "$3",
            hold: Hold::Row,
        };
        let ids: Vec<Uuid> = users.iter().map(|id| id.as_uuid()).collect();
        let values: [Value; 3] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            dialect::id_set(&ids).into(),
        ];
        let statement = Statement::from_sql_and_values(backend, look_up.sql(backend), values);
        let rows = self.connection().query_all_raw(statement).await?;
        rows.iter()
            .map(|row| Ok(UserId::from_uuid(row.try_get("", "id")?)))
            .collect()
    }

    fn tell_role(&mut self, change: &RoleChange) {
        let (before, after) = (change.before.told(), change.after.told());
        let mut data = json!({ "before": before, "after": after });
        let (id, connection) = (change.user_id, Some(self.connection_id));
        let detail = Some(data.clone());
        data["user"] = json!({ "id": id.to_scim() });
        let kind = EventType::UserRoleChanged;
        self.org
            .outbox
            .push_with(kind, connection, id, data, detail);
    }
}
