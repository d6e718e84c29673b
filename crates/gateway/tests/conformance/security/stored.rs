//! What the database holds of secrets: nothing that could be used.

use std::time::Duration;

use rollcall_testkit::{TestDatabase, on_each_database};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::json;

use crate::fixture::{Fixture, USER, create, expect_error, patch};

async fn column(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter()
        .filter_map(|row| row.try_get_by_index::<Option<String>>(0).unwrap())
        .collect()
}

/// Every value of every table as text; bytes as text and in hexadecimal.
async fn dump(database: &TestDatabase) -> String {
    let db = database.raw().await;
    let sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let tables = if sqlite {
        "select name from sqlite_master where type = 'table' order by name"
    } else {
        "select table_name::text from information_schema.tables where table_schema = 'public' order by 1"
    };
    let mut everything = String::new();
    for table in column(&db, tables).await {
        let columns = if sqlite {
            format!("select name from pragma_table_info('{table}')")
        } else {
            format!(
                "select column_name::text from information_schema.columns where table_name = '{table}'"
            )
        };
        for name in column(&db, &columns).await {
            let value = if sqlite {
                format!("quote(\"{name}\") || ' ' || lower(hex(\"{name}\"))")
            } else {
                format!("\"{name}\"::text")
            };
            let values = column(&db, &format!("select {value} from \"{table}\"")).await;
            everything.push_str(&format!("\n{table}.{name}: {}", values.join(" ")));
        }
    }
    db.close().await.unwrap();
    everything
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

on_each_database! {
    async fn neither_tokens_nor_passwords_are_in_the_database(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let canary = "pass-canary-77";
        let user = json!({ "schemas": [USER], "userName": "found-canary", "password": canary });
        let id = create(f.scim(), "/Users", user.clone()).await;
        let _ = f.scim().put(&format!("/Users/{id}"), user).await.expect(200);
        let change = patch(json!([{ "op": "replace", "value": { "password": canary, "title": "x" } }]));
        let _ = f.scim().patch(&format!("/Users/{id}"), change).await;
        let _ = f.scim().post("/Users", json!({ "password": canary })).await.expect(400);
        let second = f.app.api.post(&format!("{}/tokens", f.tenant.path()), json!({ "name": "second" })).await.expect(201);
        let second = second.text("/secret");
        f.app.flush().await;

        let everything = dump(&f.app.database).await;

        // It finds what is there.
        assert!(everything.contains("found-canary") && everything.contains(&f.tenant.token[..8]));
        for secret in [canary, &f.tenant.token, &second, f.app.api.bearer().unwrap()] {
            assert!(!everything.contains(secret));
            assert!(!everything.contains(&hex(secret)));
        }
        // 32 random bytes in base64url stand between the beginning and the checksum.
        let random = |token: &str| token["rc_".len()..token.len() - 6].to_owned();
        assert_eq!((random(&second).len(), random(&f.tenant.token).len()), (43, 43));
        assert_ne!(random(&second)[..20], random(&f.tenant.token)[..20]);
    }

    async fn every_token_ends_some_day_and_at_once_when_it_is_revoked(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let tokens = format!("{}/tokens", f.tenant.path());
        for days in [json!(0), json!(366), json!(-1), json!("never")] {
            let _ = f.app.api.post(&tokens, json!({ "name": "x", "expires_in_days": days })).await.expect(422);
        }
        let usual = f.app.api.post(&tokens, json!({ "name": "usual" })).await.expect(201);
        // The clock of a test begins on 2026-11-22.
        let day = |pointer: &str| usual.text(pointer)[..19].to_owned();
        assert_eq!((day("/created_at"), day("/expires_at")), ("2026-11-22T00:00:00".to_owned(), "2027-11-22T00:00:00".to_owned()));
        let usual_scim = f.scim().with_bearer(Some(&usual.text("/secret")));
        let _ = usual_scim.get("/Users").await.expect(200);
        let _ = f.app.api.delete(&format!("{tokens}/{}", usual.text("/id"))).await.expect(204);
        expect_error(&usual_scim.get("/Users").await, 401, "");
        let _ = f.scim().get("/Users").await.expect(200);
        f.app.clock.advance(Duration::from_hours(365 * 24));
        expect_error(&f.scim().get("/Users").await, 401, "");
    }
}
