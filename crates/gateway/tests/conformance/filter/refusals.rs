//! Filters that are answered with an error and never with a guess.

use rollcall_testkit::on_each_database;
use serde_json::json;

use super::expect_refused;
use crate::fixture::{ENTERPRISE, Fixture, expect_error, expect_list, query};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

on_each_database! {
    async fn a_filter_has_at_least_one_expression(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for parameter in ["filter=", "filter=%20", "filter=userName", "filter", "filter=()"] {
            expect_error(&f.scim().get(&format!("/Users?{parameter}")).await, 400, "invalidFilter");
        }
    }

    async fn an_operator_or_a_value_that_does_not_fit_is_named(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_refused(&f, &[
            "userName regex \".*\"",
            "active co \"t\"",
            "active eq \"maybe\"",
            "active eq 1",
            "userName gt true",
            "meta.created eq \"soon\"",
            "meta.lastModified sw \"2026\"",
            "meta.created co \"2026\"",
            "x509Certificates.value co \"a\"",
            "name.givenName.first eq \"x\"",
        ]).await;
        let refused = f.users_where("userName regex \".*\"").await;
        assert!(refused.text("/detail").contains("regex"), "{}", refused.body);
    }

    async fn an_attribute_that_no_schema_has_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_refused(&f, &[
            "shoeSize eq 42", "shoeSize pr", "members pr", "emails.shoe pr", "emails[shoe pr]",
            "userName pr or shoeSize pr",
        ]).await;
        let groups = f.scim().get("/Groups?filter=userName%20pr").await;
        expect_error(&groups, 400, "invalidFilter");
    }

    async fn where_filters_are_off_a_filter_is_refused_and_never_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "features": { "filter": false } })).await;
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(config.body["filter"]["supported"], false);
        for path in ["/Users", "/Groups", ""] {
            let filtered = format!("{path}?filter=displayName%20pr");
            expect_error(&f.scim().get(&filtered).await, 403, "");
            let body = json!({ "schemas": [SEARCH], "filter": "displayName pr" });
            expect_error(&f.scim().post(&format!("{path}/.search"), body).await, 403, "");
            assert_eq!(f.scim().get(path).await.status, 200);
        }
        expect_list(&f.scim().get("/Users").await, 3);
    }

    async fn a_filter_on_what_is_never_shown_tells_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({ "userName": "secretive", "password": "hunter2hunter2" });
        let _ = f.scim().post("/Users", body).await.expect(201);
        let mut answers = Vec::new();
        for filter in ["password eq \"hunter2hunter2\"", "password eq \"x\"", "userName pr and password pr"] {
            let refused = f.users_where(filter).await;
            expect_error(&refused, 403, "sensitive");
            answers.push(refused.body);
            let body = json!({ "schemas": [SEARCH], "filter": filter });
            let search = f.scim().post("/Users/.search", body).await;
            expect_error(&search, 400, "invalidFilter");
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
        let root = f.scim().get("?filter=password%20pr").await;
        expect_error(&root, 403, "sensitive");
    }

    async fn a_sensitive_attribute_may_stand_in_a_body_and_in_no_url(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let number = format!("{ENTERPRISE}:employeeNumber");
        f.choose(json!({ "sensitive_attributes": ["title", number, "emails.value"] })).await;
        for filter in [
            "title eq \"Tour Guide\"",
            "title eq \"nobody's\"",
            "userName eq \"bjensen\" and not (TITLE pr)",
            "employeeNumber eq \"701984\"",
            "emails co \"example.com\"",
            "emails[type eq \"work\" and value pr]",
        ] {
            let refused = f.users_where(filter).await;
            expect_error(&refused, 403, "sensitive");
            assert_eq!(refused.body["status"], "403", "{filter}");
            let root = f.scim().get(&format!("?{}", query(&[("filter", filter)]))).await;
            expect_error(&root, 403, "sensitive");
            let body = json!({ "schemas": [SEARCH], "filter": filter });
            assert_eq!(f.scim().post("/Users/.search", body).await.status, 200, "{filter}");
        }
        assert_eq!(f.names_where("emails.type eq \"work\" and userType pr").await, ["bjensen"]);
    }
}
