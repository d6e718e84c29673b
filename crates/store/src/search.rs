//! What of a directory is wanted, and how much of it there is.

use rollcall_scim::filter::{Equality, IndexedAttribute};

/// A look-up or a page of users or groups, in the order of their ids (which is the order they
/// were created in).
#[derive(Clone, Debug, Default)]
pub struct DirectoryQuery {
    /// All of these must hold; each is answered by an index. Empty means everything.
    pub filter: Vec<Equality>,
    /// How many to pass over.
    pub offset: u64,
    /// At most this many.
    pub limit: u64,
}

/// Part of what matches, and how many match in all.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// How many match.
    pub total: u64,
    /// Those that were asked for.
    pub items: Vec<T>,
}

impl<T> Listing<T> {
    pub(crate) const fn empty(total: u64) -> Self {
        Self {
            total,
            items: Vec::new(),
        }
    }
}

/// The first equality that can hold for no resource of a kind, such as `userName` of a group.
pub(crate) fn never_holds(filter: &[Equality], kind: Kind) -> bool {
    filter.iter().any(|equality| match equality.attribute {
        IndexedAttribute::UserName | IndexedAttribute::EmailsValue => kind == Kind::Group,
        IndexedAttribute::Id | IndexedAttribute::ExternalId | IndexedAttribute::DisplayName => {
            false
        }
    })
}

/// Which of the two kinds of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
}
