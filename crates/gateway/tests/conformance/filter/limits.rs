//! What a filter may cost, and what it can never do.

use std::time::{Duration, Instant};

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use super::{expect_names, expect_refused};
use crate::fixture::{Fixture, USER, create, expect_error};

on_each_database! {
    async fn a_filter_over_a_limit_is_refused_at_once(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_string_bytes = 1024 * 1024);
        let f = Fixture::on(app.await).await;
        let terms = |count: usize| vec!["title pr"; count].join(" or ");
        assert_eq!(f.names_where(&terms(100)).await, ["bjensen"]);
        expect_refused(&f, &[&terms(101)]).await;
        let exactly = |length: usize| format!("title eq \"{}\"", "x".repeat(length - 11));
        assert!(f.names_where(&exactly(8_192)).await.is_empty());
        expect_refused(&f, &[&exactly(8_193)]).await;

        // Longer ones do not fit into an address, so they are sent as a body.
        for filter in [exactly(65_536), terms(10_000)] {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
            let mut quickest = Duration::MAX;
            for _ in 0..5 {
                let begun = Instant::now();
                let refused = f.scim().post("/Users/.search", body.clone()).await;
                quickest = quickest.min(begun.elapsed());
                expect_error(&refused, 400, "invalidFilter");
            }
            assert!(quickest < Duration::from_millis(50), "{quickest:?}");
        }
    }

    async fn a_value_is_only_ever_a_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("userName eq \"' OR 1=1 --\"", &[]),
            ("userName eq \"%\"", &[]),
            ("userName eq \"_______\"", &[]),
            ("userName co \"%\"", &[]),
            ("displayName co \"_\"", &[]),
            ("displayName sw \"%\"", &[]),
            ("title eq \"x') or ('1'='1\"", &[]),
            ("emails[value co \"%'\"]", &[]),
            ("displayName eq \"$1\"", &[]),
            ("displayName ew \"?\"", &[]),
        ]).await;
        let odd = "50%_off'; drop table users; --\\";
        create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": "odd", "displayName": odd })).await;
        let literal = json!(odd).to_string();
        for op in ["eq", "co", "sw", "ew"] {
            assert_eq!(f.names_where(&format!("displayName {op} {literal}")).await, ["odd"], "{op}");
        }
        expect_names(&f, &[
            ("displayName co \"%_\"", &["odd"]),
            ("displayName co \"%o\"", &[]),
            ("userName pr", &["bjensen", "jsmith", "Zoe", "odd"]),
        ]).await;
    }
}
