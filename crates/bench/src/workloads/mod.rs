//! What is asked of a gateway, one kind of request each, as identity providers send it.

mod directory;
mod script;
pub mod sync;

use std::sync::Arc;

pub use directory::Directory;
pub use script::WorkloadScript;

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// `POST /v1/organizations/{org}/sign-in-decisions` for one of a hundred people of an
    /// organization, who have signed in before: what a person waits for at each sign-in.
    SignIn,
    /// `POST /Users` with a user that is not there.
    CreateUser,
    /// `GET /Users/{id}`
    GetUser,
    /// `GET /Users?filter=userName eq "…"` for a user that is there.
    LookupByUsername,
    /// The same for one that is not.
    LookupMiss,
    /// `GET /Users?filter=externalId eq "…"` for a user that is there.
    LookupByExternalId,
    /// `PATCH /Users/{id}` that turns `active` around.
    PatchActive,
    /// `PUT /Users/{id}` with another `displayName`.
    PutUser,
    /// `POST /Groups` without members.
    CreateGroup,
    /// `PATCH /Groups/{id}` that adds a user to a group of so many members, and the same that takes
    /// it out again, in turns: so the group keeps its size.
    AddMember(u64),
    /// `GET /Users?count=100`
    ListFirst,
    /// The same with `startIndex` at nine tenths of the directory.
    ListDeep,
    /// A walk by `cursor` in pages of 100; at the end it begins again.
    CursorWalk,
}

impl Workload {
    /// Every workload, with groups of these sizes.
    #[must_use]
    pub fn all(groups: &[u64]) -> Vec<Self> {
        let mut all = vec![
            Self::SignIn,
            Self::GetUser,
            Self::LookupByUsername,
            Self::LookupMiss,
            Self::LookupByExternalId,
            Self::CreateUser,
            Self::PatchActive,
            Self::PutUser,
            Self::CreateGroup,
        ];
        all.extend(groups.iter().map(|size| Self::AddMember(*size)));
        all.extend([Self::ListFirst, Self::ListDeep, Self::CursorWalk]);
        all
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        let name = match self {
            Self::SignIn => "sign_in",
            Self::CreateUser => "create_user",
            Self::GetUser => "get_user",
            Self::LookupByUsername => "lookup_by_username",
            Self::LookupMiss => "lookup_miss",
            Self::LookupByExternalId => "lookup_by_external_id",
            Self::PatchActive => "patch_active",
            Self::PutUser => "put_user",
            Self::CreateGroup => "create_group",
            Self::AddMember(size) => return format!("add_member to {size}"),
            Self::ListFirst => "list_first",
            Self::ListDeep => "list_deep",
            Self::CursorWalk => "cursor_walk",
        };
        name.to_owned()
    }

    /// Whether it is about one large directory, and not about many users of several.
    #[must_use]
    pub const fn is_of_one_directory(self) -> bool {
        matches!(
            self,
            Self::AddMember(_) | Self::ListFirst | Self::ListDeep | Self::CursorWalk
        )
    }

    /// What one of several connections sends.
    #[must_use]
    pub fn script(
        self,
        directories: &Arc<[Directory]>,
        connection: usize,
        connections: usize,
    ) -> WorkloadScript {
        WorkloadScript::new(self, directories, connection, connections)
    }
}
