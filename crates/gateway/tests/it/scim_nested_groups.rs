//! Groups as members of groups.

use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

async fn user(connection: &Connection, name: &str) -> String {
    let body = json!({ "userName": name, "displayName": format!("The {name}") });
    let created = connection.scim.post("/Users", body).await;
    created.expect(201).text("/id")
}

async fn group(connection: &Connection, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "displayName": name, "members": members });
    let created = connection.scim.post("/Groups", body).await;
    created.expect(201).text("/id")
}

async fn change(connection: &Connection, group: &str, operations: Value) -> Reply {
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    connection
        .scim
        .patch(&format!("/Groups/{group}"), body)
        .await
}

async fn add(connection: &Connection, group: &str, member: &str) -> Reply {
    let added = json!([{ "op": "add", "path": "members", "value": [{ "value": member }] }]);
    change(connection, group, added).await
}

async fn read(connection: &Connection, path: &str) -> Value {
    connection.scim.get(path).await.expect(200).body
}

/// `display` and `type` of each group of a user, short names first.
async fn groups_of(connection: &Connection, user: &str) -> Vec<(String, String)> {
    let user = read(connection, &format!("/Users/{user}")).await;
    let groups = user["groups"].as_array().cloned().unwrap_or_default();
    let text = |group: &Value, name: &str| group[name].as_str().unwrap().to_owned();
    let mut groups: Vec<_> = groups
        .iter()
        .map(|group| (text(group, "display"), text(group, "type")))
        .collect();
    groups.sort_by_key(|(display, _)| (display.len(), display.clone()));
    groups
}

async fn found(connection: &Connection, filter: &str) -> Value {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("filter", filter)
        .finish();
    read(connection, &format!("/Users?{query}")).await["totalResults"].clone()
}

on_each_database! {
    async fn groups_join_and_leave_groups_as_users_do(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy").await;
        let inner = group(&acme, "Inner", &[&amy]).await;
        let other = group(&acme, "Other", &[]).await;
        let outer = group(&acme, "Outer", &[&inner, &amy]).await;

        let path = format!("/Groups/{outer}");
        let shown = read(&acme, &path).await["members"].clone();
        let base = acme.scim.base();
        assert!(shown[0]["$ref"].as_str().unwrap().ends_with(&format!("/Users/{amy}")), "{base}");
        assert_eq!((&shown[0]["type"], &shown[0]["display"]), (&json!("User"), &json!("The amy")));
        assert!(shown[1]["$ref"].as_str().unwrap().ends_with(&format!("/Groups/{inner}")));
        assert_eq!((&shown[1]["value"], &shown[1]["type"], &shown[1]["display"]),
            (&json!(inner), &json!("Group"), &json!("Inner")));

        let before = app.events("acme").await.len();
        let steps = [
            json!([{ "op": "add", "path": "members", "value": [{ "value": other, "type": "Group" }] }]),
            json!([{ "op": "remove", "path": format!("members[value eq \"{inner}\"]") }]),
            json!([{ "op": "Remove", "path": "members", "value": [{ "value": other }] }]),
            json!([{ "op": "replace", "path": "members", "value": [{ "value": inner }, { "value": other }] }]),
            json!([{ "op": "remove", "path": "members[type eq \"Group\"]" }]),
        ];
        let mut sizes = Vec::new();
        for operations in steps {
            let _ = change(&acme, &outer, operations).await.expect(204);
            sizes.push(read(&acme, &path).await["members"].as_array().map_or(0, Vec::len));
        }
        assert_eq!(sizes, [3, 2, 1, 2, 0]);
        let events = app.events("acme").await;
        let mut told: Vec<_> = events[before..]
            .iter()
            .map(|event| {
                let data = &event["data"];
                let member = data["member_group"]["id"].as_str().or(data["user"]["id"].as_str());
                (event["type"].as_str().unwrap(), member.unwrap().to_owned())
            })
            .collect();
        let (joined, left) = ("group.member_added", "group.member_removed");
        let mut expected = [
            (joined, &other), (left, &inner), (left, &other), (left, &amy), (joined, &inner), (joined, &other),
            (left, &inner), (left, &other),
        ].map(|(kind, id)| (kind, id.clone()));
        told.sort();
        expected.sort();
        assert_eq!(told, expected);
    }

    async fn the_type_follows_from_the_id_and_must_not_contradict_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy").await;
        let inner = group(&acme, "Inner", &[]).await;
        let outer = group(&acme, "Outer", &[]).await;
        for (id, kind, says) in [(&inner, "User", "is a Group"), (&amy, "Group", "is a User")] {
            let members = json!([{ "value": id, "type": kind }]);
            let refused = change(&acme, &outer, json!([{ "op": "add", "path": "members", "value": members }]));
            let refused = refused.await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidValue");
            assert!(refused.text("/detail").contains(says), "{}", refused.body);
            let created = json!({ "displayName": "New", "members": members });
            let _ = acme.scim.post("/Groups", created).await.expect(400);
        }
        // What is derived is never taken from a client.
        let wrong = json!([{ "value": inner, "$ref": format!("https://elsewhere.example/Users/{amy}"), "type": "group" }]);
        let _ = change(&acme, &outer, json!([{ "op": "add", "path": "members", "value": wrong }])).await.expect(204);
        let shown = read(&acme, &format!("/Groups/{outer}")).await["members"].clone();
        assert_eq!((&shown[0]["value"], &shown[0]["type"]), (&json!(inner), &json!("Group")));
        assert_eq!(read(&acme, "/Groups").await["totalResults"], json!(2));
    }

    async fn a_group_never_holds_itself(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let a = group(&acme, "A", &[]).await;
        let b = group(&acme, "B", &[&a]).await;
        let c = group(&acme, "C", &[&b]).await;
        for (outer, inner) in [(&a, &a), (&a, &b), (&a, &c), (&b, &c)] {
            let refused = add(&acme, outer, inner).await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidValue");
            let body = json!({ "displayName": "Renamed", "members": [{ "value": inner }] });
            let refused = acme.scim.put(&format!("/Groups/{outer}"), body).await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidValue");
        }
        let groups = read(&acme, "/Groups").await;
        for group in groups["Resources"].as_array().unwrap() {
            assert_eq!(group["meta"]["version"], "W/\"1\"");
        }
        // Twice the same group is no circle.
        let _ = add(&acme, &c, &a).await.expect(204);
    }

    async fn two_halves_of_a_circle_at_once_never_both_come_in(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for round in 0..12 {
            let a = group(&acme, &format!("A{round}"), &[]).await;
            let b = group(&acme, &format!("B{round}"), &[]).await;
            let (one, other) = tokio::join!(add(&acme, &a, &b), add(&acme, &b, &a));
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [204, 400], "{} {}", one.body, other.body);
        }
    }

    async fn groups_of_a_user_are_direct_and_indirect_ten_steps_far_and_filters_agree(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy").await;
        let bob = user(&acme, "bob").await;
        let mut inner = amy.clone();
        let mut ids = Vec::new();
        for step in 1..=12 {
            inner = group(&acme, &format!("step {step}"), &[&inner]).await;
            ids.push(inner.clone());
        }
        let _ = add(&acme, &ids[1], &bob).await.expect(204);
        let _ = add(&acme, &ids[2], &amy).await.expect(204);

        let expected: Vec<_> = (1..=10)
            .map(|step| {
                let kind = if step == 1 || step == 3 { "direct" } else { "indirect" };
                (format!("step {step}"), kind.to_owned())
            })
            .collect();
        // The direct membership in the third group brings two more steps within reach.
        let mut of_amy = expected.clone();
        of_amy.extend([11, 12].map(|step| (format!("step {step}"), "indirect".to_owned())));
        assert_eq!(groups_of(&acme, &amy).await, of_amy);
        let of_bob = groups_of(&acme, &bob).await;
        assert_eq!(of_bob.first().unwrap(), &("step 2".to_owned(), "direct".to_owned()));
        assert_eq!(of_bob.last().unwrap(), &("step 11".to_owned(), "indirect".to_owned()));
        let listed = read(&acme, "/Users?filter=userName%20eq%20%22amy%22").await;
        assert_eq!(listed["Resources"][0]["groups"].as_array().unwrap().len(), 12);

        for (filter, count) in [
            (format!("groups.value eq \"{}\"", ids[0]), 1),
            (format!("groups.value eq \"{}\"", ids[10]), 2),
            (format!("groups eq \"{}\"", ids[11]), 1),
            (format!("groups[value eq \"{}\" and type eq \"direct\"]", ids[2]), 1),
            (format!("groups[value eq \"{}\" and type eq \"indirect\"]", ids[2]), 1),
            ("groups[display eq \"STEP 4\" and type eq \"direct\"]".to_owned(), 0),
            ("groups.display eq \"step 4\"".to_owned(), 2),
            ("groups.type eq \"indirect\"".to_owned(), 2),
            ("not (groups pr)".to_owned(), 0),
        ] {
            assert_eq!(found(&acme, &filter).await, json!(count), "{filter}");
        }
        let query = format!("/Groups?filter=members.value%20eq%20%22{}%22", ids[3]);
        let holders = read(&acme, &query).await;
        assert_eq!((&holders["totalResults"], &holders["Resources"][0]["displayName"]), (&json!(1), &json!("step 5")));
    }

    async fn a_deleted_group_leaves_its_groups_with_their_events(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy").await;
        let inner = group(&acme, "Inner", &[&amy]).await;
        let first = group(&acme, "First", &[&inner]).await;
        let second = group(&acme, "Second", &[&inner]).await;
        let before = app.events("acme").await.len();

        let _ = acme.scim.delete(&format!("/Groups/{inner}")).await.expect(204);

        for id in [&first, &second] {
            let left = acme.scim.get(&format!("/Groups/{id}")).await.expect(200);
            assert_eq!((left.header("etag"), left.body.get("members")), ("W/\"2\"", None));
        }
        assert!(groups_of(&acme, &amy).await.is_empty());
        assert_eq!(app.event_types("acme").await[before..], [
            "group.member_removed", "group.member_removed", "group.deleted",
        ]);
    }

    async fn bulk_makes_circles_of_groups_only_where_the_tenant_lets_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy").await;
        let make = |bulk_id: &str, members: Value| json!({ "method": "POST", "path": "/Groups", "bulkId": bulk_id,
            "data": { "displayName": bulk_id, "members": members } });
        let circle = json!({ "schemas": [BULK_REQUEST], "Operations": [
            make("a", json!([{ "type": "Group", "value": "bulkId:b" }, { "value": amy }])),
            make("b", json!([{ "type": "Group", "value": "bulkId:a" }])),
            make("self", json!([{ "value": "bulkId:self" }])),
        ] });
        let statuses = |reply: &Reply| -> Vec<String> {
            let operations = reply.body["Operations"].as_array().unwrap();
            operations.iter().map(|entry| entry["status"].as_str().unwrap().to_owned()).collect()
        };
        let refused = acme.scim.post("/Bulk", circle.clone()).await.expect(200);
        assert_eq!(statuses(&refused), ["409", "409", "409"]);
        let (x, y) = (group(&acme, "X", &[]).await, group(&acme, "Y", &[]).await);
        let half = |outer: &str, inner: &str| json!({ "method": "PATCH", "path": format!("/Groups/{outer}"),
            "data": { "schemas": [PATCH_OP], "Operations": [
                { "op": "add", "path": "members", "value": [{ "value": inner }] }] } });
        let halves = json!({ "schemas": [BULK_REQUEST], "Operations": [half(&x, &y), half(&y, &x)] });
        let refused = acme.scim.post("/Bulk", halves.clone()).await.expect(200);
        assert_eq!(statuses(&refused), ["204", "409"]);

        let allow = json!({ "settings": { "allow_group_cycles": true } });
        let _ = app.api.patch(&acme.path(), allow).await.expect(200);
        let made = acme.scim.post("/Bulk", circle).await.expect(200);
        assert_eq!(statuses(&made), ["201", "201", "201"]);
        let done = acme.scim.post("/Bulk", halves).await.expect(200);
        assert_eq!(statuses(&done), ["204", "204"]);
        let groups = groups_of(&acme, &amy).await;
        assert_eq!(groups, [("a".to_owned(), "direct".to_owned()), ("b".to_owned(), "indirect".to_owned())]);
        assert_eq!(found(&acme, "groups.display eq \"b\"").await, json!(1));
        // Requests by themselves are still not allowed to.
        let (p, q) = (group(&acme, "P", &[]).await, group(&acme, "Q", &[]).await);
        let _ = add(&acme, &p, &q).await.expect(204);
        let _ = add(&acme, &q, &p).await.expect(400);
    }
}
