//! What identity providers look people and groups up by is answered by an index.

use rollcall_scim::Catalog;
use rollcall_scim::filter::{self, CheckedFilter};
use rollcall_store::DirectoryQuery;
use rollcall_testkit::{TestDatabase, block_on, eventually};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::fixture::{Fixture, filter, group, resource};

/// Enough that reading all of them is dearer than an index.
const PEOPLE: usize = 400;

fn group_filter(text: &str) -> CheckedFilter {
    let catalog = Catalog::core();
    let parsed = filter::parse(text, catalog.group()).unwrap();
    filter::check(catalog.group(), parsed).unwrap()
}

fn one(filter: CheckedFilter) -> DirectoryQuery {
    DirectoryQuery {
        filter: Some(filter),
        limit: 9,
        ..DirectoryQuery::default()
    }
}

/// Whether an index was read since the server counts.
async fn was_read(database: &TestDatabase, index: &str) -> bool {
    let raw = database.raw().await;
    let sql = "select idx_scan from pg_stat_user_indexes where indexrelname = $1";
    let statement = Statement::from_sql_and_values(raw.get_database_backend(), sql, [index.into()]);
    let row = raw.query_one_raw(statement).await.unwrap().unwrap();
    raw.close().await.unwrap();
    row.try_get::<i64>("", "idx_scan").unwrap() > 0
}

#[test]
fn each_attribute_that_has_an_index_is_looked_up_by_it() {
    block_on(async {
        let database = TestDatabase::postgres().await;
        let fixture = Fixture::on(&database).await;
        let ours = fixture
            .connection(&fixture.organization("Acme").await, 1)
            .await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        for number in 0..PEOPLE {
            let person = json!({ "userName": format!("u{number}"), "externalId": format!("x{number}"),
                "displayName": format!("Person {number}") });
            let _ = tx.insert_user(resource(person)).await.unwrap();
            let _ = tx
                .insert_group(group(&format!("Group {number}")), &[])
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let raw = database.raw().await;
        raw.execute_unprepared("analyze").await.unwrap();
        raw.execute_unprepared("select pg_stat_reset()")
            .await
            .unwrap();
        raw.close().await.unwrap();

        for (text, found) in [
            ("userName eq \"u7\"", 1),
            ("externalId eq \"x7\"", 1),
            ("displayName eq \"person 7\"", 1),
        ] {
            let users = ours.search_users(&one(filter(text))).await.unwrap();
            assert_eq!(users.total, found, "{text}");
        }
        for (text, found) in [
            ("displayName eq \"group 7\"", 1),
            ("externalId eq \"x7\"", 0),
        ] {
            let groups = ours.search_groups(&one(group_filter(text))).await.unwrap();
            assert_eq!(groups.total, found, "{text}");
        }
        fixture.store.close().await.unwrap();

        for index in [
            "users_by_user_name",
            "users_by_external_id",
            "users_by_display_name",
            "groups_by_display_name",
            "groups_by_external_id",
        ] {
            eventually(index, async || was_read(&database, index).await).await;
        }
    });
}
