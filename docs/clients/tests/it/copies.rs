//! A client's copy is the directory, whatever became of the client in between.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rollcall_testkit::{Connection, TestApp, TestDatabase, eventually, on_each_database};
use serde_json::{Value, json};

use crate::breaking_off;
use crate::languages::{Client, Language};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A client that runs until this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then the test that looks at its copy fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A gateway, an organization at it, and a client that follows it.
struct Scene {
    app: TestApp,
    acme: Connection,
    client: Client,
    copy: PathBuf,
}

impl Scene {
    fn start(&self, url: &str) -> Running {
        let child = self
            .client
            .command("follow")
            .env("ROLLCALL_URL", url)
            .env("ROLLCALL_API_KEY", self.app.api.bearer().unwrap())
            .env("ROLLCALL_ORGANIZATION", &self.acme.organization)
            .env("ROLLCALL_CONSUMER", "copy")
            .env("ROLLCALL_COPY", &self.copy)
            .stdout(Stdio::inherit())
            .stderr(Stdio::inherit())
            .spawn();
        Running(child.unwrap())
    }

    /// Waits until the copy is what a snapshot tells now.
    async fn has_everything(&self, when: &str) {
        let path = format!("/v1/organizations/{}/snapshot", self.acme.organization);
        let snapshot = self.app.api.get(&path).await.expect(200);
        let expected = told(snapshot.body.as_str().unwrap());
        eventually(when, async || {
            let text = std::fs::read(&self.copy).unwrap_or_default();
            serde_json::from_slice(&text).is_ok_and(|copy| kept(copy) == expected)
        })
        .await;
    }

    async fn make_user(&self, name: &str) -> String {
        let body = json!({ "schemas": [USER], "userName": name, "displayName": name });
        self.acme
            .scim
            .post("/Users", body)
            .await
            .expect(201)
            .text("/id")
    }

    async fn make_group(&self, name: &str, members: &[&str]) -> String {
        let members: Value = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        self.acme
            .scim
            .post("/Groups", body)
            .await
            .expect(201)
            .text("/id")
    }

    async fn change(&self, path: &str, operation: Value) {
        let body = json!({ "schemas": [PATCH_OP], "Operations": [operation] });
        let status = self.acme.scim.patch(path, body).await.status;
        assert!(matches!(status, 200 | 204), "{path}: {status}");
    }

    /// A little of everything that can happen to a directory.
    async fn live(&self, round: usize) {
        let [amy, bob, cyd] = ["amy", "bob", "cyd"].map(|name| format!("{name}-{round}"));
        let amy = self.make_user(&amy).await;
        let bob = self.make_user(&bob).await;
        let cyd = self.make_user(&cyd).await;
        let all = self
            .make_group(&format!("All {round}"), &[&amy, &bob])
            .await;
        let some = self.make_group(&format!("Some {round}"), &[&amy]).await;
        let gone = self
            .make_group(&format!("Gone {round}"), &[&bob, &some])
            .await;
        let title = json!({ "op": "replace", "path": "title", "value": "Prof. Žižek" });
        self.change(&format!("/Users/{amy}"), title).await;
        let inactive = json!({ "op": "replace", "path": "active", "value": false });
        self.change(&format!("/Users/{bob}"), inactive).await;
        let members = json!([{ "value": cyd }, { "value": some }]);
        let add = json!({ "op": "add", "path": "members", "value": members });
        self.change(&format!("/Groups/{all}"), add).await;
        let filter = format!("members[value eq \"{amy}\"]");
        let remove = json!({ "op": "remove", "path": filter });
        self.change(&format!("/Groups/{some}"), remove).await;
        let name =
            json!({ "op": "replace", "path": "displayName", "value": format!("Few {round}") });
        self.change(&format!("/Groups/{some}"), name).await;
        let api = &self.app.api;
        let organization = format!("/v1/organizations/{}", self.acme.organization);
        let role = json!({ "role": "administrator", "reason": "Founder" });
        let _ = api
            .put(&format!("{organization}/users/{amy}/role"), role)
            .await
            .expect(200);
        let mapping = format!("{}/groups/{all}/role-mapping", self.acme.path());
        let role = json!({ "role": "moderator", "precedence": 1 });
        let _ = api.put(&mapping, role).await.expect(200);
        let roles = ["guest", "member"];
        let policy = json!({ "default_role": roles[round % 2] });
        let _ = api
            .put(&format!("{organization}/policy"), policy)
            .await
            .expect(200);
        let deleted = self.acme.scim.delete(&format!("/Users/{bob}")).await;
        assert_eq!(deleted.status, 204);
        let deleted = self.acme.scim.delete(&format!("/Groups/{gone}")).await;
        assert_eq!(deleted.status, 204);
        self.lose_an_attribute(round).await;
    }

    /// Takes an attribute out of a schema: users who have a value lose it, and no event tells of them.
    async fn lose_an_attribute(&self, round: usize) {
        let urn = format!("urn:example:acme:{round}:User");
        let schema = |names: &[&str]| {
            let attributes: Value = names.iter().map(|name| json!({ "name": name })).collect();
            json!({ "id": urn, "name": "Acme", "attributes": attributes })
        };
        let path = format!("{}/schemas", self.acme.path());
        let api = &self.app.api;
        let _ = api
            .post(&path, schema(&["badge", "desk"]))
            .await
            .expect(201);
        let values = json!({ "badge": "17", "desk": "4" });
        let body =
            json!({ "schemas": [USER, urn], "userName": format!("dan-{round}"), &urn: values });
        let _ = self.acme.scim.post("/Users", body).await.expect(201);
        let _ = api
            .put(&format!("{path}/{urn}"), schema(&["badge"]))
            .await
            .expect(200);
    }
}

/// What a snapshot tells, in the form that copies have.
fn told(snapshot: &str) -> Value {
    let mut copy = json!({ "users": {}, "groups": {} });
    for line in snapshot.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let id = |of: &Value| of["id"].as_str().unwrap().to_owned();
        match line["type"].as_str().unwrap() {
            "snapshot" => copy["default_role"] = line["default_role"].take(),
            "user" => {
                let is_default = line["role"]["source"] == "default";
                copy["users"][id(&line["user"])] = json!({
                    "scim_connection_id": line["scim_connection_id"],
                    "user": line["user"],
                    "role": if is_default { Value::Null } else { line["role"].take() },
                    "waiting_for_seat": line["waiting_for_seat"],
                });
            }
            "group" => {
                copy["groups"][id(&line["group"])] = json!({
                    "scim_connection_id": line["scim_connection_id"],
                    "group": line["group"],
                    "users": [],
                    "groups": [],
                });
            }
            "members" => {
                let group = &mut copy["groups"][id(&line["group"])];
                for kind in ["users", "groups"] {
                    let more = line[kind].as_array().unwrap().clone();
                    group[kind].as_array_mut().unwrap().extend(more);
                }
            }
            _ => {}
        }
    }
    kept(copy)
}

/// A copy without its cursor; members are in order, as one client keeps a list and another a set.
fn kept(mut copy: Value) -> Value {
    let _ = copy.as_object_mut().unwrap().remove("cursor");
    for group in copy["groups"].as_object_mut().unwrap().values_mut() {
        for kind in ["users", "groups"] {
            let members: BTreeSet<String> = match &group[kind] {
                Value::Object(set) => set.keys().cloned().collect(),
                list => serde_json::from_value(list.clone()).unwrap(),
            };
            group[kind] = members.into_iter().collect();
        }
    }
    copy
}

/// A client that comes to an organization, is stopped and started, and comes back too late.
async fn is_kept(language: Language, database: TestDatabase) {
    let Some(client) = language.client() else {
        return;
    };
    let app = TestApp::start(database).await;
    let acme = app.connect("Acme").await;
    let copy = client.folder.path().join("copy.json");
    let scene = Scene {
        app,
        acme,
        client,
        copy,
    };
    let app = &scene.app;
    scene.live(0).await;

    let (url, broke_off) = breaking_off::before(app.api.base()).await;
    let running = scene.start(&url);
    scene
        .has_everything("it has a snapshot, the second one")
        .await;
    assert!(broke_off.load(Ordering::SeqCst));
    scene.live(1).await;
    scene.has_everything("it follows").await;
    let consumer = format!(
        "/v1/consumers/copy?organization={}",
        scene.acme.organization
    );
    eventually("it says that it has everything", async || {
        app.api.get(&consumer).await.body["events_behind"] == 0
    })
    .await;

    drop(running);
    scene.live(2).await;
    let running = scene.start(&url);
    scene.has_everything("it goes on where it was").await;

    drop(running);
    scene.live(3).await;
    app.clock.advance(Duration::from_secs(1));
    let store = &app.state().store;
    eventually("its events are removed", async || {
        let now = store.clock().now();
        store.remove_old_events(now).await.unwrap() == 0
    })
    .await;
    let _running = scene.start(&url);
    scene.has_everything("it begins again").await;
    scene.live(4).await;
    scene.has_everything("it follows again").await;
}

on_each_database! {
    async fn the_copy_of_the_client_in_rust_is_the_directory(database: TestDatabase) {
        is_kept(Language::Rust, database).await;
    }

    async fn the_copy_of_the_client_in_python_is_the_directory(database: TestDatabase) {
        is_kept(Language::Python, database).await;
    }

    async fn the_copy_of_the_client_in_typescript_is_the_directory(database: TestDatabase) {
        is_kept(Language::TypeScript, database).await;
    }
}
