//! A product's roster compared with an organization, over HTTP.

use std::time::Duration;

use rollcall_testkit::{Client, Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

/// Each a moment after the one before, so that they have an order.
async fn create(app: &TestApp, connection: &Connection, user: Value) -> String {
    app.clock.advance(Duration::from_millis(1));
    let made = connection.scim.post("/Users", user).await.expect(201);
    made.text("/id")
}

fn path(connection: &Connection) -> String {
    format!("/v1/organizations/{}/reconcile", connection.organization)
}

fn lines(roster: &[Value]) -> String {
    let lines = roster.iter().map(|line| format!("{line}\n"));
    lines.collect()
}

async fn send(client: &Client, path: &str, roster: impl Into<String>) -> Reply {
    let request = client.request("POST", path);
    let request = request.header("content-type", "application/x-ndjson");
    Client::read(request.body(roster.into())).await
}

async fn end(app: &TestApp) -> String {
    let page = app.api.get("/v1/events?limit=500").await.expect(200);
    page.text("/next_cursor")
}

/// The `code`, `field` and `detail` of a refusal.
fn said(reply: &Reply) -> String {
    let parts = ["code", "field", "detail"].map(|name| reply.body[name].to_string());
    parts.join(" ")
}

on_each_database! {
    async fn a_roster_is_told_who_is_missing_extra_and_out_of_date(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = create(&app, &acme, json!({ "userName": "amy", "externalId": "e-amy" })).await;
        let bob = create(&app, &acme, json!({ "userName": "Bob" })).await;
        create(&app, &acme, json!({ "userName": "cyd", "active": false })).await;
        let dee = create(&app, &acme, json!({ "userName": "dee", "active": false })).await;
        let eve = create(&app, &acme, json!({ "userName": "eve", "role": "moderator" })).await;
        let fay = create(&app, &acme, json!({ "userName": "fay" })).await;
        let gus = create(&app, &acme, json!({ "userName": "gus" })).await;
        let _ = acme.scim.delete(&format!("/Users/{gus}")).await.expect(204);
        let cursor = end(&app).await;

        let roster = [
            json!({ "external_id": "e-amy", "active": true, "role": "Member" }),
            json!({ "user_name": "BOB", "active": false }),
            json!({ "user_name": "cyd", "active": false }),
            json!({ "id": dee, "active": true, "role": "member" }),
            json!({ "id": eve, "user_name": "eve-before", "active": true, "role": "owner" }),
            json!({ "id": gus, "user_name": "gus", "active": true }),
            json!({ "user_name": "never", "active": false }),
            json!({ "id": amy, "user_name": "bob", "active": true }),
        ];
        let told = send(&app.api, &path(&acme), lines(&roster)).await.expect(200).body;
        assert_eq!(told["cursor"], cursor.as_str());
        assert_eq!(told["counts"], json!({
            "roster": 8, "users": 6, "equal": 2, "missing": 1, "extra": 1, "stale": 2, "ambiguous": 3,
        }));
        let user = |id: &str, external_id: Option<&str>, name: &str, role: &str| json!({
            "scim_connection_id": acme.id, "id": id, "external_id": external_id, "user_name": name, "role": role,
        });
        assert_eq!(told["missing"], json!([user(&fay, None, "fay", "member")]));
        assert_eq!(told["extra"], json!([{ "line": 6, "id": gus, "external_id": null, "user_name": "gus" }]));
        assert_eq!(told["stale"], json!([
            { "line": 4, "user": user(&dee, None, "dee", "member"), "active": { "roster": true, "rollcall": false } },
            { "line": 5, "user": user(&eve, None, "eve", "moderator"), "role": { "roster": "owner", "rollcall": "moderator" } },
        ]));
        let (amy, bob) = (user(&amy, Some("e-amy"), "amy", "member"), user(&bob, None, "Bob", "member"));
        let doubts = told["ambiguous"].as_array().unwrap();
        let doubts = doubts.iter().map(|it| json!([it["line"], it["reason"], it["users"]]));
        assert_eq!(doubts.collect::<Vec<_>>(), [
            json!([1, "several_entries", [amy]]),
            json!([2, "several_entries", [bob]]),
            json!([8, "several_users", [amy, bob]]),
        ]);

        let again = send(&app.api, &path(&acme), "").await.expect(200).body;
        assert_eq!(again["counts"]["missing"], 4);
        assert_eq!(end(&app).await, cursor, "it told of something");
    }

    async fn a_user_that_waits_for_a_seat_counts_as_not_active(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let policy = json!({ "seat_limit": { "seats": 1, "when_full": "wait" } });
        let of_acme = format!("/v1/organizations/{}/policy", acme.organization);
        let _ = app.api.put(&of_acme, policy).await.expect(200);
        create(&app, &acme, json!({ "userName": "amy" })).await;
        create(&app, &acme, json!({ "userName": "bob" })).await;
        let told = send(&app.api, &path(&acme), "").await.expect(200).body;
        assert_eq!((&told["counts"]["missing"], &told["missing"][0]["user_name"]), (&json!(1), &json!("amy")));
        let roster = ["amy", "bob"].map(|name| json!({ "user_name": name, "active": true }));
        let told = send(&app.api, &path(&acme), lines(&roster)).await.expect(200).body;
        assert_eq!(told["counts"]["stale"], 1);
        assert_eq!(told["stale"][0]["active"], json!({ "roster": true, "rollcall": false }));
    }

    async fn one_connection_is_compared_by_itself(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let second = json!({ "name": "Second", "sso_connection_id": acme.sso });
        let connections = format!("/v1/organizations/{}/scim-connections", acme.organization);
        let second = app.api.post(&connections, second).await.expect(201);
        let scim = app.scim_at(&second.text("/endpoint_url"), Some(&second.text("/token/secret")));
        create(&app, &acme, json!({ "userName": "amy" })).await;
        let _ = scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let roster = lines(&[json!({ "user_name": "amy", "active": true })]);
        let told = send(&app.api, &path(&acme), roster.as_str()).await.expect(200).body;
        assert_eq!(told["ambiguous"][0]["reason"], "several_users");
        for id in [&acme.id, &second.text("/id")] {
            let only = format!("{}?scim_connection={id}", path(&acme));
            let told = send(&app.api, &only, roster.as_str()).await.expect(200).body;
            assert_eq!((&told["counts"]["equal"], &told["counts"]["users"]), (&json!(1), &json!(1)));
        }
        for nobody in [globex.id.as_str(), "scim_01890000000000000000000000", "x"] {
            let only = format!("{}?scim_connection={nobody}", path(&acme));
            let refused = send(&app.api, &only, roster.as_str()).await.expect(404);
            assert_eq!(refused.body["code"], "not_found", "{nobody}");
        }
    }

    async fn a_line_that_is_wrong_is_named(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_string_bytes = 100).await;
        let acme = app.connect("Acme").await;
        let good = r#"{"user_name":"amy","active":true}"#;
        let long = format!("{good}\n{{\"user_name\":\"{}\",\"active\":true}}\n{good}", "x".repeat(100));
        let mut refused = Vec::new();
        for roster in [
            &format!("{good}\n\n{{\"user_name\":\n{good}"),
            &format!("{good}\r\n{{\"active\":true}}"),
            &format!("{good}\n{good}\n{{\"user_name\":\"bob\"}}\n"),
            &format!("{good}\n{{\"user_name\":\"bob\",\"active\":\"yes\"}}"),
            &format!("{good}\n{{\"userName\":\"bob\",\"active\":true}}"),
            r#"["1", null, "amy", true, null]"#,
            long.as_str(),
        ] {
            let reply = send(&app.api, &path(&acme), roster).await.expect(422);
            refused.push(said(&reply));
        }
        insta::assert_snapshot!(refused.join("\n"), @r#"
        "malformed_line" "line 3" "line 3 of the roster is not JSON"
        "invalid_line" "line 2" "line 2 of the roster has none of `id`, `external_id` and `user_name`"
        "invalid_line" "line 3" "line 3 of the roster is no entry: missing field `active`"
        "invalid_line" "line 2" "line 2 of the roster is no entry: invalid type: string \"yes\", expected a boolean"
        "invalid_line" "line 2" "line 2 of the roster is no entry: unknown field `userName`, expected one of `id`, `external_id`, `user_name`, `active`, `role`"
        "invalid_line" "line 1" "line 1 of the roster is no JSON object"
        "malformed_line" "line 2" "line 2 of the roster is longer than 100 bytes"
        "#);
        let request = app.api.request("POST", &path(&acme)).header("content-type", "application/json");
        let refused = Client::read(request.body(good)).await.expect(415);
        assert_eq!(refused.body["code"], "unsupported_media_type");
    }

    async fn a_roster_that_is_too_large_is_refused_whether_it_says_so_or_not(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_roster_bytes = 200).await;
        let acme = app.connect("Acme").await;
        let line = lines(&[json!({ "user_name": "amy", "active": true })]);
        let most = 200 / line.len();
        let _ = send(&app.api, &path(&acme), line.repeat(most)).await.expect(200);
        let refused = send(&app.api, &path(&acme), line.repeat(most + 1)).await.expect(413);
        insta::assert_snapshot!(said(&refused), @r#""body_too_large" null "the roster is longer than 200 bytes""#);
        // In pieces, so that its length is not known before.
        let pieces = std::iter::repeat_n(line, most + 1).map(Ok::<_, std::convert::Infallible>);
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
        let request = app.api.request("POST", &path(&acme)).header("content-type", "application/x-ndjson");
        let refused = Client::read(request.body(body)).await.expect(413);
        assert_eq!(refused.body["code"], "body_too_large");
    }

    async fn keys_that_only_read_may_compare_and_those_of_others_find_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        create(&app, &acme, json!({ "userName": "amy" })).await;
        for (bound_to, status) in [(None, 200), (Some(&acme), 200), (Some(&globex), 404)] {
            let organization = bound_to.map(|connection| &connection.organization);
            let key = json!({ "name": "reader", "role": "read_only", "organization_id": organization });
            let key = app.api.post("/v1/api-keys", key).await.expect(201);
            let reader = app.api.with_bearer(Some(&key.text("/secret")));
            let told = send(&reader, &path(&acme), "").await.expect(status);
            assert_eq!(told.body.to_string().contains("amy"), status == 200);
        }
        let nobody = app.api.with_bearer(None);
        let _ = send(&nobody, &path(&acme), "").await.expect(401);
    }
}
