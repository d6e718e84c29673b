//! Memberships: one row for each user in each group, and one for each group in each group.
//!
//! Every change is a statement over the set that the request names: the database tells which of
//! it is new, and nobody else's membership is read. Adding or removing k members costs k rows,
//! whatever the size of the group; a replacement compares the two sets where they are.
//!
//! Locks are taken in one order, so that requests wait for each other and never in a circle: the
//! row of `directory_counts`, groups by id, users by id, then the sequence of the organization.
//! The first is held by few: whoever parks a reference or nests groups, which is known before the
//! group is locked (`turn`), whoever gives a resource another `externalId`, for which somebody may
//! wait, and whoever adds or removes a resource. Who finds out late, by naming a manager that is not
//! there, say, may meet one of those in a circle. The database ends one of the two, and whoever
//! does the work once more takes that row before everything else.

mod chunk;
mod named;
mod nested;
mod read;
mod save;
mod set;
mod turn;

use std::collections::BTreeSet;

use rollcall_model::{EventType, GroupId, UserId};
use serde_json::json;
use uuid::Uuid;

use crate::error::StoreError;
use crate::groups::{self, Group};
use crate::handle::DirectoryTx;
use crate::references::Awaiting;

pub use chunk::GroupAndMembers;
pub(crate) use chunk::list_after;
pub(crate) use named::Resolved;
pub use named::{MemberKind, NamedMember};
pub use read::{GroupRef, MemberRef};
pub(crate) use read::{MAX_NESTING, Scope, display_of_user, members_of};
use set::Rows;

/// How many ids one list of a statement carries. A fixed size keeps the number of prepared
/// statements small, and is far below what SQLite takes.
const IDS_PER_STATEMENT: usize = 500;

/// Who is in a group. In this order answers show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberId {
    /// A user.
    User(UserId),
    /// A group, with all who are in it.
    Group(GroupId),
}

impl MemberId {
    /// The form that identity providers see.
    #[must_use]
    pub fn to_scim(self) -> String {
        match self {
            Self::User(id) => id.to_scim(),
            Self::Group(id) => id.to_scim(),
        }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(self) -> MemberKind {
        match self {
            Self::User(_) => MemberKind::User,
            Self::Group(_) => MemberKind::Group,
        }
    }

    pub(crate) const fn as_uuid(self) -> Uuid {
        match self {
            Self::User(id) => id.as_uuid(),
            Self::Group(id) => id.as_uuid(),
        }
    }

    pub(crate) fn of(kind: MemberKind, id: Uuid) -> Self {
        match kind {
            MemberKind::User => Self::User(UserId::from_uuid(id)),
            MemberKind::Group => Self::Group(GroupId::from_uuid(id)),
        }
    }
}

/// Who joined and who left a group in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembersChanged {
    added: BTreeSet<MemberId>,
    removed: BTreeSet<MemberId>,
}

impl MembersChanged {
    /// Whether nobody joined or left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    /// Takes in what another step of the same transaction changed, in its order.
    pub fn extend(&mut self, other: Self) {
        for member in other.removed {
            if !self.added.remove(&member) {
                self.removed.insert(member);
            }
        }
        for member in other.added {
            if !self.removed.remove(&member) {
                self.added.insert(member);
            }
        }
    }

    /// The users among those who joined or left.
    fn users(&self) -> impl Iterator<Item = UserId> {
        let moved = self.added.iter().chain(&self.removed);
        moved.filter_map(|member| match member {
            MemberId::User(id) => Some(*id),
            MemberId::Group(_) => None,
        })
    }

    pub(crate) const fn joined(added: BTreeSet<MemberId>) -> Self {
        Self {
            added,
            removed: BTreeSet::new(),
        }
    }

    pub(crate) const fn left(removed: BTreeSet<MemberId>) -> Self {
        Self {
            added: BTreeSet::new(),
            removed,
        }
    }
}

impl DirectoryTx {
    /// Adds members to a locked group; who is in it already stays, and who does not exist is
    /// parked. Tell it with `save_group`.
    ///
    /// # Errors
    ///
    /// One of them does not exist and may not be parked ([`StoreError::NoSuchMember`]), is
    /// something else than was said ([`StoreError::WrongMemberKind`]), or leads back to the
    /// group ([`StoreError::GroupCycle`]).
    pub async fn add_members(
        &mut self,
        group_id: GroupId,
        members: &[NamedMember],
    ) -> Result<MembersChanged, StoreError> {
        let members = self.resolve_members(members).await?;
        let added = self.insert_members(group_id, &members).await?;
        Ok(MembersChanged::joined(added))
    }

    /// Removes members from a locked group, by the ids or names that they were added under; who
    /// is not in it does not matter.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_members(
        &mut self,
        group_id: GroupId,
        values: &[String],
    ) -> Result<MembersChanged, StoreError> {
        let mut values: BTreeSet<&str> = values.iter().map(String::as_str).collect();
        let ids: Vec<Uuid> = values
            .iter()
            .filter_map(|value| UserId::from_scim(value))
            .map(UserId::as_uuid)
            .collect();
        // Nearly always everybody named is a user of the group, and one statement is enough.
        let mut removed = self.delete_these(Rows::Users, group_id, &ids).await?;
        for member in &removed {
            values.remove(member.to_scim().as_str());
        }
        if !values.is_empty() {
            removed.extend(self.delete_these(Rows::Groups, group_id, &ids).await?);
            let unparked = self.unpark(group_id, &values).await?;
            values.retain(|value| !unparked.contains(*value));
            let named = self.named_otherwise(&values).await?;
            let users: Vec<Uuid> = named.users.iter().map(|id| id.as_uuid()).collect();
            let groups: Vec<Uuid> = named.groups.iter().map(|id| id.as_uuid()).collect();
            removed.extend(self.delete_these(Rows::Users, group_id, &users).await?);
            removed.extend(self.delete_these(Rows::Groups, group_id, &groups).await?);
        }
        Ok(MembersChanged::left(removed))
    }

    /// Removes everybody from a locked group, and everybody that it waits for.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_all_members(
        &mut self,
        group_id: GroupId,
    ) -> Result<MembersChanged, StoreError> {
        let mut removed = self.delete_except(Rows::Users, group_id, &[]).await?;
        removed.extend(self.delete_except(Rows::Groups, group_id, &[]).await?);
        self.unpark_except(group_id, &[]).await?;
        Ok(MembersChanged::left(removed))
    }

    /// Makes these, and nobody else, the members of a locked group.
    ///
    /// # Errors
    ///
    /// As [`add_members`](Self::add_members).
    pub async fn replace_members(
        &mut self,
        group_id: GroupId,
        members: &[NamedMember],
    ) -> Result<MembersChanged, StoreError> {
        let members = self.resolve_members(members).await?;
        let users: Vec<Uuid> = members.users.iter().map(|id| id.as_uuid()).collect();
        let groups: Vec<Uuid> = members.groups.iter().map(|id| id.as_uuid()).collect();
        let mut removed = self.delete_except(Rows::Users, group_id, &users).await?;
        removed.extend(self.delete_except(Rows::Groups, group_id, &groups).await?);
        self.unpark_except(group_id, &members.unknown).await?;
        let mut changed = MembersChanged::left(removed);
        let added = self.insert_members(group_id, &members).await?;
        changed.extend(MembersChanged::joined(added));
        Ok(changed)
    }

    /// Inserts memberships and returns those that are new.
    pub(crate) async fn insert_members(
        &mut self,
        group_id: GroupId,
        members: &Resolved,
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let mut added = self.insert_users(group_id, &members.users).await?;
        if !members.groups.is_empty() {
            let groups: Vec<Uuid> = members.groups.iter().map(|id| id.as_uuid()).collect();
            self.refuse_cycle(group_id, &members.groups).await?;
            added.extend(self.insert_missing(Rows::Groups, group_id, &groups).await?);
        }
        self.park(Awaiting::Group(group_id), &members.unknown)
            .await?;
        Ok(added)
    }

    /// Inserts memberships of users and returns those that are new.
    pub(crate) async fn insert_users(
        &self,
        group_id: GroupId,
        users: &BTreeSet<UserId>,
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let users: Vec<Uuid> = users.iter().map(|id| id.as_uuid()).collect();
        self.insert_missing(Rows::Users, group_id, &users).await
    }

    /// Queues one event for each member that joined or left, and has the roles of those settled
    /// to whom the group gives one.
    pub(crate) fn tell_members(&mut self, group: &Group, changed: &MembersChanged) {
        let (group_id, connection_id) = (group.id, self.connection_id);
        if group.role_mapping.is_some() {
            self.roles.touch(changed.users());
        }
        let told = [
            (EventType::GroupMemberRemoved, &changed.removed),
            (EventType::GroupMemberAdded, &changed.added),
        ];
        for (kind, members) in told {
            for member in members {
                let name = match member {
                    MemberId::User(_) => "user",
                    MemberId::Group(_) => "member_group",
                };
                self.org.outbox.push(
                    kind,
                    Some(connection_id),
                    group_id,
                    json!({
                        "group": groups::named(group),
                        name: { "id": member.to_scim() },
                    }),
                );
            }
        }
    }
}
