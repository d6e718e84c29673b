//! What of a directory is wanted, and how much of it there is.

use rollcall_scim::filter::CheckedFilter;

use crate::error::StoreError;

/// A look-up or a page of users or groups, in the order of their ids: by the millisecond they
/// were created in, and fixed within it.
#[derive(Clone, Debug, Default)]
pub struct DirectoryQuery {
    /// What must hold; without a filter, everything matches.
    pub filter: Option<CheckedFilter>,
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

/// The longest value of an indexed attribute, in bytes. PostgreSQL refuses index entries of more
/// than about 2,700 bytes, and no name or address is that long.
const MAX_INDEXED_BYTES: usize = 1_024;

/// The key under which a value is looked up, if it is short enough for an index.
pub(crate) fn indexable(attribute: &'static str, key: String) -> Result<String, StoreError> {
    if key.len() > MAX_INDEXED_BYTES {
        return Err(StoreError::TooLong {
            attribute,
            limit: MAX_INDEXED_BYTES,
        });
    }
    Ok(key)
}
