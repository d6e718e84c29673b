//! Several tenants on one server (RFC 7644 §6).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, USER, bjensen, create, expect_error, expect_list, patch, query};

on_each_database! {
    async fn a_tenant_never_meets_what_is_anothers(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let other = f.app.connect("T2").await;
        let path = format!("/Users/{}", f.u1);
        let before = f.user(&f.u1).await;

        expect_error(&other.scim.get(&path).await, 404, "");
        expect_error(&other.scim.put(&path, bjensen()).await, 404, "");
        let titled = patch(json!([{ "op": "add", "path": "title", "value": "Taken over" }]));
        expect_error(&other.scim.patch(&path, titled.clone()).await, 404, "");
        expect_error(&other.scim.delete(&path).await, 404, "");
        expect_list(&other.scim.get("/Users").await, 0);
        let by_id = format!("id eq \"{}\"", f.u1);
        expect_list(&other.scim.get(&format!("/Users?{}", query(&[("filter", &by_id)]))).await, 0);
        for base in ["/Users/.search", "/.search"] {
            let search = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": by_id });
            expect_list(&other.scim.post(base, search).await, 0);
        }
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "PATCH", "path": path, "data": titled },
                { "method": "DELETE", "path": path },
            ],
        });
        let bulk = other.scim.post("/Bulk", bulk).await.expect(200);
        for operation in bulk.body["Operations"].as_array().unwrap() {
            assert_eq!(operation["status"], "404", "{operation}");
        }
        assert_eq!(f.user(&f.u1).await, before);
    }

    async fn names_and_external_ids_are_unique_within_a_tenant_only(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let other = f.app.connect("T2").await;
        for tenant in [&f.tenant, &other] {
            let change = json!({ "settings": { "unique_external_ids": true } });
            let _ = f.app.api.patch(&tenant.path(), change).await.expect(200);
        }
        let theirs = create(&other.scim, "/Users", bjensen()).await;
        assert_ne!(theirs, f.u1);
        let by_external_id = query(&[("filter", "externalId eq \"E-701984\"")]);
        for (tenant, id) in [(&f.tenant, &f.u1), (&other, &theirs)] {
            let found = tenant.scim.get(&format!("/Users?{by_external_id}")).await;
            expect_list(&found, 1);
            assert_eq!(found.body["Resources"][0]["id"], id.as_str());
        }
        let mut second = bjensen();
        second["userName"] = json!("second");
        expect_error(&other.scim.post("/Users", second).await, 409, "uniqueness");
    }

    async fn events_and_logs_are_kept_apart(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let other = f.app.connect("T2").await;
        let quiet = f.app.events(&other.organization).await.len();
        for number in 0..20 {
            let body = json!({ "schemas": [USER], "userName": format!("flood-{number}") });
            create(f.scim(), "/Users", body).await;
        }
        let _ = other.scim.get("/Users").await.expect(200);
        f.app.flush().await;

        let events = f.app.events(&other.organization).await;
        // The first request of an identity provider is an event, and the only one.
        assert_eq!(events.len(), quiet + 1);
        for event in &events {
            assert_eq!(event["organization_id"], other.organization.as_str());
            assert!(!event.to_string().contains("flood"), "{event}");
        }
        let sequences: Vec<u64> =
            events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        assert_eq!(sequences, (1..=events.len() as u64).collect::<Vec<_>>());
        let log = f.app.api.get(&format!("{}/requests", other.path())).await.expect(200);
        let routes: Vec<&Value> =
            log.body["data"].as_array().unwrap().iter().map(|line| &line["method"]).collect();
        assert_eq!(routes, ["GET"]);
    }
}
