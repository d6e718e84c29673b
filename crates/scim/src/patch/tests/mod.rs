//! Tests of the PATCH engine.

mod additions;
mod custom_schema;
mod entra;
mod group_members;
mod other_clients;
mod pathless;
mod paths;
mod primary;
mod properties;
mod refusals;
mod removals;
mod replacements;
mod rfc_examples;

use serde_json::{Value, json};

use super::{PatchError, Patched, apply};
use crate::message::{PatchOp, PatchRequest};
use crate::resource::Resource;
use crate::schema::{Catalog, Profile, ResourceType};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user() -> ResourceType {
    Catalog::core().user().clone()
}

fn group() -> ResourceType {
    Catalog::core().group().clone()
}

/// The operations of a request, read from their JSON.
fn operations(operations: Value) -> Vec<PatchOp> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    });
    PatchRequest::parse(body, Profile::Compat)
        .expect("a PATCH message")
        .operations
}

/// A stored resource, read from the body that would create it.
fn stored(kind: &ResourceType, mut body: Value) -> Resource {
    let required = if kind.id == "User" {
        "userName"
    } else {
        "displayName"
    };
    if body.get(required).is_none() {
        body[required] = json!("babs");
    }
    Resource::parse(kind, body).expect("a resource").resource
}

/// Patches a user that has the attributes of `before`.
fn patch(before: Value, ops: Value) -> Result<Patched, PatchError> {
    let kind = user();
    apply(&kind, &stored(&kind, before), &operations(ops))
}

/// The attributes of the user after a PATCH that works, without its name.
fn patched(before: Value, ops: Value) -> Value {
    let patched = patch(before, ops).expect("a PATCH that works");
    let mut attributes = patched.resource.attributes().clone();
    attributes.shift_remove("userName");
    Value::Object(attributes)
}

/// `scimType: detail` of a PATCH that is refused.
fn refusal(before: Value, ops: Value) -> String {
    let err = patch(before, ops).expect_err("a PATCH that is refused");
    format!(
        "{}: {err}",
        err.reason.scim_type.map_or("-", |it| it.as_str())
    )
}
