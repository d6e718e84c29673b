//! Bulk requests (RFC 7644 §3.7). How references and failures play together is in the suite `it`.

use rollcall_testkit::{Reply, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{
    ENTERPRISE, Fixture, GROUP, PATCH_OP, USER, expect_error, expect_list, patch,
};

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

async fn send(f: &Fixture, operations: Value) -> Reply {
    let body = json!({ "schemas": [BULK], "Operations": operations });
    f.scim().post("/Bulk", body).await
}

/// Sends operations and gives the entries of the answer back.
async fn bulk(f: &Fixture, operations: Value) -> Vec<Value> {
    let mut reply = send(f, operations).await.expect(200);
    let schema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
    assert_eq!(reply.body["schemas"], json!([schema]));
    serde_json::from_value(reply.body["Operations"].take()).unwrap()
}

/// `status` and `scimType` of an entry, after a look at its error body if it has one.
#[track_caller]
fn outcome(entry: &Value) -> (&str, &str) {
    let status = entry["status"].as_str().unwrap();
    let Some(error) = entry.get("response") else {
        assert!(status < "300", "{entry}");
        return (status, "");
    };
    assert_eq!(error["schemas"], json!([crate::fixture::ERROR]));
    assert_eq!(error["status"], entry["status"]);
    assert!(!error["detail"].as_str().unwrap().is_empty());
    assert!(entry.get("version").is_none(), "{entry}");
    (status, error["scimType"].as_str().unwrap_or_default())
}

fn statuses(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| outcome(entry).0).collect()
}

fn user(bulk_id: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id,
        "data": { "schemas": [USER], "userName": bulk_id } })
}

on_each_database! {
    async fn a_bulk_request_is_refused_where_it_is_off(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "features": { "bulk": false } })).await;
        expect_error(&send(&f, json!([user("amy")])).await, 501, "");
        expect_error(&f.scim().post("/Bulk", json!({})).await, 501, "");
        expect_error(&f.scim().get("/Bulk").await, 405, "");
        expect_list(&f.users_where("userName eq \"amy\"").await, 0);
    }

    async fn an_envelope_that_is_none_is_refused_as_a_whole(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let one = json!([user("amy")]);
        let envelopes = [
            (json!({ "schemas": [PATCH_OP], "Operations": one }), "invalidSyntax"),
            (json!({ "schemas": ["urn:x"], "Operations": one }), "invalidSyntax"),
            (json!({ "Operations": one }), "invalidSyntax"),
            (json!({ "schemas": [BULK] }), "invalidSyntax"),
            (json!({ "schemas": [BULK], "Operations": [] }), "invalidSyntax"),
            (json!({ "schemas": [BULK], "Operations": {} }), "invalidSyntax"),
            (json!({ "schemas": [BULK], "Operations": user("amy") }), "invalidSyntax"),
            (json!({ "schemas": [BULK], "failOnErrors": 0, "Operations": one }), "invalidValue"),
            (json!({ "schemas": [BULK], "failOnErrors": -1, "Operations": one }), "invalidValue"),
            (json!({ "schemas": [BULK], "failOnErrors": "1", "Operations": one }), "invalidValue"),
            (json!({ "schemas": [BULK], "failOnErrors": 1.5, "Operations": one }), "invalidValue"),
            (json!([user("amy")]), "invalidSyntax"),
        ];
        for (envelope, scim_type) in envelopes {
            expect_error(&f.scim().post("/Bulk", envelope).await, 400, scim_type);
        }
        expect_list(&f.users_where("userName eq \"amy\"").await, 0);
    }

    async fn what_is_wrong_with_an_operation_fails_it_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let u3 = format!("/Users/{}", f.u3);
        let data = || json!({ "schemas": [USER], "userName": "new" });
        let bad = [
            (json!({ "method": "GET", "path": u3 }), "400", "invalidSyntax"),
            (json!({ "method": "HEAD", "path": u3 }), "400", "invalidSyntax"),
            (json!({ "path": u3, "data": data() }), "400", "invalidSyntax"),
            (json!({ "method": "POST", "path": "/Users", "data": data() }), "400", "invalidValue"),
            (json!({ "method": "POST", "bulkId": "a", "path": "/Users/1", "data": data() }), "400", "invalidSyntax"),
            (json!({ "method": "DELETE", "path": "/Users" }), "400", "invalidSyntax"),
            (json!({ "method": "PUT", "path": "/Users", "data": data() }), "400", "invalidSyntax"),
            (json!({ "method": "DELETE", "path": format!("https://example.com{u3}") }), "404", ""),
            (json!({ "method": "POST", "bulkId": "b", "path": "/Bulk", "data": {} }), "404", ""),
            (json!({ "method": "DELETE", "path": format!("/../Users/{}", f.u3) }), "404", ""),
            (json!({ "method": "DELETE", "path": format!("{u3}/x") }), "404", ""),
            (json!({ "method": "DELETE" }), "400", "invalidSyntax"),
            (json!({ "method": "POST", "bulkId": "c", "path": "/Users" }), "400", "invalidSyntax"),
            (json!({ "method": "PUT", "path": u3 }), "400", "invalidSyntax"),
            (json!({ "method": "PATCH", "path": u3 }), "400", "invalidSyntax"),
            (json!({ "method": "PATCH", "path": u3, "data": [{ "op": "replace", "path": "title", "value": "x" }] }), "400", "invalidSyntax"),
            (json!("DELETE"), "400", "invalidSyntax"),
        ];
        let before = f.user(&f.u3).await;
        let mut operations: Vec<Value> = bad.iter().map(|(operation, ..)| operation.clone()).collect();
        operations.extend([user("twice"), json!({ "method": "POST", "path": "/Users", "bulkId": "twice",
            "data": { "schemas": [USER], "userName": "second" } })]);

        let entries = bulk(&f, json!(operations)).await;

        for (entry, (operation, status, scim_type)) in entries.iter().zip(&bad) {
            assert_eq!(outcome(entry), (*status, *scim_type), "{operation}");
        }
        assert_eq!(outcome(&entries[bad.len()]), ("201", ""));
        assert_eq!(outcome(&entries[bad.len() + 1]), ("400", "invalidValue"));
        assert_eq!(f.user(&f.u3).await, before);
        expect_list(&f.users_where("userName eq \"new\" or userName eq \"second\"").await, 0);
    }

    async fn a_job_is_200_and_does_all_it_can(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let missing = |number: u8| json!({ "method": "DELETE", "path": format!("/Users/{number}") });
        let entries = bulk(&f, json!([missing(1), missing(2), missing(3), missing(4)])).await;
        assert_eq!(statuses(&entries), ["404", "404", "404", "404"]);

        let half = patch(json!([
            { "op": "replace", "path": "title", "value": "Half" }, { "op": "add", "path": "title[", "value": "x" }]));
        let before = f.user(&f.u2).await;
        let failing = json!({ "method": "PATCH", "path": format!("/Users/{}", f.u2), "data": half });
        let entries = bulk(&f, json!([user("a"), failing, user("c"), user("d")])).await;
        assert_eq!(statuses(&entries), ["201", "400", "201", "201"]);
        assert_eq!(f.user(&f.u2).await, before);
        expect_list(&f.users_where("userName eq \"c\" or userName eq \"d\"").await, 2);

        let body = json!({ "schemas": [BULK], "failOnErrors": 1, "Operations": [user("e"), missing(5), user("f"), user("g")] });
        let stopped = f.scim().post("/Bulk", body).await.expect(200);
        assert!(stopped.body.get("failOnErrors").is_none());
        let entries: Vec<Value> = serde_json::from_value(stopped.body["Operations"].clone()).unwrap();
        assert_eq!(statuses(&entries), ["201", "404"]);
        let left = f.users_where("userName eq \"e\" or userName eq \"f\" or userName eq \"g\"").await;
        expect_list(&left, 1);
    }

    async fn methods_and_results_are_told_with_location_version_and_bulk_id(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let (u3, g2) = (format!("/Users/{}", f.u3), format!("/Groups/{}", f.g2));
        let rename = |name: &str| patch(json!([{ "op": "replace", "path": "displayName", "value": name }]));
        let entries = bulk(&f, json!([
            { "method": "post", "path": "/Users", "bulkId": "amy", "data": { "schemas": [USER], "userName": "amy" } },
            { "method": "Put", "path": u3, "bulkId": "put", "data": { "schemas": [USER], "userName": "Zoe", "title": "Head" } },
            { "method": "PATCH", "path": &g2[1..], "data": rename("Full") },
            { "method": "POST", "path": "/Users", "bulkId": "again", "data": { "schemas": [USER], "userName": "AMY" } },
            { "method": "delete", "path": g2 },
            { "method": "DELETE", "path": g2 },
        ])).await;

        assert_eq!(statuses(&entries), ["201", "200", "204", "409", "204", "404"]);
        let column = |name: &str| -> Vec<Value> { entries.iter().map(|entry| entry[name].clone()).collect() };
        assert_eq!(column("method"), ["POST", "PUT", "PATCH", "POST", "DELETE", "DELETE"].map(Value::from));
        let none = Value::Null;
        assert_eq!(column("bulkId"), [json!("amy"), json!("put"), none.clone(), json!("again"), none.clone(), none.clone()]);
        let amy = f.scim().get("/Users?filter=userName%20eq%20%22amy%22").await.expect(200);
        let amy = format!("/Users/{}", amy.text("/Resources/0/id"));
        let at = |path: &str| json!(format!("{}{path}", f.scim().base()));
        assert_eq!(column("location"), [at(&amy), at(&u3), at(&g2), none.clone(), at(&g2), at(&g2)]);
        for (entry, path) in entries.iter().zip([&amy, &u3]) {
            let read = f.scim().get(path).await.expect(200);
            assert_eq!(entry["version"], read.header("etag"));
            assert!(entry.get("response").is_none());
        }
        assert_eq!(entries[2]["version"], "W/\"2\"");
        assert!(entries[4].get("version").is_none());
    }

    async fn references_are_resolved_in_paths_filters_and_addresses_and_nowhere_else(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let entries = bulk(&f, json!([
            { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "schemas": [GROUP], "displayName": "bulkId:u",
                "members": [{ "value": "bulkId:u", "$ref": "Users/bulkId:u" }, { "value": f.u2 }] } },
            { "method": "POST", "path": "/Users", "bulkId": "u", "data": { "schemas": [USER, ENTERPRISE],
                "userName": "bulkId:g", "title": "bulkId:none", ENTERPRISE: { "manager": { "value": "bulkId:boss" } } } },
            user("boss"),
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": patch(json!([
                { "op": "add", "path": "members", "value": [{ "value": "bulkId:boss" }] },
                { "op": "remove", "path": format!("members[value eq \"{}\"]", f.u2) } ])) },
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": patch(json!([
                { "op": "remove", "path": "members[value eq \"bulkId:u\"]" } ])) },
            { "method": "PATCH", "path": "/Users/bulkId:u", "data": patch(json!([
                { "op": "replace", "path": "nickName", "value": "bulkId:boss" } ])) },
        ])).await;
        assert_eq!(statuses(&entries), ["201", "201", "201", "204", "204", "200"]);
        let id = |entry: &Value| entry["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let (group, user, boss) = (f.group(&id(&entries[0])).await, f.user(&id(&entries[1])).await, id(&entries[2]));
        let members: Vec<_> = group["members"].as_array().unwrap().iter().map(|member| &member["value"]).collect();
        assert_eq!(members, [&json!(boss)]);
        assert_eq!(group["displayName"], "bulkId:u");
        assert_eq!((&user["userName"], &user["title"], &user["nickName"]), (&json!("bulkId:g"), &json!("bulkId:none"), &json!("bulkId:boss")));
        assert_eq!(user[ENTERPRISE]["manager"]["value"], json!(boss));

        let entries = bulk(&f, json!([
            { "method": "POST", "path": "/Groups", "bulkId": "x", "data": { "schemas": [GROUP], "displayName": "x", "members": [{ "value": "bulkId:none" }] } },
            { "method": "POST", "path": "/Users", "bulkId": "bad", "data": { "schemas": [USER] } },
            { "method": "POST", "path": "/Groups", "bulkId": "y", "data": { "schemas": [GROUP], "displayName": "y", "members": [{ "value": "bulkId:bad" }] } },
        ])).await;
        let outcomes: Vec<_> = entries.iter().map(outcome).collect();
        assert_eq!(outcomes, [("400", "invalidValue"), ("400", "invalidValue"), ("409", "")]);
        let made = f.scim().get("/Groups?filter=displayName%20eq%20%22x%22%20or%20displayName%20eq%20%22y%22").await;
        expect_list(&made, 0);
    }
}
