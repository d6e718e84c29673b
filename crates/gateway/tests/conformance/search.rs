//! Queries by POST (RFC 7644 §3.4.3).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, GROUP, LIST_RESPONSE, USER, expect_error, expect_list, query};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// A SearchRequest of these members.
fn search(members: Value) -> Value {
    let mut body = json!({ "schemas": [SEARCH] });
    let members = members.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    body
}

on_each_database! {
    async fn a_search_is_a_query_and_makes_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let before = f.app.event_types(&f.tenant.organization).await;
        for (path, total) in [("/Users/.search", 3), ("/Groups/.search", 2), ("/.search", 5)] {
            let found = f.scim().post(path, search(json!({}))).await;
            expect_list(&found, total);
            assert_eq!(found.body["schemas"], json!([LIST_RESPONSE]));
            assert_eq!(found.header("location"), "");
        }
        expect_list(&f.scim().get("/Users").await, 3);
        assert_eq!(f.app.event_types(&f.tenant.organization).await, before);
    }

    async fn the_body_says_that_it_is_a_search(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for body in [
            json!({ "filter": "userName pr" }),
            json!({ "schemas": [], "filter": "userName pr" }),
            json!({ "schemas": [USER], "filter": "userName pr" }),
            json!({ "schemas": SEARCH }),
            json!([]),
        ] {
            for path in ["/Users/.search", "/Groups/.search", "/.search"] {
                expect_error(&f.scim().post(path, body.clone()).await, 400, "invalidSyntax");
            }
        }
        let broken = f.scim().request("POST", "/Users/.search").body("{\"schemas\":");
        expect_error(&rollcall_testkit::Client::read(broken).await, 400, "invalidSyntax");
    }

    async fn the_members_of_the_body_mean_what_the_parameters_of_a_list_mean(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let queries: [(Value, &[(&str, &str)]); 12] = [
            (json!({}), &[]),
            (json!({ "filter": "title pr" }), &[("filter", "title pr")]),
            (
                json!({ "filter": "emails[type eq \"work\"] or userName sw \"Z\"" }),
                &[("filter", "emails[type eq \"work\"] or userName sw \"Z\"")],
            ),
            (json!({ "filter": "shoeSize pr" }), &[("filter", "shoeSize pr")]),
            (json!({ "filter": "title pr and" }), &[("filter", "title pr and")]),
            (json!({ "startIndex": 2, "count": 1 }), &[("startIndex", "2"), ("count", "1")]),
            (json!({ "startIndex": -3, "count": -1 }), &[("startIndex", "-3"), ("count", "-1")]),
            (json!({ "count": 0 }), &[("count", "0")]),
            (
                json!({ "sortBy": "userName", "sortOrder": "descending" }),
                &[("sortBy", "userName"), ("sortOrder", "descending")],
            ),
            (
                json!({ "attributes": ["userName", "name.givenName"] }),
                &[("attributes", "userName,name.givenName")],
            ),
            (json!({ "excludedAttributes": ["emails", "meta"] }), &[("excludedAttributes", "emails,meta")]),
            (
                json!({ "FILTER": "active pr", "Count": 1, "ATTRIBUTES": ["active"], "unknown": 1 }),
                &[("filter", "active pr"), ("count", "1"), ("attributes", "active"), ("unknown", "1")],
            ),
        ];
        for (body, parameters) in queries {
            let found = f.scim().post("/Users/.search", search(body.clone())).await;
            let listed = f.scim().get(&format!("/Users?{}", query(parameters))).await;
            assert_eq!((found.status, &found.body), (listed.status, &listed.body), "{body}");
            let found = f.scim().post("/.search", search(body.clone())).await;
            let listed = f.scim().get(&format!("/?{}", query(parameters))).await;
            assert_eq!((found.status, &found.body), (listed.status, &listed.body), "/: {body}");
        }
    }

    async fn members_of_another_type_are_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let names = json!({ "attributes": "userName,title", "filter": "title pr" });
        let found = f.scim().post("/Users/.search", search(names.clone())).await.expect(200);
        assert_eq!(found.body["Resources"][0]["title"], "Tour Guide");
        assert!(found.body["Resources"][0].get("emails").is_none());
        let wrong = [
            json!({ "count": "10" }), json!({ "count": 1.5 }), json!({ "startIndex": "1" }),
            json!({ "filter": 5 }), json!({ "filter": ["title pr"] }), json!({ "attributes": 7 }),
            json!({ "attributes": [7] }), json!({ "excludedAttributes": { "title": true } }),
        ];
        for profile in ["compat", "strict"] {
            f.choose(json!({ "profile": profile })).await;
            for body in &wrong {
                let refused = f.scim().post("/Users/.search", search(body.clone())).await;
                assert_eq!(refused.status, 400, "{body}");
                expect_error(&refused, 400, "invalidValue");
            }
        }
        let refused = f.scim().post("/Users/.search", search(names)).await;
        expect_error(&refused, 400, "invalidValue");
    }

    async fn parameters_of_the_address_are_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let wanted = search(json!({ "count": 2, "attributes": ["userName"] }));
        for path in ["/Users/.search", "/.search"] {
            let plain = f.scim().post(path, wanted.clone()).await.expect(200);
            assert_eq!(plain.body["itemsPerPage"], 2);
            let ignored = "count=1&startIndex=3&filter=title%20pr&excludedAttributes=userName";
            let asked = f.scim().post(&format!("{path}?{ignored}"), wanted.clone()).await;
            assert_eq!(asked.expect(200).body, plain.body);
        }
    }

    async fn a_search_of_the_base_address_is_over_all_types(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let groups = search(json!({ "filter": "meta.resourceType eq \"Group\"" }));
        let found = f.scim().post("/.search", groups).await;
        expect_list(&found, 2);
        for group in found.body["Resources"].as_array().unwrap() {
            assert_eq!(group["schemas"], json!([GROUP]));
        }
    }

    async fn a_search_is_made_by_post_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in ["/Users/.search", "/Groups/.search", "/.search"] {
            for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
                let refused = f.scim().send(method, path, None).await;
                assert_eq!(refused.status, 405, "{method} {path}");
                assert_eq!(refused.header("allow"), "POST");
                if method != "HEAD" {
                    expect_error(&refused, 405, "");
                }
            }
        }
    }

    async fn errors_are_those_of_a_list(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for filter in ["userName regex \"x\"", "shoeSize pr", "", "active gt true"] {
            let refused = f.scim().post("/Users/.search", search(json!({ "filter": filter }))).await;
            expect_error(&refused, 400, "invalidFilter");
        }
        let both = search(json!({ "attributes": ["title"], "excludedAttributes": ["name"] }));
        expect_error(&f.scim().post("/Users/.search", both).await, 400, "invalidValue");
        let text = f.scim().request("POST", "/Users/.search").header("content-type", "text/plain");
        expect_error(&rollcall_testkit::Client::read(text.body("{}")).await, 415, "");
        let stranger = f.scim().with_bearer(None);
        expect_error(&stranger.post("/Users/.search", search(json!({}))).await, 401, "");
    }
}
