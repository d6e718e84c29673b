//! Users and groups in one list.
//!
//! Without an order it is the list of users and then the list of groups. In an order the two are
//! merged: a page that begins after a place is the first of both pages, and a page by number is
//! found by the database, which sorts the keys of both.

use std::collections::HashMap;

use rollcall_model::{GroupId, UserId};
use rollcall_scim::Sort;
use sea_orm::sea_query::{Expr, Order, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::{DirectoryId, DirectoryQuery, Listing, Position, Row, Searched};
use crate::error::StoreError;
use crate::filter_sql::SortKey;
use crate::groups::Group;
use crate::handle::ConnectionHandle;
use crate::shown::StoredUser;

/// How many rows one statement looks up by their ids.
const IDS_PER_STATEMENT: usize = 1_000;

/// A resource of either type.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A user.
    User(StoredUser),
    /// A group.
    Group(Group),
}

/// What is wanted of one type in a list that is sorted.
type Sorted<'q> = (&'q DirectoryQuery, Sort);

impl ConnectionHandle {
    /// A page of users and groups in one list. The two queries say the same of place and length;
    /// `None` is for a type of which nothing matches. If one of them names an order, a type that
    /// does not has no values to be sorted by.
    ///
    /// # Errors
    ///
    /// A query asks for what is not stored ([`StoreError::Filter`]).
    pub async fn search_all(
        &self,
        users: Option<&DirectoryQuery>,
        groups: Option<&DirectoryQuery>,
    ) -> Result<Listing<Found>, StoreError> {
        match (users, groups) {
            (users, None) => return self.found_users(users).await,
            (None, groups) => return self.found_groups(groups).await,
            (Some(_), Some(_)) => {}
        }
        let named = |query: Option<&DirectoryQuery>| query.and_then(|query| query.sort.clone());
        let Some(sort) = named(users).or(named(groups)) else {
            return self.users_then_groups(users, groups).await;
        };
        let own = |query: &DirectoryQuery| query.sort.clone().unwrap_or(sort.without_values());
        let users = users.map(|query| (query, own(query)));
        let groups = groups.map(|query| (query, own(query)));
        let by_number = |of: &Option<Sorted<'_>>| of.as_ref().is_some_and(|(it, _)| it.offset > 0);
        if by_number(&users) || by_number(&groups) {
            self.merged_by_number(users, groups).await
        } else {
            self.merged_by_position(users, groups).await
        }
    }

    async fn merged_by_position(
        &self,
        users: Option<Sorted<'_>>,
        groups: Option<Sorted<'_>>,
    ) -> Result<Listing<Found>, StoreError> {
        let in_order = |of: Option<Sorted<'_>>| {
            of.map(|(query, sort)| DirectoryQuery {
                sort: Some(sort),
                ..query.clone()
            })
        };
        let (users, groups) = (in_order(users), in_order(groups));
        let Some(query) = users.as_ref().or(groups.as_ref()) else {
            return Ok(Listing::empty(0));
        };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let descending = query.sort.as_ref().is_some_and(Sort::is_descending);
        let users = self.found_users(users.as_ref()).await?;
        let groups = self.found_groups(groups.as_ref()).await?;
        let positions = users.positions.into_iter().chain(groups.positions);
        let items = users.items.into_iter().chain(groups.items);
        let mut places: Vec<(Position, Found)> = positions.zip(items).collect();
        places.sort_by(|(left, _), (right, _)| left.order(right, descending));
        places.truncate(limit);
        let (positions, items) = places.into_iter().unzip();
        Ok(Listing {
            total: users.total + groups.total,
            items,
            positions,
        })
    }

    async fn found_users(
        &self,
        query: Option<&DirectoryQuery>,
    ) -> Result<Listing<Found>, StoreError> {
        Ok(match query {
            None => Listing::empty(0),
            Some(query) => as_found(self.search_stored_users(query).await?, Found::User),
        })
    }

    async fn found_groups(
        &self,
        query: Option<&DirectoryQuery>,
    ) -> Result<Listing<Found>, StoreError> {
        Ok(match query {
            None => Listing::empty(0),
            Some(query) => as_found(self.search_groups(query).await?, Found::Group),
        })
    }

    async fn users_then_groups(
        &self,
        users: Option<&DirectoryQuery>,
        groups: Option<&DirectoryQuery>,
    ) -> Result<Listing<Found>, StoreError> {
        let mut listing = self.found_users(users).await?;
        let groups = groups.map(|query| DirectoryQuery {
            offset: query.offset.saturating_sub(listing.total),
            limit: query.limit.saturating_sub(listing.items.len() as u64),
            ..query.clone()
        });
        let more = self.found_groups(groups.as_ref()).await?;
        listing.total += more.total;
        listing.items.extend(more.items);
        listing.positions.extend(more.positions);
        Ok(listing)
    }

    async fn merged_by_number(
        &self,
        users: Option<Sorted<'_>>,
        groups: Option<Sorted<'_>>,
    ) -> Result<Listing<Found>, StoreError> {
        let db = &self.store.db;
        let mut total = 0;
        let mut parts = Vec::new();
        let mut page = (0, 0);
        if let Some((query, sort)) = &users {
            let table = self.searched_users();
            total += table.matching(query.filter.as_ref())?.count(db).await?;
            parts.push(keys(&table, query, sort, USERS)?);
            page = (query.offset, query.limit);
        }
        if let Some((query, sort)) = &groups {
            let table = self.searched_groups();
            total += table.matching(query.filter.as_ref())?.count(db).await?;
            parts.push(keys(&table, query, sort, GROUPS)?);
            page = (query.offset, query.limit);
        }
        let (offset, limit) = page;
        let mut parts = parts.into_iter();
        let Some((mut union, key)) = parts.next() else {
            return Ok(Listing::empty(total));
        };
        if limit == 0 || offset >= total {
            return Ok(Listing::empty(total));
        }
        for (select, _) in parts {
            union.union(UnionType::All, select);
        }
        let mut sorted = Query::select()
            .columns([KIND, ID])
            .from_subquery(union, FOUND)
            .to_owned();
        for (expr, order) in key.order_of_keys(Expr::col((FOUND, KEY))) {
            sorted.order_by_expr(expr, order);
        }
        sorted
            .order_by((FOUND, KIND), Order::Asc)
            .order_by((FOUND, ID), Order::Asc)
            .offset(offset)
            .limit(limit);
        let mut ids = Vec::new();
        for row in db.query_all(&sorted).await? {
            let id = row.try_get::<Uuid>("", ID)?;
            ids.push(match row.try_get::<i32>("", KIND)? {
                USERS => DirectoryId::User(UserId::from_uuid(id)),
                _ => DirectoryId::Group(GroupId::from_uuid(id)),
            });
        }
        let mut found = self.found_by_ids(&ids).await?;
        Ok(Listing {
            total,
            // What was deleted in between is left out.
            items: ids.iter().filter_map(|id| found.remove(id)).collect(),
            // Nobody goes on from a page by number.
            positions: Vec::new(),
        })
    }

    async fn found_by_ids(
        &self,
        ids: &[DirectoryId],
    ) -> Result<HashMap<DirectoryId, Found>, StoreError> {
        let mut found = HashMap::new();
        for chunk in ids.chunks(IDS_PER_STATEMENT) {
            let of = |wanted: fn(&DirectoryId) -> bool| {
                chunk
                    .iter()
                    .filter(move |id| wanted(id))
                    .map(|id| id.as_uuid())
            };
            let users = self.searched_users();
            let users = users
                .everything
                .filter(users.id.is_in(of(|id| matches!(id, DirectoryId::User(_)))));
            for row in users.all(&self.store.db).await? {
                found.insert(row.view().id, Found::User(StoredUser::try_from(row)?));
            }
            let groups = self.searched_groups();
            let groups = groups.everything.filter(
                groups
                    .id
                    .is_in(of(|id| matches!(id, DirectoryId::Group(_)))),
            );
            for row in groups.all(&self.store.db).await? {
                found.insert(row.view().id, Found::Group(Group::try_from(row)?));
            }
        }
        Ok(found)
    }
}

/// Names in the statement that sorts the keys of both types.
const FOUND: &str = "found";
const KIND: &str = "kind";
const ID: &str = "id";
const KEY: &str = "key";

/// Values of [`KIND`], in the order of the types.
const USERS: i32 = 0;
const GROUPS: i32 = 1;

/// Type, id and key of the rows of one table that match.
fn keys<'a, E: EntityTrait>(
    table: &Searched<'a, E>,
    query: &DirectoryQuery,
    sort: &Sort,
    kind: i32,
) -> Result<(SelectStatement, SortKey<'a>), StoreError> {
    let key = table.target.sort_key(sort)?;
    let select = table
        .matching(query.filter.as_ref())?
        .select_only()
        .expr_as(Expr::cust(kind.to_string()), KIND)
        .expr_as(table.id.into_expr(), ID)
        .expr_as(key.expr(), KEY)
        .into_query();
    Ok((select, key))
}

fn as_found<T>(listing: Listing<T>, found: fn(T) -> Found) -> Listing<Found> {
    Listing {
        total: listing.total,
        items: listing.items.into_iter().map(found).collect(),
        positions: listing.positions,
    }
}
