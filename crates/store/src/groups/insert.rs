//! Groups that come: new ones, and deleted ones that come back.
//!
//! A new group whose members are users costs one statement on PostgreSQL: it holds the users,
//! makes the group, lets them join and counts it. The count is moved when the users are held, as
//! everywhere else.

use std::collections::BTreeSet;

use rollcall_model::{EventType, GroupId, UserId};
use rollcall_scim::{Resource, ResourceType};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IdenStatic, Iterable, Statement, Value,
};
use uuid::Uuid;

use super::{Group, told};
use crate::dialect::{self, Hold, LookUp};
use crate::entity::directory_counts;
use crate::entity::groups::{Column, Entity};
use crate::error::StoreError;
use crate::handle::DirectoryTx;
use crate::members::{MemberId, MemberKind, MemberRef, NamedMember, Resolved, display_of_user};
use crate::users::later;

/// A group that was made, with those who are in it from the beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct NewGroup {
    /// The group.
    pub group: Group,
    /// Users before groups, each in the order of their ids.
    pub members: Vec<MemberRef>,
}

/// What the first statements of a new group tell.
struct Made {
    users: Vec<MemberRef>,
    /// How often a reference was parked in this connection.
    parkings: i64,
}

/// What the event of a new group tells: also who is in it from the beginning.
fn told_with_members(
    kind: &ResourceType,
    group: &Group,
    members: &BTreeSet<MemberId>,
) -> serde_json::Value {
    let of_kind = |wanted: MemberKind| -> Vec<String> {
        let members = members.iter().filter(|member| member.kind() == wanted);
        members.map(|member| member.to_scim()).collect()
    };
    let mut data = told(kind, group.id, &group.resource);
    data["group"]["members"] = of_kind(MemberKind::User).into();
    let groups = of_kind(MemberKind::Group);
    if !groups.is_empty() {
        data["group"]["member_groups"] = groups.into();
    }
    data
}

impl DirectoryTx {
    /// Adds a group with its first members, told by one event.
    ///
    /// # Errors
    ///
    /// As [`add_members`](Self::add_members); another group has the `externalId` or the
    /// `displayName`, where those are unique ([`StoreError::Conflict`]).
    pub async fn insert_group(
        &mut self,
        resource: Resource,
        members: &[NamedMember],
    ) -> Result<NewGroup, StoreError> {
        let now = self.now.truncated_to_millis();
        let group = Group {
            id: GroupId::new(self.outbox.clock()),
            version: 1,
            created_at: now,
            updated_at: now,
            resource,
            role_mapping: None,
        };
        self.claim_external_id_of_group(&group, None).await?;
        let user_ids = Self::ids_of_possible_users(members);
        let made = self.insert_with_users(&group, &user_ids).await?;
        let mut added: BTreeSet<MemberId> = made.users.iter().map(|user| user.id).collect();
        let mut shown = made.users;
        self.hold(added.iter().copied());
        let resolved = self.resolve_members(members).await?;
        let rest = Resolved {
            users: resolved
                .users
                .into_iter()
                .filter(|id| !added.contains(&MemberId::User(*id)))
                .collect(),
            ..resolved
        };
        if !rest.is_empty() {
            added.extend(self.insert_members(group.id, &rest).await?);
            shown = self.members_of_group(group.id).await?;
        }
        self.claim_name_of_group(&group, None).await?;
        let (id, connection_id) = (group.id, self.connection_id);
        let data = told_with_members(self.shape.catalog.group(), &group, &added);
        self.org
            .outbox
            .push(EventType::GroupCreated, Some(connection_id), id, data);
        let names = [group.resource.external_id()];
        self.attach(MemberId::Group(id), &names, made.parkings)
            .await?;
        Ok(NewGroup {
            group,
            members: shown,
        })
    }

    /// Brings a deleted group back as it was, without its members; `None` if there is no tombstone
    /// of that id.
    ///
    /// # Errors
    ///
    /// Another group has the `externalId` or the `displayName` by now, where those are unique
    /// ([`StoreError::Conflict`]).
    pub async fn restore_group(&mut self, id: GroupId) -> Result<Option<Group>, StoreError> {
        let Some(deleted) = self.lock_deleted_group(id).await? else {
            return Ok(None);
        };
        let group = Group {
            version: deleted.was.version + 1,
            updated_at: later(deleted.was.updated_at, self.now),
            // A schema may have gone since.
            resource: deleted.was.resource.fitted(self.shape.catalog.group()),
            role_mapping: self.mapping_still_valid(deleted.was.role_mapping).await?,
            ..deleted.was
        };
        self.claim_external_id_of_group(&group, None).await?;
        self.delete_tombstone(id.as_uuid()).await?;
        self.note_return().await?;
        let made = self.insert_with_users(&group, &[]).await?;
        self.claim_name_of_group(&group, None).await?;
        let connection_id = self.connection_id;
        let data = told(self.shape.catalog.group(), id, &group.resource);
        self.org
            .outbox
            .push(EventType::GroupRestored, Some(connection_id), id, data);
        if let Some(mapping) = &group.role_mapping {
            self.tell_role_mapping(id, None, Some(mapping));
        }
        let id_text = id.to_scim();
        let names = [Some(id_text.as_str()), group.resource.external_id()];
        self.attach(MemberId::Group(id), &names, made.parkings)
            .await?;
        Ok(Some(group))
    }

    /// Inserts a group with those of some users who exist, and counts it.
    async fn insert_with_users(
        &self,
        group: &Group,
        user_ids: &[Uuid],
    ) -> Result<Made, StoreError> {
        let backend = self.connection().get_database_backend();
        let kind = self.shape.catalog.group();
        // Whoever has unique values waits for others who have the same, which nobody may do who
        // holds the count.
        if dialect::writes_within_queries(backend) && group.resource.unique_values(kind).is_empty()
        {
            return self.insert_in_one(group, user_ids).await;
        }
        let users = self.hold_users(user_ids).await?;
        Entity::insert(self.group_row(group)?)
            .exec_without_returning(self.connection())
            .await?;
        let members = Resolved {
            users: users.iter().filter_map(user_id).collect(),
            ..Resolved::default()
        };
        self.insert_users(group.id, &members.users).await?;
        self.save_unique_values_of_group(group.id, None, &group.resource)
            .await?;
        let parkings = self.count(directory_counts::Column::Groups, 1).await?;
        Ok(Made { users, parkings })
    }

    async fn insert_in_one(&self, group: &Group, user_ids: &[Uuid]) -> Result<Made, StoreError> {
        let backend = self.connection().get_database_backend();
        let row = self.group_row(group)?;
        // The first three columns are the key, and so `$1` to `$3`.
        let names: Vec<_> = Column::iter().map(|column| column.as_str()).collect();
        let places: Vec<_> = (1..=names.len()).map(|place| format!("${place}")).collect();
        let mut values: Vec<Value> = Column::iter()
            .filter_map(|column| row.get(column).into_value())
            .collect();
        values.push(dialect::id_set(user_ids).into());
        let columns = format!("t.id, {} as display", display_of_user(backend, "t"));
        let held = LookUp {
            table: "users",
            columns: &columns,
            parameter: &format!("${}", names.len() + 1),
            hold: Hold::Existence,
        };
        let sql = format!(
            "with counted as (
                update directory_counts set groups = groups + 1
                where org_id = $1 and scim_connection_id = $2
                returning parkings
             ), held as materialized (
                {held} where exists (select 1 from counted)
             ), made as (
                insert into groups ({names}) values ({places})
             ), joined as (
                insert into group_members (org_id, scim_connection_id, group_id, user_id)
                select $1, $2, $3, id from held
             )
             select counted.parkings as parkings, held.id as id, held.display as display
             from counted left join held on true order by held.id",
            held = held.sql(backend),
            names = names.join(", "),
            places = places.join(", "),
        );
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = self.connection().query_all_raw(statement).await?;
        let first = rows.first().ok_or(StoreError::ParentMissing)?;
        let parkings = first.try_get("", "parkings")?;
        let mut users = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some(id) = row.try_get::<Option<Uuid>>("", "id")? {
                users.push(MemberRef {
                    id: MemberId::User(UserId::from_uuid(id)),
                    display: row.try_get("", "display")?,
                });
            }
        }
        Ok(Made { users, parkings })
    }
}

fn user_id(member: &MemberRef) -> Option<UserId> {
    match member.id {
        MemberId::User(id) => Some(id),
        MemberId::Group(_) => None,
    }
}
