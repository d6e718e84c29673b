//! The turn of a request to change the members of a group.
//!
//! One statement holds the group and those who are to join it, if all of them are users that are
//! there. That is nearly always so; otherwise nothing was locked, and the row that comes first in
//! the order of locks is still to be had.

use std::collections::BTreeSet;

use rollcall_model::{GroupId, UserId};
use sea_orm::{ConnectionTrait, FromQueryResult, IdenStatic, Iterable, Statement, Value};
use uuid::Uuid;

use super::{MemberId, MemberKind, NamedMember};
use crate::dialect::{self, Hold, LookUp};
use crate::entity::groups::{Column, Model};
use crate::error::StoreError;
use crate::groups::Group;
use crate::handle::DirectoryTx;

/// What came of asking for a group and for users.
enum Turn {
    /// All of them are held.
    Taken(Box<Group>),
    /// Not all of the users are there, and nothing is held.
    Strangers,
    /// The group is not there.
    NoGroup,
}

impl DirectoryTx {
    /// Reads one group as [`lock_group`](Self::lock_group) does, to let these members join it:
    /// if one of them is no user that is there, the group may have to wait for it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_group_for(
        &mut self,
        id: GroupId,
        members: &[NamedMember],
    ) -> Result<Option<Group>, StoreError> {
        if members.is_empty() {
            return self.lock_group(id).await;
        }
        let user_ids = Self::ids_of_possible_users(members);
        let names: BTreeSet<&str> = members.iter().map(|member| member.value.as_str()).collect();
        if user_ids.len() == names.len() {
            match self.take_turn(id, &user_ids).await? {
                Turn::Taken(group) => return Ok(Some(*group)),
                Turn::NoGroup => return Ok(None),
                Turn::Strangers => {}
            }
        }
        self.lock_directory().await?;
        self.lock_group(id).await
    }

    /// Notes that the rows of these members are held.
    pub(crate) fn hold(&mut self, members: impl Iterator<Item = MemberId>) {
        self.held.extend(members.filter_map(|member| match member {
            MemberId::User(id) => Some(id),
            MemberId::Group(_) => None,
        }));
    }

    /// The ids among the names of some members that may be those of users, each once.
    pub(crate) fn ids_of_possible_users(members: &[NamedMember]) -> Vec<Uuid> {
        let ids: BTreeSet<Uuid> = members
            .iter()
            .filter(|member| member.may_be(MemberKind::User))
            .filter_map(|member| UserId::from_scim(&member.value))
            .map(UserId::as_uuid)
            .collect();
        ids.into_iter().collect()
    }

    async fn take_turn(&mut self, id: GroupId, user_ids: &[Uuid]) -> Result<Turn, StoreError> {
        let backend = self.connection().get_database_backend();
        let names: Vec<_> = Column::iter().map(|column| column.as_str()).collect();
        // Users are locked after the group, in the order of their ids.
        let look_up = |hold| LookUp {
            table: "users",
            columns: "t.id",
            parameter: "$4",
            hold,
        };
        let sql = format!(
            "with known as materialized (
                select count(*) as users from ({known}) as known
             ), locked as materialized (
                select {names} from groups
                where org_id = $1 and scim_connection_id = $2 and id = $3
                    and (select users from known) = $5
                {hold_group}
             ), held as materialized (
                {held} where exists (select 1 from locked)
             )
             select known.users as known_users, (select count(*) from held) as held_users, locked.*
             from known left join locked on true",
            known = look_up(Hold::Nothing).sql(backend),
            held = look_up(Hold::Existence).sql(backend),
            names = names.join(", "),
            hold_group = dialect::for_no_key_update(backend),
        );
        let wanted = i64::try_from(user_ids.len()).unwrap_or(i64::MAX);
        let values: [Value; 5] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            id.as_uuid().into(),
            dialect::id_set(user_ids).into(),
            wanted.into(),
        ];
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let Some(row) = self.connection().query_one_raw(statement).await? else {
            return Ok(Turn::NoGroup);
        };
        if row.try_get::<i64>("", "known_users")? != wanted {
            return Ok(Turn::Strangers);
        }
        if row.try_get::<Option<Uuid>>("", "id")?.is_none() {
            return Ok(Turn::NoGroup);
        }
        let group = Group::try_from(Model::from_query_result(&row, "")?)?;
        // Who was deleted at this moment is looked for again when it is to join.
        if row.try_get::<i64>("", "held_users")? == wanted {
            let users = user_ids.iter().map(|id| UserId::from_uuid(*id));
            self.hold(users.map(MemberId::User));
        }
        Ok(Turn::Taken(Box::new(group)))
    }
}
