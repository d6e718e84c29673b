//! Roles that are given by hand. No identity provider changes them.

use rollcall_model::{RoleName, Timestamp, UserId};

use super::read;
use crate::entity::user_roles::Model;
use crate::error::StoreError;
use crate::handle::DirectoryTx;

/// A role that was given by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualRole {
    /// The role.
    pub role: RoleName,
    /// Why, in the words of whoever gave it.
    pub reason: Option<String>,
    /// Who gave it: an API key, or `system`.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl ManualRole {
    /// The grant in a row, if there is one.
    pub(super) fn of(row: &Model) -> Result<Option<Self>, StoreError> {
        let Some(role) = &row.manual_role else {
            return Ok(None);
        };
        Ok(Some(Self {
            role: read::role(role, row.user_id)?,
            reason: row.manual_reason.clone(),
            by: row.manual_by.clone().unwrap_or_default(),
            at: Timestamp::from_unix_micros(row.manual_at.unwrap_or_default()),
        }))
    }
}

impl DirectoryTx {
    /// The role that a user was given by hand, as this transaction found it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn manual_role_of(&self, id: UserId) -> Result<Option<ManualRole>, StoreError> {
        let rows = read::rows(self.connection(), self.scope(), &[id]).await?;
        rows.get(&id).map_or(Ok(None), ManualRole::of)
    }

    /// Gives a locked user a role by hand; whether it is a role of the policy is for the caller to
    /// find out. The same role for the same reason changes nothing.
    pub fn give_role(&mut self, id: UserId, role: RoleName, reason: Option<String>) {
        let grant = ManualRole {
            role,
            reason,
            by: self.outbox.actor().to_string(),
            at: self.now,
        };
        self.roles.manual.insert(id, Some(grant));
    }

    /// Takes away the role that a locked user was given by hand.
    pub fn take_role(&mut self, id: UserId) {
        self.roles.manual.insert(id, None);
    }
}
