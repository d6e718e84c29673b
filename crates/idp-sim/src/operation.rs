//! What a request is for, in words that a report and a server's metrics share.

use std::fmt;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// The provider's own check that URL and token work.
    TestConnection,
    /// Look-up of one user by name.
    FindUser,
    /// One page of all users.
    ListUsers,
    /// `GET /Users/{id}`
    ReadUser,
    /// `POST /Users`
    CreateUser,
    /// `PUT /Users/{id}`
    ReplaceUser,
    /// `PATCH /Users/{id}`
    PatchUser,
    /// `DELETE /Users/{id}`
    DeleteUser,
    /// Look-up of one group by name.
    FindGroup,
    /// One page of all groups.
    ListGroups,
    /// `GET /Groups/{id}`
    ReadGroup,
    /// `POST /Groups`
    CreateGroup,
    /// `PATCH /Groups/{id}`
    PatchGroup,
    /// `DELETE /Groups/{id}`
    DeleteGroup,
}

impl Operation {
    /// The word used in a report, such as `patch_user`.
    pub fn label(self) -> &'static str {
        match self {
            Self::TestConnection => "test_connection",
            Self::FindUser => "find_user",
            Self::ListUsers => "list_users",
            Self::ReadUser => "read_user",
            Self::CreateUser => "create_user",
            Self::ReplaceUser => "replace_user",
            Self::PatchUser => "patch_user",
            Self::DeleteUser => "delete_user",
            Self::FindGroup => "find_group",
            Self::ListGroups => "list_groups",
            Self::ReadGroup => "read_group",
            Self::CreateGroup => "create_group",
            Self::PatchGroup => "patch_group",
            Self::DeleteGroup => "delete_group",
        }
    }

    /// The method it uses.
    pub fn method(self) -> Method {
        match self {
            Self::TestConnection
            | Self::FindUser
            | Self::ListUsers
            | Self::ReadUser
            | Self::FindGroup
            | Self::ListGroups
            | Self::ReadGroup => Method::Get,
            Self::CreateUser | Self::CreateGroup => Method::Post,
            Self::ReplaceUser => Method::Put,
            Self::PatchUser | Self::PatchGroup => Method::Patch,
            Self::DeleteUser | Self::DeleteGroup => Method::Delete,
        }
    }

    /// The endpoint without ids and filter values, which name people: `/Users/{id}`.
    pub fn route(self) -> &'static str {
        match self {
            Self::TestConnection | Self::FindUser | Self::ListUsers | Self::CreateUser => "/Users",
            Self::ReadUser | Self::ReplaceUser | Self::PatchUser | Self::DeleteUser => {
                "/Users/{id}"
            }
            Self::FindGroup | Self::ListGroups | Self::CreateGroup => "/Groups",
            Self::ReadGroup | Self::PatchGroup | Self::DeleteGroup => "/Groups/{id}",
        }
    }
}

/// An HTTP method that SCIM uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces as a whole.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Whether an acknowledged request of this method must have left a trace.
    pub fn is_write(self) -> bool {
        self != Self::Get
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        })
    }
}
