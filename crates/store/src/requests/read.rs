//! Reading the request log: newest first, by cursor, with filters.
//!
//! Failures, and failures of one category, are found by indexes of their own, and a span of time by
//! the ids, which begin with it. A status class and a method have no index: one page looks at a
//! bounded number of lines for them, so its cost is bounded too, and a page may then hold less than
//! was asked for, or nothing, and go on all the same.

use std::str::FromStr;

use rollcall_model::{Page, PageRequest, RequestCategory, RequestId, Timestamp};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use uuid::Uuid;

use super::{LoggedRequest, RequestContent, RequestDetails};
use crate::entity::scim_request_contents;
use crate::entity::scim_requests::{Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

/// How many lines one page looks at, at most.
const LOOKS_AT: u64 = 20_000;

/// What the indexes of failures say, in the same words, so that the databases see that they fit.
const FAILED: &str = "category <> 'success'";

/// The first digit of an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusClass(u8);

impl FromStr for StatusClass {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "2xx" => Ok(Self(2)),
            "3xx" => Ok(Self(3)),
            "4xx" => Ok(Self(4)),
            "5xx" => Ok(Self(5)),
            _ => Err("a status class is one of 2xx, 3xx, 4xx, 5xx"),
        }
    }
}

/// Which requests are wanted; all of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestQuery {
    /// Only those that failed, or some of whose operations did.
    pub failed: bool,
    /// Only those of this category.
    pub category: Option<RequestCategory>,
    /// Only those that were answered with a status of this class.
    pub status: Option<StatusClass>,
    /// Only those of this HTTP method, in capital letters.
    pub method: Option<String>,
    /// Only those that came at this moment or later.
    pub since: Option<Timestamp>,
    /// Only those that came before this moment.
    pub until: Option<Timestamp>,
}

impl RequestQuery {
    fn is_of_failures(&self) -> bool {
        self.failed || self.category.is_some_and(RequestCategory::is_failure)
    }
}

impl ConnectionHandle {
    /// Every query on this connection's log starts here.
    fn requests(&self) -> Select<Entity> {
        Entity::find()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
    }

    /// The lines that an index finds, newest first.
    fn indexed(&self, query: &RequestQuery, after: Option<RequestId>) -> Select<Entity> {
        let mut select = self.requests();
        if query.is_of_failures() {
            select = select.filter(Expr::cust(FAILED));
        }
        if let Some(category) = query.category.filter(|it| it.is_failure()) {
            select = select.filter(Column::Category.eq(category.as_str()));
        }
        if let Some(after) = after {
            select = select.filter(Column::Id.lt(after.as_uuid()));
        }
        if let Some(since) = query.since {
            select = select.filter(Column::Id.gte(RequestId::first_at(since).as_uuid()));
        }
        if let Some(until) = query.until {
            select = select.filter(Column::Id.lt(RequestId::first_at(until).as_uuid()));
        }
        select.order_by_desc(Column::Id)
    }

    /// Lists logged requests, newest first; up to a few seconds behind. A page may be empty and have
    /// a next one: see the module.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_requests(
        &self,
        query: &RequestQuery,
        page: PageRequest<RequestId>,
    ) -> Result<Page<LoggedRequest, RequestId>, StoreError> {
        let db = &self.store.db;
        let statement = self.list_statement(query, page);
        let rows = Model::find_by_statement(db.get_database_backend().build(&statement))
            .all(db)
            .await?;
        let items = rows
            .into_iter()
            .map(LoggedRequest::try_from)
            .collect::<Result<_, _>>()?;
        let mut found = Page::from_one_more(items, page.limit, |item: &LoggedRequest| item.id);
        if found.next.is_none() {
            found.next = self.last_looked_at(query, page.after).await?;
        }
        Ok(found)
    }

    fn list_statement(
        &self,
        query: &RequestQuery,
        page: PageRequest<RequestId>,
    ) -> sea_orm::sea_query::SelectStatement {
        let recent = Alias::new("recent");
        let looked_at = self.indexed(query, page.after).limit(LOOKS_AT).into_query();
        let mut list = Query::select();
        list.columns(Column::iter().map(|column| (recent.clone(), column)))
            .from_subquery(looked_at, recent.clone());
        let column = |of: Column| Expr::col((recent.clone(), of));
        if query.category == Some(RequestCategory::Success) {
            list.and_where(column(Column::Category).eq(RequestCategory::Success.as_str()));
        }
        if let Some(StatusClass(class)) = query.status {
            let first = i64::from(class) * 100;
            list.and_where(column(Column::Status).gte(first));
            list.and_where(column(Column::Status).lt(first + 100));
        }
        if let Some(method) = &query.method {
            list.and_where(column(Column::Method).eq(method.as_str()));
        }
        list.order_by((recent.clone(), Column::Id), Order::Desc)
            .limit(page.limit + 1)
            .to_owned()
    }

    /// The last line that a page looked at, if there may be more behind it.
    async fn last_looked_at(
        &self,
        query: &RequestQuery,
        after: Option<RequestId>,
    ) -> Result<Option<RequestId>, StoreError> {
        let last: Option<Uuid> = self
            .indexed(query, after)
            .select_only()
            .column(Column::Id)
            .offset(LOOKS_AT - 1)
            .limit(1)
            .into_tuple()
            .one(&self.store.db)
            .await?;
        Ok(last.map(RequestId::from_uuid))
    }

    /// One request with everything that the log has of it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_request(&self, id: RequestId) -> Result<Option<RequestDetails>, StoreError> {
        let db = &self.store.db;
        let line = self.requests().filter(Column::Id.eq(id.as_uuid())).one(db);
        let Some(line) = line.await? else {
            return Ok(None);
        };
        let content = self.contents_of(&[id]).await?.pop();
        Ok(Some(RequestDetails {
            request: line.try_into()?,
            content: content.map(|(_, content)| content).unwrap_or_default(),
        }))
    }

    /// What was said in some requests, of which something was kept.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn contents_of(
        &self,
        ids: &[RequestId],
    ) -> Result<Vec<(RequestId, RequestContent)>, StoreError> {
        use scim_request_contents::{Column, Entity};
        let rows = Entity::find()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.is_in(ids.iter().map(|id| id.as_uuid())))
            .all(&self.store.db)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (RequestId::from_uuid(row.id), row.into()))
            .collect())
    }
}
