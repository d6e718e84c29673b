//! An identity provider and a vendor who change a directory at random.

use std::cell::{Cell, RefCell};

use fastrand::Rng;
use rollcall_testkit::{Connection, Reply, TestApp};
use serde_json::{Value, json};

pub(super) const ROLES: [&str; 3] = ["member", "editor", "owner"];
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What the writers share: whom they made, and how much they have done.
#[derive(Default)]
pub(super) struct Shared {
    users: RefCell<Vec<String>>,
    groups: RefCell<Vec<String>>,
    gone: RefCell<Vec<(&'static str, String)>>,
    names: Cell<usize>,
    pub(super) written: Cell<usize>,
}

/// One who writes.
pub(super) struct Writer<'a> {
    pub(super) app: &'a TestApp,
    pub(super) to: &'a Connection,
    pub(super) shared: &'a Shared,
    pub(super) rng: Rng,
}

impl Writer<'_> {
    pub(super) async fn write(&mut self, times: usize) {
        for _ in 0..times {
            match self.rng.usize(..17) {
                0..3 => self.create_user().await,
                3..6 => self.change_user().await,
                6 => self.delete("Users", &self.shared.users).await,
                7 => self.create_group().await,
                8..11 => self.change_members().await,
                11 => self.rename_group().await,
                12 => self.delete("Groups", &self.shared.groups).await,
                13 => self.restore().await,
                14 => self.bulk().await,
                15 => self.give_or_take_role().await,
                _ => self.map_group_or_change_policy().await,
            }
            self.shared.written.set(self.shared.written.get() + 1);
        }
    }

    fn name(&self) -> String {
        let number = self.shared.names.get();
        self.shared.names.set(number + 1);
        format!("person-{number}")
    }

    fn one_of(&mut self, ids: &RefCell<Vec<String>>) -> Option<String> {
        self.rng.choice(ids.borrow().iter()).cloned()
    }

    /// A user's body that says nothing for some attributes and something else for others each time.
    fn body(&mut self, name: &str) -> Value {
        let rng = &mut self.rng;
        let mut body = json!({ "userName": name, "active": rng.u8(..4) > 0 });
        if rng.bool() {
            body["externalId"] = json!(format!("ext-{name}"));
        }
        if rng.bool() {
            body["title"] = json!(format!("Title {}", rng.u8(..4)));
            body["name"] =
                json!({ "givenName": "Nora", "familyName": format!("Q{}", rng.u8(..9)) });
        }
        if rng.bool() {
            body["emails"] = json!([
                { "value": format!("{name}@acme.example"), "type": "work", "primary": true },
            ]);
        }
        if rng.bool() {
            body["roles"] = json!([{ "value": ROLES[rng.usize(..ROLES.len())], "primary": true }]);
        }
        if rng.u8(..4) == 0 {
            body["favouriteColour"] = json!("green");
        }
        if rng.u8(..4) == 0 {
            body[ENTERPRISE] = json!({ "department": format!("D{}", rng.u8(..3)) });
            if let Some(manager) = self.one_of(&self.shared.users) {
                body[ENTERPRISE]["manager"] = json!({ "value": manager });
            }
        }
        body
    }

    /// What a write may be answered with: whom it is about may be gone, or no seat be left.
    fn look(&self, reply: &Reply) {
        assert!(reply.status < 500, "{}: {}", reply.status, reply.body);
    }

    async fn create_user(&mut self) {
        let name = self.name();
        let body = self.body(&name);
        let reply = self.to.scim.post("/Users", body).await;
        self.look(&reply);
        if reply.status == 201 {
            self.shared.users.borrow_mut().push(reply.text("/id"));
        }
    }

    async fn change_user(&mut self) {
        let Some(id) = self.one_of(&self.shared.users) else {
            return;
        };
        let path = format!("/Users/{id}");
        let reply = if self.rng.bool() {
            let name = self.name();
            let body = self.body(&name);
            self.to.scim.put(&path, body).await
        } else {
            let active = self.rng.bool();
            let patch = json!({ "Operations": [
                { "op": "replace", "path": "active", "value": active },
                { "op": "replace", "path": "title", "value": format!("T{}", self.rng.u8(..3)) },
            ] });
            self.to.scim.patch(&path, patch).await
        };
        self.look(&reply);
    }

    async fn delete(&mut self, kind: &'static str, ids: &RefCell<Vec<String>>) {
        let Some(id) = self.one_of(ids) else { return };
        let reply = self.to.scim.delete(&format!("/{kind}/{id}")).await;
        self.look(&reply);
        if reply.status == 204 {
            ids.borrow_mut().retain(|one| *one != id);
            self.shared.gone.borrow_mut().push((kind, id));
        }
    }

    async fn restore(&mut self) {
        let gone = self.rng.choice(self.shared.gone.borrow().iter()).cloned();
        let Some((kind, id)) = gone else { return };
        let (deleted, ids) = match kind {
            "Users" => ("deleted-users", &self.shared.users),
            _ => ("deleted-groups", &self.shared.groups),
        };
        let path = format!("{}/{deleted}/{id}/restore", self.to.path());
        let reply = self.app.api.post(&path, json!({})).await;
        self.look(&reply);
        if reply.status == 200 {
            self.shared.gone.borrow_mut().retain(|(_, one)| *one != id);
            ids.borrow_mut().push(id);
        }
    }

    /// A few who may be members.
    fn some(&mut self) -> Value {
        let mut members = Vec::new();
        for _ in 0..self.rng.usize(..4) {
            let nested = self.rng.u8(..4) == 0;
            let ids = if nested {
                &self.shared.groups
            } else {
                &self.shared.users
            };
            members.extend(self.one_of(ids).map(|id| json!({ "value": id })));
        }
        Value::from(members)
    }

    async fn create_group(&mut self) {
        let name = self.name();
        let body = json!({ "displayName": name, "members": self.some() });
        let reply = self.to.scim.post("/Groups", body).await;
        self.look(&reply);
        if reply.status == 201 {
            self.shared.groups.borrow_mut().push(reply.text("/id"));
        }
    }

    async fn change_members(&mut self) {
        let Some(id) = self.one_of(&self.shared.groups) else {
            return;
        };
        let members = self.some();
        let operation = match self.rng.u8(..4) {
            0 => json!({ "op": "replace", "path": "members", "value": members }),
            1 => json!({ "op": "remove", "path": "members", "value": members }),
            _ => json!({ "op": "add", "path": "members", "value": members }),
        };
        let patch = json!({ "Operations": [operation] });
        let reply = self.to.scim.patch(&format!("/Groups/{id}"), patch).await;
        self.look(&reply);
    }

    async fn rename_group(&mut self) {
        let Some(id) = self.one_of(&self.shared.groups) else {
            return;
        };
        let body = json!({
            "displayName": self.name(),
            "externalId": format!("ext-{}", self.rng.u8(..)),
            "members": self.some(),
        });
        let reply = self.to.scim.put(&format!("/Groups/{id}"), body).await;
        self.look(&reply);
    }

    async fn bulk(&mut self) {
        let (one, two) = (self.name(), self.name());
        let mut operations = vec![
            json!({ "method": "POST", "path": "/Users", "bulkId": "one", "data": self.body(&one) }),
            json!({ "method": "POST", "path": "/Groups", "bulkId": "all", "data": {
                "displayName": two, "members": [{ "value": "bulkId:one" }],
            } }),
        ];
        if let Some(id) = self.one_of(&self.shared.users) {
            let patch = json!({ "Operations": [
                { "op": "replace", "path": "title", "value": format!("B{}", self.rng.u8(..3)) },
            ] });
            let path = format!("/Users/{id}");
            operations.push(json!({ "method": "PATCH", "path": path, "data": patch }));
        }
        if let Some(id) = self.one_of(&self.shared.groups) {
            let add = json!({ "Operations": [
                { "op": "add", "path": "members", "value": [{ "value": "bulkId:one" }] },
            ] });
            let path = format!("/Groups/{id}");
            operations.push(json!({ "method": "PATCH", "path": path, "data": add }));
        }
        let body = json!({ "schemas": [BULK], "Operations": operations });
        let reply = self.to.scim.post("/Bulk", body).await;
        self.look(&reply);
        for entry in reply.body["Operations"].as_array().into_iter().flatten() {
            let Some(place) = entry["location"].as_str() else {
                continue;
            };
            let made = entry["status"] == "201";
            let id = place.rsplit('/').next().unwrap().to_owned();
            match place.contains("/Users/") {
                true if made => self.shared.users.borrow_mut().push(id),
                false if made => self.shared.groups.borrow_mut().push(id),
                _ => {}
            }
        }
    }

    async fn give_or_take_role(&mut self) {
        let Some(id) = self.one_of(&self.shared.users) else {
            return;
        };
        let path = format!("/v1/organizations/{}/users/{id}/role", self.to.slug);
        let reply = if self.rng.u8(..3) == 0 {
            self.app.api.delete(&path).await
        } else {
            let role = ROLES[self.rng.usize(..ROLES.len())];
            self.app.api.put(&path, json!({ "role": role })).await
        };
        self.look(&reply);
    }

    async fn map_group_or_change_policy(&mut self) {
        let role = ROLES[self.rng.usize(..ROLES.len())];
        let api = &self.app.api;
        let mapped = self.rng.choice(self.shared.groups.borrow().iter()).cloned();
        let reply = match mapped {
            Some(id) if self.rng.u8(..4) > 0 => {
                let path = format!("{}/groups/{id}/role-mapping", self.to.path());
                if self.rng.u8(..3) == 0 {
                    api.delete(&path).await
                } else {
                    let precedence = self.rng.u32(1..4);
                    let body = json!({ "role": role, "precedence": precedence });
                    api.put(&path, body).await
                }
            }
            _ => {
                let seats = self.rng.u32(5..60);
                let rules = json!({
                    "roles": ROLES,
                    "default_role": role,
                    "seat_limit": { "seats": seats, "when_full": "wait" },
                });
                let path = format!("/v1/organizations/{}/policy", self.to.slug);
                api.put(&path, rules).await
            }
        };
        self.look(&reply);
    }
}
