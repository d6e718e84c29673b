//! A place in a list: that of a resource, known by what the list is sorted by and by its id.

use std::cmp::Ordering;

use rollcall_model::{GroupId, UserId};
use rollcall_scim::filter::SearchKey;
use serde_json::Value;
use uuid::Uuid;

use super::Among;
use crate::filter_sql::Table;

/// Whose place it is. In a list of both, users come before groups where nothing else decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectoryId {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
}

impl From<UserId> for DirectoryId {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl From<GroupId> for DirectoryId {
    fn from(id: GroupId) -> Self {
        Self::Group(id)
    }
}

impl DirectoryId {
    /// The UUID, as the database stores it.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        match self {
            Self::User(id) => id.as_uuid(),
            Self::Group(id) => id.as_uuid(),
        }
    }

    /// The form that identity providers see.
    pub(crate) fn to_scim(self) -> String {
        match self {
            Self::User(id) => id.to_scim(),
            Self::Group(id) => id.to_scim(),
        }
    }
}

/// The place of a resource in a list. The resource itself may be gone: the place remains.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// What the list is sorted by, as this resource has it; `None` if it has no value, and in a
    /// list that is not sorted.
    pub key: Option<SearchKey>,
    /// Which resource.
    pub id: DirectoryId,
}

impl Position {
    /// Which rows of a table come after this place, of those that nothing else tells from it.
    pub(crate) fn among(&self, table: Table) -> Among {
        match (table, self.id) {
            (Table::Users, DirectoryId::User(_)) | (Table::Groups, DirectoryId::Group(_)) => {
                Among::After(self.id.as_uuid())
            }
            (Table::Users, DirectoryId::Group(_)) => Among::None,
            (Table::Groups, DirectoryId::User(_)) => Among::All,
        }
    }

    /// Which of two places comes first.
    pub(crate) fn order(&self, other: &Self, descending: bool) -> Ordering {
        let by_key = match (&self.key, &other.key) {
            (Some(left), Some(right)) => left.order(right),
            (left, right) => right.is_some().cmp(&left.is_some()),
        };
        let by_key = if descending { by_key.reverse() } else { by_key };
        by_key.then_with(|| self.id.cmp(&other.id))
    }
}

/// What a row shows of itself besides its search document.
pub(crate) struct RowView<'a> {
    pub(crate) id: DirectoryId,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i64,
    /// `None` for a group.
    pub(crate) user_name_key: Option<&'a str>,
    pub(crate) external_id: Option<&'a str>,
    pub(crate) display_name_key: Option<&'a str>,
    pub(crate) search: &'a Value,
}

/// A row of users or groups.
pub(crate) trait Row {
    fn view(&self) -> RowView<'_>;
}
