//! Bodies of PATCH requests, read and applied to a user and to a group.

use rollcall_scim::message::PatchRequest;
use rollcall_scim::patch::{Patched, apply, split_members};
use rollcall_scim::{Resource, ResourceType, json};
use serde_json::Value;

use crate::samples;

/// Reads a body and applies its operations.
///
/// # Panics
///
/// If the result is not canonical, says that it changed when it did not or the reverse, or holds
/// members of a group.
pub fn patch(input: &[u8]) {
    let Ok(body) = json::parse(input) else {
        return;
    };
    for catalog in samples::catalogs() {
        let kind = catalog.user();
        let Ok(request) = PatchRequest::parse(body.clone(), kind.profile) else {
            continue;
        };
        let before = samples::user();
        if let Ok(patched) = apply(kind, &before, &request.operations) {
            check(kind, &before, &patched);
        }
        let kind = catalog.group();
        let before = samples::group();
        if let Ok(split) = split_members(kind, request.operations)
            && let Ok(patched) = split.apply(kind, &before)
        {
            check(kind, &before, &patched);
            assert_eq!(patched.resource.get("members"), None);
        }
    }
}

/// What holds for the outcome of every PATCH that succeeds.
pub(crate) fn check(kind: &ResourceType, before: &Resource, patched: &Patched) {
    assert_eq!(patched.changed, patched.resource != *before);
    // What is kept can be sent again, and is kept in the same form.
    let mut body = Value::Object(patched.resource.attributes().clone());
    body["schemas"] = Value::from(kind.urns());
    let kept = patched.resource.attributes();
    let again = Resource::parse(kind, body).map(|parsed| parsed.resource);
    // What no schema knows is kept beside the attributes, and told apart from them.
    assert_eq!(again.as_ref().map(Resource::attributes), Ok(kept));
    let stored = patched.resource.to_stored();
    let read = Resource::from_stored(&stored).ok();
    // A number with a fraction may come back off by one bit; see `filter`.
    if !stored.contains(['.', 'e']) {
        assert_eq!(read.as_ref().map(Resource::attributes), Some(kept));
    }
}
