//! `schemas`, the attributes that every resource has, and extensions (RFC 7643 §3).

use std::collections::HashSet;

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{
    ENTERPRISE, Fixture, GROUP, PROBE, USER, bjensen, create, expect_error, expect_list, patch,
};

/// Every object that has to say what it is: a message, and the resources and errors in it.
fn assert_has_schemas(message: &Value) {
    let schemas = message["schemas"].as_array();
    assert!(schemas.is_some_and(|urns| !urns.is_empty()), "{message}");
    for resource in message["Resources"].as_array().into_iter().flatten() {
        assert_has_schemas(resource);
    }
    for operation in message["Operations"].as_array().into_iter().flatten() {
        if let Some(response) = operation.get("response") {
            assert_has_schemas(response);
        }
    }
}

/// A user with these `schemas` and data of the enterprise extension.
fn employee(name: &str, schemas: &Value) -> Value {
    json!({ "schemas": schemas, "userName": name, ENTERPRISE: { "employeeNumber": "1" } })
}

on_each_database! {
    async fn whatever_is_answered_says_what_it_is(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "POST", "path": "/Users", "bulkId": "a", "data": { "schemas": [USER] } },
                { "method": "DELETE", "path": "/Users/nobody" } ] });
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1 });
        let title = patch(json!([{ "op": "replace", "path": "title", "value": "x" }]));
        let u1 = format!("/Users/{}", f.u1);
        let replies = [
            f.scim().get(&u1).await,
            f.scim().get(&format!("{u1}?attributes=userName")).await,
            f.scim().get(&format!("{u1}?excludedAttributes=schemas")).await,
            f.scim().get(&format!("/Groups/{}", f.g1)).await,
            f.scim().get("/Users").await,
            f.scim().get("/Users?count=0").await,
            f.scim().get("/Groups?filter=displayName%20eq%20%22none%22").await,
            f.scim().get("").await,
            f.scim().post("/Users/.search", search).await,
            f.scim().patch(&u1, title).await,
            f.scim().put(&u1, bjensen()).await,
            f.scim().post("/Bulk", bulk).await,
            f.scim().get("/Schemas").await,
            f.scim().get("/ResourceTypes").await,
            f.scim().get("/ServiceProviderConfig").await,
            f.scim().get("/Users/nobody").await,
            f.scim().get("/Users?filter=nonsense").await,
            f.scim().get("/nowhere").await,
            f.scim().post("/Users", json!({ "schemas": [USER] })).await,
            f.scim().send("POST", "/Schemas", None).await,
            f.scim().with_bearer(Some("wrong")).get("/Users").await,
        ];
        for reply in replies {
            assert_has_schemas(&reply.body);
        }
    }

    async fn unknown_urns_are_dropped_and_by_strict_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = |name: &str| employee(name, &json!([USER, "urn:x:unknown"]));
        let made = f.scim().post("/Users", body("compat")).await.expect(201);
        assert_eq!(made.body["schemas"], json!([USER, ENTERPRISE]));
        f.choose(json!({ "profile": "strict" })).await;
        expect_error(&f.scim().post("/Users", body("strict")).await, 400, "invalidSyntax");
    }

    async fn urns_repeat_and_change_places_without_effect(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for profile in ["compat", "strict"] {
            f.choose(json!({ "profile": profile })).await;
            let lists = [json!([USER, USER, ENTERPRISE]), json!([ENTERPRISE, USER]), json!([USER, ENTERPRISE])];
            for (index, schemas) in lists.iter().enumerate() {
                let name = format!("{profile}-{index}");
                let made = f.scim().post("/Users", employee(&name, schemas)).await.expect(201);
                assert_eq!(made.body["schemas"], json!([USER, ENTERPRISE]));
                assert_eq!(made.body[ENTERPRISE], json!({ "employeeNumber": "1" }));
            }
        }
    }

    async fn the_base_schema_is_added_and_by_strict_asked_for(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let without = |name: &str| json!({ "userName": name });
        for body in [employee("extension", &json!([ENTERPRISE])), without("none"), employee("empty", &json!([]))] {
            let made = f.scim().post("/Users", body).await.expect(201);
            assert_eq!(made.body["schemas"][0], USER);
        }
        f.choose(json!({ "profile": "strict" })).await;
        for body in [employee("s1", &json!([ENTERPRISE])), without("s2"), employee("s3", &json!([]))] {
            expect_error(&f.scim().post("/Users", body.clone()).await, 400, "invalidSyntax");
            expect_error(&f.scim().put(&format!("/Users/{}", f.u3), body).await, 400, "invalidSyntax");
        }
    }

    async fn attributes_of_an_extension_stand_under_its_urn(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let made = f.scim().post("/Users", employee("inside", &json!([USER]))).await.expect(201);
        // The URN was not in `schemas`, and is added.
        assert_eq!(made.body["schemas"], json!([USER, ENTERPRISE]));
        assert_eq!(made.body[ENTERPRISE], json!({ "employeeNumber": "1" }));
        assert!(made.body.get("employeeNumber").is_none());

        let outside = |name: &str| json!({ "schemas": [USER], "userName": name, "employeeNumber": "2" });
        let made = f.scim().post("/Users", outside("outside")).await.expect(201);
        assert_eq!(made.body[ENTERPRISE], json!({ "employeeNumber": "2" }));
        assert!(made.body.get("employeeNumber").is_none());
        f.choose(json!({ "profile": "strict" })).await;
        expect_error(&f.scim().post("/Users", outside("strict")).await, 400, "invalidSyntax");
    }

    async fn an_extension_is_listed_while_it_has_data(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let made = f.scim().post("/Users", employee("data", &json!([USER, ENTERPRISE]))).await.expect(201);
        assert_eq!(made.body["schemas"], json!([USER, ENTERPRISE]));
        let remove = json!([{ "op": "remove", "path": ENTERPRISE }]);
        let patched = f.patch_user(&made.text("/id"), remove).await.expect(200).body;
        assert_eq!(patched["schemas"], json!([USER]));
        assert!(patched.get(ENTERPRISE).is_none());
    }

    async fn every_resource_has_the_common_attributes_though_no_schema_lists_them(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let group = json!({ "schemas": [GROUP], "displayName": "With id", "externalId": "ext-1" });
        let made = f.scim().post("/Groups", group).await.expect(201).body;
        assert_eq!(made["externalId"], "ext-1");
        assert!(made["id"].is_string() && made["meta"].is_object());
        let schemas = f.scim().get("/Schemas").await.expect(200).body;
        for schema in schemas["Resources"].as_array().unwrap() {
            if ![USER, GROUP, ENTERPRISE].contains(&schema["id"].as_str().unwrap()) {
                continue;
            }
            for attribute in schema["attributes"].as_array().unwrap() {
                let name = attribute["name"].as_str().unwrap();
                assert!(!["id", "externalId", "meta", "schemas"].contains(&name), "{name}");
            }
        }
    }

    async fn ids_are_the_servers_own_and_all_different(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut ids = HashSet::new();
        for (path, schema, attribute) in [("/Users", USER, "userName"), ("/Groups", GROUP, "displayName")] {
            let operations: Vec<Value> = (0..1_000)
                .map(|index| json!({ "method": "POST", "path": path, "bulkId": format!("b{index}"),
                    "data": { "schemas": [schema], attribute: format!("many-{index}"), "id": "mine" } }))
                .collect();
            let bulk = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
            let done = f.scim().post("/Bulk", bulk).await.expect(200).body;
            for operation in done["Operations"].as_array().unwrap() {
                assert_eq!(operation["status"], "201", "{operation}");
                let location = operation["location"].as_str().unwrap();
                ids.insert(location.rsplit_once('/').unwrap().1.to_owned());
            }
        }
        assert_eq!(ids.len(), 2_000);
        for id in ids {
            // A plain UUID: hexadecimal digits and hyphens, which cannot spell `bulkId`.
            assert!(id.len() == 36 && id.bytes().all(|it| it == b'-' || it.is_ascii_hexdigit()), "{id}");
            assert!(!id.to_lowercase().contains("bulkid"));
        }
    }

    async fn an_id_never_changes_and_never_comes_back(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({ "schemas": [USER], "userName": "zoe", "title": "x" });
        let put = f.scim().put(&format!("/Users/{}", f.u3), body).await.expect(200);
        assert_eq!(put.body["id"], f.u3.as_str());
        let rename = json!([{ "op": "replace", "path": "userName", "value": "Chloe" }]);
        assert_eq!(f.patch_user(&f.u3, rename).await.expect(200).body["id"], f.u3.as_str());
        let _ = f.scim().delete(&format!("/Users/{}", f.u3)).await.expect(204);
        let again = create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": "Chloe" })).await;
        assert_ne!(again, f.u3);
    }

    async fn a_client_cannot_choose_the_id_or_the_meta(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let meta = json!({ "resourceType": "Dog", "created": "1999-01-01T00:00:00Z", "version": "W/\"9\"" });
        let body = json!({ "schemas": [USER], "userName": "mine", "id": "mine", "meta": meta });
        let made = f.scim().post("/Users", body).await.expect(201).body;
        assert_ne!(made["id"], "mine");
        let mut same = json!({ "schemas": [USER], "userName": "mine", "meta": meta });
        same["id"] = made["id"].clone();
        let address = format!("/Users/{}", made["id"].as_str().unwrap());
        let put = f.scim().put(&address, same).await.expect(200).body;
        for answer in [&made, &put] {
            assert_eq!(answer["meta"]["resourceType"], "User");
            assert_ne!(answer["meta"]["created"], "1999-01-01T00:00:00Z");
            assert_eq!(answer["meta"]["created"], made["meta"]["created"]);
        }
        expect_list(&f.users_where("meta.resourceType eq \"User\"").await, 4);
        expect_list(&f.users_where("meta.resourceType eq \"user\"").await, 0);
    }

    async fn ids_are_compared_with_their_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let upper = f.u1.to_uppercase();
        assert_ne!(upper, f.u1);
        expect_error(&f.scim().get(&format!("/Users/{upper}")).await, 404, "");
        expect_list(&f.users_where(&format!("id eq \"{upper}\"")).await, 0);
        expect_list(&f.users_where(&format!("id eq \"{}\"", f.u1)).await, 1);
    }

    async fn an_external_id_is_the_clients_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert!(f.user(&f.u3).await.get("externalId").is_none());
        expect_list(&f.users_where("externalId eq \"e-701984\"").await, 0);
        expect_list(&f.users_where("externalId eq \"E-701984\"").await, 1);

        let body = |id: &str| json!({ "schemas": [USER], "userName": "Zoe", "externalId": id });
        let put = f.scim().put(&format!("/Users/{}", f.u3), body("z-1")).await.expect(200);
        assert_eq!(put.body["externalId"], "z-1");
        let replace = json!([{ "op": "replace", "path": "externalId", "value": "z-2" }]);
        assert_eq!(f.patch_user(&f.u3, replace).await.expect(200).body["externalId"], "z-2");
        expect_list(&f.users_where("externalId eq \"z-2\"").await, 1);
        let remove = json!([{ "op": "remove", "path": "externalId" }]);
        assert!(f.patch_user(&f.u3, remove).await.expect(200).body.get("externalId").is_none());
        expect_list(&f.users_where("externalId eq \"z-2\"").await, 0);

        // Unless the tenant wants it, two may have the same.
        for name in ["first", "second"] {
            let body = json!({ "schemas": [USER], "userName": name, "externalId": "same" });
            create(f.scim(), "/Users", body).await;
        }
        expect_list(&f.users_where("externalId eq \"same\"").await, 2);
    }

    async fn an_external_id_belongs_to_its_tenant(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let other = f.app.connect("T2").await;
        let body = json!({ "schemas": [USER], "userName": "theirs", "externalId": "E-701984" });
        create(&other.scim, "/Users", body).await;
        let path = "/Users?filter=externalId%20eq%20%22E-701984%22";
        for (scim, name) in [(f.scim(), "bjensen"), (&other.scim, "theirs")] {
            let found = scim.get(path).await;
            expect_list(&found, 1);
            assert_eq!(found.body["Resources"][0]["userName"], name);
        }
    }

    async fn times_move_with_changes_and_only_then(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let made = f.user(&f.u3).await["meta"].clone();
        assert_eq!(made["created"], made["lastModified"]);
        f.app.clock.advance(std::time::Duration::from_secs(5));
        let title = || json!([{ "op": "replace", "path": "title", "value": "Guide" }]);
        let changed = f.patch_user(&f.u3, title()).await.expect(200).body["meta"].clone();
        assert_eq!(changed["created"], made["created"]);
        assert!(changed["lastModified"].as_str() > made["lastModified"].as_str(), "{changed}");
        f.app.clock.advance(std::time::Duration::from_secs(5));
        let same = f.patch_user(&f.u3, title()).await.expect(200).body["meta"].clone();
        assert_eq!(same, changed);
        let body = json!({ "schemas": [USER], "userName": "Zoe", "title": "Chief" });
        let put = f.scim().put(&format!("/Users/{}", f.u3), body).await.expect(200).body["meta"].clone();
        assert_eq!(put["created"], made["created"]);
        assert!(put["lastModified"].as_str() > changed["lastModified"].as_str(), "{put}");
    }

    async fn meta_agrees_with_the_headers(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (path, id) in [("Users", &f.u1), ("Groups", &f.g1)] {
            let reply = f.scim().get(&format!("/{path}/{id}")).await.expect(200);
            let location = reply.text("/meta/location");
            assert_eq!(reply.header("content-location"), location);
            let version = reply.text("/meta/version");
            assert_eq!(reply.header("etag"), version);
            let inner = version.strip_prefix("W/\"").and_then(|rest| rest.strip_suffix('"'));
            assert!(inner.is_some_and(|inner| !inner.is_empty() && !inner.contains('"')), "{version}");
            let fetched = f.app.scim_at(&location, Some(&f.tenant.token)).get("").await.expect(200);
            assert_eq!(fetched.body, reply.body);
        }
    }

    async fn no_schema_changes_what_every_resource_has(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("{}/schemas", f.tenant.path());
        for name in ["id", "externalId", "meta", "schemas"] {
            let schema = json!({ "id": "urn:example:old:User", "attributes": [
                { "name": name, "mutability": "readWrite" } ] });
            let refused = f.app.api.post(&path, schema).await.expect(422);
            assert_eq!(refused.body["field"], "attributes[0].name");
        }
        let change = json!([{ "op": "replace", "path": "id", "value": "mine" }]);
        expect_error(&f.patch_user(&f.u1, change).await, 400, "mutability");
    }

    async fn extensions_of_one_attribute_name_keep_separate_values(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let other = "urn:example:other:2.0:User";
        f.add_schema(json!({ "id": other, "attributes": [{ "name": "exactStr" }] })).await;
        let body = json!({ "schemas": [USER, PROBE, other], "userName": "both",
            PROBE: { "exactStr": "One" }, other: { "exactStr": "Two" } });
        let made = f.scim().post("/Users", body).await.expect(201);
        assert_eq!(made.body[PROBE], json!({ "exactStr": "One" }));
        assert_eq!(made.body[other], json!({ "exactStr": "Two" }));
        expect_list(&f.users_where(&format!("{other}:exactStr eq \"two\"")).await, 1);
        expect_list(&f.users_where(&format!("{PROBE}:exactStr eq \"two\"")).await, 0);
        let change = json!([{ "op": "replace", "path": format!("{other}:exactStr"), "value": "Three" }]);
        let patched = f.patch_user(&made.text("/id"), change).await.expect(200).body;
        assert_eq!(patched[PROBE]["exactStr"], "One");
        assert_eq!(patched[other]["exactStr"], "Three");
    }
}
