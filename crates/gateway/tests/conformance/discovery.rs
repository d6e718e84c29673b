//! The discovery endpoints (RFC 7644 §4).

use rollcall_testkit::{BASE_DOMAIN, Client, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, LIST_RESPONSE, PROBE, USER, expect_error};

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// The three endpoints, and an item of each of the two that have some.
const DOCUMENTS: [&str; 5] = [
    "/ServiceProviderConfig",
    "/ResourceTypes",
    "/ResourceTypes/User",
    "/Schemas",
    "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
];

#[track_caller]
fn ids(list: &Reply) -> Vec<String> {
    assert_eq!(list.body["schemas"], json!([LIST_RESPONSE]));
    let found: Vec<String> = list.body["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(list.body["totalResults"], json!(found.len()));
    assert_eq!(list.body["itemsPerPage"], json!(found.len()));
    found
}

/// How many lines the request log of the connection has, and what state it is in.
async fn traces(app: &TestApp, connection: &str) -> (Value, usize) {
    app.flush().await;
    let shown = app.api.get(connection).await.expect(200);
    let log = app
        .api
        .get(&format!("{connection}/requests"))
        .await
        .expect(200);
    let state = json!([shown.body["state"], shown.body["last_request_at"]]);
    (state, log.body["data"].as_array().unwrap().len())
}

on_each_database! {
    async fn the_configuration_is_one_object_that_says_what_the_settings_say(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200).body;
        assert_eq!(config["schemas"], json!([CONFIG]));
        assert!(config.get("Resources").is_none());
        for feature in ["patch", "bulk", "filter", "etag"] {
            assert_eq!(config[feature]["supported"], true, "{feature}");
            f.choose(json!({ "features": { feature: false } })).await;
            let config = f.scim().get("/ServiceProviderConfig").await.expect(200).body;
            assert_eq!(config[feature]["supported"], false, "{feature}");
        }
    }

    async fn schemas_and_types_are_listed_on_one_page_and_shown_one_by_one(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let types = f.scim().get("/ResourceTypes").await.expect(200);
        assert_eq!(ids(&types), ["User", "Group"]);
        let schemas = f.scim().get("/Schemas").await.expect(200);
        assert!(ids(&schemas).contains(&USER.to_owned()));
        for list in [types, schemas] {
            for item in list.body["Resources"].as_array().unwrap() {
                assert!(item["schemas"].is_array(), "{item}");
                let location = item["meta"]["location"].as_str().unwrap();
                let path = location.strip_prefix(f.scim().base()).unwrap();
                assert_eq!(&f.scim().get(path).await.expect(200).body, item);
            }
        }
        for urn in [USER.to_owned(), USER.replace(':', "%3A"), USER.to_uppercase()] {
            let one = f.scim().get(&format!("/Schemas/{urn}")).await.expect(200);
            assert_eq!(one.body["id"], USER);
        }
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200);
        let location = config.text("/meta/location");
        assert_eq!(location, format!("{}/ServiceProviderConfig", f.scim().base()));
        for nothing in ["/ResourceTypes/Nope", "/ResourceTypes/user", "/Schemas/urn:x:nope", "/Schemas/User"] {
            expect_error(&f.scim().get(nothing).await, 404, "");
        }
    }

    async fn parameters_of_lists_change_nothing_and_a_filter_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let ignored = "count=1&startIndex=2&sortBy=id&sortOrder=descending&attributes=id&excludedAttributes=name";
        for path in DOCUMENTS {
            let plain = f.scim().get(path).await.expect(200);
            let asked = f.scim().get(&format!("{path}?{ignored}")).await.expect(200);
            assert_eq!(asked.body, plain.body, "{path}");
            let filtered = f.scim().get(&format!("{path}?filter=id%20pr")).await;
            expect_error(&filtered, 403, "");
        }
    }

    async fn only_get_and_head_work(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in DOCUMENTS {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let refused = f.scim().send(method, path, Some(json!({}))).await;
                expect_error(&refused, 405, "");
                assert_eq!(refused.header("allow"), "GET, HEAD", "{method} {path}");
            }
            let read = f.scim().get(path).await.expect(200);
            let head = f.scim().send("HEAD", path, None).await.expect(200);
            assert_eq!(head.body, Value::Null);
            for header in ["content-type", "etag", "cache-control", "content-length"] {
                assert_eq!(head.header(header), read.header(header), "{path} {header}");
            }
        }
    }

    async fn there_is_no_search_below_discovery(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for body in [json!({}), json!({ "filter": "id pr" })] {
            for path in ["/Schemas/.search", "/ResourceTypes/.search"] {
                expect_error(&f.scim().post(path, body.clone()).await, 405, "");
            }
            expect_error(&f.scim().post("/ServiceProviderConfig/.search", body).await, 404, "");
        }
    }

    async fn a_document_is_kept_until_it_changes(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in DOCUMENTS {
            let read = f.scim().get(path).await.expect(200);
            let tag = read.header("etag").to_owned();
            assert_eq!(read.header("cache-control"), "private, no-cache");
            let again = async |client: &Client, tag: &str| {
                Client::read(client.request("GET", path).header("if-none-match", tag)).await
            };
            for client in [f.scim().clone(), f.scim().with_bearer(None)] {
                let kept = again(&client, &tag).await;
                assert_eq!((kept.status, &kept.body), (304, &Value::Null), "{path}");
                assert_eq!(kept.header("etag"), tag);
                assert_eq!(kept.header("cache-control"), "private, no-cache");
            }
            assert_eq!(again(f.scim(), "W/\"1\"").await.status, 200);
        }
        let before = f.scim().get("/ServiceProviderConfig").await.header("etag").to_owned();
        f.choose(json!({ "features": { "bulk": false } })).await;
        let request = f.scim().request("GET", "/ServiceProviderConfig").header("if-none-match", before);
        assert_eq!(Client::read(request).await.expect(200).body["bulk"]["supported"], false);
    }

    async fn whoever_has_the_address_may_ask_how_to_speak_to_a_connection(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let fresh = f.app.connect("Fresh").await;
        let before = traces(&f.app, &fresh.path()).await;
        let stranger = fresh.scim.with_bearer(None);
        for path in DOCUMENTS {
            let open = stranger.get(path).await.expect(200);
            let known = f.scim().get(path).await.expect(200);
            let here = known.body.to_string().replace(&f.tenant.id, &fresh.id);
            assert_eq!(open.body.to_string(), here, "{path}");
            for wrong in ["wrong", f.tenant.token.as_str()] {
                expect_error(&fresh.scim.with_bearer(Some(wrong)).get(path).await, 401, "");
            }
            let basic = stranger.request("GET", path).header("authorization", "Basic eDp5");
            expect_error(&Client::read(basic).await, 401, "");
        }
        expect_error(&stranger.get("/Users").await, 401, "");
        expect_error(&stranger.get("/Schemas?filter=id%20pr").await, 403, "");
        // Nobody is connected by it. The log tells of those who were turned away.
        let after = traces(&f.app, &fresh.path()).await;
        assert_eq!(after.0, before.0);
        assert_eq!(after.1, before.1 + 3 * DOCUMENTS.len() + 1);
    }

    async fn a_connection_shows_its_own_extensions_and_nobody_elses(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let other = f.app.connect("Other").await;
        let extensions = async |client: &Client| {
            let user = client.get("/ResourceTypes/User").await.expect(200);
            let extensions = user.body["schemaExtensions"].as_array().unwrap().clone();
            let urns = extensions.iter().map(|extension| extension["schema"].as_str().unwrap().to_owned());
            urns.collect::<Vec<_>>()
        };
        for client in [f.scim().clone(), f.scim().with_bearer(None)] {
            assert!(ids(&client.get("/Schemas").await).contains(&PROBE.to_owned()));
            let _ = client.get(&format!("/Schemas/{PROBE}")).await.expect(200);
            assert_eq!(extensions(&client).await, [ENTERPRISE, PROBE]);
        }
        for client in [other.scim.clone(), other.scim.with_bearer(None)] {
            assert!(!ids(&client.get("/Schemas").await).contains(&PROBE.to_owned()));
            expect_error(&client.get(&format!("/Schemas/{PROBE}")).await, 404, "");
            assert_eq!(extensions(&client).await, [ENTERPRISE]);
        }
    }

    async fn a_connection_that_is_not_open_looks_like_one_that_is_not_there(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let disabled = f.app.connect("Disabled").await;
        let _ = f.app.api.patch(&disabled.path(), json!({ "enabled": false })).await.expect(200);
        f.choose(json!({ "anonymous_discovery": false })).await;
        let nobody = "scim_01890000000000000000000000";
        for path in DOCUMENTS {
            let mut answers = Vec::new();
            for id in [nobody, &f.tenant.id, &disabled.id] {
                let stranger = f.app.scim_at(&format!("/scim/v2/{id}"), None);
                let refused = stranger.get(path).await;
                expect_error(&refused, 401, "");
                answers.push((refused.body, refused.headers.get("www-authenticate").cloned()));
            }
            assert_eq!(answers[0], answers[1]);
            assert_eq!(answers[0], answers[2]);
            let _ = f.scim().get(path).await.expect(200);
        }
    }

    async fn without_the_connection_in_the_path_discovery_needs_the_token(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let other = f.app.connect("Other").await;
        let asked = async |base: &str, host: Option<&str>, token: Option<&str>| {
            let client = f.app.scim_at(base, token);
            let request = client.request("GET", "/Schemas");
            let request = match host {
                Some(slug) => request.header("host", format!("{slug}.{BASE_DOMAIN}")),
                None => request,
            };
            Client::read(request).await.status
        };
        let token = Some(f.tenant.token.as_str());
        let by_path = format!("/scim/v2/{}", f.tenant.id);
        let (own, foreign) = (Some(f.tenant.slug.as_str()), Some(other.slug.as_str()));
        for base in ["/scim/v2", "/api/scim/v2", "/api/v1/auth/scim"] {
            assert_eq!(asked(base, None, None).await, 401, "{base}");
            assert_eq!(asked(base, None, token).await, 200, "{base}");
            // A host names an organization, and by a name that can be guessed.
            assert_eq!(asked(base, own, None).await, 401, "{base}");
            assert_eq!(asked(base, own, token).await, 200, "{base}");
        }
        assert_eq!(asked(&by_path, own, None).await, 200);
        assert_eq!(asked(&by_path, foreign, None).await, 401);
    }
}
