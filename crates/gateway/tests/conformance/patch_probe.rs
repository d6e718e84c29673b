//! Probes of PATCH: what is refused, and what succeeds and changes nothing. Both leave the resource
//! as a GET showed it before, `meta` included, and make no event.

use rollcall_testkit::Reply;
use serde_json::{Value, json};

use crate::fixture::{Fixture, expect_error};

/// Operations and the `scimType` that they are refused with.
pub(crate) type Refused<'a> = (Value, &'a str);

/// One operation with a value.
pub(crate) fn op(verb: &str, path: &str, value: Value) -> Value {
    json!([{ "op": verb, "path": path, "value": value }])
}

/// One operation without a value.
pub(crate) fn remove(path: &str) -> Value {
    json!([{ "op": "remove", "path": path }])
}

/// One operation without a path.
pub(crate) fn pathless(verb: &str, value: Value) -> Value {
    json!([{ "op": verb, "value": value }])
}

impl Fixture {
    /// Each of these is refused with 400 for this user.
    pub(crate) async fn refuse_for_user(&self, id: &str, probes: Vec<Refused<'_>>) {
        let before = self.looks("Users", id).await;
        for (operations, scim_type) in probes {
            self.app.clock.advance_millis(1_000);
            let reply = self.patch_user(id, operations.clone()).await;
            assert_eq!(reply.status, 400, "{operations}: {}", reply.body);
            expect_error(&reply, 400, scim_type);
            assert_eq!(self.looks("Users", id).await, before, "{operations}");
        }
    }

    /// Each of these is refused with 400 for this group.
    pub(crate) async fn refuse_for_group(&self, id: &str, probes: Vec<Refused<'_>>) {
        let before = self.looks("Groups", id).await;
        for (operations, scim_type) in probes {
            self.app.clock.advance_millis(1_000);
            let reply = self.patch_group(id, operations.clone()).await;
            assert_eq!(reply.status, 400, "{operations}: {}", reply.body);
            expect_error(&reply, 400, scim_type);
            assert_eq!(self.looks("Groups", id).await, before, "{operations}");
        }
    }

    /// Each of these succeeds and changes nothing of this user.
    pub(crate) async fn keep_user(&self, id: &str, probes: Vec<Value>) {
        let before = self.looks("Users", id).await;
        for operations in probes {
            self.app.clock.advance_millis(1_000);
            let reply = self.patch_user(id, operations.clone()).await;
            assert_eq!(reply.status, 200, "{operations}: {}", reply.body);
            assert_eq!(reply.body, before.0, "{operations}");
            assert_eq!(self.looks("Users", id).await, before, "{operations}");
        }
    }

    /// Each of these succeeds and changes nothing of this group.
    pub(crate) async fn keep_group(&self, id: &str, probes: Vec<Value>) {
        let before = self.looks("Groups", id).await;
        for operations in probes {
            self.app.clock.advance_millis(1_000);
            let reply = self.patch_group(id, operations.clone()).await;
            assert_eq!(reply.status, 204, "{operations}: {}", reply.body);
            assert_eq!(self.looks("Groups", id).await, before, "{operations}");
        }
    }

    /// A user after operations that work.
    pub(crate) async fn changed_user(&self, id: &str, operations: Value) -> Value {
        let reply = self.patch_user(id, operations.clone()).await;
        assert_eq!(reply.status, 200, "{operations}: {}", reply.body);
        assert_eq!(reply.body, self.user(id).await, "{operations}");
        reply.body
    }

    /// A group after operations that work.
    pub(crate) async fn changed_group(&self, id: &str, operations: Value) -> Value {
        let reply = self.patch_group(id, operations.clone()).await;
        assert_eq!(reply.status, 204, "{operations}: {}", reply.body);
        self.group(id).await
    }

    /// The ids of a group's members.
    pub(crate) async fn member_ids(&self, id: &str) -> Vec<String> {
        let group = self.group(id).await;
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members
            .iter()
            .filter_map(|member| member["value"].as_str().map(str::to_owned))
            .collect()
    }

    /// A PATCH body sent as it stands, for what no JSON value can express.
    pub(crate) async fn patch_text(&self, path: &str, body: &str) -> Reply {
        let request = self.scim().request("PATCH", path);
        let request = request
            .header("content-type", "application/scim+json")
            .body(body.to_owned());
        rollcall_testkit::Client::read(request).await
    }

    /// A resource, and how many events there are.
    async fn looks(&self, endpoint: &str, id: &str) -> (Value, usize) {
        let path = format!("/{endpoint}/{id}");
        let resource = self.scim().get(&path).await.expect(200).body;
        let events = self.app.events(&self.tenant.organization).await;
        (resource, events.len())
    }
}
