//! Schemas of a connection in the management API, and what becomes of the values when they change.

use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

const URN: &str = "urn:example:acme:2.0:User";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn schema(attributes: Value) -> Value {
    json!({ "id": URN, "name": "Acme", "attributes": attributes })
}

async fn connected(database: rollcall_testkit::TestDatabase) -> (TestApp, Connection, String) {
    let app = TestApp::start(database).await;
    let connection = app.connect("Acme").await;
    let path = format!("{}/schemas", connection.path());
    (app, connection, path)
}

async fn user(connection: &Connection, name: &str, attributes: Value) -> String {
    let body = json!({ "schemas": [USER, URN], "userName": name, URN: attributes });
    connection
        .scim
        .post("/Users", body)
        .await
        .expect(201)
        .text("/id")
}

async fn count(connection: &Connection, filter: &str) -> Value {
    let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    let reply = connection
        .scim
        .get(&format!("/Users?filter={filter}"))
        .await
        .expect(200);
    reply.body["totalResults"].clone()
}

on_each_database! {
    async fn a_schema_is_added_shown_replaced_and_removed(database: TestDatabase) {
        let (app, connection, path) = connected(database).await;
        let badge = json!([{ "name": "badge", "caseExact": true }]);

        let added = app.api.post(&path, schema(badge)).await.expect(201);
        assert_eq!(added.header("location"), format!("{path}/{URN}"));
        let one = format!("{path}/{URN}");
        let shown = app.api.get(&one).await.expect(200).body;
        assert_eq!(shown, added.body);
        assert_eq!(shown["resource_type"], "User");
        assert_eq!(shown["required"], false);
        assert_eq!(app.api.get(&path).await.expect(200).body["data"], json!([shown]));

        // What is answered can be sent back, and is no change.
        let same = app.api.put(&one, shown.clone()).await.expect(200).body;
        assert_eq!(same, shown);
        let more = json!([{ "name": "badge", "caseExact": true }, { "name": "floor", "type": "integer" }]);
        let replaced = app.api.put(&one, schema(more)).await.expect(200).body;
        assert_eq!(replaced["attributes"][1]["type"], "integer");

        let _ = app.api.post(&path, schema(json!([{ "name": "x" }]))).await.expect(409);
        let _ = app.api.delete(&one).await.expect(204);
        for missing in [app.api.get(&one).await, app.api.delete(&one).await, app.api.put(&one, shown).await] {
            let _ = missing.expect(404);
        }
        let events = app.events(&connection.organization).await;
        let told: Vec<&Value> = events
            .iter()
            .filter(|event| event["type"].as_str().unwrap().starts_with("scim_schema."))
            .collect();
        let types: Vec<&Value> = told.iter().map(|event| &event["type"]).collect();
        assert_eq!(types, ["scim_schema.created", "scim_schema.updated", "scim_schema.deleted"]);
        assert_eq!(told[0]["data"]["scim_schema"]["id"], URN);
        assert_eq!(told[0]["scim_connection_id"], connection.id.as_str());
        assert!(told[0]["actor"].as_str().unwrap().starts_with("key_"), "{}", told[0]);
    }

    async fn a_schema_belongs_to_its_connection_alone(database: TestDatabase) {
        let (app, connection, path) = connected(database).await;
        let other = app.connect("Other").await;
        let _ = app.api.post(&path, schema(json!([{ "name": "badge" }]))).await.expect(201);

        let published = connection.scim.get(&format!("/Schemas/{URN}")).await.expect(200);
        assert_eq!(published.body["meta"]["location"].as_str().unwrap().rsplit_once("/Schemas/").unwrap().1, URN);
        let kind = connection.scim.get("/ResourceTypes/User").await.expect(200).body;
        assert_eq!(kind["schemaExtensions"][1], json!({ "schema": URN, "required": false }));
        assert_eq!(connection.scim.get("/Schemas").await.expect(200).body["totalResults"], 7);

        let _ = other.scim.get(&format!("/Schemas/{URN}")).await.expect(404);
        assert_eq!(other.scim.get("/Schemas").await.expect(200).body["totalResults"], 6);
        let kind = other.scim.get("/ResourceTypes/User").await.expect(200).body;
        assert_eq!(kind["schemaExtensions"].as_array().unwrap().len(), 1);
        let _ = app.api.get(&format!("{}/schemas/{URN}", other.path())).await.expect(404);
    }

    async fn a_schema_of_groups_extends_groups(database: TestDatabase) {
        let (app, connection, path) = connected(database).await;
        let urn = "urn:example:acme:2.0:Group";
        let body = json!({ "id": urn, "resource_type": "Group", "attributes": [
            { "name": "costCentre", "uniqueness": "server" } ] });
        let _ = app.api.post(&path, body).await.expect(201);
        let group = |name: &str| json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", urn],
            "displayName": name, urn: { "costCentre": "4711" } });
        let made = connection.scim.post("/Groups", group("One")).await.expect(201);
        assert_eq!(made.body[urn], json!({ "costCentre": "4711" }));
        let _ = connection.scim.post("/Groups", group("Two")).await.expect(409);
        let found = connection.scim.get("/Groups?filter=costCentre%20eq%20%224711%22").await.expect(200);
        assert_eq!(found.body["totalResults"], 1);
        let address = format!("/Groups/{}", made.text("/id"));
        let _ = app.api.delete(&format!("{path}/{urn}")).await.expect(204);
        assert!(connection.scim.get(&address).await.expect(200).body.get(urn).is_none());
    }

    async fn users_from_before_can_get_and_be_found_by_the_new_attributes(database: TestDatabase) {
        let (app, connection, path) = connected(database).await;
        let old = connection.scim.post("/Users", json!({ "userName": "old" })).await.expect(201).text("/id");
        let _ = app.api.post(&path, schema(json!([{ "name": "badge" }]))).await.expect(201);
        let badge = format!("{URN}:badge");
        assert_eq!(count(&connection, &format!("{badge} pr")).await, 0);
        assert_eq!(count(&connection, &format!("{badge} ne \"A1\"")).await, 1);
        let change = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "add", "path": badge, "value": "A1" }] });
        let patched = connection.scim.patch(&format!("/Users/{old}"), change).await.expect(200).body;
        assert_eq!(patched["schemas"], json!([USER, URN]));
        assert_eq!(patched[URN], json!({ "badge": "A1" }));
        assert_eq!(count(&connection, &format!("{badge} eq \"a1\"")).await, 1);
    }

    async fn a_replaced_schema_holds_for_what_is_stored(database: TestDatabase) {
        let (app, connection, path) = connected(database).await;
        let one = format!("{path}/{URN}");
        let loose = json!([{ "name": "badge" }, { "name": "floor", "type": "integer" }]);
        let _ = app.api.post(&path, schema(loose)).await.expect(201);
        let id = user(&connection, "a", json!({ "badge": "AbC", "floor": 3 })).await;
        let _ = user(&connection, "b", json!({ "badge": "xyz" })).await;
        let before = connection.scim.get(&format!("/Users/{id}")).await.expect(200).body;

        // Case matters now, values must be unique, and `floor` is gone.
        let exact = json!([{ "name": "badge", "caseExact": true, "uniqueness": "server" }]);
        let _ = app.api.put(&one, schema(exact)).await.expect(200);
        assert_eq!(count(&connection, &format!("{URN}:badge eq \"abc\"")).await, 0);
        assert_eq!(count(&connection, &format!("{URN}:badge eq \"AbC\"")).await, 1);
        let after = connection.scim.get(&format!("/Users/{id}")).await.expect(200).body;
        assert_eq!(after[URN], json!({ "badge": "AbC" }));
        assert_ne!(after["meta"]["version"], before["meta"]["version"]);
        let taken = json!({ "schemas": [USER, URN], "userName": "c", URN: { "badge": "AbC" } });
        let _ = connection.scim.post("/Users", taken).await.expect(409);

        let other_type = json!([{ "name": "badge", "type": "integer" }]);
        let refused = app.api.put(&one, schema(other_type)).await.expect(422);
        assert_eq!(refused.body["field"], "attributes[0]");
        let many = json!([{ "name": "badge", "multiValued": true }]);
        let _ = app.api.put(&one, schema(many)).await.expect(422);
        let of_groups = json!({ "id": URN, "resource_type": "Group", "attributes": [{ "name": "badge" }] });
        let _ = app.api.put(&one, of_groups).await.expect(422);
    }

    async fn a_schema_cannot_ask_for_uniqueness_that_is_not_there(database: TestDatabase) {
        let (app, connection, path) = connected(database).await;
        let _ = app.api.post(&path, schema(json!([{ "name": "badge" }]))).await.expect(201);
        let _ = user(&connection, "a", json!({ "badge": "same" })).await;
        let _ = user(&connection, "b", json!({ "badge": "SAME" })).await;
        let unique = schema(json!([{ "name": "badge", "uniqueness": "server" }]));
        let refused = app.api.put(&format!("{path}/{URN}"), unique).await.expect(409);
        assert_eq!(refused.body["field"], format!("{URN}:badge"));
        let shown = app.api.get(&format!("{path}/{URN}")).await.expect(200).body;
        assert_eq!(shown["attributes"][0]["uniqueness"], "none");
        let _ = user(&connection, "c", json!({ "badge": "same" })).await;
    }

    async fn a_removed_schema_takes_its_values_with_it(database: TestDatabase) {
        let (app, connection, path) = connected(database).await;
        let unique = json!([{ "name": "badge", "uniqueness": "server" }]);
        let _ = app.api.post(&path, schema(unique.clone())).await.expect(201);
        let id = user(&connection, "a", json!({ "badge": "A1" })).await;
        let address = format!("/Users/{id}");
        let before = connection.scim.get(&address).await.expect(200).body;
        let _ = app.api.delete(&format!("{path}/{URN}")).await.expect(204);

        let after = connection.scim.get(&address).await.expect(200).body;
        assert_eq!(after["schemas"], json!([USER]));
        assert!(after.get(URN).is_none());
        assert_ne!(after["meta"]["version"], before["meta"]["version"]);
        let filter = format!("/Users?filter={URN}:badge%20pr");
        assert_eq!(connection.scim.get(&filter).await.expect(400).body["scimType"], "invalidFilter");

        // Added again, it begins empty.
        let _ = app.api.post(&path, schema(unique)).await.expect(201);
        assert!(connection.scim.get(&address).await.expect(200).body.get(URN).is_none());
        let _ = user(&connection, "b", json!({ "badge": "A1" })).await;
    }

    async fn a_connection_has_at_most_twenty_schemas(database: TestDatabase) {
        let (app, _connection, path) = connected(database).await;
        for index in 0..20 {
            let body = json!({ "id": format!("urn:example:{index}:User"), "attributes": [{ "name": "a" }] });
            let _ = app.api.post(&path, body).await.expect(201);
        }
        let refused = app.api.post(&path, schema(json!([{ "name": "a" }]))).await.expect(409);
        assert_eq!(refused.body["code"], "too_many");
    }
}
