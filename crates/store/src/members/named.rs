//! From what a request calls a member to the user or group that it is.
//!
//! A member is named by its id. Where unknown references are parked, it may also be named by the
//! `externalId` of a user or group of the same connection, since identity providers that push a
//! group before its people know no other name for them: such a name means the same whether the
//! resource comes before the reference or after it.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{GroupId, UserId};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    Value,
};
use uuid::Uuid;

use super::{IDS_PER_STATEMENT, MemberId, MemberRef, display_of_user};
use crate::dialect::{self, Hold, LookUp};
use crate::entity::{groups, users};
use crate::error::StoreError;
use crate::handle::DirectoryTx;
use crate::search::indexable;

/// What a member of a group can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A user.
    User,
    /// A group.
    Group,
}

impl MemberKind {
    /// Its name, as `type` of a member has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The kind of that name, ignoring case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::User, Self::Group]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(name))
    }
}

/// A member as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMember {
    /// Its id, or what stands for it.
    pub value: String,
    /// What it is said to be.
    pub kind: Option<MemberKind>,
}

impl NamedMember {
    /// A member by its id.
    #[must_use]
    pub fn of(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            kind: None,
        }
    }

    pub(super) fn may_be(&self, kind: MemberKind) -> bool {
        self.kind.is_none_or(|said| said == kind)
    }
}

/// Members, found. Those that exist stay until the end of the transaction.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) users: BTreeSet<UserId>,
    pub(crate) groups: BTreeSet<GroupId>,
    /// Nobody has that name yet.
    pub(crate) unknown: Vec<NamedMember>,
}

impl Resolved {
    /// Whether there is nobody.
    pub(crate) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.are_users()
    }

    /// Whether nobody is anything but a user that is there.
    pub(crate) fn are_users(&self) -> bool {
        self.groups.is_empty() && self.unknown.is_empty()
    }
}

impl DirectoryTx {
    /// Finds the members that a request names.
    ///
    /// # Errors
    ///
    /// As [`add_members`](Self::add_members), except for circles.
    pub(crate) async fn resolve_members(
        &self,
        members: &[NamedMember],
    ) -> Result<Resolved, StoreError> {
        let mut found = Resolved::default();
        let rest = self
            .find_by_id(members.iter().collect(), &mut found)
            .await?;
        let Some(first) = rest.first() else {
            return Ok(found);
        };
        if !self.parks_references() {
            let value = first.value.clone();
            return Err(StoreError::NoSuchMember { value });
        }
        for member in &rest {
            indexable("members.value", member.value.clone())?;
        }
        let rest = self.find_by_external_id(rest, &mut found).await?;
        if rest.is_empty() {
            return Ok(found);
        }
        // Whoever adds a resource looks for references to it under the same lock, so one of the
        // two sees the other. What was committed until now is looked for once more.
        self.lock_directory().await?;
        let rest = self.find_by_id(rest, &mut found).await?;
        let rest = self.find_by_external_id(rest, &mut found).await?;
        found.unknown = rest.into_iter().cloned().collect();
        Ok(found)
    }

    /// Who is meant by names that are no ids, without waiting for anybody.
    pub(super) async fn named_otherwise(
        &self,
        values: &BTreeSet<&str>,
    ) -> Result<Resolved, StoreError> {
        let mut found = Resolved::default();
        if self.parks_references() && !values.is_empty() {
            let members: Vec<_> = values.iter().map(|value| NamedMember::of(*value)).collect();
            self.find_by_external_id(members.iter().collect(), &mut found)
                .await?;
        }
        Ok(found)
    }

    /// Finds members by id, and returns the rest. Rows are locked in the order of their ids,
    /// whatever order a request names them in.
    async fn find_by_id<'m>(
        &self,
        members: Vec<&'m NamedMember>,
        found: &mut Resolved,
    ) -> Result<Vec<&'m NamedMember>, StoreError> {
        let by_id: BTreeMap<Uuid, &NamedMember> = members
            .iter()
            .filter_map(|member| Some((UserId::from_scim(&member.value)?.as_uuid(), *member)))
            .collect();
        let mut ids: Vec<Uuid> = by_id.keys().copied().collect();
        for kind in [MemberKind::User, MemberKind::Group] {
            let mut known = BTreeSet::new();
            if kind == MemberKind::User {
                let held = |id: &Uuid| self.held.contains(&UserId::from_uuid(*id));
                known.extend(ids.iter().copied().filter(held));
                ids.retain(|id| !held(id));
            }
            if !ids.is_empty() {
                known.extend(self.lock_known(kind, &ids).await?);
            }
            for id in &known {
                if let Some(member) = by_id.get(id).filter(|member| !member.may_be(kind)) {
                    return Err(StoreError::WrongMemberKind {
                        value: member.value.clone(),
                        kind: kind.as_str(),
                    });
                }
                match kind {
                    MemberKind::User => found.users.insert(UserId::from_uuid(*id)),
                    MemberKind::Group => found.groups.insert(GroupId::from_uuid(*id)),
                };
            }
            ids.retain(|id| !known.contains(id));
        }
        let missing: BTreeSet<Uuid> = ids.into_iter().collect();
        let is_missing = |member: &&NamedMember| {
            UserId::from_scim(&member.value).is_none_or(|id| missing.contains(&id.as_uuid()))
        };
        Ok(members.into_iter().filter(is_missing).collect())
    }

    /// Those of some ids, in their order, that exist. They stay until the end of the transaction.
    async fn lock_known(&self, kind: MemberKind, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        let backend = self.connection().get_database_backend();
        let look_up = LookUp {
            table: match kind {
                MemberKind::User => "users",
                MemberKind::Group => "groups",
            },
            columns: "t.id as id",
            parameter: "$3",
            hold: Hold::Existence,
        };
        let values: [Value; 3] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            dialect::id_set(ids).into(),
        ];
        let statement = Statement::from_sql_and_values(backend, look_up.sql(backend), values);
        let rows = self.connection().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
    }

    /// Finds members by `externalId`, users first, and returns the rest. A name that several
    /// resources have is nobody's: to guess could let the wrong person in.
    async fn find_by_external_id<'m>(
        &self,
        members: Vec<&'m NamedMember>,
        found: &mut Resolved,
    ) -> Result<Vec<&'m NamedMember>, StoreError> {
        let mut rest = members;
        for kind in [MemberKind::User, MemberKind::Group] {
            let (asked, mut other): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|member| member.may_be(kind));
            let mut owners: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
            for chunk in asked.chunks(IDS_PER_STATEMENT) {
                let values: Vec<&str> = chunk.iter().map(|member| member.value.as_str()).collect();
                for (name, id) in self.lock_named(kind, &values).await? {
                    owners.entry(name).or_default().push(id);
                }
            }
            for member in asked {
                match (owners.get(&member.value).map(Vec::as_slice), kind) {
                    (Some([id]), MemberKind::User) => {
                        found.users.insert(UserId::from_uuid(*id));
                    }
                    (Some([id]), MemberKind::Group) => {
                        found.groups.insert(GroupId::from_uuid(*id));
                    }
                    _ => other.push(member),
                }
            }
            rest = other;
        }
        Ok(rest)
    }

    /// Those of some users that exist, as members are shown, in the order of their ids. They stay
    /// until the end of the transaction.
    pub(crate) async fn hold_users(&self, ids: &[Uuid]) -> Result<Vec<MemberRef>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let backend = self.connection().get_database_backend();
        let columns = format!("t.id as id, {} as display", display_of_user(backend, "t"));
        let look_up = LookUp {
            table: "users",
            columns: &columns,
            parameter: "$3",
            hold: Hold::Existence,
        };
        let values: [Value; 3] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            dialect::id_set(ids).into(),
        ];
        let statement = Statement::from_sql_and_values(backend, look_up.sql(backend), values);
        let rows = self.connection().query_all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                Ok(MemberRef {
                    id: MemberId::User(UserId::from_uuid(row.try_get("", "id")?)),
                    display: row.try_get("", "display")?,
                })
            })
            .collect()
    }

    /// The owners of some `externalId`s. They stay until the end of the transaction.
    async fn lock_named(
        &self,
        kind: MemberKind,
        names: &[&str],
    ) -> Result<Vec<(String, Uuid)>, StoreError> {
        let (org_id, connection_id) = (self.org_id.as_uuid(), self.connection_id.as_uuid());
        let names = names.iter().copied();
        let owners = match kind {
            MemberKind::User => {
                users::Entity::find()
                    .select_only()
                    .columns([users::Column::ExternalId, users::Column::Id])
                    .filter(users::Column::OrgId.eq(org_id))
                    .filter(users::Column::ScimConnectionId.eq(connection_id))
                    .filter(users::Column::ExternalId.is_in(names))
                    .order_by_asc(users::Column::Id)
                    .lock(LockType::KeyShare)
                    .into_tuple()
                    .all(self.connection())
                    .await?
            }
            MemberKind::Group => {
                groups::Entity::find()
                    .select_only()
                    .columns([groups::Column::ExternalId, groups::Column::Id])
                    .filter(groups::Column::OrgId.eq(org_id))
                    .filter(groups::Column::ScimConnectionId.eq(connection_id))
                    .filter(groups::Column::ExternalId.is_in(names))
                    .order_by_asc(groups::Column::Id)
                    .lock(LockType::KeyShare)
                    .into_tuple()
                    .all(self.connection())
                    .await?
            }
        };
        Ok(owners)
    }

    /// The user that a text names as a manager; it stays until the end of the transaction.
    pub(crate) async fn find_named_user(
        &self,
        value: &str,
        by_external_id: bool,
    ) -> Result<Option<UserId>, StoreError> {
        if let Some(id) = UserId::from_scim(value) {
            let known = self.lock_known(MemberKind::User, &[id.as_uuid()]).await?;
            if !known.is_empty() {
                return Ok(Some(id));
            }
        }
        if !by_external_id {
            return Ok(None);
        }
        let owners = self.lock_named(MemberKind::User, &[value]).await?;
        Ok(match owners.as_slice() {
            [(_, id)] => Some(UserId::from_uuid(*id)),
            _ => None,
        })
    }
}
