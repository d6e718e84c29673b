//! How a filter is read: precedence, grouping, brackets, literals.

use rollcall_testkit::on_each_database;
use serde_json::json;

use super::{expect_names, expect_refused};
use crate::fixture::{Fixture, USER, create};

on_each_database! {
    async fn not_binds_before_and_which_binds_before_or(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("userName eq \"zoe\" or name pr and title pr", &["bjensen", "Zoe"]),
            ("userName eq \"zoe\" or (name pr and title pr)", &["bjensen", "Zoe"]),
            ("(userName eq \"zoe\" or name pr) and title pr", &["bjensen"]),
            ("not (title pr) and name pr", &["jsmith"]),
            ("(not (title pr)) and name pr", &["jsmith"]),
            ("not (title pr and name pr)", &["jsmith", "Zoe"]),
            ("title pr and name pr or userName eq \"zoe\"", &["bjensen", "Zoe"]),
        ]).await;
    }

    async fn parentheses_nest_as_deep_as_the_limit(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
        for depth in [20, 64] {
            assert_eq!(f.names_where(&nested(depth)).await, ["bjensen"]);
        }
        expect_refused(&f, &[&nested(65), &nested(2_000), &"(".repeat(4_000)]).await;
    }

    async fn conditions_in_brackets_hold_for_one_and_the_same_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("emails[type eq \"home\" and value co \"@example.com\"]", &[]),
            ("emails.type eq \"home\" and emails.value co \"@example.com\"", &["bjensen"]),
            ("emails[type eq \"home\" and value co \"@jensen.org\"]", &["bjensen"]),
            ("emails[type eq \"work\" or (type eq \"home\" and value ew \"@jensen.org\")]", &["bjensen"]),
            ("emails[not (type eq \"work\")]", &["bjensen"]),
            ("emails[not (type eq \"work\") and not (type eq \"home\")]", &[]),
            ("emails[type eq \"work\"] and title pr", &["bjensen"]),
        ]).await;
        expect_refused(&f, &[
            "emails[userName eq \"x\"]",
            "emails[type eq \"work\" and emails[type eq \"home\"]]",
            "emails[urn:ietf:params:scim:schemas:core:2.0:User:userName pr]",
            "emails.value[type eq \"work\"]",
            "name[givenName eq \"Barbara\"]",
        ]).await;
    }

    async fn not_takes_parentheses_with_or_without_a_space(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("userType eq \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")", &[]),
            ("userType eq \"Employee\" and not(emails co \"example.net\")", &["bjensen"]),
        ]).await;
        expect_refused(&f, &["not title pr", "not", "not (title pr", "title pr and not"]).await;
    }

    async fn a_value_is_a_json_literal(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (name, shown) in [("quoted", "a\"b"), ("accented", "\u{e9}"), ("slashed", "a\\b/c")] {
            let body = json!({ "schemas": [USER], "userName": name, "displayName": shown });
            create(f.scim(), "/Users", body).await;
        }
        expect_names(&f, &[
            ("displayName eq \"a\\\"b\"", &["quoted"]),
            ("displayName eq \"\\u00e9\"", &["accented"]),
            ("displayName eq \"\\u00C9\"", &["accented"]),
            ("displayName eq \"a\\\\b\\/c\"", &["slashed"]),
        ]).await;
        // `compat` reads a bare word after `eq` as text, since providers were seen to send that.
        expect_names(&f, &[("userName eq bjensen", &["bjensen"])]).await;
        expect_refused(&f, &[
            "displayName co bare", "displayName co 0x1", "displayName eq 'single'", "displayName eq +1", "displayName eq \"open", "displayName eq \"\\q\"",
        ]).await;
        f.choose(json!({ "profile": "strict" })).await;
        expect_refused(&f, &[
            "displayName eq bare", "displayName co bare", "displayName eq 'single'",
            "displayName eq 0x1", "displayName eq +1", "displayName eq 1",
        ]).await;
    }

    async fn true_false_and_null_are_written_small(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("active eq \"True\"", &["bjensen"]),
            ("active eq \"false\"", &["jsmith"]),
        ]).await;
        expect_refused(&f, &["title eq NULL and title gt NULL", "active ne TRUE"]).await;
        f.choose(json!({ "profile": "strict" })).await;
        expect_names(&f, &[("active eq true", &["bjensen"])]).await;
        expect_refused(&f, &["active eq TRUE", "active eq \"True\"", "title eq NULL"]).await;
    }

    async fn spaces_between_words_are_harmless_and_words_at_the_end_are_not(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("userName  eq   \"bjensen\"", &["bjensen"]),
            ("  ( userName eq \"bjensen\" )  and\ttitle pr ", &["bjensen"]),
        ]).await;
        expect_refused(&f, &[
            "userName eq \"a\" foo", "userName eq \"a\" \"b\"", "userName pr)", "userName pr and",
        ]).await;
    }
}
