//! References to what does not exist yet: members of groups and managers of users.
//!
//! An identity provider may push a group before its people. What cannot be found is parked: it is
//! no member, is part of no SCIM answer, and counts in no version. When a user or group arrives
//! whose `externalId` (or id, if it was there before) is the name that was used, its transaction
//! turns the parked reference into the real one, and the event comes then.
//!
//! A reference parked and a resource added at the same moment would miss each other. Both
//! therefore take the lock on the row of `directory_counts`, whoever parks before it looks for the
//! last time, whoever adds a resource before its commit.

use std::collections::{BTreeSet, HashMap};

use rollcall_model::{
    GroupId, OrgId, Page, PageRequest, ParkedReferenceId, ScimConnectionId, Timestamp, UserId,
};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

use crate::entity::parked_references::{ActiveModel, Column, Entity, Model};
use crate::entity::{directory_counts, users};
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::members::{MemberId, MemberKind, MembersChanged, NamedMember, Resolved};
use crate::paging;
use crate::search::indexable;

/// How many rows one INSERT carries.
const ROWS_PER_INSERT: usize = 500;

/// Who waits for a resource that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaiting {
    /// A group, for a member.
    Group(GroupId),
    /// A user, for a manager.
    User(UserId),
}

/// A reference to what does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedReference {
    /// Its id, for pages.
    pub id: ParkedReferenceId,
    /// Who waits.
    pub awaiting: Awaiting,
    /// The id or name that the identity provider sent.
    pub value: String,
    /// What it said that the member is.
    pub kind: Option<MemberKind>,
    /// Since when.
    pub created_at: Timestamp,
}

impl TryFrom<Model> for ParkedReference {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let awaiting = match (row.group_id, row.user_id) {
            (Some(id), None) => Awaiting::Group(GroupId::from_uuid(id)),
            (None, Some(id)) => Awaiting::User(UserId::from_uuid(id)),
            _ => {
                let reason = "it is either a group's or a user's";
                return Err(StoreError::corrupt("parked_references", row.id, reason));
            }
        };
        Ok(Self {
            id: ParkedReferenceId::from_uuid(row.id),
            awaiting,
            value: row.value,
            kind: row.member_kind.as_deref().and_then(MemberKind::from_name),
            created_at: Timestamp::from_unix_micros(row.created_at),
        })
    }
}

/// Every query on the table starts here.
fn of(org_id: OrgId, connection_id: ScimConnectionId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
}

impl ConnectionHandle {
    /// Lists what is waited for, for the management API.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_parked_references(
        &self,
        page: PageRequest<ParkedReferenceId>,
    ) -> Result<Page<ParkedReference, ParkedReferenceId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id),
            Column::Id,
            page,
            (ParkedReferenceId::as_uuid, |parked: &ParkedReference| {
                parked.id
            }),
        )
        .await
    }

    /// The names that some groups wait for, in their order; a group that waits for nobody is
    /// absent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn parked_members_of(
        &self,
        group_ids: &[GroupId],
    ) -> Result<HashMap<GroupId, Vec<String>>, StoreError> {
        let rows: Vec<(Uuid, String)> = of(self.org_id, self.connection_id)
            .select_only()
            .columns([Column::GroupId, Column::Value])
            .filter(Column::GroupId.is_in(group_ids.iter().map(|id| id.as_uuid())))
            .order_by_asc(Column::GroupId)
            .order_by_asc(Column::Value)
            .into_tuple()
            .all(&self.store.db)
            .await?;
        let mut parked: HashMap<GroupId, Vec<String>> = HashMap::new();
        for (group_id, value) in rows {
            let values = parked.entry(GroupId::from_uuid(group_id)).or_default();
            values.push(value);
        }
        Ok(parked)
    }
}

impl DirectoryTx {
    /// Parks names that a group or user waits for.
    pub(crate) async fn park(
        &self,
        awaiting: Awaiting,
        members: &[NamedMember],
    ) -> Result<(), StoreError> {
        let (group_id, user_id) = match awaiting {
            Awaiting::Group(id) => (Some(id.as_uuid()), None),
            Awaiting::User(id) => (None, Some(id.as_uuid())),
        };
        for chunk in members.chunks(ROWS_PER_INSERT) {
            let mut rows = Vec::with_capacity(chunk.len());
            for member in chunk {
                rows.push(ActiveModel {
                    org_id: Set(self.org_id.as_uuid()),
                    scim_connection_id: Set(self.connection_id.as_uuid()),
                    id: Set(ParkedReferenceId::new(self.outbox.clock()).as_uuid()),
                    group_id: Set(group_id),
                    user_id: Set(user_id),
                    value: Set(indexable("value", member.value.clone())?),
                    member_kind: Set(member.kind.map(|kind| kind.as_str().to_owned())),
                    created_at: Set(self.now.unix_micros()),
                });
            }
            Entity::insert_many(rows)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(self.connection())
                .await?;
        }
        if !members.is_empty() {
            self.count(directory_counts::Column::Parkings, 1).await?;
        }
        Ok(())
    }

    /// A group waits for these names no more. Which of them it did wait for.
    pub(crate) async fn unpark(
        &self,
        group_id: GroupId,
        values: &BTreeSet<&str>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let values: Vec<&str> = values.iter().copied().collect();
        let mut unparked = BTreeSet::new();
        for chunk in values.chunks(ROWS_PER_INSERT) {
            let rows = self
                .delete_parked()
                .filter(Column::GroupId.eq(group_id.as_uuid()))
                .filter(Column::Value.is_in(chunk.iter().copied()))
                .exec_with_returning(self.connection())
                .await?;
            unparked.extend(rows.into_iter().map(|row| row.value));
        }
        Ok(unparked)
    }

    /// A group waits for nobody but these.
    pub(crate) async fn unpark_except(
        &self,
        group_id: GroupId,
        kept: &[NamedMember],
    ) -> Result<(), StoreError> {
        let kept: BTreeSet<&str> = kept.iter().map(|member| member.value.as_str()).collect();
        let waiting: Vec<String> = of(self.org_id, self.connection_id)
            .select_only()
            .column(Column::Value)
            .filter(Column::GroupId.eq(group_id.as_uuid()))
            .into_tuple()
            .all(self.connection())
            .await?;
        let gone: BTreeSet<&str> = waiting
            .iter()
            .map(String::as_str)
            .filter(|value| !kept.contains(value))
            .collect();
        if !gone.is_empty() {
            self.unpark(group_id, &gone).await?;
        }
        Ok(())
    }

    /// A user waits for no manager any more.
    pub(crate) async fn unpark_manager(&self, id: UserId) -> Result<(), StoreError> {
        self.delete_parked()
            .filter(Column::UserId.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    fn delete_parked(&self) -> sea_orm::DeleteMany<Entity> {
        Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
    }

    async fn waiting_for(&self, names: &[&str]) -> Result<Vec<Model>, StoreError> {
        let rows = of(self.org_id, self.connection_id)
            .filter(Column::Value.is_in(names.iter().copied()))
            .order_by_asc(Column::GroupId)
            .all(self.connection())
            .await?;
        Ok(rows)
    }

    /// Gives a resource that was written to everybody who waits for one of its names. `parkings`
    /// was read under the lock on the counts, which is held: nobody parks meanwhile, and where
    /// nothing was ever parked, nothing need be looked for.
    pub(crate) async fn attach(
        &mut self,
        arrived: MemberId,
        names: &[Option<&str>],
        parkings: i64,
    ) -> Result<(), StoreError> {
        let names: Vec<&str> = names.iter().copied().flatten().collect();
        if parkings == 0 || names.is_empty() {
            return Ok(());
        }
        let rows = self.waiting_for(&names).await?;
        for row in rows {
            let said = row.member_kind.as_deref().and_then(MemberKind::from_name);
            let is_other = said.is_some_and(|kind| kind != arrived.kind());
            if is_other || self.is_shared(&row.value, arrived).await? {
                continue;
            }
            match (row.group_id, row.user_id, arrived) {
                (Some(group_id), _, _) => {
                    self.attach_member(GroupId::from_uuid(group_id), row.id, arrived)
                        .await?;
                }
                (None, Some(user_id), MemberId::User(manager)) => {
                    self.unpark_manager(UserId::from_uuid(user_id)).await?;
                    self.insert_manager(UserId::from_uuid(user_id), manager)
                        .await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn attach_member(
        &mut self,
        group_id: GroupId,
        row: Uuid,
        arrived: MemberId,
    ) -> Result<(), StoreError> {
        let Some(group) = self.lock_group(group_id).await? else {
            return Ok(());
        };
        let mut members = Resolved::default();
        match arrived {
            MemberId::User(id) => members.users.insert(id),
            MemberId::Group(id) => members.groups.insert(id),
        };
        let added = match self.insert_members(group_id, &members).await {
            // The group that arrived holds the one that waits for it: nobody can be attached,
            // and the request that brought it did nothing wrong.
            Err(StoreError::GroupCycle) => return Ok(()),
            added => added?,
        };
        self.delete_parked()
            .filter(Column::Id.eq(row))
            .exec(self.connection())
            .await?;
        let resource = group.resource.clone();
        self.write_group(group, resource, &MembersChanged::joined(added))
            .await?;
        Ok(())
    }

    /// Whether another user has that `externalId` too, so that nobody can tell who is meant.
    async fn is_shared(&self, name: &str, arrived: MemberId) -> Result<bool, StoreError> {
        let others = users::Entity::find()
            .filter(users::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(users::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(users::Column::ExternalId.eq(name));
        let others = match arrived {
            MemberId::User(id) => others.filter(users::Column::Id.ne(id.as_uuid())),
            MemberId::Group(_) => others,
        };
        Ok(others.count(self.connection()).await? > 0)
    }
}
