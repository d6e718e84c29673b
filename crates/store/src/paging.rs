//! Lists by cursor: items in the order of their ids, which begin with the time they were made at.

use rollcall_model::{Page, PageRequest};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::error::StoreError;
use crate::pool::Pool;

/// Reads one page of a query that is already bound to its tenant.
///
/// The cost is that of the page, wherever in the list it is.
pub(crate) async fn page<E, T, C>(
    db: &Pool,
    select: Select<E>,
    id: E::Column,
    request: PageRequest<C>,
    cursor: (impl Fn(C) -> Uuid, impl Fn(&T) -> C),
) -> Result<Page<T, C>, StoreError>
where
    E: EntityTrait,
    T: TryFrom<E::Model>,
    StoreError: From<T::Error>,
{
    let (as_uuid, cursor_of) = cursor;
    let select = match request.after {
        Some(after) => select.filter(id.gt(as_uuid(after))),
        None => select,
    };
    let items = select
        .order_by_asc(id)
        .limit(request.limit + 1)
        .all(db)
        .await?
        .into_iter()
        .map(T::try_from)
        .collect::<Result<_, _>>()?;
    Ok(Page::from_one_more(items, request.limit, cursor_of))
}
