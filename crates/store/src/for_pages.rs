//! What pages show of a connection and nothing else asks for, each at a bounded cost.

use rollcall_model::{
    AuditEntry, Event, Page, PageRequest, PortalLink, PortalLinkId, RequestId, Timestamp,
};
use rollcall_scim::filter;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    Value,
};
use serde_json::Value as Json;

use crate::audit;
use crate::entity::events::{Column, Entity};
use crate::entity::portal_links;
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, OrgHandle};
use crate::search::DirectoryQuery;
use crate::users::User;

/// How many of the newest lines of a request log are counted.
const COUNTED: i64 = 20_000;

/// How many of the newest rows of an organization's audit log are looked through for those about one
/// thing. An index by target would have to be kept by every write of an identity provider.
pub const LOOKED_THROUGH: u64 = 20_000;

/// By what a user is looked for.
const CALLED: [&str; 3] = ["userName", "externalId", "emails.value"];

const MICROS_OF_AN_HOUR: i64 = 3_600_000_000;

/// What a connection was asked in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestsInHour {
    /// When the hour begins.
    pub begins: Timestamp,
    /// Requests in the log.
    pub requests: u64,
    /// Those of them that were answered with a status of 400 or more.
    pub failures: u64,
}

impl OrgHandle {
    /// Lists the portal links, the newest first, those that open nothing any more too.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_newest_portal_links(
        &self,
        page: PageRequest<PortalLinkId>,
    ) -> Result<Page<PortalLink, PortalLinkId>, StoreError> {
        use portal_links::{Column, Entity};
        let of = Entity::find().filter(Column::OrgId.eq(self.org_id().as_uuid()));
        let of = match page.after {
            Some(after) => of.filter(Column::Id.lt(after.as_uuid())),
            None => of,
        };
        let rows = of
            .order_by_desc(Column::Id)
            .limit(page.limit + 1)
            .all(&self.store.db)
            .await?;
        let links = rows.into_iter().map(PortalLink::from).collect();
        Ok(Page::from_one_more(
            links,
            page.limit,
            |link: &PortalLink| link.id,
        ))
    }
}

impl ConnectionHandle {
    /// Users with exactly this user name, external id or e-mail address.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_users_called(&self, name: &str, limit: u64) -> Result<Vec<User>, StoreError> {
        let kind = self.catalog().user();
        let quoted = Json::from(name).to_string();
        let mut found: Vec<User> = Vec::new();
        for attribute in CALLED {
            let wanted = filter::parse(&format!("{attribute} eq {quoted}"), kind)?;
            let query = DirectoryQuery {
                filter: Some(filter::check(kind, wanted)?),
                limit,
                ..DirectoryQuery::default()
            };
            for user in self.search_users(&query).await?.items {
                if found.iter().all(|known| known.id != user.id) {
                    found.push(user);
                }
            }
        }
        Ok(found)
    }

    /// What was asked in each hour since, those without a request left out, oldest first. Only the
    /// newest lines of the log are counted.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn requests_by_hour(
        &self,
        since: Timestamp,
    ) -> Result<Vec<RequestsInHour>, StoreError> {
        let sql = format!(
            "select hour, cast(sum(times) as bigint) as requests,
                cast(sum(case when status >= 400 then times else 0 end) as bigint) as failures
             from (
                select at / {MICROS_OF_AN_HOUR} as hour, status, times from scim_requests
                where org_id = $1 and scim_connection_id = $2 and id >= $3
                order by id desc limit {COUNTED}
             ) line group by hour order by hour"
        );
        let values: [Value; 3] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            RequestId::first_at(since).as_uuid().into(),
        ];
        let db = &self.store.db;
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = db.query_all_raw(statement).await?;
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        rows.iter()
            .map(|row| {
                let hour: i64 = row.try_get("", "hour")?;
                Ok(RequestsInHour {
                    begins: Timestamp::from_unix_micros(hour.saturating_mul(MICROS_OF_AN_HOUR)),
                    requests: number(row.try_get("", "requests")?),
                    failures: number(row.try_get("", "failures")?),
                })
            })
            .collect()
    }
}

/// How many events of the organization one page of those of a connection looks through.
const WINDOW: i64 = 5_000;

/// Events of one connection, newest first, and where older ones begin.
pub struct NewestEvents {
    /// The events.
    pub events: Vec<Event>,
    /// Only what is before this number of the organization's sequence is older; `None` at the end.
    pub next: Option<u64>,
}

impl ConnectionHandle {
    /// The newest events of this connection before a number of the organization's sequence.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn newest_events(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<NewestEvents, StoreError> {
        let of_org = || Entity::find().filter(Column::OrgId.eq(self.org_id.as_uuid()));
        let db = &self.store.db;
        let newest = of_org().order_by_desc(Column::Sequence).limit(1).one(db);
        let Some(newest) = newest.await? else {
            return Ok(NewestEvents {
                events: Vec::new(),
                next: None,
            });
        };
        let asked = before.and_then(|before| i64::try_from(before).ok());
        let below = asked.map_or(newest.sequence + 1, |asked| asked.min(newest.sequence + 1));
        let floor = below.saturating_sub(WINDOW);
        let rows = of_org()
            .filter(Column::Sequence.lt(below))
            .filter(Column::Sequence.gte(floor))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .order_by_desc(Column::Sequence)
            .limit(limit as u64)
            .all(db)
            .await?;
        let next = match rows.last() {
            Some(last) if rows.len() == limit => last.sequence,
            _ => floor,
        };
        let events: Result<Vec<Event>, _> = rows.into_iter().map(Event::try_from).collect();
        Ok(NewestEvents {
            events: events?,
            next: u64::try_from(next).ok().filter(|next| *next > 1),
        })
    }
}

impl OrgHandle {
    /// The newest rows of the audit log about one thing, newest first, among the newest
    /// [`LOOKED_THROUGH`] of the organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn recent_changes_of(
        &self,
        target: &str,
        limit: u64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        audit::newest_about(
            &self.store.db,
            self.org_id(),
            target,
            (LOOKED_THROUGH, limit),
        )
        .await
    }
}
