//! The request log: reading it by filters, and its end.

use std::time::Duration;

use rollcall_model::{
    PageRequest, RequestCategory, RequestId, RequestReason, ScimConnectionId, Timestamp,
};
use rollcall_store::{
    ConnectionHandle, LogAddress, LogLine, LoggedBody, LoggedRequest, OrgHandle, RequestContent,
    RequestQuery, Store,
};
use rollcall_testkit::{TestDatabase, on_each_database};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::fixture::Fixture;

fn line(of: &ConnectionHandle, fixture: &Fixture, reason: Option<RequestReason>) -> LogLine {
    fixture.clock.advance(Duration::from_millis(1));
    let request = LoggedRequest {
        id: fixture.request(),
        at: fixture.store.clock().now(),
        method: "GET".to_owned(),
        route: "/Users".to_owned(),
        filter: Some("userName eq \"…\"".to_owned()),
        status: if reason.is_some() { 404 } else { 200 },
        outcome: "ok".to_owned(),
        category: reason.map_or(RequestCategory::Success, RequestReason::category),
        reason,
        scim_type: Some("invalidValue".to_owned()),
        quirks: vec!["capital_op".to_owned(), "boolean_text".to_owned()],
        idp: Some("okta".to_owned()),
        duration_micros: 7,
        detail: Some("something".to_owned()),
        times: 3,
    };
    LogLine {
        of: of.clone(),
        request,
        content: None,
    }
}

fn start(limit: u64) -> PageRequest<RequestId> {
    PageRequest { after: None, limit }
}

async fn ids(of: &ConnectionHandle, query: &RequestQuery) -> Vec<RequestId> {
    let page = of.list_requests(query, start(1_000)).await.unwrap();
    page.items.iter().map(|line| line.id).collect()
}

/// How a database would find what a query asks for.
async fn plan(database: &TestDatabase, sql: &str) -> String {
    let raw = database.raw().await;
    let backend = raw.get_database_backend();
    let (explain, column) = if backend == DbBackend::Sqlite {
        ("explain query plan", "detail")
    } else {
        raw.execute_unprepared("set enable_seqscan = off")
            .await
            .unwrap();
        raw.execute_unprepared("set enable_sort = off")
            .await
            .unwrap();
        ("explain", "QUERY PLAN")
    };
    let statement = Statement::from_string(backend, format!("{explain} {sql}"));
    let rows = raw.query_all_raw(statement).await.unwrap();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| row.try_get("", column).unwrap())
        .collect();
    raw.close().await.unwrap();
    lines.join("\n")
}

on_each_database! {
    async fn a_line_is_read_as_it_was_written(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let mut told = line(&connection, &fixture, Some(RequestReason::NoSuchResource));
        let body = |json: &str| Some(LoggedBody { json: Some(json.to_owned()), bytes: Some(2), note: None });
        told.content = Some(RequestContent { request: body("{}"), response: body("[]") });
        let silent = line(&connection, &fixture, None);
        fixture.store.log_requests(&[told, silent]).await.unwrap();

        let page = connection.list_requests(&RequestQuery::default(), start(10)).await.unwrap();
        assert_eq!((page.items.len(), page.next), (2, None));
        let failed = page.items[1].clone();
        assert_eq!(failed.quirks, ["capital_op", "boolean_text"]);
        assert_eq!((failed.reason, failed.times), (Some(RequestReason::NoSuchResource), 3));
        let details = connection.find_request(failed.id).await.unwrap().unwrap();
        assert_eq!(details.request, failed);
        assert_eq!(details.content.response.unwrap().json.as_deref(), Some("[]"));
        let silent = connection.find_request(page.items[0].id).await.unwrap().unwrap();
        assert!(silent.content.is_empty());
        let other = fixture.connection(&acme, 2).await;
        assert_eq!(other.find_request(failed.id).await.unwrap(), None);
    }

    async fn a_filter_finds_what_it_names(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let mut lines: Vec<_> = [None, Some(RequestReason::Taken), None, Some(RequestReason::Internal)]
            .map(|reason| line(&connection, &fixture, reason))
            .into();
        lines[1].request.status = 409;
        lines[2].request.method = "PATCH".to_owned();
        lines[3].request.status = 500;
        let at: Vec<Timestamp> = lines.iter().map(|line| line.request.at).collect();
        let id: Vec<RequestId> = lines.iter().map(|line| line.request.id).collect();
        fixture.store.log_requests(&lines).await.unwrap();

        let every = RequestQuery::default();
        let of = |change: fn(&mut RequestQuery)| {
            let mut query = every.clone();
            change(&mut query);
            query
        };
        assert_eq!(ids(&connection, &of(|it| it.failed = true)).await, [id[3], id[1]]);
        assert_eq!(ids(&connection, &of(|it| it.category = Some(RequestCategory::Conflict))).await, [id[1]]);
        assert_eq!(ids(&connection, &of(|it| it.category = Some(RequestCategory::Success))).await, [id[2], id[0]]);
        assert_eq!(ids(&connection, &of(|it| it.status = "5xx".parse().ok())).await, [id[3]]);
        assert_eq!(ids(&connection, &of(|it| it.method = Some("PATCH".to_owned()))).await, [id[2]]);
        let span = RequestQuery { since: Some(at[1]), until: Some(at[3]), ..every };
        assert_eq!(ids(&connection, &span).await, [id[2], id[1]]);
    }

    async fn a_page_looks_at_a_bounded_number_of_lines_and_goes_on(database: TestDatabase) {
        const MANY: usize = 20_100;
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let mut lines: Vec<_> = (0..MANY).map(|_| line(&connection, &fixture, None)).collect();
        lines[0].request.method = "DELETE".to_owned();
        let oldest = lines[0].request.id;
        fixture.store.log_requests(&lines).await.unwrap();

        let query = RequestQuery { method: Some("DELETE".to_owned()), ..RequestQuery::default() };
        let first = connection.list_requests(&query, start(10)).await.unwrap();
        assert_eq!(first.items, []);
        let second = PageRequest { after: Some(first.next.unwrap()), limit: 10 };
        let second = connection.list_requests(&query, second).await.unwrap();
        assert_eq!((second.items.len(), second.items[0].id, second.next), (1, oldest, None));
    }

    async fn old_lines_go_in_small_steps_though_nobody_asks(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let quiet = fixture.connection(&acme, 2).await;
        let mut lines: Vec<_> = (0..1_001).map(|_| line(&connection, &fixture, None)).collect();
        lines.push(line(&quiet, &fixture, None));
        fixture.store.log_requests(&lines).await.unwrap();
        fixture.clock.advance(Duration::from_hours(1));
        let young = line(&connection, &fixture, None);
        let kept = young.request.id;
        fixture.store.log_requests(&[young]).await.unwrap();

        let before = fixture.store.clock().now().minus(Duration::from_mins(30));
        let mut steps = Vec::new();
        let mut after = None;
        loop {
            let step = fixture.store.prune_request_logs(after, before).await.unwrap();
            steps.push(step.lines);
            if step.done {
                break;
            }
            after = step.after;
        }
        assert_eq!(steps, [1_000, 2]);
        assert_eq!(ids(&connection, &RequestQuery::default()).await, [kept]);
        assert_eq!(ids(&quiet, &RequestQuery::default()).await, []);
    }

    async fn a_log_that_is_too_large_loses_its_oldest_lines(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let lines: Vec<_> = (0..10).map(|_| line(&connection, &fixture, None)).collect();
        let each = lines[0].size();
        fixture.store.log_requests(&lines).await.unwrap();
        assert_eq!(connection.first_request_beyond(each * 10).await.unwrap(), None);
        let last = connection.first_request_beyond(each * 3).await.unwrap().unwrap();
        assert_eq!(last, lines[6].request.id);
        let removed = connection.remove_requests_to(last).await.unwrap();
        assert!(removed < Store::LOG_LINES_PER_STEP);
        assert_eq!(ids(&connection, &RequestQuery::default()).await.len(), 3);
    }

    async fn by_cursor_every_line_is_met_once_while_more_are_written(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let lines: Vec<_> = (0..7).map(|_| line(&connection, &fixture, None)).collect();
        let mut written: Vec<RequestId> = lines.iter().map(|line| line.request.id).collect();
        fixture.store.log_requests(&lines).await.unwrap();
        let (mut met, mut after) = (Vec::new(), None);
        loop {
            let page = PageRequest { after, limit: 3 };
            let page = connection.list_requests(&RequestQuery::default(), page).await.unwrap();
            met.extend(page.items.iter().map(|line| line.id));
            let young = line(&connection, &fixture, None);
            fixture.store.log_requests(&[young]).await.unwrap();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        written.reverse();
        assert_eq!(met, written);
    }

    async fn a_line_that_stands_for_several_requests_says_how_many(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let mut sampled = line(&connection, &fixture, None);
        sampled.request.times = 10;
        let mut failed = line(&connection, &fixture, Some(RequestReason::Taken));
        failed.request.times = 1;
        let at = sampled.request.at;
        fixture.store.log_requests(&[sampled, failed]).await.unwrap();
        let page = connection.list_requests(&RequestQuery::default(), start(10)).await.unwrap();
        let times: Vec<u64> = page.items.iter().map(|line| line.times).collect();
        assert_eq!(times, [1, 10]);
        let hours = connection.requests_by_hour(at.minus(Duration::from_hours(2))).await.unwrap();
        let requests: u64 = hours.iter().map(|hour| hour.requests).sum();
        let failures: u64 = hours.iter().map(|hour| hour.failures).sum();
        assert_eq!((requests, failures), (11, 1));
    }

    async fn a_log_is_of_one_connection_of_one_organization(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let (acme, other) = (fixture.organization("Acme").await, fixture.organization("Other").await);
        let own = fixture.connection(&acme, 1).await;
        let others = [fixture.connection(&acme, 2).await, fixture.connection(&other, 3).await];
        let mut told = line(&own, &fixture, Some(RequestReason::NoSuchResource));
        let body = Some(LoggedBody { json: Some("{}".to_owned()), bytes: Some(2), note: None });
        told.content = Some(RequestContent { request: body, response: None });
        let id = told.request.id;
        fixture.store.log_requests(&[told]).await.unwrap();
        for foreign in &others {
            assert_eq!(ids(foreign, &RequestQuery::default()).await, []);
            assert_eq!(foreign.find_request(id).await.unwrap(), None);
            assert_eq!(foreign.contents_of(&[id]).await.unwrap(), []);
            assert_eq!(foreign.first_request_beyond(0).await.unwrap(), None);
            assert_eq!(foreign.remove_requests_to(id).await.unwrap(), 0);
        }
        assert_eq!(ids(&own, &RequestQuery::default()).await, [id]);
        assert_eq!(own.contents_of(&[id]).await.unwrap().len(), 1);
        assert_eq!(own.remove_requests_to(id).await.unwrap(), 1);
        assert_eq!(own.contents_of(&[id]).await.unwrap(), []);
    }

    async fn a_refused_request_belongs_to_the_connection_that_it_was_addressed_to(
        database: TestDatabase
    ) {
        let fixture = Fixture::on(&database).await;
        let (acme, other) = (fixture.organization("Acme").await, fixture.organization("Other").await);
        let only = fixture.connection(&acme, 1).await.connection_id();
        let one = fixture.connection(&other, 2).await.connection_id();
        let _second = fixture.connection(&other, 3).await;
        let found = async |address: LogAddress| {
            let log = fixture.store.find_log(&address).await.unwrap();
            log.map(|log| log.connection_id())
        };
        assert_eq!(found(LogAddress::Connection(one)).await, Some(one));
        let host = |org: &OrgHandle| LogAddress::Organization(org.organization().slug.clone());
        assert_eq!(found(host(&acme)).await, Some(only));
        // Of two connections nobody knows which one was meant.
        assert_eq!(found(host(&other)).await, None);
        let nowhere = ScimConnectionId::new(fixture.clock.as_ref());
        assert_eq!(found(LogAddress::Connection(nowhere)).await, None);
    }

    async fn failures_and_categories_are_found_by_their_indexes(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        drop(fixture);
        let of = "org_id = (select id from organizations limit 1)
            and scim_connection_id = (select id from scim_connections limit 1)";
        let find = |what: &str| {
            format!("select id, status from scim_requests where {of} {what} order by id desc limit 10")
        };
        let failed = plan(&database, &find("and category <> 'success'")).await;
        // The index of a partition is named after the columns.
        let of_failed = ["scim_requests_failed", "_scim_connection_id_id_idx"];
        assert!(of_failed.iter().any(|name| failed.contains(name)), "{failed}");
        let category = find("and category <> 'success' and category = 'conflict'");
        let category = plan(&database, &category).await;
        let by_category = ["scim_requests_by_category", "_category_id_idx"];
        assert!(by_category.iter().any(|name| category.contains(name)), "{category}");
        let all = plan(&database, &find("")).await;
        assert!(all.contains("pkey") || all.contains("autoindex"), "{all}");
    }
}
