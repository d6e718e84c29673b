//! Members and managers that are pushed before they exist.

use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn members(values: &[&str]) -> Value {
    values
        .iter()
        .map(|value| json!({ "value": value }))
        .collect()
}

async fn group(connection: &Connection, name: &str, values: &[&str]) -> String {
    let body = json!({ "displayName": name, "members": members(values) });
    let created = connection.scim.post("/Groups", body).await.expect(201);
    created.text("/id")
}

async fn change(connection: &Connection, path: &str, operations: Value) -> Reply {
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    connection.scim.patch(path, body).await
}

async fn read(connection: &Connection, path: &str) -> Reply {
    connection.scim.get(path).await.expect(200)
}

async fn user(connection: &Connection, name: &str, external_id: Option<&str>) -> Reply {
    let body = json!({ "userName": name, "displayName": format!("The {name}"), "externalId": external_id });
    connection.scim.post("/Users", body).await.expect(201)
}

fn with_manager(name: &str, manager: &str) -> Value {
    json!({ "userName": name, ENTERPRISE: { "manager": { "value": manager } } })
}

/// What the management API says is parked, as `awaited_as` and `value`.
async fn parked(app: &TestApp, connection: &Connection) -> Vec<(String, String)> {
    let path = format!("{}/parked-references", connection.path());
    let list = app.api.get(&path).await.expect(200);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let entries = list.body["data"].as_array().unwrap();
    let mut parked: Vec<_> = entries
        .iter()
        .map(|entry| (text(entry, "awaited_as"), text(entry, "value")))
        .collect();
    parked.sort();
    parked
}

fn waiting(values: &[&str]) -> Vec<(String, String)> {
    let member = |value: &&str| ("member".to_owned(), (*value).to_owned());
    values.iter().map(member).collect()
}

async fn choose(app: &TestApp, connection: &Connection, settings: Value) {
    let body = json!({ "settings": settings });
    let _ = app.api.patch(&connection.path(), body).await.expect(200);
}

on_each_database! {
    async fn a_member_that_is_pushed_first_joins_when_it_arrives(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let sales = group(&acme, "Sales", &["ext-amy", "ext-inner"]).await;
        let path = format!("/Groups/{sales}");
        let before = read(&acme, &path).await;
        assert_eq!((before.body.get("members"), before.header("etag")), (None, "W/\"1\""));
        let again = change(&acme, &path, json!([{ "op": "add", "path": "members", "value": members(&["ext-amy"]) }]));
        assert_eq!(again.await.expect(204).header("etag"), "W/\"1\"");
        assert_eq!(parked(&app, &acme).await, waiting(&["ext-amy", "ext-inner"]));
        let listed = app.api.get(&format!("{}/groups", acme.path())).await.expect(200);
        assert_eq!(listed.body["data"][0]["parked_members"], json!(["ext-amy", "ext-inner"]));
        let metrics = app.api.get("/metrics").await.expect(200);
        assert!(metrics.body.as_str().unwrap().contains("rollcall_parked_references 2"));
        let events = app.events("acme").await.len();

        let amy = user(&acme, "amy", Some("ext-amy")).await;
        assert_eq!(amy.body["groups"][0]["value"], json!(sales));
        let inner = json!({ "displayName": "Inner", "externalId": "ext-inner" });
        let inner = acme.scim.post("/Groups", inner).await.expect(201);

        let after = read(&acme, &path).await;
        assert_eq!(after.header("etag"), "W/\"3\"");
        let shown = after.body["members"].as_array().unwrap();
        assert_eq!((&shown[0]["value"], &shown[1]["value"]), (&amy.body["id"], &inner.body["id"]));
        assert!(parked(&app, &acme).await.is_empty());
        assert_eq!(app.event_types("acme").await[events..], [
            "user.created", "group.member_added", "group.created", "group.member_added",
        ]);
        // The name goes on meaning the same person.
        let removal = json!([{ "op": "remove", "path": "members", "value": members(&["ext-amy"]) }]);
        let _ = change(&acme, &path, removal).await.expect(204);
        let added = json!([{ "op": "add", "path": "members", "value": members(&["ext-amy"]) }]);
        assert_eq!(read(&acme, &path).await.body["members"].as_array().unwrap().len(), 1);
        let _ = change(&acme, &path, added).await.expect(204);
        assert_eq!(read(&acme, &path).await.body["members"].as_array().unwrap().len(), 2);
    }

    async fn a_user_that_gets_the_name_later_joins_then(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy", None).await.text("/id");
        let sales = group(&acme, "Sales", &["ext-amy"]).await;
        let kept = json!([{ "op": "add", "path": "members", "value": [{ "value": "ext-amy", "type": "Group" }] }]);
        let other = group(&acme, "Other", &[]).await;
        let _ = change(&acme, &format!("/Groups/{other}"), kept).await.expect(204);

        let named = json!([{ "op": "replace", "path": "externalId", "value": "ext-amy" }]);
        let _ = change(&acme, &format!("/Users/{amy}"), named).await.expect(200);

        let sales = read(&acme, &format!("/Groups/{sales}")).await;
        assert_eq!(sales.body["members"][0]["value"], json!(amy));
        // It was said to be a group, and goes on waiting for one.
        assert_eq!(read(&acme, &format!("/Groups/{other}")).await.body.get("members"), None);
        assert_eq!(parked(&app, &acme).await, waiting(&["ext-amy"]));
    }

    async fn who_is_waited_for_can_be_taken_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let sales = group(&acme, "Sales", &["a", "b", "c", "d"]).await;
        let path = format!("/Groups/{sales}");
        let events = app.events("acme").await.len();
        let steps = [
            (json!([{ "op": "remove", "path": "members[value eq \"a\"]" }]), waiting(&["b", "c", "d"])),
            (json!([{ "op": "Remove", "path": "members", "value": members(&["b"]) }]), waiting(&["c", "d"])),
            (json!([{ "op": "replace", "path": "members", "value": members(&["d", "e"]) }]), waiting(&["d", "e"])),
            (json!([{ "op": "remove", "path": "members" }]), waiting(&[])),
            (json!([{ "op": "add", "path": "members", "value": members(&["f"]) }]), waiting(&["f"])),
        ];
        for (operations, expected) in steps {
            let _ = change(&acme, &path, operations).await.expect(204);
            assert_eq!(parked(&app, &acme).await, expected);
        }
        assert_eq!(read(&acme, &path).await.header("etag"), "W/\"1\"", "nobody joined or left");
        let put = json!({ "displayName": "Sales", "members": members(&["g"]) });
        let _ = acme.scim.put(&path, put).await.expect(200);
        assert_eq!(parked(&app, &acme).await, waiting(&["g"]));
        assert_eq!(app.events("acme").await.len(), events);
        let _ = acme.scim.delete(&path).await.expect(204);
        assert!(parked(&app, &acme).await.is_empty());
        let _ = user(&acme, "gil", Some("g")).await;
    }

    async fn a_name_of_several_people_is_nobodys(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for name in ["amy", "bob"] {
            let _ = user(&acme, name, Some("twin")).await;
        }
        let sales = group(&acme, "Sales", &["twin"]).await;
        assert_eq!(parked(&app, &acme).await, waiting(&["twin"]));
        let _ = user(&acme, "cy", Some("twin")).await;
        assert_eq!(read(&acme, &format!("/Groups/{sales}")).await.body.get("members"), None);
    }

    async fn a_deleted_user_does_not_come_back_by_a_reference(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy", Some("ext-amy")).await.text("/id");
        let sales = group(&acme, "Sales", &[&amy]).await;
        let _ = acme.scim.delete(&format!("/Users/{amy}")).await.expect(204);
        assert!(parked(&app, &acme).await.is_empty(), "to be deleted is not to be waited for");
        let add = json!([{ "op": "add", "path": "members", "value": members(&[&amy]) }]);
        let _ = change(&acme, &format!("/Groups/{sales}"), add).await.expect(204);
        let _ = user(&acme, "amy", Some("ext-amy")).await;
        assert_eq!(read(&acme, &format!("/Groups/{sales}")).await.body.get("members"), None);
        assert_eq!(parked(&app, &acme).await, waiting(&[&amy]));
    }

    async fn a_group_that_holds_the_one_that_waits_for_it_is_not_attached(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let inner = group(&acme, "Inner", &["ext-outer"]).await;
        let outer = json!({ "displayName": "Outer", "externalId": "ext-outer", "members": members(&[&inner]) });
        let _ = acme.scim.post("/Groups", outer).await.expect(201);
        assert_eq!(read(&acme, &format!("/Groups/{inner}")).await.body.get("members"), None);
        assert_eq!(parked(&app, &acme).await, waiting(&["ext-outer"]));
    }

    async fn unknown_references_are_refused_by_setting_and_by_the_strict_profile(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy", Some("ext-amy")).await.text("/id");
        for settings in [json!({ "unknown_references": "refuse" }), json!({ "unknown_references": null, "profile": "strict" })] {
            choose(&app, &acme, settings).await;
            let stranger = "01890000-0000-7000-8000-000000000000";
            let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]);
            for value in [stranger, "nobody", "ext-amy"] {
                let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                    "displayName": "Sales", "members": members(&[value]) });
                let mut person = with_manager("bob", value);
                person["schemas"] = schemas.clone();
                let manager = json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": { "value": value } }]);
                for refused in [
                    acme.scim.post("/Groups", body).await,
                    acme.scim.post("/Users", person).await,
                    change(&acme, &format!("/Users/{amy}"), manager).await,
                ] {
                    let refused = refused.expect(400);
                    assert_eq!(refused.body["scimType"], "invalidValue");
                    assert!(refused.text("/detail").contains(value), "{}", refused.body);
                }
            }
        }
        assert!(parked(&app, &acme).await.is_empty());
        assert_eq!(read(&acme, "/Users").await.body["totalResults"], json!(1));
        assert_eq!(read(&acme, "/Groups").await.body["totalResults"], json!(0));
    }

    async fn a_manager_is_described_when_it_is_there(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let bob = acme.scim.post("/Users", with_manager("bob", "ext-amy")).await.expect(201);
        assert_eq!(bob.body[ENTERPRISE]["manager"], json!({ "value": "ext-amy" }));
        assert_eq!(parked(&app, &acme).await, [("manager".to_owned(), "ext-amy".to_owned())]);
        let path = format!("/Users/{}", bob.text("/id"));

        let amy = user(&acme, "amy", Some("ext-amy")).await.text("/id");
        let shown = read(&acme, &path).await;
        let manager = &shown.body[ENTERPRISE]["manager"];
        assert_eq!((&manager["value"], &manager["displayName"]), (&json!("ext-amy"), &json!("The amy")));
        assert!(manager["$ref"].as_str().unwrap().ends_with(&format!("/Users/{amy}")));
        assert_eq!(shown.header("etag"), "W/\"1\"", "what is derived counts in no version");
        assert!(parked(&app, &acme).await.is_empty());

        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Amelia" }]);
        let _ = change(&acme, &format!("/Users/{amy}"), rename).await.expect(200);
        let listed = read(&acme, "/Users?filter=userName%20eq%20%22bob%22").await;
        assert_eq!(listed.body["Resources"][0][ENTERPRISE]["manager"]["displayName"], "Amelia");

        let events = app.events("acme").await.len();
        let _ = acme.scim.delete(&format!("/Users/{amy}")).await.expect(204);
        let left = read(&acme, &path).await;
        assert_eq!((left.body.get(ENTERPRISE), left.header("etag")), (None, "W/\"2\""));
        assert_eq!(app.event_types("acme").await[events..], ["user.updated", "user.deleted"]);
    }

    async fn a_manager_can_be_changed_and_taken_away(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = user(&acme, "amy", None).await.text("/id");
        let bob = acme.scim.post("/Users", with_manager("bob", &amy)).await.expect(201);
        assert_eq!(bob.body[ENTERPRISE]["manager"]["displayName"], "The amy");
        let path = format!("/Users/{}", bob.text("/id"));
        let unknown = json!([{ "op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": "later" }]);
        let patched = change(&acme, &path, unknown).await.expect(200);
        assert_eq!(patched.body[ENTERPRISE]["manager"], json!({ "value": "later" }));
        assert_eq!(parked(&app, &acme).await, [("manager".to_owned(), "later".to_owned())]);
        let own = bob.text("/id");
        let put = acme.scim.put(&path, with_manager("bob", &own)).await.expect(200);
        assert!(put.body[ENTERPRISE]["manager"]["$ref"].as_str().unwrap().ends_with(&own));
        assert!(parked(&app, &acme).await.is_empty());
        let _ = acme.scim.delete(&format!("/Users/{amy}")).await.expect(204);
        let none = change(&acme, &path, json!([{ "op": "remove", "path": format!("{ENTERPRISE}:manager") }]));
        assert_eq!(none.await.expect(200).body.get(ENTERPRISE), None);
        let _ = acme.scim.delete(&path).await.expect(204);
    }

    async fn nobody_is_missed_when_references_and_resources_come_at_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let groups = [group(&acme, "One", &[]).await, group(&acme, "Two", &[]).await];
        let mut tasks = Vec::new();
        for number in 0..40 {
            let name = format!("ext-{number}");
            let path = format!("/Groups/{}", groups[number % 2]);
            let (pusher, creator) = (acme.scim.clone(), acme.scim.clone());
            let add = json!({ "schemas": [PATCH_OP], "Operations": [
                { "op": "add", "path": "members", "value": members(&[&name]) }] });
            let body = json!({ "userName": name, "externalId": name });
            tasks.push(tokio::spawn(async move { pusher.patch(&path, add).await.status }));
            tasks.push(tokio::spawn(async move { creator.post("/Users", body).await.status }));
        }
        for task in tasks {
            assert!(matches!(task.await.unwrap(), 201 | 204));
        }
        assert!(parked(&app, &acme).await.is_empty());
        for id in &groups {
            let shown = read(&acme, &format!("/Groups/{id}")).await;
            assert_eq!(shown.body["members"].as_array().unwrap().len(), 20);
            assert_eq!(shown.header("etag"), "W/\"21\"");
        }
    }
}
