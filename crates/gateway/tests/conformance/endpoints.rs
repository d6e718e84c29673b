//! Endpoints, their methods, and messages (RFC 7644 §3.1, §3.2).

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{Fixture, LIST_RESPONSE, USER, create, expect_error, expect_list, query};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"];

/// Every location and `$ref` in a document, however deep.
fn addresses(document: &Value, found: &mut Vec<String>) {
    match document {
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| addresses(element, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if name == "location" || name == "$ref" => {
                        found.push(text.to_owned());
                    }
                    _ => addresses(value, found),
                }
            }
        }
        _ => {}
    }
}

on_each_database! {
    async fn an_endpoint_takes_its_methods_and_names_them_to_the_others(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let item = "GET, HEAD, PUT, PATCH, DELETE";
        let (user, group) = (format!("/Users/{}", f.u3), format!("/Groups/{}", f.g2));
        let endpoints = [
            ("/Users", "GET, HEAD, POST"),
            ("/Groups", "GET, HEAD, POST"),
            (&user, item),
            (&group, item),
            ("/Users/.search", "POST"),
            ("/Groups/.search", "POST"),
            ("/.search", "POST"),
            ("/Bulk", "POST"),
            ("", "GET, HEAD"),
            ("/ServiceProviderConfig", "GET, HEAD"),
            ("/ResourceTypes", "GET, HEAD"),
            ("/ResourceTypes/User", "GET, HEAD"),
            ("/Schemas", "GET, HEAD"),
            ("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "GET, HEAD"),
            ("/Me", "GET, HEAD, POST, PUT, PATCH, DELETE"),
        ];
        for (path, allowed) in endpoints {
            for method in METHODS {
                let reply = f.scim().send(method, path, None).await;
                if allowed.split(", ").any(|name| name == method) {
                    assert_ne!(reply.status, 405, "{method} {path}");
                } else {
                    if method == "HEAD" {
                        assert_eq!((reply.status, &reply.body), (405, &Value::Null), "{path}");
                    } else {
                        expect_error(&reply, 405, "");
                    }
                    assert_eq!(reply.header("allow"), allowed, "{method} {path}");
                }
            }
            let options = f.scim().send("OPTIONS", path, None).await.expect(204);
            assert_eq!(options.header("allow"), allowed, "{path}");
            assert!(options.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
        }
    }

    async fn head_is_get_without_its_content(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let paths = [
            &format!("/Users/{}", f.u1), "/Users", "/Groups", "", "/Schemas", "/ServiceProviderConfig", "/ResourceTypes/User",
        ];
        for path in paths {
            let get = f.scim().get(path).await.expect(200);
            let head = f.scim().send("HEAD", path, None).await.expect(200);
            assert_eq!(head.body, Value::Null, "{path}");
            for name in ["etag", "location", "content-location", "content-type", "content-length"] {
                assert_eq!(head.header(name), get.header(name), "{name} of {path}");
            }
        }
        let user = f.scim().send("HEAD", paths[0], None).await;
        assert!(!user.header("etag").is_empty());
        let missing = f.scim().send("HEAD", "/Users/0", None).await.expect(404);
        assert_eq!(missing.body, Value::Null);
    }

    async fn what_does_not_exist_is_not_found_as_a_scim_error(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let below = format!("/Users/{}/x", f.u1);
        let suffixed = format!("/Users/{}.scim", f.u1);
        let escaped = format!("/Users%2F{}", f.u1);
        let paths = ["/Nope", &below, "/users", "/GROUPS", "/serviceproviderconfig", &suffixed, "/Users.scim", &escaped, "/v2/Users"];
        for path in paths {
            expect_error(&f.scim().get(path).await, 404, "");
        }
        for path in ["/Users/", "/Groups/", "/Schemas/"] {
            let _ = f.scim().get(path).await.expect(200);
        }
    }

    async fn messages_name_their_schema_and_are_not_discovered(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "DELETE", "path": "/Users/0" }] });
        let messages = [
            (f.scim().get("/Users").await.expect(200), "ListResponse"),
            (f.scim().get("/Users/0").await.expect(404), "Error"),
            (f.scim().post("/Bulk", bulk).await.expect(200), "BulkResponse"),
        ];
        for (message, name) in messages {
            assert_eq!(message.body["schemas"], json!([format!("urn:ietf:params:scim:api:messages:2.0:{name}")]));
        }
        let schemas = f.scim().get("/Schemas").await.expect(200);
        for schema in schemas.body["Resources"].as_array().unwrap() {
            assert!(!schema["id"].as_str().unwrap().contains(":api:messages:"), "{schema}");
        }
        expect_error(&f.scim().get(&format!("/Schemas/{LIST_RESPONSE}")).await, 404, "");
    }

    async fn an_answer_shows_what_is_stored_and_not_what_was_sent(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let sent = json!({
            "schemas": [USER], "userName": "new", "id": "mine", "password": "secret-canary", "emails": [],
            "groups": [{ "value": f.g1 }], "meta": { "created": "2001-01-01T00:00:00Z", "version": "W/\"77\"" } });
        let made = f.scim().post("/Users", sent.clone()).await.expect(201);
        assert_ne!(made.body["id"], sent["id"]);
        for name in ["password", "emails", "groups"] {
            assert!(made.body.get(name).is_none(), "{}", made.body);
        }
        assert_ne!(made.body["meta"]["created"], sent["meta"]["created"]);
        assert_eq!(made.body, f.user(&made.text("/id")).await);
    }

    async fn below_any_path_every_location_has_it(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.public_url.push_str("/a/b")).await;
        let f = Fixture::on(app).await;
        let base = f.scim().base();
        assert!(base.contains("/a/b/scim/v2/"), "{base}");
        let (user, group) = (format!("/Users/{}", f.u1), format!("/Groups/{}", f.g1));
        // A proxy may take the path away, or leave it.
        let behind = f.app.scim_at(&base.replace("/a/b", ""), Some(&f.tenant.token));
        for scim in [f.scim(), &behind] {
            let mut found = Vec::new();
            for path in ["/Users", "/Groups", "", &user, &group, "/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
                let reply = scim.get(path).await.expect(200);
                addresses(&reply.body, &mut found);
                found.extend([reply.header("location"), reply.header("content-location")].map(str::to_owned));
            }
            let made = scim.post("/Users", json!({ "userName": format!("n{}", found.len()) })).await;
            found.push(made.expect(201).header("location").to_owned());
            found.retain(|address| !address.is_empty());
            assert!(found.len() > 15, "{found:?}");
            for address in found {
                assert!(address.starts_with(base), "{address}");
            }
        }
    }

    async fn an_address_is_decoded_once(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in ["a+b", "a b", "%22"] {
            create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": name })).await;
        }
        let found = [
            ("userName%20eq%20%22a%2Bb%22", "a+b"),
            // A plus sign is a space, as forms have it.
            ("userName+eq+%22a+b%22", "a b"),
            ("userName%20eq%20%22%2522%22", "%22"),
        ];
        for (filter, name) in found {
            let list = f.scim().get(&format!("/Users?filter={filter}")).await;
            expect_list(&list, 1);
            assert_eq!(list.body["Resources"][0]["userName"], name);
        }
        let encoded = format!("%{:02x}{}", f.u1.as_bytes()[0], &f.u1[1..]);
        let _ = f.scim().get(&format!("/Users/{encoded}")).await.expect(200);
        let twice = encoded.replace('%', "%25");
        expect_error(&f.scim().get(&format!("/Users/{twice}")).await, 404, "");
    }

    async fn a_put_never_creates(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let unknown = "01890000-0000-7000-8000-000000000000";
        let user = json!({ "schemas": [USER], "userName": "ghost" });
        expect_error(&f.scim().put(&format!("/Users/{unknown}"), user).await, 404, "");
        let group = json!({ "displayName": "ghost" });
        expect_error(&f.scim().put(&format!("/Groups/{unknown}"), group).await, 404, "");
        expect_list(&f.users_where("userName eq \"ghost\"").await, 0);
        let groups = format!("/Groups?{}", query(&[("filter", "displayName eq \"ghost\"")]));
        expect_list(&f.scim().get(&groups).await, 0);
    }

    async fn collections_are_where_the_resource_types_say(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let types = f.scim().get("/ResourceTypes").await.expect(200);
        let mut endpoints = Vec::new();
        for kind in types.body["Resources"].as_array().unwrap() {
            let (name, endpoint) = (kind["name"].as_str().unwrap(), kind["endpoint"].as_str().unwrap());
            assert_eq!(endpoint, format!("/{name}s"));
            assert_eq!(f.scim().get(endpoint).await.expect(200).body["schemas"], json!([LIST_RESPONSE]));
            endpoints.push(endpoint);
        }
        assert_eq!(endpoints, ["/Users", "/Groups"]);
    }
}
