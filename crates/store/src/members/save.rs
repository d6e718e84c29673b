//! Changes of members that are all that changes in a group: nearly all requests of this kind.
//!
//! On PostgreSQL one statement moves the members and, if anybody moved, the version.

use std::collections::BTreeSet;

use rollcall_model::UserId;
use uuid::Uuid;

use super::set::Rows;
use super::{MemberId, MembersChanged, NamedMember};
use crate::error::StoreError;
use crate::groups::Group;
use crate::handle::DirectoryTx;

impl DirectoryTx {
    /// Adds members to a locked group whose attributes stay as they are, and saves it.
    ///
    /// # Errors
    ///
    /// As [`add_members`](Self::add_members).
    pub async fn save_group_joined_by(
        &mut self,
        before: Group,
        members: &[NamedMember],
    ) -> Result<Group, StoreError> {
        let members = self.resolve_members(members).await?;
        if !members.are_users() {
            let added = self.insert_members(before.id, &members).await?;
            let resource = before.resource.clone();
            let changed = MembersChanged::joined(added);
            return self.write_group(before, resource, &changed).await;
        }
        let after = self.moved_on(&before);
        let users: Vec<Uuid> = members.users.iter().map(|id| id.as_uuid()).collect();
        let added = self.insert_and_save(Rows::Users, &after, &users).await?;
        if added.is_empty() {
            return Ok(before);
        }
        self.tell_members(&after, &MembersChanged::joined(added));
        Ok(after)
    }

    /// Removes members from a locked group whose attributes stay as they are, and saves it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn save_group_left_by(
        &mut self,
        before: Group,
        values: &[String],
    ) -> Result<Group, StoreError> {
        let after = self.moved_on(&before);
        let ids: BTreeSet<Uuid> = values
            .iter()
            .filter_map(|value| UserId::from_scim(value))
            .map(UserId::as_uuid)
            .collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let removed = self.delete_and_save(Rows::Users, &after, &ids).await?;
        let saved = !removed.is_empty();
        let gone: BTreeSet<String> = removed.iter().copied().map(MemberId::to_scim).collect();
        let mut changed = MembersChanged::left(removed);
        let rest: Vec<String> = values
            .iter()
            .filter(|value| !gone.contains(*value))
            .cloned()
            .collect();
        if !rest.is_empty() {
            changed.extend(self.remove_members(after.id, &rest).await?);
        }
        if changed.is_empty() {
            return Ok(before);
        }
        if !saved {
            self.save_version_of_group(&after).await?;
        }
        self.tell_members(&after, &changed);
        Ok(after)
    }
}
