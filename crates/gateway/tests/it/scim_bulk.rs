//! Bulk requests over HTTP: what is done, in which order, and what is told of it.

use rollcall_testkit::{Client, Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn send(connection: &Connection, operations: Value) -> Reply {
    let body = json!({ "schemas": [BULK], "Operations": operations });
    connection.scim.post("/Bulk", body).await
}

/// Sends operations and gives the entries of the answer back.
async fn bulk(connection: &Connection, operations: Value) -> Vec<Value> {
    let mut reply = send(connection, operations).await.expect(200);
    assert_eq!(
        reply.body["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"])
    );
    serde_json::from_value(reply.body["Operations"].take()).unwrap()
}

fn statuses(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["status"].as_str().unwrap())
        .collect()
}

/// `status scimType: detail` of each failed entry, after a look at the error body.
fn failures(entries: &[Value]) -> String {
    let lines = entries.iter().filter_map(|entry| {
        let error = entry.get("response")?;
        assert_eq!(error["status"], entry["status"]);
        assert_eq!(
            error["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        );
        assert_eq!(entry.get("version"), None);
        let kind = error["scimType"].as_str().unwrap_or("-");
        let (status, detail) = (error["status"].as_str(), error["detail"].as_str());
        Some(format!("{} {kind}: {}", status.unwrap(), detail.unwrap()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The path of what an entry is about, below the base address.
fn path(connection: &Connection, entry: &Value) -> String {
    let location = entry["location"].as_str().unwrap();
    location
        .strip_prefix(connection.scim.base())
        .unwrap()
        .to_owned()
}

async fn read(connection: &Connection, entry: &Value) -> Reply {
    connection
        .scim
        .get(&path(connection, entry))
        .await
        .expect(200)
}

fn user(bulk_id: &str, manager: Option<&str>) -> Value {
    let mut data = json!({ "userName": bulk_id, "displayName": "bulkId:amy" });
    if let Some(manager) = manager {
        data[ENTERPRISE] = json!({ "manager": { "value": format!("bulkId:{manager}") } });
    }
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data })
}

fn group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members
        .iter()
        .map(|id| json!({ "value": format!("bulkId:{id}") }))
        .collect();
    let data = json!({ "displayName": bulk_id, "members": members });
    json!({ "method": "post", "path": "/Groups", "bulkId": bulk_id, "data": data })
}

fn rename(path: &str, title: &str) -> Value {
    let operations = [json!({ "op": "replace", "path": "displayName", "value": title })];
    json!({ "method": "PATCH", "path": path, "data": { "Operations": operations } })
}

async fn count(connection: &Connection, path: &str) -> Value {
    connection.scim.get(path).await.expect(200).body["totalResults"].clone()
}

on_each_database! {
    async fn references_forward_and_backward_become_ids(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": "bulkId:bob" }] }]);
        let entries = bulk(&acme, json!([
            group("sales", &["amy"]),
            user("amy", Some("bob")),
            user("bob", None),
            { "method": "PATCH", "path": "/Groups/bulkId:sales", "bulkId": "add", "data": { "Operations": add } },
            { "method": "PATCH", "path": "/Groups/bulkId:sales", "data": { "Operations": [
                { "op": "remove", "path": "members[value eq \"bulkId:amy\"]" }] } },
        ])).await;

        assert_eq!(statuses(&entries), ["201", "201", "201", "204", "204"]);
        let told: Vec<_> = entries.iter().map(|entry| (&entry["method"], &entry["bulkId"], &entry["version"])).collect();
        let first = &json!("W/\"1\"");
        assert_eq!(told, [
            (&json!("POST"), &json!("sales"), first),
            (&json!("POST"), &json!("amy"), first),
            (&json!("POST"), &json!("bob"), first),
            (&json!("PATCH"), &json!("add"), &json!("W/\"2\"")),
            (&json!("PATCH"), &Value::Null, &json!("W/\"3\"")),
        ]);
        let (sales, amy, bob) = (read(&acme, &entries[0]).await, read(&acme, &entries[1]).await, read(&acme, &entries[2]).await);
        assert_eq!(sales.header("etag"), "W/\"3\"");
        assert_eq!(sales.body["members"].as_array().unwrap().len(), 1);
        assert_eq!(sales.body["members"][0]["value"], bob.body["id"]);
        assert_eq!(amy.body[ENTERPRISE]["manager"]["value"], bob.body["id"]);
        assert_eq!(amy.body["displayName"], "bulkId:amy");
        assert!(entries.iter().all(|entry| entry.get("response").is_none()));
        let events = app.event_types("acme").await;
        assert_eq!(events[events.len() - 5..], [
            "user.created", "user.created", "group.created", "group.member_added", "group.member_removed",
        ]);
    }

    async fn users_who_are_each_others_managers_are_made_together(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entries = bulk(&acme, json!([
            user("amy", Some("bob")), user("bob", Some("amy")), user("eve", Some("eve")),
        ])).await;

        assert_eq!(statuses(&entries), ["201", "201", "201"]);
        let mut users = Vec::new();
        for (entry, version) in entries.iter().zip(["W/\"2\"", "W/\"1\"", "W/\"2\""]) {
            let user = read(&acme, entry).await;
            assert_eq!((user.header("etag"), &entry["version"]), (version, &json!(version)));
            users.push(user.body);
        }
        let manager = |position: usize| &users[position][ENTERPRISE]["manager"]["value"];
        assert_eq!((manager(0), manager(1), manager(2)), (&users[1]["id"], &users[0]["id"], &users[2]["id"]));
        let events = app.event_types("acme").await;
        assert_eq!(events[events.len() - 5..], [
            "user.created", "user.created", "user.updated", "user.created", "user.updated",
        ]);
    }

    async fn a_circle_with_a_failure_in_it_leaves_nothing_behind(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "BOB" })).await.expect(201);
        let before = app.events("acme").await;
        let entries = bulk(&acme, json!([
            user("amy", Some("bob")), user("bob", Some("amy")), group("sales", &["amy"]),
        ])).await;

        insta::assert_snapshot!(failures(&entries), @r"
        409 -: refers in a circle to the operation with the bulkId `bob`, which failed
        409 uniqueness: another resource of this connection has this `userName`
        409 -: the operation with the bulkId `amy` failed
        ");
        assert!(entries.iter().all(|entry| entry.get("location").is_none()));
        assert_eq!((count(&acme, "/Users").await, count(&acme, "/Groups").await), (json!(1), json!(0)));
        assert_eq!(app.events("acme").await, before);
    }

    async fn groups_that_are_members_of_each_other_are_a_conflict(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entries = bulk(&acme, json!([
            group("a", &["b"]), group("b", &["a"]), user("amy", Some("c")), group("c", &["amy"]),
        ])).await;
        insta::assert_snapshot!(failures(&entries), @r"
        409 -: groups cannot be members of each other
        409 -: groups cannot be members of each other
        400 invalidValue: `manager` cannot be a Group, which is what the operation with the bulkId `c` creates
        409 -: groups cannot be members of each other
        ");
        assert_eq!(count(&acme, "/Groups").await, json!(0));
    }

    async fn a_failure_leaves_the_others_alone_and_is_told_with_its_error(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let id = amy.text("/id");
        let half = json!([
            { "op": "replace", "path": "displayName", "value": "Half" },
            { "op": "replace", "path": "title[", "value": "x" },
        ]);
        let entries = bulk(&acme, json!([
            user("AMY", None),
            { "method": "PATCH", "path": format!("/Users/{id}"), "data": { "Operations": half } },
            group("sales", &["none"]),
            group("staff", &["AMY"]),
            { "method": "DELETE", "path": "/Users/0" },
            { "method": "DELETE", "path": "/Users/bulkId:none" },
            { "method": "PUT", "path": format!("/Users/{id}"), "data": [] },
            { "method": "PATCH", "path": format!("/Users/{id}"), "data": half },
            { "method": "GET", "path": format!("/Users/{id}") },
            { "method": "DELETE", "path": "/Me" },
            user("bob", None),
        ])).await;

        insta::assert_snapshot!(failures(&entries), @r"
        409 uniqueness: another resource of this connection has this `userName`
        400 invalidPath: operation 1: `title[` is not a path
        400 invalidValue: no operation of this request creates something with the bulkId `none`
        409 -: the operation with the bulkId `AMY` failed
        404 -: there is no User with the id `0`
        400 invalidValue: no operation of this request creates something with the bulkId `none`
        400 invalidSyntax: the body must be a JSON object
        400 invalidSyntax: a PATCH body must be a JSON object
        400 invalidSyntax: `method` must be POST, PUT, PATCH or DELETE
        404 -: there is no endpoint for bulk operations at `/Me`
        ");
        assert_eq!(entries[10]["status"], "201");
        let locations: Vec<_> = entries.iter().map(|entry| entry.get("location").is_some()).collect();
        assert_eq!(locations, [false, true, false, false, true, false, true, true, false, false, true]);
        assert_eq!(path(&acme, &entries[1]), format!("/Users/{id}"));
        let read = acme.scim.get(&format!("/Users/{id}")).await.expect(200);
        assert_eq!(read.body, amy.body);

        app.flush().await;
        let log = app.api.get(&format!("{}/requests", acme.path())).await.expect(200);
        let line = log.body["data"].as_array().unwrap().iter().find(|line| line["route"] == "/Bulk").unwrap().clone();
        assert_eq!(line["detail"], "10 of 11 operations failed; the first: another resource of this connection has this `userName`");
    }

    async fn after_fail_on_errors_nothing_more_is_done_or_listed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let operations = json!([
            user("amy", None), { "method": "DELETE", "path": "/Users/0" }, user("bob", None), user("cy", None),
        ]);
        let body = json!({ "schemas": [BULK], "failOnErrors": 1, "Operations": operations });
        let reply = acme.scim.post("/Bulk", body).await.expect(200);

        assert_eq!(reply.body.get("failOnErrors"), None);
        let entries = reply.body["Operations"].as_array().unwrap();
        assert_eq!(statuses(entries), ["201", "404"]);
        assert_eq!(count(&acme, "/Users").await, json!(1));
    }

    async fn a_version_is_an_if_match(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut paths = Vec::new();
        for (collection, name) in [("/Users", "userName"), ("/Groups", "displayName")] {
            let made = acme.scim.post(collection, json!({ name: "x" })).await.expect(201);
            paths.push(format!("{collection}/{}", made.text("/id")));
        }
        let operations = |version: &str| -> Value {
            paths.iter().flat_map(|path| [
                rename(path, "New"),
                json!({ "method": "DELETE", "path": path }),
            ]).map(|mut operation| {
                operation["version"] = json!(version);
                operation
            }).collect()
        };
        let stale = bulk(&acme, operations("W/\"7\"")).await;
        assert_eq!(statuses(&stale), ["412", "412", "412", "412"]);
        assert_eq!(path(&acme, &stale[1]), paths[0]);
        let entries = bulk(&acme, operations("W/\"1\"")).await;
        // The PATCH before it has made another version.
        assert_eq!(statuses(&entries), ["200", "412", "204", "412"]);
        let entries = bulk(&acme, operations("*")).await;
        assert_eq!(statuses(&entries), ["200", "204", "204", "204"]);
        assert_eq!(entries[1].get("version"), None);
        assert_eq!(path(&acme, &entries[3]), paths[1]);
    }

    async fn an_operation_is_answered_as_the_request_by_itself(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let mut answers = Vec::new();
        for name in ["Single", "Together"] {
            let connection = app.connect(name).await;
            let amy = connection.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201).text("/id");
            let staff = connection.scim.post("/Groups", json!({ "displayName": "staff" })).await.expect(201).text("/id");
            let (amy, staff) = (format!("/Users/{amy}"), format!("/Groups/{staff}"));
            let set = |path: &str, value: Value| json!({ "Operations": [{ "op": "replace", "path": path, "value": value }] });
            let operations = [
                ("POST", "/Users", json!({ "userName": "bob" })),
                ("POST", "/Users", json!({ "userName": "BOB" })),
                ("POST", "/Users", json!({})),
                ("POST", "/Groups", json!({ "displayName": "g", "members": [{ "value": "0" }] })),
                ("PUT", &amy, json!({ "userName": "amy", "title": "Head" })),
                ("PUT", &amy, json!({ "userName": "amy", "id": "7" })),
                ("PUT", &amy, json!({ "userName": "bob" })),
                ("PUT", &staff, json!({ "displayName": "Staff" })),
                ("PATCH", &amy, set("displayName", json!("Amy"))),
                ("PATCH", &amy, set("id", json!("7"))),
                ("PATCH", &amy, json!({ "Operations": [] })),
                ("PATCH", &staff, set("members", json!([{ "value": "0" }]))),
                ("PATCH", &staff, set("displayName", json!("All"))),
                ("PATCH", "/Groups/0", set("displayName", json!("All"))),
                ("DELETE", &staff, Value::Null),
                ("DELETE", &staff, Value::Null),
                ("DELETE", &amy, Value::Null),
            ];
            let mut answered = Vec::new();
            if name == "Single" {
                for (method, path, data) in operations {
                    let reply = connection.scim.send(method, path, Some(data)).await;
                    answered.push((reply.status.to_string(), reply.body["scimType"].clone()));
                }
            } else {
                let operations: Value = operations.iter().enumerate().map(|(position, (method, path, data))| {
                    json!({ "method": method, "path": path, "data": data, "bulkId": position.to_string() })
                }).collect();
                for entry in bulk(&connection, operations).await {
                    answered.push((entry["status"].as_str().unwrap().to_owned(), entry["response"]["scimType"].clone()));
                }
            }
            answers.push(answered);
        }
        assert_eq!(answers[0], answers[1]);
    }

    async fn the_limits_are_announced_and_answered_with_their_name(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.limits.max_bulk_operations = 2;
            settings.limits.max_bulk_payload_bytes = 1_000;
            settings.limits.max_body_bytes = 300;
        }).await;
        let acme = app.connect("Acme").await;
        let config = acme.scim.get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(config.body["bulk"], json!({ "supported": true, "maxOperations": 2, "maxPayloadSize": 1_000 }));

        let refused = send(&acme, json!([user("a", None), user("b", None), user("c", None)])).await.expect(413);
        assert_eq!(refused.text("/detail"), "3 operations are more than maxOperations, which is 2");
        assert_eq!(count(&acme, "/Users").await, json!(0));
        let entries = bulk(&acme, json!([user("a", None), user("b", None)])).await;
        assert_eq!(statuses(&entries), ["201", "201"]);

        let body = json!({ "schemas": [BULK], "Operations": [user("c", None)] }).to_string();
        let exactly = format!("{body:1000}");
        let request = acme.scim.request("POST", "/Bulk").header("content-type", "application/json");
        assert_eq!(Client::read(request.body(exactly.clone())).await.status, 200);
        let request = acme.scim.request("POST", "/Bulk").header("content-type", "application/json");
        let refused = Client::read(request.body(exactly + " ")).await.expect(413);
        let detail = "the body is larger than maxPayloadSize, which is 1000 bytes";
        assert_eq!(refused.text("/detail"), detail);
        assert!(in_chunks(&app, &acme, 1_001).await.contains(detail));
    }

    async fn what_is_no_bulk_request_is_refused_as_a_whole(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let operations = json!([user("amy", None)]);
        let cases = [
            (json!({ "Operations": operations }), "invalidSyntax"),
            (json!({ "schemas": [BULK], "Operations": [] }), "invalidSyntax"),
            (json!({ "schemas": [BULK], "failOnErrors": 0, "Operations": operations }), "invalidValue"),
        ];
        for (body, scim_type) in cases {
            let refused = acme.scim.post("/Bulk", body).await.expect(400);
            assert_eq!(refused.body["scimType"], scim_type);
        }
        assert_eq!(count(&acme, "/Users").await, json!(0));
        assert_eq!(acme.scim.get("/Bulk").await.expect(405).header("allow"), "POST");
    }

    async fn a_job_is_one_request_in_the_metrics(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = bulk(&acme, json!([user("amy", None), { "method": "DELETE", "path": "/Users/0" }])).await;
        let metrics = app.api.get("/metrics").await.expect(200);
        let text = metrics.body.as_str().unwrap();
        assert!(text.contains("operation=\"bulk\",outcome=\"ok\"} 1\n"), "{text}");
        assert!(text.contains("operation=\"create_user\",outcome=\"ok\"} 0\n"), "{text}");
    }
}

/// Sends a body whose length nobody announces, and does not end it.
async fn in_chunks(app: &TestApp, connection: &Connection, length: usize) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = app.api.base().trim_start_matches("http://");
    let path = connection.scim.base().trim_start_matches(app.api.base());
    let request = format!(
        "POST {path}/Bulk HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\n\r\n{length:x}\r\n{}\r\n",
        connection.token,
        " ".repeat(length),
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4_096];
    let mut read = 0;
    while !String::from_utf8_lossy(&answer[..read]).contains("detail") {
        let more = stream.read(&mut answer[read..]).await.unwrap();
        assert!(more > 0, "{}", String::from_utf8_lossy(&answer[..read]));
        read += more;
    }
    String::from_utf8_lossy(&answer[..read]).into_owned()
}
