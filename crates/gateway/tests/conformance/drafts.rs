//! Drafts and the interoperability profile: what holds without a switch, and what is kept free.

use rollcall_testkit::on_each_database;
use serde_json::json;

use crate::fixture::{Fixture, USER, create, expect_error, expect_list, query, user_names};

on_each_database! {
    async fn the_interoperability_profile_is_not_claimed(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200).body;
        assert_ne!(config.get("interopProfileConformant"), Some(&json!(true)));
    }

    async fn every_schema_that_a_resource_type_names_is_served_and_a_type_is_found_by_its_name(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let types = f.scim().get("/ResourceTypes").await.expect(200).body;
        let types = types["Resources"].as_array().unwrap();
        assert!(types.len() >= 2);
        for kind in types {
            assert_eq!(kind["id"], kind["name"]);
            let _ = f.scim().get(&format!("/ResourceTypes/{}", kind["name"].as_str().unwrap())).await.expect(200);
            let extensions = kind["schemaExtensions"].as_array().into_iter().flatten();
            for schema in extensions.map(|extension| &extension["schema"]).chain([&kind["schema"]]) {
                let _ = f.scim().get(&format!("/Schemas/{}", schema.as_str().unwrap())).await.expect(200);
            }
        }
    }

    async fn a_name_that_a_filter_finds_is_a_name_that_is_taken(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in ["BJENSEN", "bJensen", "bjensen"] {
            assert_eq!(f.names_where(&format!("userName eq \"{name}\"")).await, ["bjensen"]);
            let again = json!({ "schemas": [USER], "userName": name });
            expect_error(&f.scim().post("/Users", again).await, 409, "uniqueness");
        }
    }

    async fn a_page_may_have_at_least_a_hundred_results_and_larger_counts_are_cut(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for number in 0..101 {
            let user = json!({ "schemas": [USER], "userName": format!("n{number}") });
            create(f.scim(), "/Users", user).await;
        }
        let unasked = f.scim().get("/Users").await.expect(200);
        assert!(user_names(&unasked).len() >= 100);
        let hundred = f.scim().get("/Users?count=100").await.expect(200);
        assert_eq!(user_names(&hundred).len(), 100);
        let all = f.scim().get("/Users?count=1000000").await;
        expect_list(&all, 104);
    }

    async fn the_filters_of_the_profile_are_answered_and_unknown_attributes_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let both = "userName eq \"bjensen\" and externalId eq \"E-701984\"";
        assert_eq!(f.names_where(both).await, ["bjensen"]);
        expect_error(&f.users_where("shoeSize eq 42").await, 400, "invalidFilter");
    }

    async fn the_paths_and_media_types_of_other_drafts_and_standards_are_kept_free(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_error(&f.scim().get("/Users/.deltaToken").await, 404, "");
        expect_error(&f.scim().get("/Users/.delta").await, 404, "");
        let refused = f.scim().get(&format!("/Users?{}", query(&[("filter", "x")]))).await;
        expect_error(&refused, 400, "invalidFilter");
        for reply in [refused, f.scim().get("/Nope").await, f.scim().with_bearer(None).get("/Users").await] {
            assert!(reply.header("content-type").starts_with("application/scim+json"));
        }
    }
}
