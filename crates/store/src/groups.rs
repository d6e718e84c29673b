//! Groups of one SCIM connection. Members are rows of their own, in `members`.

use std::collections::BTreeSet;

use rollcall_model::{EventType, GroupId, OrgId, Page, PageRequest, ScimConnectionId, Timestamp};
use rollcall_scim::{Resource, ResourceType, caseless, filter};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use serde_json::{Value, json};

use crate::entity::directory_counts;
use crate::entity::groups::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::filter_sql::Table;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::members::{MemberId, MemberKind, MembersChanged, NamedMember};
use crate::paging;
use crate::search::{self, DirectoryQuery, Listing, RowView, Searched, indexable};
use crate::users::later;

/// A group as it is stored, without its members.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Grows by one with each change, of members too; the opaque part of the ETag.
    pub version: u64,
    /// When it was provisioned, in whole milliseconds.
    pub created_at: Timestamp,
    /// When it was last changed, in whole milliseconds; grows with each change.
    pub updated_at: Timestamp,
    /// Its attributes, without `members`.
    pub resource: Resource,
}

/// Every query on the table starts here.
pub(crate) fn of(org_id: OrgId, connection_id: ScimConnectionId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
}

impl search::Row for Model {
    fn view(&self) -> RowView<'_> {
        RowView {
            id: GroupId::from_uuid(self.id).into(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            user_name_key: None,
            external_id: self.external_id.as_deref(),
            display_name_key: Some(&self.display_name_key),
            search: &self.search,
        }
    }
}

impl TryFrom<Model> for Group {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::corrupt("groups", row.id, reason);
        Ok(Self {
            id: GroupId::from_uuid(row.id),
            version: u64::try_from(row.version).map_err(|reason| corrupt(reason.to_string()))?,
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
            resource: Resource::from_stored(&row.body)
                .and_then(|stored| stored.with_stored_unmapped(row.unmapped.as_deref()))
                .map_err(|reason| corrupt(reason.to_string()))?,
        })
    }
}

/// What events tell of a group: its attributes as they are now, with its id.
fn told(kind: &ResourceType, id: GroupId, resource: &Resource) -> Value {
    let mut group = serde_json::Map::new();
    group.insert("id".to_owned(), Value::from(id.to_scim()));
    group.extend(resource.shown(kind));
    if !resource.unmapped().is_empty() {
        let unmapped = Value::Object(resource.unmapped().clone());
        group.insert("unmapped".to_owned(), unmapped);
    }
    json!({ "group": group })
}

/// What the event of a new group tells: also who is in it from the beginning.
fn told_with_members(kind: &ResourceType, group: &Group, members: &BTreeSet<MemberId>) -> Value {
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

impl ConnectionHandle {
    /// One group; `None` also if it belongs to another connection or organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_group(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.store.db)
            .await?;
        row.map(Group::try_from).transpose()
    }

    /// Looks groups up, or reads a page of them.
    ///
    /// # Errors
    ///
    /// The query asks for what is not stored ([`StoreError::Filter`]).
    pub async fn search_groups(
        &self,
        query: &DirectoryQuery,
    ) -> Result<Listing<Group>, StoreError> {
        let counted = async { Ok(self.counts().await?.1) };
        search::page(&self.store.db, self.searched_groups(), query, counted).await
    }

    /// Every group, to be searched.
    pub(crate) fn searched_groups(&self) -> Searched<'_, Entity> {
        Searched {
            everything: of(self.org_id, self.connection_id),
            id: Column::Id,
            target: self.filter_target(Table::Groups),
        }
    }

    /// Lists groups by cursor, for the management API.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_groups(
        &self,
        page: PageRequest<GroupId>,
    ) -> Result<Page<Group, GroupId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id),
            Column::Id,
            page,
            (GroupId::as_uuid, |group: &Group| group.id),
        )
        .await
    }
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
    ) -> Result<Group, StoreError> {
        let now = self.now.truncated_to_millis();
        let group = Group {
            id: GroupId::new(self.outbox.clock()),
            version: 1,
            created_at: now,
            updated_at: now,
            resource,
        };
        self.insert_group_row(&group).await?;
        let members = self.resolve_members(members).await?;
        let added = self.insert_members(group.id, &members).await?;
        let parkings = self.count(directory_counts::Column::Groups, 1).await?;
        self.claim_name_of_group(&group, None).await?;
        let (id, connection_id) = (group.id, self.connection_id);
        let data = told_with_members(self.shape.catalog.group(), &group, &added);
        self.org
            .outbox
            .push(EventType::GroupCreated, Some(connection_id), id, data);
        let names = [group.resource.external_id()];
        self.attach(MemberId::Group(id), &names, parkings).await?;
        Ok(group)
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
            ..deleted.was
        };
        self.insert_group_row(&group).await?;
        self.delete_tombstone(id.as_uuid()).await?;
        let parkings = self.count(directory_counts::Column::Groups, 1).await?;
        self.claim_name_of_group(&group, None).await?;
        let connection_id = self.connection_id;
        let data = told(self.shape.catalog.group(), id, &group.resource);
        self.org
            .outbox
            .push(EventType::GroupRestored, Some(connection_id), id, data);
        let id_text = id.to_scim();
        let names = [Some(id_text.as_str()), group.resource.external_id()];
        self.attach(MemberId::Group(id), &names, parkings).await?;
        Ok(Some(group))
    }

    async fn insert_group_row(&self, group: &Group) -> Result<(), StoreError> {
        Entity::insert(self.group_row(group)?)
            .exec_without_returning(self.connection())
            .await?;
        self.save_unique_values_of_group(group.id, None, &group.resource)
            .await?;
        self.claim_external_id_of_group(group, None).await
    }

    /// Reads one group and holds its row until the end of the transaction, so that changes of
    /// its members take turns.
    ///
    /// `None` also means "belongs to another connection or organization".
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_group(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            // Weaker than what a deletion takes: others may refer to the group meanwhile.
            .lock(LockType::NoKeyUpdate)
            .one(self.connection())
            .await?;
        row.map(Group::try_from).transpose()
    }

    /// Reads one group that is about to be deleted, and holds it and the groups that it is in
    /// until the end of the transaction, in the order of a change of members: those first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_group_with_parents(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        for parent in self.parents_of(id).await? {
            self.lock_group(parent).await?;
        }
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        row.map(Group::try_from).transpose()
    }

    /// Replaces the attributes of a locked group and counts its members' changes into the
    /// version. If neither attributes nor members changed, nothing is written.
    ///
    /// # Errors
    ///
    /// Another group has the new `externalId` or `displayName`, where those are unique
    /// ([`StoreError::Conflict`]).
    pub async fn save_group(
        &mut self,
        before: Group,
        after: Resource,
        members: &MembersChanged,
    ) -> Result<Group, StoreError> {
        let old = before.resource.clone();
        let group = self.write_group(before, after, members).await?;
        self.claim_name_of_group(&group, Some(&old)).await?;
        let name = group.resource.external_id();
        if name.is_some() && name != old.external_id() {
            let parkings = self.lock_directory().await?;
            self.attach(MemberId::Group(group.id), &[name], parkings)
                .await?;
        }
        Ok(group)
    }

    /// Writes a locked group, if anything changed, and tells it.
    pub(crate) async fn write_group(
        &mut self,
        before: Group,
        after: Resource,
        members: &MembersChanged,
    ) -> Result<Group, StoreError> {
        let attributes_changed = before.resource != after;
        if !attributes_changed && members.is_empty() {
            return Ok(before);
        }
        let group = Group {
            id: before.id,
            version: before.version + 1,
            created_at: before.created_at,
            updated_at: later(before.updated_at, self.now),
            resource: after,
        };
        Entity::update(self.group_row(&group)?)
            .exec(self.connection())
            .await?;
        self.claim_external_id_of_group(&group, Some(&before.resource))
            .await?;
        if attributes_changed {
            self.save_unique_values_of_group(group.id, Some(&before.resource), &group.resource)
                .await?;
            let (id, connection_id) = (group.id, self.connection_id);
            self.org.outbox.push(
                EventType::GroupUpdated,
                Some(connection_id),
                id,
                told(self.shape.catalog.group(), id, &group.resource),
            );
        }
        self.tell_members(group.id, members);
        Ok(group)
    }

    /// Deletes a group and its memberships, and leaves its tombstone: one event for the group, one
    /// for each group it leaves; `false` if there is none of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_group(&mut self, id: GroupId) -> Result<bool, StoreError> {
        for parent in self.parents_of(id).await? {
            if let Some(group) = self.lock_group(parent).await? {
                let changed = self.remove_members(parent, &[id.to_scim()]).await?;
                let resource = group.resource.clone();
                self.write_group(group, resource, &changed).await?;
            }
        }
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec_with_returning(self.connection())
            .await?;
        let Some(row) = deleted.into_iter().next() else {
            return Ok(false);
        };
        self.bury_group(row).await?;
        self.count(directory_counts::Column::Groups, -1).await?;
        let connection_id = self.connection_id;
        self.org.outbox.push(
            EventType::GroupDeleted,
            Some(connection_id),
            id,
            json!({ "group": { "id": id.to_scim() } }),
        );
        Ok(true)
    }

    pub(crate) fn group_row(&self, group: &Group) -> Result<ActiveModel, StoreError> {
        let display_name = group.resource.display_name().unwrap_or_default();
        let external_id = group.resource.external_id();
        // Empty text is no value, neither to a filter nor to an order.
        let external_id = external_id.filter(|id| !id.is_empty()).map(str::to_owned);
        Ok(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            scim_connection_id: Set(self.connection_id.as_uuid()),
            id: Set(group.id.as_uuid()),
            display_name: Set(display_name.to_owned()),
            display_name_key: Set(indexable("displayName", caseless(display_name))?),
            external_id: Set(external_id
                .map(|id| indexable("externalId", id))
                .transpose()?),
            version: Set(i64::try_from(group.version).unwrap_or(i64::MAX)),
            created_at: Set(group.created_at.unix_micros()),
            updated_at: Set(group.updated_at.unix_micros()),
            body: Set(group.resource.to_stored()),
            unmapped: Set(group.resource.unmapped_to_stored()),
            search: Set(filter::search::document(
                self.shape.catalog.group(),
                &group.resource,
            )),
        })
    }
}
