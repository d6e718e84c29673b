//! Roles over HTTP: what identity providers send, what the vendor gives, and the answer to why.

use rollcall_testkit::{Connection, TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

async fn connected(database: TestDatabase) -> (TestApp, Connection) {
    let app = TestApp::start(database).await;
    let connection = app.connect("Acme").await;
    (app, connection)
}

async fn make_user(connection: &Connection, body: Value) -> String {
    let mut whole = json!({ "schemas": [USER] });
    whole
        .as_object_mut()
        .unwrap()
        .extend(body.as_object().unwrap().clone());
    let made = connection.scim.post("/Users", whole).await.expect(201);
    made.text("/id").to_owned()
}

async fn make_group(connection: &Connection, name: &str, members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
    let made = connection.scim.post("/Groups", body).await.expect(201);
    made.text("/id").to_owned()
}

fn mapping(connection: &Connection, group: &str) -> String {
    format!("{}/groups/{group}/role-mapping", connection.path())
}

fn user(connection: &Connection, user: &str, what: &str) -> String {
    let org = &connection.organization;
    format!("/v1/organizations/{org}/users/{user}/{what}")
}

/// Name, role and source of everybody, as the directory lists them.
async fn listed(app: &TestApp, connection: &Connection) -> Vec<String> {
    let users = app
        .api
        .get(&format!("{}/users", connection.path()))
        .await
        .expect(200);
    let users = users.body["data"].as_array().unwrap();
    let text = |user: &Value, name: &str| user[name].as_str().unwrap().to_owned();
    let shown = users.iter().map(|user| {
        let parts = ["user_name", "role", "role_source"].map(|name| text(user, name));
        parts.join(" ")
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

on_each_database! {
    async fn the_directory_shows_where_each_role_comes_from(database: TestDatabase) {
        let (app, acme) = connected(database).await;
        make_user(&acme, json!({ "userName": "amy", "role": "Moderator" })).await;
        let bob = make_user(&acme, json!({ "userName": "bob", "roles": [{ "value": "Some.App.Role" }] })).await;
        let cyd = make_user(&acme, json!({ "userName": "cyd" })).await;
        make_user(&acme, json!({ "userName": "dee" })).await;
        let admins = make_group(&acme, "Admins", &[&bob]).await;
        let body = json!({ "role": "Administrator", "precedence": 3 });
        let set = app.api.put(&mapping(&acme, &admins), body).await.expect(200);
        assert_eq!(set.body, json!({
            "scim_connection_id": acme.id, "group_id": admins, "group_name": "Admins",
            "role": "administrator", "precedence": 3, "members": 1,
        }));
        let owner = json!({ "role": "owner", "reason": "Founder" });
        let _ = app.api.put(&user(&acme, &cyd, "role"), owner).await.expect(200);
        assert_eq!(listed(&app, &acme).await, [
            "amy moderator attribute", "bob administrator group", "cyd owner manual", "dee member default",
        ]);
        let all = app.api.get(&format!("/v1/organizations/{}/role-mappings", acme.organization)).await.expect(200);
        assert_eq!(all.body["data"], json!([set.body]));

        let _ = app.api.delete(&user(&acme, &cyd, "role")).await.expect(204);
        let _ = app.api.delete(&user(&acme, &cyd, "role")).await.expect(404);
        let _ = app.api.delete(&mapping(&acme, &admins)).await.expect(204);
        let _ = app.api.delete(&mapping(&acme, &admins)).await.expect(404);
        let _ = app.api.get(&mapping(&acme, &admins)).await.expect(404);
        assert_eq!(listed(&app, &acme).await[1..3], ["bob member default", "cyd member default"]);
    }

    async fn a_role_that_is_none_is_refused_so_that_an_admin_can_act_on_it(database: TestDatabase) {
        let (app, acme) = connected(database).await;
        let amy = make_user(&acme, json!({ "userName": "amy" })).await;
        let body = json!({ "schemas": [PATCH_OP], "Operations": [{ "op": "replace", "path": "role", "value": "boss" }] });
        let refused = acme.scim.patch(&format!("/Users/{amy}"), body.clone()).await.expect(400);
        insta::assert_snapshot!(refused.body["detail"], @"\"`role` is `boss`, and this organization has no role of that name; it has `owner`, `administrator`, `moderator`, `member`, `guest`\"");
        assert_eq!(refused.body["scimType"], "invalidValue");
        let settings = json!({ "settings": { "role_attribute": "none" } });
        let _ = app.api.patch(&acme.path(), settings).await.expect(200);
        let _ = acme.scim.patch(&format!("/Users/{amy}"), body).await.expect(200);
        for wrong in ["password", "emails["] {
            let settings = json!({ "settings": { "role_attribute": wrong } });
            let refused = app.api.patch(&acme.path(), settings).await.expect(422);
            assert_eq!(refused.body["field"], "settings.role_attribute");
        }
        let refused = app.api.put(&user(&acme, &amy, "role"), json!({ "role": "boss" })).await.expect(422);
        assert_eq!(refused.body["field"], "role");
    }

    async fn an_explanation_names_everything_that_gives_a_role(database: TestDatabase) {
        let (app, acme) = connected(database).await;
        let amy = make_user(&acme, json!({ "userName": "amy", "roles": ["Payroll"] })).await;
        let mut groups = Vec::new();
        for (name, role, precedence) in [("Staff", "member", 9), ("Admins", "administrator", 1)] {
            let group = make_group(&acme, name, &[&amy]).await;
            let body = json!({ "role": role, "precedence": precedence });
            let _ = app.api.put(&mapping(&acme, &group), body).await.expect(200);
            groups.push(group);
        }
        let explained = app.api.get(&user(&acme, &amy, "role-explanation")).await.expect(200);
        assert_eq!(explained.body, json!({
            "user_id": amy,
            "scim_connection_id": acme.id,
            "role": "administrator",
            "source": "group",
            "because": "the group `Admins` gives `administrator` with precedence 1, and neither by hand nor by an attribute was a role given",
            "grants": [
                { "source": "attribute", "role": null, "decides": false, "attribute": "roles", "value": "Payroll",
                  "because": "the identity provider sent `Payroll` as `roles`, which is no role of this organization, so it gives none" },
                { "source": "group", "role": "administrator", "decides": true, "group_id": groups[1], "group_name": "Admins", "precedence": 1,
                  "because": "the group `Admins` gives `administrator` with precedence 1, and neither by hand nor by an attribute was a role given" },
                { "source": "group", "role": "member", "decides": false, "group_id": groups[0], "group_name": "Staff", "precedence": 9,
                  "because": "the group `Staff` gives `member` with precedence 9, but a group with a lower precedence, or the same and a lower id, goes before it" },
                { "source": "default", "role": "member", "decides": false,
                  "because": "`member` is the default role, but a group goes before it" },
            ],
        }));
        let other = app.connect("Other").await;
        for what in ["role-explanation", "role"] {
            let path = user(&other, &amy, what);
            let method = if what == "role" { "PUT" } else { "GET" };
            let body = (what == "role").then(|| json!({ "role": "guest" }));
            let _ = app.api.send(method, &path, body).await.expect(404);
        }
        let _ = app.api.delete(&user(&other, &amy, "role")).await.expect(404);
    }

    async fn a_short_way_that_writes_no_role_is_not_taken_by_a_role(database: TestDatabase) {
        let (app, acme) = connected(database).await;
        let amy = make_user(&acme, json!({ "userName": "amy", "role": "guest" })).await;
        let path = format!("/Users/{amy}");
        for (operation, expected) in [
            (json!({ "op": "replace", "path": "title", "value": "Dr" }), "amy guest attribute"),
            (json!({ "op": "replace", "path": "role", "value": "owner" }), "amy owner attribute"),
            (json!({ "op": "remove", "path": "role" }), "amy member default"),
        ] {
            let body = json!({ "schemas": [PATCH_OP], "Operations": [operation] });
            let _ = acme.scim.patch(&path, body).await.expect(200);
            assert_eq!(listed(&app, &acme).await, [expected]);
        }
        let kinds: Vec<_> = app.events(&acme.organization).await.iter()
            .filter(|event| event["type"].as_str().unwrap().starts_with("user."))
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, [
            "user.created", "user.role_changed", "user.updated", "user.updated", "user.role_changed",
            "user.updated", "user.role_changed",
        ]);
    }
}
