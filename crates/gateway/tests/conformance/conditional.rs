//! Versions and conditional requests (RFC 7644 §3.14, RFC 9110 §13).

use futures_util::future::join_all;
use rollcall_testkit::{Client, Reply, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, GROUP, USER, bjensen, expect_error, expect_list, patch};

/// Sends a request with headers of its own.
async fn send(
    scim: &Client,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Reply {
    let mut request = scim.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/scim+json");
        request = request.body(body.to_string());
    }
    Client::read(request).await
}

fn zoe(title: &str) -> Value {
    json!({ "schemas": [USER], "userName": "Zoe", "title": title })
}

fn title(value: &str) -> Value {
    patch(json!([{ "op": "replace", "path": "title", "value": value }]))
}

/// `W/`, then digits in quotes.
#[track_caller]
fn expect_tag(reply: &Reply) {
    let tag = reply.header("etag");
    let opaque = tag
        .strip_prefix("W/\"")
        .and_then(|tag| tag.strip_suffix('"'));
    let opaque = opaque.unwrap_or_else(|| panic!("{tag} is no weak entity tag"));
    assert!(opaque.bytes().all(|byte| byte.is_ascii_digit()) && !opaque.is_empty());
    if !reply.body.is_null() {
        assert_eq!(reply.body["meta"]["version"], tag);
    }
}

on_each_database! {
    async fn every_answer_about_one_resource_tells_its_version(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u3);
        let created = f.scim().post("/Users", json!({ "schemas": [USER], "userName": "new" })).await;
        expect_tag(&created.expect(201));
        expect_tag(&f.scim().get(&path).await.expect(200));
        expect_tag(&f.scim().put(&path, zoe("a")).await.expect(200));
        expect_tag(&f.scim().patch(&path, title("b")).await.expect(200));
        let renamed = patch(json!([{ "op": "replace", "path": "displayName", "value": "Nobody" }]));
        let renamed = f.scim().patch(&format!("/Groups/{}", f.g2), renamed).await.expect(204);
        assert!(renamed.body.is_null());
        expect_tag(&renamed);
        expect_tag(&f.scim().get(&format!("/Groups/{}", f.g2)).await.expect(200));
    }

    async fn a_list_carries_no_tag_of_its_own(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in ["/Users", "/Groups", ""] {
            let list = f.scim().get(path).await.expect(200);
            assert_eq!(list.header("etag"), "", "{path}");
            assert!(list.body["Resources"][0]["meta"]["version"].is_string());
        }
    }

    async fn a_reader_who_has_the_version_already_gets_304_without_a_body(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in [format!("/Users/{}", f.u1), format!("/Groups/{}", f.g1)] {
            let read = f.scim().get(&path).await.expect(200);
            let tag = read.header("etag").to_owned();
            let strong = tag.trim_start_matches("W/").to_owned();
            for known in [tag.clone(), strong, format!("W/\"a\", {tag}"), "*".to_owned()] {
                let answer = send(f.scim(), "GET", &path, &[("if-none-match", &known)], None).await;
                assert_eq!((answer.status, &answer.body), (304, &Value::Null), "{known}");
                for header in ["etag", "vary", "cache-control", "content-location"] {
                    assert_eq!(answer.header(header), read.header(header), "{header}");
                }
            }
            for other in ["W/\"a\"", "\"77\"", "w/\"1\""] {
                let answer = send(f.scim(), "GET", &path, &[("if-none-match", other)], None).await;
                assert_eq!(answer.expect(200).body, read.body, "{other}");
            }
        }
    }

    async fn if_none_match_keeps_a_write_from_what_is_there(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u3);
        let before = f.user(&f.u3).await;
        let tag = before["meta"]["version"].as_str().unwrap();
        for known in [tag, "*"] {
            let known = [("if-none-match", known)];
            for (method, body) in [("PUT", Some(zoe("x"))), ("PATCH", Some(title("x"))), ("DELETE", None)] {
                expect_error(&send(f.scim(), method, &path, &known, body).await, 412, "");
            }
        }
        assert_eq!(f.user(&f.u3).await, before);
        let other = [("if-none-match", "W/\"77\"")];
        let done = send(f.scim(), "PUT", &path, &other, Some(zoe("x"))).await;
        assert_eq!(done.expect(200).body["title"], "x");
    }

    async fn a_write_with_a_stale_if_match_is_not_done(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let group = json!({ "schemas": [GROUP], "displayName": "Renamed" });
        let rename = patch(json!([{ "op": "replace", "path": "displayName", "value": "Renamed" }]));
        let targets = [
            (format!("/Users/{}", f.u3), zoe("x"), title("x")),
            (format!("/Groups/{}", f.g1), group, rename),
        ];
        for (path, replacement, change) in targets {
            let before = f.scim().get(&path).await.expect(200).body;
            for stale in ["W/\"77\"", "\"77\", \"78\"", "w/\"1\"", ""] {
                // Whatever If-None-Match says: If-Match comes first.
                let headers = [("if-match", stale), ("if-none-match", "\"nothing\"")];
                let writes = [
                    ("PUT", Some(replacement.clone())), ("PATCH", Some(change.clone())), ("DELETE", None),
                ];
                for (method, body) in writes {
                    expect_error(&send(f.scim(), method, &path, &headers, body).await, 412, "");
                }
                let read = [("if-match", stale), ("if-none-match", "*")];
                expect_error(&send(f.scim(), "GET", &path, &read, None).await, 412, "");
            }
            assert_eq!(f.scim().get(&path).await.expect(200).body, before);
        }
    }

    async fn a_write_with_the_current_version_is_done_however_the_tag_is_written(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u3);
        for (index, form) in ["W/\"{}\"", "\"{}\"", "W/\"77\", W/\"{}\"", "*"].into_iter().enumerate() {
            let version = (index + 1).to_string();
            assert_eq!(f.user(&f.u3).await["meta"]["version"], format!("W/\"{version}\""));
            let tag = form.replace("{}", &version);
            let done = send(f.scim(), "PUT", &path, &[("if-match", &tag)], Some(zoe(&tag))).await;
            assert_eq!(done.expect(200).body["title"], tag.as_str());
        }
        let done = send(f.scim(), "PATCH", &path, &[("if-match", "W/\"5\"")], Some(title("last"))).await;
        assert_eq!(done.expect(200).header("etag"), "W/\"6\"");
        let gone = send(f.scim(), "DELETE", &path, &[("if-match", "\"6\"")], None).await;
        assert_eq!(gone.status, 204);
        let missing = send(f.scim(), "PUT", &path, &[("if-match", "*")], Some(zoe("x"))).await;
        expect_error(&missing, 404, "");
    }

    async fn what_is_wrong_in_itself_is_said_before_a_stale_version(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u3);
        let stale = [("if-match", "W/\"77\"")];
        let before = f.user(&f.u3).await;
        let stranger = f.scim().with_bearer(None);
        expect_error(&send(&stranger, "PUT", &path, &stale, Some(zoe("x"))).await, 401, "");
        let nobody = format!("/Users/{}", f.g1);
        expect_error(&send(f.scim(), "PUT", &nobody, &stale, Some(zoe("x"))).await, 404, "");
        expect_error(&send(f.scim(), "DELETE", &nobody, &stale, None).await, 404, "");
        let nameless = json!({ "schemas": [USER], "title": "x" });
        expect_error(&send(f.scim(), "PUT", &path, &stale, Some(nameless)).await, 400, "invalidValue");
        let not_a_patch = json!({ "schemas": [USER], "Operations": [] });
        expect_error(&send(f.scim(), "PATCH", &path, &stale, Some(not_a_patch)).await, 400, "invalidSyntax");
        let text = f.scim().request("PUT", &path).header("if-match", "W/\"77\"");
        let text = text.header("content-type", "text/plain").body("title");
        expect_error(&Client::read(text).await, 415, "");
        f.choose(json!({ "features": { "patch": false } })).await;
        expect_error(&send(f.scim(), "PATCH", &path, &stale, Some(title("x"))).await, 501, "");
        let _ = f.app.api.patch(&f.tenant.path(), json!({ "enabled": false })).await.expect(200);
        expect_error(&send(f.scim(), "PUT", &path, &stale, Some(zoe("x"))).await, 403, "");
        let _ = f.app.api.patch(&f.tenant.path(), json!({ "enabled": true })).await.expect(200);
        assert_eq!(f.user(&f.u3).await, before);
    }

    async fn the_tag_changes_with_every_stored_attribute_and_with_nothing_else(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let changes = [
            ("userName", json!("babs")),
            ("externalId", json!("E-2")),
            ("name.familyName", json!("Jensen-Smith")),
            ("active", json!(false)),
            ("emails", json!([{ "value": "b@example.com", "type": "work" }])),
            ("emails[type eq \"work\"].value", json!("c@example.com")),
            ("locale", json!("en-US")),
            (&format!("{ENTERPRISE}:department"), json!("Sales")),
        ];
        let mut tag = f.user(&f.u1).await["meta"]["version"].clone();
        for (path, value) in changes {
            let change = || f.patch_user(&f.u1, json!([{ "op": "replace", "path": path, "value": value }]));
            let changed = change().await.expect(200);
            assert_ne!(changed.body["meta"]["version"], tag, "{path}");
            tag = changed.body["meta"]["version"].clone();
            assert_eq!(change().await.expect(200).body["meta"]["version"], tag, "{path} again");
            assert_eq!(f.user(&f.u1).await["meta"]["version"], tag, "{path} read");
        }
        let removed = f.patch_user(&f.u1, json!([{ "op": "remove", "path": "title" }])).await.expect(200);
        assert_ne!(removed.body["meta"]["version"], tag);
    }

    async fn a_membership_changes_the_tag_of_the_group_and_a_members_name_does_not(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let tag = async || f.group(&f.g1).await["meta"]["version"].clone();
        let first = tag().await;
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": f.u2 }] }]);
        let added = f.patch_group(&f.g1, add).await.expect(204);
        let second = tag().await;
        assert_eq!(added.header("etag"), second.as_str().unwrap());
        assert_ne!(first, second);
        let mut renamed = bjensen();
        renamed["displayName"] = json!("Barbara");
        let _ = f.scim().put(&format!("/Users/{}", f.u1), renamed).await.expect(200);
        assert_eq!(tag().await, second);
        let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", f.u1) }]);
        let _ = f.patch_group(&f.g1, remove).await.expect(204);
        assert_ne!(tag().await, second);
        // The user was not written to, whatever groups it is in.
        assert_eq!(f.user(&f.u2).await["meta"]["version"], "W/\"1\"");
    }

    async fn of_twenty_writes_with_one_version_one_is_done(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u3);
        let tag = [("if-match", "W/\"1\"")];
        let writes = (0..20).map(|index| {
            let body = zoe(&format!("title {index}"));
            send(f.scim(), "PUT", &path, &tag, Some(body))
        });
        let mut statuses: Vec<u16> = join_all(writes).await.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        assert!(statuses[1..].iter().all(|status| *status == 412), "{statuses:?}");
        assert_eq!(f.user(&f.u3).await["meta"]["version"], "W/\"2\"");
    }

    async fn without_if_match_the_last_write_wins_unless_the_connection_wants_one(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u3);
        let _ = f.scim().put(&path, zoe("free")).await.expect(200);

        f.choose(json!({ "require_if_match": true })).await;

        let writes = [("PUT", Some(zoe("x"))), ("PATCH", Some(title("x"))), ("DELETE", None)];
        for (method, body) in writes {
            expect_error(&send(f.scim(), method, &path, &[], body).await, 428, "");
        }
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "DELETE", "path": path },
                { "method": "PUT", "path": path, "version": "W/\"2\"", "data": zoe("bulk") },
            ],
        });
        let done = f.scim().post("/Bulk", bulk).await.expect(200);
        assert_eq!(done.body["Operations"][0]["status"], "428");
        assert_eq!(done.body["Operations"][1]["status"], "200");
        assert_eq!(f.user(&f.u3).await["title"], "bulk");
        // What is made has no version yet, and reading changes nothing.
        let _ = f.scim().post("/Users", json!({ "schemas": [USER], "userName": "new" })).await.expect(201);
        let missing = format!("/Users/{}", f.g1);
        expect_error(&send(f.scim(), "PUT", &missing, &[], Some(zoe("x"))).await, 404, "");
        let named = send(f.scim(), "PUT", &path, &[("if-match", "W/\"3\"")], Some(zoe("named"))).await;
        assert_eq!(named.expect(200).body["title"], "named");
    }

    async fn without_the_feature_no_version_is_told_and_no_condition_looked_at(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u3);
        let guides = format!("/Groups/{}", f.g1);
        f.choose(json!({ "features": { "etag": false }, "require_if_match": true })).await;

        let config = f.scim().get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(config.body["etag"]["supported"], false);
        let stale = [("if-match", "W/\"77\""), ("if-none-match", "*")];
        let answers = [
            send(f.scim(), "GET", &path, &stale, None).await,
            send(f.scim(), "GET", &guides, &stale, None).await,
            send(f.scim(), "PUT", &path, &stale, Some(zoe("x"))).await,
            send(f.scim(), "PATCH", &path, &stale, Some(title("y"))).await,
        ];
        for answer in answers {
            let answer = answer.expect(200);
            assert_eq!(answer.header("etag"), "");
            assert!(answer.body["meta"]["lastModified"].is_string());
            assert!(answer.body["meta"].get("version").is_none());
        }
        let list = f.users_where("userName pr").await;
        expect_list(&list, 3);
        assert!(list.body["Resources"][0]["meta"].get("version").is_none());
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "PUT", "path": path, "version": "W/\"77\"", "data": zoe("z") }],
        });
        let done = f.scim().post("/Bulk", bulk).await.expect(200);
        assert_eq!(done.body["Operations"][0]["status"], "200");
        assert!(done.body["Operations"][0].get("version").is_none());
        assert_eq!(send(f.scim(), "DELETE", &path, &stale, None).await.status, 204);
    }
}
