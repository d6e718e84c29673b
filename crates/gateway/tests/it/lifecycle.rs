//! What becomes of a user: every state that one can be in, and everything that an identity
//! provider can ask about it there.
//!
//! The tables are what to read. A cell says, for a request about a user in the state of the
//! column: the status, the `scimType` of an error, whose id the answer holds (`same`: the id that
//! the user had, `new`: another one, `none`: nobody's), and with `+` the events that it makes.

use rollcall_testkit::{Client, Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

/// Without any setting.
const BY_DEFAULT: &str = "
| request          | never there           | active                  | inactive                | deleted               | purged                | deleted, made again   | another connection's  |
| POST userName    | 201 new +user.created | 409 uniqueness          | 409 uniqueness          | 201 new +user.created | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| Bulk POST        | 201 new +user.created | 409 uniqueness          | 409 uniqueness          | 201 new +user.created | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| POST externalId  | 201 new +user.created | 201 new +user.created   | 201 new +user.created   | 201 new +user.created | 201 new +user.created | 201 new +user.created | 201 new +user.created |
| GET              | 404                   | 200 same                | 200 same                | 404                   | 404                   | 404                   | 404                   |
| list by userName | 200 none              | 200 same                | 200 same                | 200 none              | 200 none              | 200 new               | 200 none              |
| list by id       | 200 none              | 200 same                | 200 same                | 200 none              | 200 none              | 200 none              | 200 none              |
| PUT              | 404                   | 200 same +user.updated  | 200 same +user.reactivated | 404                | 404                   | 404                   | 404                   |
| PATCH activate   | 404                   | 200 same                | 200 same +user.reactivated | 404                | 404                   | 404                   | 404                   |
| PATCH deactivate | 404                   | 200 same +user.deactivated | 200 same             | 404                   | 404                   | 404                   | 404                   |
| PATCH title      | 404                   | 200 same +user.updated  | 200 same +user.updated  | 404                   | 404                   | 404                   | 404                   |
| Bulk PATCH title | 404                   | 200 same +user.updated  | 200 same +user.updated  | 404                   | 404                   | 404                   | 404                   |
| add to a group   | 400 invalidValue      | 204 +group.member_added | 204 +group.member_added | 400 invalidValue      | 400 invalidValue      | 400 invalidValue      | 400 invalidValue      |
| DELETE           | 404                   | 204 +user.deleted       | 204 +user.deleted       | 404                   | 404                   | 404                   | 404                   |
";

/// What `deleted_users: restore` changes.
const RESTORE: &str = "
| request          | never there           | active                | inactive              | deleted                 | purged                | deleted, made again   | another connection's  |
| POST userName    | 201 new +user.created | 409 uniqueness        | 409 uniqueness        | 201 same +user.restored | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| Bulk POST        | 201 new +user.created | 409 uniqueness        | 409 uniqueness        | 201 same +user.restored | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| POST externalId  | 201 new +user.created | 201 new +user.created | 201 new +user.created | 201 same +user.restored | 201 new +user.created | 201 new +user.created | 201 new +user.created |
| GET              | 404                   | 200 same              | 200 same              | 404                     | 404                   | 200 same              | 404                   |
| list by userName | 200 none              | 200 same              | 200 same              | 200 none                | 200 none              | 200 same              | 200 none              |
| DELETE           | 404                   | 204 +user.deleted     | 204 +user.deleted     | 404                     | 404                   | 204 +user.deleted     | 404                   |
";

/// What `inactive_users: reactivate` changes.
const REACTIVATE: &str = "
| request          | never there           | active                | inactive                   | deleted               | purged                | deleted, made again   | another connection's  |
| POST userName    | 201 new +user.created | 409 uniqueness        | 201 same +user.reactivated | 201 new +user.created | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| Bulk POST        | 201 new +user.created | 409 uniqueness        | 201 same +user.reactivated | 201 new +user.created | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| POST externalId  | 201 new +user.created | 201 new +user.created | 201 new +user.created      | 201 new +user.created | 201 new +user.created | 201 new +user.created | 201 new +user.created |
| POST inactive    | 201 new +user.created | 409 uniqueness        | 409 uniqueness             | 201 new +user.created | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
";

/// What `unique_external_ids` changes.
const UNIQUE_EXTERNAL_IDS: &str = "
| request          | never there           | active                | inactive              | deleted               | purged                | deleted, made again   | another connection's  |
| POST userName    | 201 new +user.created | 409 uniqueness        | 409 uniqueness        | 201 new +user.created | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| POST externalId  | 201 new +user.created | 409 uniqueness        | 409 uniqueness        | 201 new +user.created | 201 new +user.created | 409 uniqueness        | 201 new +user.created |
| PUT              | 404                   | 200 same +user.updated | 200 same +user.reactivated | 404             | 404                   | 404                   | 404                   |
";

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One cell of a table, with a user of its own.
struct Cell {
    request: String,
    state: String,
    expected: String,
    user_name: String,
    external_id: String,
    /// The id that the user has, or had.
    id: String,
}

impl Cell {
    /// The cells of a table, row by row.
    fn all(table: &str) -> Vec<Self> {
        let mut lines = table.lines().filter(|line| !line.is_empty()).map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
        });
        let states = lines.next().unwrap();
        let mut all = Vec::new();
        for line in lines {
            for (state, expected) in states.iter().zip(&line).skip(1) {
                all.push(Self {
                    request: line[0].clone(),
                    state: state.clone(),
                    expected: expected.clone(),
                    user_name: format!("User{}@example.com", all.len()),
                    external_id: format!("E{}", all.len()),
                    id: NOBODY.to_owned(),
                });
            }
        }
        assert!(all.len() >= 3 * 7, "the table is not read as it is meant");
        all
    }

    fn user(&self, active: bool) -> Value {
        json!({ "userName": self.user_name, "externalId": self.external_id, "active": active })
    }

    /// Brings the user into its state.
    async fn prepare(&mut self, scim: &Client, other: &Client) {
        let home = if self.state == "another connection's" {
            other
        } else {
            scim
        };
        if self.state == "never there" {
            return;
        }
        let active = self.state != "inactive";
        let made = home.post("/Users", self.user(active)).await.expect(201);
        self.id = made.text("/id");
        if self.state.starts_with("deleted") || self.state == "purged" {
            let _ = home
                .delete(&format!("/Users/{}", self.id))
                .await
                .expect(204);
        }
        if self.state == "deleted, made again" {
            let _ = home.post("/Users", self.user(true)).await.expect(201);
        }
    }

    /// Sends the request of the cell. The name comes in other letters than it was given in.
    #[expect(
        clippy::panic,
        reason = "a request that nobody knows is a mistake in the table"
    )]
    async fn ask(&self, scim: &Client, group: &str) -> Reply {
        let path = format!("/Users/{}", self.id);
        let name = self.user_name.to_uppercase();
        let patch = |operation: Value| json!({ "schemas": [PATCH_OP], "Operations": [operation] });
        let titled = patch(json!({ "op": "add", "path": "title", "value": "Guide" }));
        let again = json!({ "userName": name, "title": "Guide" });
        match self.request.as_str() {
            "POST userName" => scim.post("/Users", again).await,
            "POST inactive" => {
                let body = json!({ "userName": name, "active": false });
                scim.post("/Users", body).await
            }
            "POST externalId" => {
                let name = format!("other-{name}");
                let body = json!({ "userName": name, "externalId": self.external_id });
                scim.post("/Users", body).await
            }
            "Bulk POST" => {
                bulk(
                    scim,
                    json!({ "method": "POST", "path": "/Users", "bulkId": "u", "data": again }),
                )
                .await
            }
            "Bulk PATCH title" => {
                bulk(
                    scim,
                    json!({ "method": "PATCH", "path": path, "data": titled }),
                )
                .await
            }
            "GET" => scim.get(&path).await,
            "list by userName" => list(scim, &format!("userName eq \"{name}\"")).await,
            "list by id" => list(scim, &format!("id eq \"{}\"", self.id)).await,
            "PUT" => {
                let body = json!({ "userName": name, "externalId": self.external_id });
                scim.put(&path, body).await
            }
            "PATCH activate" => {
                let on = json!({ "op": "replace", "path": "active", "value": true });
                scim.patch(&path, patch(on)).await
            }
            "PATCH deactivate" => {
                let off = json!({ "op": "replace", "path": "active", "value": false });
                scim.patch(&path, patch(off)).await
            }
            "PATCH title" => scim.patch(&path, titled).await,
            "add to a group" => {
                let add =
                    json!({ "op": "add", "path": "members", "value": [{ "value": self.id }] });
                scim.patch(&format!("/Groups/{group}"), patch(add)).await
            }
            "DELETE" => scim.delete(&path).await,
            unknown => panic!("no such request: {unknown}"),
        }
    }

    /// What came of it, in the words of the tables.
    fn outcome(&self, reply: &Reply, events: &[String]) -> String {
        let mut words = vec![reply.status.to_string()];
        words.extend(reply.body["scimType"].as_str().map(str::to_owned));
        if reply.status < 300 && !reply.body.is_null() {
            let shown = match reply.body.get("Resources") {
                Some(found) => found[0]["id"].as_str(),
                None => reply.body["id"].as_str(),
            };
            words.push(match shown {
                None => "none".to_owned(),
                Some(id) if id == self.id => "same".to_owned(),
                Some(_) => "new".to_owned(),
            });
        }
        words.extend(events.iter().map(|event| format!("+{event}")));
        words.join(" ")
    }
}

async fn list(scim: &Client, filter: &str) -> Reply {
    let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    scim.get(&format!("/Users?filter={filter}")).await
}

/// One operation by Bulk, answered as if it had been asked by itself.
async fn bulk(scim: &Client, operation: Value) -> Reply {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [operation],
    });
    let mut reply = scim.post("/Bulk", body).await.expect(200);
    let result = reply.body["Operations"][0].clone();
    reply.status = result["status"].as_str().unwrap().parse().unwrap();
    reply.body = match result.get("response") {
        Some(error) => error.clone(),
        None => {
            let location = result["location"].as_str().unwrap();
            json!({ "id": location.rsplit('/').next() })
        }
    };
    reply
}

/// Reads the types of the events since the last time.
struct Feed {
    cursor: String,
}

impl Feed {
    async fn next(&mut self, app: &TestApp, tenant: &Connection) -> Vec<String> {
        let after = match self.cursor.as_str() {
            "" => String::new(),
            cursor => format!("&after={cursor}"),
        };
        let path = format!(
            "/v1/events?organization={}&limit=500{after}",
            tenant.organization
        );
        let page = app.api.get(&path).await.expect(200);
        self.cursor = page.text("/next_cursor");
        let events = page.body["data"].as_array().unwrap();
        events
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Holds every cell of a table against a connection with these settings.
async fn hold(database: rollcall_testkit::TestDatabase, settings: Value, table: &str) {
    let app = TestApp::start(database).await;
    let tenant = app.connect("Acme").await;
    let other = app.connect("Globex").await;
    let mut settings = settings;
    settings["unknown_references"] = json!("refuse");
    let _ = app
        .api
        .patch(&tenant.path(), json!({ "settings": settings }))
        .await
        .expect(200);
    let group = tenant
        .scim
        .post("/Groups", json!({ "displayName": "Everybody" }))
        .await;
    let group = group.expect(201).text("/id");

    let mut cells = Cell::all(table);
    let (mut purged, mut others): (Vec<_>, Vec<_>) =
        cells.iter_mut().partition(|cell| cell.state == "purged");
    for cell in &mut purged {
        cell.prepare(&tenant.scim, &other.scim).await;
    }
    const RETENTION_DAYS: u64 = 30;
    app.clock
        .advance_millis(RETENTION_DAYS * 24 * 60 * 60 * 1_000);
    app.purge().await;
    for cell in &mut others {
        cell.prepare(&tenant.scim, &other.scim).await;
    }
    let mut feed = Feed {
        cursor: String::new(),
    };
    while !feed.next(&app, &tenant).await.is_empty() {}

    let mut wrong = Vec::new();
    for cell in &cells {
        let reply = cell.ask(&tenant.scim, &group).await;
        let events = feed.next(&app, &tenant).await;
        let outcome = cell.outcome(&reply, &events);
        if outcome != cell.expected {
            let Cell {
                request,
                state,
                expected,
                ..
            } = cell;
            wrong.push(format!("{request}, {state}: {outcome}, and not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

on_each_database! {
    async fn a_user_goes_through_its_life_as_the_table_says(database: TestDatabase) {
        hold(database, json!({}), BY_DEFAULT).await;
    }

    async fn a_deleted_user_comes_back_where_the_connection_wants_it(database: TestDatabase) {
        hold(database, json!({ "deleted_users": "restore" }), RESTORE).await;
    }

    async fn an_inactive_user_is_written_over_where_the_connection_wants_it(database: TestDatabase) {
        hold(database, json!({ "inactive_users": "reactivate" }), REACTIVATE).await;
    }

    async fn an_external_id_is_unique_where_the_connection_wants_it(database: TestDatabase) {
        hold(database, json!({ "unique_external_ids": true }), UNIQUE_EXTERNAL_IDS).await;
    }
}
