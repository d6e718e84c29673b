//! Roles of users: who has which, and why.
//!
//! A user has one role, from the first of these that gives one: a grant by hand, an attribute that
//! the identity provider sent, the groups that it is a direct member of, the default of the policy.
//! What gives a role is kept apart, so that neither side wipes out what the other one gave.
//!
//! The role that follows is stored too, for those users who were given one; whoever has no row has
//! the default. It is settled in the transaction that changes a grant, a mapping or a membership,
//! as its last act before the outbox: under the locks of the users' rows, so that of two changes
//! at once the second sees what the first one did. A group's mapping stands in the group's row,
//! which a change of members holds anyway; where nothing is mapped, roles cost nothing.

mod attribute;
mod explain;
mod manual;
mod mapping;
mod read;
mod reread;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{Policy, RoleName, UserId, UserRole};

pub(crate) use attribute::{same_role, says_role};
pub use explain::{GroupGrant, RoleExplanation, SentRole};
pub use manual::ManualRole;
pub use mapping::MappedGroup;
pub(crate) use mapping::{columns, read_mapping};
pub(crate) use read::{role_of, roles_of};

/// A user whose role, or what gives it, is another one after a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// Whose.
    pub user_id: UserId,
    /// The role before.
    pub before: UserRole,
    /// The role after.
    pub after: UserRole,
}

/// What a transaction has yet to settle, and what it has settled.
#[derive(Default)]
pub(crate) struct RoleWork {
    /// Users whose groups, or whose groups' roles, changed.
    touched: BTreeSet<UserId>,
    /// What the identity provider says now.
    attributes: BTreeMap<UserId, Option<RoleName>>,
    /// What was granted by hand, or taken away.
    manual: BTreeMap<UserId, Option<ManualRole>>,
    settled: Vec<RoleChange>,
    /// The rules, once they were needed.
    policy: Option<Policy>,
}

impl RoleWork {
    pub(crate) fn touch(&mut self, users: impl IntoIterator<Item = UserId>) {
        self.touched.extend(users);
    }

    /// Everybody who has to be looked at, in the order of their ids.
    fn users(&self) -> BTreeSet<UserId> {
        let given = self.attributes.keys().chain(self.manual.keys());
        self.touched.iter().chain(given).copied().collect()
    }
}
