//! Users of one SCIM connection.

use std::collections::BTreeSet;

use rollcall_model::{EventType, OrgId, Page, PageRequest, ScimConnectionId, Timestamp, UserId};
use rollcall_scim::{Resource, ResourceType, caseless, filter, user_name};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::changes::changes;
use crate::entity::users::{ActiveModel, Column, Entity, Model};
use crate::entity::{scim_connections, user_emails};
use crate::error::StoreError;
use crate::filter_sql::Table;
use crate::guards::Deed;
use crate::handle::{ConnectionHandle, DirectoryTx, OrgHandle};
use crate::members::MemberId;
use crate::paging;
use crate::search::{self, DirectoryQuery, Listing, RowView, Searched, indexable};
use crate::shape::Shape;
use crate::shown::StoredUser;

/// A user as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Grows by one with each change; the opaque part of the ETag.
    pub version: u64,
    /// When it was provisioned, in whole milliseconds.
    pub created_at: Timestamp,
    /// When it was last changed, in whole milliseconds; grows with each change.
    pub updated_at: Timestamp,
    /// Its attributes.
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
            id: UserId::from_uuid(self.id).into(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            user_name_key: Some(&self.user_name_key),
            external_id: self.external_id.as_deref(),
            display_name_key: self.display_name_key.as_deref(),
            search: &self.search,
        }
    }
}

impl TryFrom<Model> for User {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        StoredUser::try_from(row)?.read()
    }
}

/// What events tell of a user: the resource as it is now, with its id and what the product calls
/// its values.
pub(crate) fn told(shape: &Shape, id: UserId, resource: &Resource) -> Value {
    let mut user = resource.told(shape.catalog.user());
    user.shift_insert(0, "id".to_owned(), Value::from(id.to_scim()));
    if !shape.attributes.is_empty() {
        let values = shape.product_attributes(resource).values;
        user.insert("product_attributes".to_owned(), Value::Object(values));
    }
    json!({ "user": user })
}

/// What events tell of a user that changed: how it is now, and what is not as before.
pub(crate) fn told_change(shape: &Shape, id: UserId, before: &Resource, after: &Resource) -> Value {
    let before = told(shape, id, before);
    let mut told = told(shape, id, after);
    told["changes"] = changes(&before["user"], &told["user"]);
    told
}

/// What a change of attributes is called.
pub(crate) fn change_kind(before: &Resource, after: &Resource) -> EventType {
    match (before.active(), after.active()) {
        (true, false) => EventType::UserDeactivated,
        (false, true) => EventType::UserReactivated,
        _ => EventType::UserUpdated,
    }
}

pub(crate) fn email_keys(resource: &Resource) -> Result<BTreeSet<String>, StoreError> {
    resource
        .emails()
        .map(|email| indexable("emails.value", caseless(email)))
        .collect()
}

impl OrgHandle {
    /// The SCIM connection that a user is in; `None` if the organization has no such user.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn connection_of_user(
        &self,
        id: UserId,
    ) -> Result<Option<ScimConnectionId>, StoreError> {
        // By the connections there are, since the table has no index of users alone.
        let connections = scim_connections::Entity::find()
            .select_only()
            .column(scim_connections::Column::Id)
            .filter(scim_connections::Column::OrgId.eq(self.org_id().as_uuid()))
            .into_query();
        let connection: Option<Uuid> = Entity::find()
            .select_only()
            .column(Column::ScimConnectionId)
            .filter(Column::OrgId.eq(self.org_id().as_uuid()))
            .filter(Column::ScimConnectionId.in_subquery(connections))
            .filter(Column::Id.eq(id.as_uuid()))
            .into_tuple()
            .one(&self.store.db)
            .await?;
        Ok(connection.map(ScimConnectionId::from_uuid))
    }
}

impl ConnectionHandle {
    /// One user; `None` also if it belongs to another connection or organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.store.db)
            .await?;
        row.map(User::try_from).transpose()
    }

    /// Looks users up, or reads a page of them.
    ///
    /// # Errors
    ///
    /// The query asks for what is not stored ([`StoreError::Filter`]).
    pub async fn search_users(&self, query: &DirectoryQuery) -> Result<Listing<User>, StoreError> {
        search::page(self, self.searched_users(), query).await
    }

    /// The same, without reading their attributes.
    pub(crate) async fn search_stored_users(
        &self,
        query: &DirectoryQuery,
    ) -> Result<Listing<StoredUser>, StoreError> {
        search::page(self, self.searched_users(), query).await
    }

    /// Every user, to be searched.
    pub(crate) fn searched_users(&self) -> Searched<'_, Entity> {
        Searched {
            everything: of(self.org_id, self.connection_id),
            id: Column::Id,
            target: self.filter_target(Table::Users),
        }
    }

    /// Lists users by cursor, for the management API.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_users(
        &self,
        page: PageRequest<UserId>,
    ) -> Result<Page<User, UserId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id),
            Column::Id,
            page,
            (UserId::as_uuid, |user: &User| user.id),
        )
        .await
    }
}

impl DirectoryTx {
    /// Reads one user and holds its row until the end of the transaction.
    ///
    /// `None` also means "belongs to another connection or organization".
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            // Weaker than what a deletion takes: others may refer to the user meanwhile.
            .lock(LockType::NoKeyUpdate)
            .one(self.connection())
            .await?;
        row.map(User::try_from).transpose()
    }

    /// Replaces the attributes of a locked user, with one event. Equal attributes write nothing:
    /// version and time stay.
    ///
    /// # Errors
    ///
    /// Another user of this connection has the new `userName`, or the new `externalId` where
    /// those are unique ([`StoreError::Conflict`]).
    pub async fn save_user(&mut self, before: User, after: Resource) -> Result<User, StoreError> {
        if before.resource == after {
            return Ok(before);
        }
        let user = User {
            id: before.id,
            version: before.version + 1,
            created_at: before.created_at,
            updated_at: later(before.updated_at, self.now),
            resource: after,
        };
        Entity::update(self.user_row(&user)?)
            .exec(self.connection())
            .await
            .map_err(StoreError::naming_conflict("userName"))?;
        self.claim_external_id_of_user(&user, Some(&before.resource))
            .await?;
        let (old, new) = (email_keys(&before.resource)?, email_keys(&user.resource)?);
        self.delete_emails(user.id, old.difference(&new).cloned().collect())
            .await?;
        self.insert_emails(user.id, new.difference(&old).cloned().collect())
            .await?;
        self.save_unique_values_of_user(user.id, Some(&before.resource), &user.resource)
            .await?;
        self.link_manager(user.id, before.resource.manager(), user.resource.manager())
            .await?;
        self.follow_role_of(user.id, Some(&before.resource), &user.resource)
            .await?;
        let kind = change_kind(&before.resource, &user.resource);
        let data = told_change(&self.shape, user.id, &before.resource, &user.resource);
        self.push_user(kind, user.id, data);
        if let Some(deed) = Deed::changed(user.id, &before.resource, &user.resource) {
            self.note_deed(deed);
        }
        let name = user.resource.external_id();
        if name.is_some() && name != before.resource.external_id() {
            let parkings = self.lock_directory().await?;
            self.attach(MemberId::User(user.id), &[name], parkings)
                .await?;
        }
        Ok(user)
    }

    /// Queues an event that tells the whole user.
    pub(crate) fn tell_user(&mut self, kind: EventType, user: &User) {
        let data = told(&self.shape, user.id, &user.resource);
        self.push_user(kind, user.id, data);
    }

    fn push_user(&mut self, kind: EventType, id: UserId, data: Value) {
        let connection_id = self.connection_id;
        self.org.outbox.push(kind, Some(connection_id), id, data);
    }

    pub(crate) fn user_row(&self, user: &User) -> Result<ActiveModel, StoreError> {
        row(
            self.org_id,
            self.connection_id,
            self.shape.catalog.user(),
            user,
            &StoredUser::from(user),
        )
    }

    pub(crate) async fn insert_emails(
        &self,
        id: UserId,
        keys: BTreeSet<String>,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let rows = keys.into_iter().map(|key| user_emails::ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            scim_connection_id: Set(self.connection_id.as_uuid()),
            value_key: Set(key),
            user_id: Set(id.as_uuid()),
        });
        user_emails::Entity::insert_many(rows)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    async fn delete_emails(&self, id: UserId, keys: BTreeSet<String>) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        user_emails::Entity::delete_many()
            .filter(user_emails::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(user_emails::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(user_emails::Column::UserId.eq(id.as_uuid()))
            .filter(user_emails::Column::ValueKey.is_in(keys))
            .exec(self.connection())
            .await?;
        Ok(())
    }
}

/// The row of a user.
pub(crate) fn row(
    org_id: OrgId,
    connection_id: ScimConnectionId,
    kind: &ResourceType,
    user: &User,
    stored: &StoredUser,
) -> Result<ActiveModel, StoreError> {
    let resource = &user.resource;
    let user_name = user_name::key(resource.user_name().unwrap_or_default());
    // Empty text is no value, neither to a filter nor to an order.
    let kept = |text: &&str| !text.is_empty();
    let external_id = resource.external_id().filter(kept).map(str::to_owned);
    let display_name = resource.display_name().filter(kept).map(caseless);
    Ok(ActiveModel {
        org_id: Set(org_id.as_uuid()),
        scim_connection_id: Set(connection_id.as_uuid()),
        id: Set(user.id.as_uuid()),
        user_name_key: Set(indexable("userName", user_name)?),
        external_id: Set(external_id
            .map(|id| indexable("externalId", id))
            .transpose()?),
        display_name_key: Set(display_name
            .map(|name| indexable("displayName", name))
            .transpose()?),
        active: Set(resource.active()),
        version: Set(i64::try_from(user.version).unwrap_or(i64::MAX)),
        created_at: Set(user.created_at.unix_micros()),
        updated_at: Set(user.updated_at.unix_micros()),
        body: Set(stored.body.clone()),
        unmapped: Set(stored.unmapped.clone()),
        search: Set(filter::search::document(kind, resource)),
    })
}

/// A time of change that is later than the one before, whatever the clock says.
pub(crate) fn later(before: Timestamp, now: Timestamp) -> Timestamp {
    const MILLISECOND: i64 = 1_000;
    let now = now.truncated_to_millis();
    now.max(Timestamp::from_unix_micros(
        before.unix_micros() + MILLISECOND,
    ))
}
