//! What discovery says (RFC 7643 §5 to §7).

use std::collections::BTreeSet;

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, PROBE, USER, expect_error};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

on_each_database! {
    async fn the_service_provider_config_says_what_is_there(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for features in [json!({}), json!({ "bulk": false, "filter": false })] {
            f.choose(json!({ "features": features })).await;
            let config = f.scim().get("/ServiceProviderConfig").await.expect(200).body;
            for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
                assert!(config[feature]["supported"].is_boolean(), "{feature}: {config}");
            }
            for (feature, limit) in [("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults")] {
                assert!(config[feature][limit].is_u64(), "{limit}: {config}");
            }
            let schemes = config["authenticationSchemes"].as_array().unwrap();
            assert!(!schemes.is_empty());
            for scheme in schemes {
                for part in ["type", "name", "description"] {
                    assert!(scheme[part].as_str().is_some_and(|text| !text.is_empty()), "{scheme}");
                }
                let types = ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"];
                assert!(types.contains(&scheme["type"].as_str().unwrap()), "{scheme}");
            }
            // There is nothing to tell it from, so it has no id.
            assert!(config.get("id").is_none_or(|id| id.as_str().is_some_and(|id| !id.is_empty())));
        }
    }

    async fn what_discovery_says_cannot_be_written(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in [
            "/ServiceProviderConfig".to_owned(),
            "/ResourceTypes".to_owned(),
            "/ResourceTypes/User".to_owned(),
            "/Schemas".to_owned(),
            format!("/Schemas/{USER}"),
        ] {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let reply = f.scim().send(method, &path, Some(json!({ "schemas": [SCHEMA] }))).await;
                expect_error(&reply, 405, "");
                assert_eq!(reply.header("allow"), "GET, HEAD", "{method} {path}");
            }
        }
    }

    async fn resource_types_name_schemas_and_endpoints_that_are_there(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let types = f.scim().get("/ResourceTypes").await.expect(200).body;
        let mut extensions = BTreeSet::new();
        for kind in types["Resources"].as_array().unwrap() {
            let name = kind["name"].as_str().unwrap();
            assert_eq!(kind["id"], name);
            let one = f.scim().get(&format!("/ResourceTypes/{name}")).await.expect(200).body;
            assert_eq!(&one, kind);
            let schema = kind["schema"].as_str().unwrap();
            let found = f.scim().get(&format!("/Schemas/{schema}")).await.expect(200).body;
            assert_eq!(found["id"], schema);
            let endpoint = kind["endpoint"].as_str().unwrap();
            assert!(endpoint.starts_with('/'), "{endpoint}");
            let _ = f.scim().get(endpoint).await.expect(200);
            for extension in kind["schemaExtensions"].as_array().into_iter().flatten() {
                assert!(extension["required"].is_boolean(), "{extension}");
                let urn = extension["schema"].as_str().unwrap();
                let _ = f.scim().get(&format!("/Schemas/{urn}")).await.expect(200);
                extensions.insert(urn.to_owned());
            }
        }
        assert_eq!(extensions, BTreeSet::from([ENTERPRISE.to_owned(), PROBE.to_owned()]));
    }

    async fn a_required_extension_must_be_there_with_what_it_requires(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let urn = "urn:example:badge:2.0:User";
        f.add_schema(json!({ "id": urn, "required": true, "attributes": [
            { "name": "badge", "required": true }, { "name": "floor" } ] })).await;
        let loose = "urn:example:loose:2.0:User";
        f.add_schema(json!({ "id": loose, "required": true, "attributes": [{ "name": "shoe" }] })).await;
        let user = |badge: Value, shoe: Value| json!({
            "schemas": [USER, urn, loose], "userName": "worker", urn: badge, loose: shoe });
        let fits = json!({ "badge": "A1" });
        let shoe = json!({ "shoe": "42" });
        for body in [
            json!({ "schemas": [USER], "userName": "worker" }),
            user(json!({}), shoe.clone()),
            user(json!({ "floor": "3" }), shoe.clone()),
            user(json!({ "badge": "" }), shoe.clone()),
            user(fits.clone(), json!({})),
        ] {
            expect_error(&f.scim().post("/Users", body).await, 400, "invalidValue");
        }
        let made = f.scim().post("/Users", user(fits, shoe)).await.expect(201);
        let id = made.text("/id");
        for path in [urn.to_owned(), format!("{urn}:badge")] {
            let remove = json!([{ "op": "remove", "path": path }]);
            expect_error(&f.patch_user(&id, remove).await, 400, "mutability");
        }
        // Who was here before is not stopped by it, unless the change concerns the extension.
        let title = json!([{ "op": "replace", "path": "title", "value": "x" }]);
        let patched = f.patch_user(&f.u3, title).await.expect(200).body;
        assert_eq!(patched["schemas"], json!([USER, urn, loose]));
        let floor = json!([{ "op": "add", "path": format!("{urn}:floor"), "value": "3" }]);
        expect_error(&f.patch_user(&f.u3, floor).await, 400, "invalidValue");
    }

    async fn every_schema_that_a_resource_names_can_be_read(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        f.probe_user("probed", json!({ "exactStr": "x" })).await;
        let mut urns = BTreeSet::new();
        for path in ["", "/Schemas", "/ResourceTypes"] {
            let list = f.scim().get(path).await.expect(200).body;
            for resource in list["Resources"].as_array().unwrap() {
                for urn in resource["schemas"].as_array().unwrap() {
                    urns.insert(urn.as_str().unwrap().to_owned());
                }
            }
        }
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200).body;
        urns.insert(config["schemas"][0].as_str().unwrap().to_owned());
        assert_eq!(urns.len(), 7, "{urns:?}");
        for urn in urns {
            let schema = f.scim().get(&format!("/Schemas/{urn}")).await.expect(200).body;
            assert_eq!(schema["id"], urn.as_str());
            assert_eq!(schema["schemas"], json!([SCHEMA]));
            assert!(schema["name"].is_string() && schema["description"].is_string());
            assert!(!schema["attributes"].as_array().unwrap().is_empty());
            assert_eq!(schema["meta"]["resourceType"], "Schema");
            let location = schema["meta"]["location"].as_str().unwrap();
            assert!(location.starts_with("http") && location.ends_with(&format!("/Schemas/{urn}")));
        }
    }

    async fn discovery_can_be_read_without_a_token(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let nobody = f.scim().with_bearer(None);
        let config = nobody.get("/ServiceProviderConfig").await.expect(200).body;
        assert!(config["authenticationSchemes"].is_array());
    }

    async fn a_feature_that_is_announced_as_off_is_off(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let all = json!({ "patch": false, "bulk": false, "filter": false, "sort": false, "etag": false });
        f.choose(json!({ "features": all })).await;
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200).body;
        for feature in ["patch", "bulk", "filter", "sort", "etag"] {
            assert_eq!(config[feature]["supported"], false, "{feature}");
        }
        let title = json!([{ "op": "replace", "path": "title", "value": "x" }]);
        expect_error(&f.patch_user(&f.u3, title).await, 501, "");
        let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "DELETE", "path": format!("/Users/{}", f.u3) }] });
        expect_error(&f.scim().post("/Bulk", bulk).await, 501, "");
        assert_eq!(f.users_where("userName eq \"Zoe\"").await.status, 403);
        let sorted = f.scim().get("/Users?sortBy=userName&sortOrder=descending").await.expect(200);
        let plain = f.scim().get("/Users").await.expect(200);
        assert_eq!(sorted.body["Resources"], plain.body["Resources"]);
        let reply = f.scim().get(&format!("/Users/{}", f.u3)).await.expect(200);
        assert!(reply.body["meta"].get("version").is_none());
        assert_eq!(reply.header("etag"), "");
    }
}
