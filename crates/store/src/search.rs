//! What of a directory is wanted, and how much of it there is.

use rollcall_scim::filter::CheckedFilter;
use sea_orm::{
    DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::error::StoreError;
use crate::filter_sql::{self, Table, Target};
use crate::handle::ConnectionHandle;

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

/// Counts what matches and reads the page that is wanted. Without a filter the count is not read
/// from the rows but taken from `counted`, which is kept for that.
pub(crate) async fn page<E, T>(
    db: &DatabaseConnection,
    everything: Select<E>,
    id: E::Column,
    target: Target<'_>,
    query: &DirectoryQuery,
    counted: impl Future<Output = Result<u64, StoreError>>,
) -> Result<Listing<T>, StoreError>
where
    E: EntityTrait,
    E::Model: Send + Sync,
    T: TryFrom<E::Model, Error = StoreError>,
{
    let (matching, total) = match &query.filter {
        None => (everything, counted.await?),
        Some(filter) => {
            let matching = everything.filter(filter_sql::condition(target, filter)?);
            let total = matching.clone().count(db).await?;
            (matching, total)
        }
    };
    if query.limit == 0 || query.offset >= total {
        return Ok(Listing::empty(total));
    }
    let rows = matching
        .order_by_asc(id)
        .offset(query.offset)
        .limit(query.limit)
        .all(db)
        .await?;
    let items = rows
        .into_iter()
        .map(T::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Listing { total, items })
}

impl ConnectionHandle {
    /// What filters on this connection's rows are compiled for.
    pub(crate) fn filter_target(&self, table: Table) -> Target<'_> {
        let catalog = self.catalog();
        Target {
            backend: self.store.db.get_database_backend(),
            org_id: self.org_id,
            connection_id: self.connection_id,
            kind: match table {
                Table::Users => catalog.user(),
                Table::Groups => catalog.group(),
            },
            table,
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
