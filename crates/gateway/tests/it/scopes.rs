//! What a token of each scope may do, route by route.

use rollcall_testkit::{Client, Connection, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::isolation_table::{Item, ScimRoute, scim};

const SCOPES: [&str; 4] = ["users:read", "users:write", "groups:read", "groups:write"];

/// A client with a token of its own.
async fn client(app: &TestApp, connection: &Connection, scopes: &[&str]) -> Client {
    let body = json!({ "name": scopes.join(" "), "scopes": scopes });
    let tokens = format!("{}/tokens", connection.path());
    let made = app.api.post(&tokens, body).await.expect(201);
    connection.scim.with_bearer(Some(&made.text("/secret")))
}

async fn a_user(scim: &Client, name: &str) -> String {
    let user = json!({ "userName": name });
    scim.post("/Users", user).await.expect(201).text("/id")
}

async fn a_group(scim: &Client, name: &str, member: &str) -> String {
    let group = json!({ "displayName": name, "members": [{ "value": member }] });
    scim.post("/Groups", group).await.expect(201).text("/id")
}

/// The scopes that a route takes, any of them; all, if it takes no scope. Written down once more,
/// so that a mistake has to be made twice.
fn taken(route: &ScimRoute) -> &'static [&'static str] {
    let looks = route.method == "GET" || route.pattern.ends_with(".search");
    let of = |first: &str| route.pattern.starts_with(first);
    match looks {
        _ if route.is_discovery() => &SCOPES,
        true if of("/Users") || of("/Me") => &["users:read", "users:write"],
        true if of("/Groups") => &["groups:read", "groups:write"],
        true => &SCOPES,
        false if of("/Users") || of("/Me") => &["users:write"],
        false if of("/Groups") => &["groups:write"],
        false => &["users:write", "groups:write"],
    }
}

on_each_database! {
    async fn every_route_takes_the_scopes_of_what_it_shows_or_changes_and_no_others(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for scope in SCOPES {
            let scim_client = client(&app, &acme, &[scope]).await;
            for (number, route) in scim().iter().enumerate() {
                let user = a_user(&acme.scim, &format!("{scope}-{number}")).await;
                let group = a_group(&acme.scim, &format!("{scope}-{number}"), &user).await;
                let path = match route.item {
                    Item::None => route.pattern.to_owned(),
                    Item::User => route.pattern.replace("{id}", &user),
                    Item::Group => route.pattern.replace("{id}", &group),
                    Item::Public(id) => route.pattern.replace("{id}", id),
                };
                let reply = scim_client.send(route.method, &path, route.body_about(&user, &group)).await;
                let told = format!("{scope}: {} {}: {}", route.method, route.pattern, reply.body);
                let taken = taken(route);
                if taken.contains(&scope) {
                    assert!(![401, 403].contains(&reply.status), "{told}");
                    continue;
                }
                assert_eq!(reply.status, 403, "{told}");
                assert!(reply.text("/detail").contains(taken[0]), "{told}");
                let unchanged = async |path: String| acme.scim.get(&path).await.expect(200);
                let _ = unchanged(format!("/Users/{user}")).await;
                let _ = unchanged(format!("/Groups/{group}")).await;
            }
        }
    }

    async fn a_query_of_everything_shows_what_the_token_may_see(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let user = a_user(&acme.scim, "ada").await;
        let group = a_group(&acme.scim, "Engineers", &user).await;
        for (scopes, expected) in [
            (vec!["users:read"], vec![&user]),
            (vec!["groups:write"], vec![&group]),
            (vec!["users:read", "groups:read"], vec![&user, &group]),
        ] {
            let scim = client(&app, &acme, &scopes).await;
            let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
            for reply in [scim.get("").await, scim.post("/.search", search).await] {
                let list = reply.expect(200).body;
                let shown: Vec<_> = list["Resources"].as_array().unwrap().iter().map(|found| found["id"].clone()).collect();
                assert_eq!((json!(shown), &list["totalResults"]), (json!(expected), &json!(expected.len())));
            }
        }
    }

    async fn a_bulk_request_does_the_operations_that_the_token_may_do(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let scim = client(&app, &acme, &["users:write"]).await;
        let group = json!({ "displayName": "Engineers", "members": [{ "value": "bulkId:ada" }] });
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "POST", "path": "/Users", "bulkId": "ada", "data": { "userName": "ada" } },
                { "method": "POST", "path": "/Groups", "bulkId": "engineers", "data": group },
            ],
        });
        let reply = scim.post("/Bulk", bulk).await.expect(200);
        let statuses: Vec<_> = reply.body["Operations"].as_array().unwrap().iter().map(|done| done["status"].clone()).collect();
        assert_eq!(json!(statuses), json!(["201", "403"]));
        assert!(reply.text("/Operations/1/response/detail").contains("`groups:write`"), "{}", reply.body);
        let groups = acme.scim.get("/Groups").await.expect(200);
        assert_eq!(groups.body["totalResults"], 0);
    }

    async fn the_groups_of_a_user_and_the_members_of_a_group_belong_to_what_they_stand_in(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let user = a_user(&acme.scim, "ada").await;
        let group = a_group(&acme.scim, "Engineers", &user).await;
        let users = client(&app, &acme, &["users:read"]).await;
        let seen = users.get(&format!("/Users/{user}")).await.expect(200);
        assert_eq!(seen.text("/groups/0/value"), group);
        let groups = client(&app, &acme, &["groups:write"]).await;
        let seen = groups.get(&format!("/Groups/{group}")).await.expect(200);
        assert_eq!(seen.text("/members/0/value"), user);
        let remove = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "remove", "path": "members" }],
        });
        let _ = groups.patch(&format!("/Groups/{group}"), remove).await;
        let left = acme.scim.get(&format!("/Users/{user}")).await.expect(200);
        assert_eq!(left.body.get("groups"), None);
    }

    async fn scopes_are_named_when_a_token_is_made_and_told_ever_after(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let tokens = format!("{}/tokens", acme.path());
        let refused = [
            json!({ "name": "x", "scopes": [] }),
            json!({ "name": "x", "scopes": ["users"] }),
            json!({ "name": "x", "scopes": ["users:read"], "access": "read" }),
        ];
        for body in refused {
            let problem = app.api.post(&tokens, body).await.expect(422);
            assert_eq!(problem.text("/field"), "scopes", "{}", problem.body);
        }
        for (asked, access, scopes) in [
            (json!({ "scopes": ["groups:write"] }), Value::Null, json!(["groups:read", "groups:write"])),
            (json!({ "scopes": ["groups:read", "users:read"] }), json!("read"), json!(["users:read", "groups:read"])),
            (json!({ "access": "read" }), json!("read"), json!(["users:read", "groups:read"])),
            (json!({}), json!("write"), json!(SCOPES)),
        ] {
            let mut body = asked;
            body["name"] = json!("x");
            let made = app.api.post(&tokens, body).await.expect(201);
            let list = app.api.get(&tokens).await.expect(200);
            let mut listed = list.body["data"].as_array().unwrap().iter();
            let listed = listed.find(|token| token["id"] == made.body["id"]).unwrap();
            for shown in [&made.body, listed] {
                assert_eq!((&shown["access"], &shown["scopes"]), (&access, &scopes));
                assert_eq!((&shown["state"], &shown["expires_in_days"]), (&json!("active"), &json!(365)));
            }
        }
        let last = app.events("acme").await.pop().unwrap();
        assert_eq!(last["data"]["scim_token"]["scopes"], json!(SCOPES));
    }
}
