//! What of a directory is wanted, and how much of it there is.
//!
//! A page is named by place (`offset`) or by what it comes after ([`Position`]). The first has to
//! pass over what comes before; the second begins where an index or a comparison says, so that a
//! page costs the same however far into the list it is.

mod anchors;
mod merged;
mod position;

use std::borrow::Cow;

use rollcall_scim::Sort;
use rollcall_scim::filter::CheckedFilter;
use sea_orm::sea_query::{Expr, ExprTrait, SubQueryStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

pub(crate) use anchors::Anchors;
pub use merged::Found;
pub use position::{DirectoryId, Position};
pub(crate) use position::{Row, RowView};

use crate::counts::Counts;
use crate::error::StoreError;
use crate::filter_sql::{self, SortKey, Table, Target};
use crate::handle::ConnectionHandle;
use crate::pool::Pool;

/// A look-up or a page of users or groups. Without an order, or where it does not decide, they come
/// in the order of their ids: by the millisecond they were created in, and fixed within it.
#[derive(Clone, Debug, Default)]
pub struct DirectoryQuery {
    /// What must hold; without a filter, everything matches.
    pub filter: Option<CheckedFilter>,
    /// In which order.
    pub sort: Option<Sort>,
    /// Only what comes after this place, in the order above.
    pub after: Option<Position>,
    /// How many to pass over.
    pub offset: u64,
    /// At most this many.
    pub limit: u64,
}

/// Part of what matches, and how many match in all.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// How many match, whatever they come after.
    pub total: u64,
    /// Those that were asked for.
    pub items: Vec<T>,
    /// The place of each of them.
    pub positions: Vec<Position>,
}

impl<T> Listing<T> {
    pub(crate) const fn empty(total: u64) -> Self {
        Self {
            total,
            items: Vec::new(),
            positions: Vec::new(),
        }
    }
}

/// The rows of one table that belong to one connection, and how they are searched.
pub(crate) struct Searched<'a, E: EntityTrait> {
    pub(crate) everything: Select<E>,
    pub(crate) id: E::Column,
    pub(crate) target: Target<'a>,
}

impl<E: EntityTrait> Searched<'_, E> {
    /// The rows that match a filter.
    fn matching(&self, filter: Option<&CheckedFilter>) -> Result<Select<E>, StoreError> {
        let everything = self.everything.clone();
        Ok(match filter {
            None => everything,
            Some(filter) => everything.filter(filter_sql::condition(self.target, filter)?),
        })
    }
}

/// Reads the page that is wanted, and counts what matches. Without a filter the count is the one that
/// is kept. With one, rows are read first: most look-ups find fewer than they may, and then all that
/// match have been seen.
pub(crate) async fn page<E, T>(
    of: &ConnectionHandle,
    searched: Searched<'_, E>,
    query: &DirectoryQuery,
) -> Result<Listing<T>, StoreError>
where
    E: EntityTrait,
    E::Model: Row + Send + Sync,
    T: TryFrom<E::Model, Error = StoreError>,
{
    let db = &of.store.db;
    let sort = query.sort.as_ref();
    let key = sort
        .map(|sort| searched.target.sort_key(sort))
        .transpose()?;
    let matching = searched.matching(query.filter.as_ref())?;
    let counts = match &query.filter {
        None => Some(of.counts().await?),
        Some(_) => None,
    };
    let from_beginning = query.offset == 0 && query.after.is_none() && query.limit > 0;
    let total = match counts {
        Some(counts) => Some(counts.of(searched.target.table)),
        None if from_beginning => None,
        None => Some(matching.clone().count(db).await?),
    };
    if let Some(total) = total
        && (query.limit == 0 || query.offset >= total)
    {
        return Ok(Listing::empty(total));
    }
    let all = matching.clone();
    let rows = match &key {
        None => in_order_of_ids(of, &searched, matching, query, counts).await?,
        Some(key) if query.offset == 0 => {
            from_position(db, &searched, matching, key, query).await?
        }
        Some(key) => {
            key.order(matching, searched.id)
                .offset(query.offset)
                .limit(query.limit)
                .all(db)
                .await?
        }
    };
    let read = rows.len() as u64;
    let total = match total {
        Some(total) => total,
        None if read < query.limit => read,
        None => all.count(db).await?,
    };
    let mut listing = Listing::empty(total);
    for row in rows {
        let view = row.view();
        listing.positions.push(Position {
            key: key.as_ref().and_then(|key| key.of_row(&view)),
            id: view.id,
        });
        listing.items.push(T::try_from(row)?);
    }
    Ok(listing)
}

/// The page of an unsorted list. `counts` are there if it is the list of everything.
async fn in_order_of_ids<E>(
    of: &ConnectionHandle,
    searched: &Searched<'_, E>,
    matching: Select<E>,
    query: &DirectoryQuery,
    counts: Option<Counts>,
) -> Result<Vec<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: Row + Send + Sync,
{
    let db = &of.store.db;
    let id = searched.id;
    let mut rows = matching;
    if let Some(after) = &query.after {
        rows = match after.among(searched.target.table) {
            Among::None => return Ok(Vec::new()),
            Among::All => rows,
            Among::After(last) => rows.filter(id.gt(last)),
        };
    }
    let Some(counts) = counts.filter(|_| query.offset > 0) else {
        let rows = rows.offset(query.offset).order_by_asc(id);
        return Ok(rows.limit(query.limit).all(db).await?);
    };
    let (anchors, list) = (
        &of.store.remembered.anchors,
        (of.connection_id, searched.target.table),
    );
    let mut passed_over = query.offset;
    // Places are those of the whole list.
    let whole = query.after.is_none();
    if whole && let Some((before, known)) = anchors.before(list, counts.rearranged, query.offset) {
        rows = rows.filter(id.gte(known));
        passed_over -= before;
    }
    // The index alone finds where the page begins; what is passed over is not read.
    let first = rows
        .clone()
        .select_only()
        .column(id)
        .order_by_asc(id)
        .offset(passed_over)
        .limit(1)
        .into_query();
    let first = Expr::from(SubQueryStatement::SelectStatement(first));
    let rows = rows.filter(id.into_expr().gte(first)).order_by_asc(id);
    let page = rows.limit(query.limit).all(db).await?;
    if whole && let (Some(first), Some(last)) = (page.first(), page.last()) {
        let now = of.store.clock.now();
        let end = query.offset + page.len() as u64 - 1;
        for place in [(query.offset, first), (end, last)] {
            let place = (place.0, place.1.view().id.as_uuid());
            anchors.keep(list, counts.rearranged, place, now);
        }
    }
    Ok(page)
}

/// The page of a sorted list that begins after a place, or at the beginning.
///
/// Rows with a value and rows without are read one after the other, so that each statement is a
/// range of the order and an index on it is used.
async fn from_position<E>(
    db: &Pool,
    searched: &Searched<'_, E>,
    matching: Select<E>,
    key: &SortKey<'_>,
    query: &DirectoryQuery,
) -> Result<Vec<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    let id = searched.id;
    let among = |after: &Position| after.among(searched.target.table);
    let mut rows: Vec<E::Model> = Vec::new();
    for &with_value in key.parts() {
        let room = query.limit.saturating_sub(rows.len() as u64);
        if room == 0 {
            break;
        }
        let begins = match &query.after {
            None => Condition::all(),
            // The part that the place is in, or one that comes after it.
            Some(after) => match (&after.key, with_value) {
                (Some(last), true) => key.after(last, among(after), id),
                (None, false) => match among(after) {
                    Among::All => Condition::all(),
                    Among::None => continue,
                    Among::After(last) => Condition::all().add(id.gt(last)),
                },
                (Some(_), false) if key.is_descending() => continue,
                (None, true) if !key.is_descending() => continue,
                (Some(_), false) | (None, true) => Condition::all(),
            },
        };
        let part = matching.clone().filter(begins);
        let part = key.order_part(part, id, with_value);
        rows.extend(part.limit(room).all(db).await?);
    }
    Ok(rows)
}

/// Which of the rows of a table that are equal in the order come after a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// None: the place is in a table that comes after this one.
    None,
    /// All: the place is in a table that comes before this one.
    All,
    /// Those with a greater id.
    After(uuid::Uuid),
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
pub(crate) fn indexable(
    attribute: impl Into<Cow<'static, str>>,
    key: String,
) -> Result<String, StoreError> {
    if key.len() > MAX_INDEXED_BYTES {
        return Err(StoreError::TooLong {
            attribute: attribute.into(),
            limit: MAX_INDEXED_BYTES,
        });
    }
    Ok(key)
}
