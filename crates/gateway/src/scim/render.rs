//! Users and groups as answers show them: what is stored, with what the server adds.

use rollcall_model::{GroupId, UserId};
use rollcall_scim::schema::ENTERPRISE_USER_URN;
use rollcall_scim::{Meta, Projection, render, render_stored};
use rollcall_store::{Group, GroupRef, ManagerRef, MemberId, MemberRef, ShownUser, StoredUser};
use serde_json::{Value, json};

use super::body::ResourceAnswer;
use super::conditional::etag;
use super::failure::ScimFailure;
use super::tenant::Tenant;
use actix_web::http::StatusCode;

/// Where a user is.
pub(super) fn user_location(base: &str, id: UserId) -> String {
    format!("{base}/Users/{}", id.to_scim())
}

/// Where a group is.
pub(super) fn group_location(base: &str, id: GroupId) -> String {
    format!("{base}/Groups/{}", id.to_scim())
}

/// A user as text, with what a projection shows of it.
///
/// # Errors
///
/// What is stored cannot be read.
pub(super) fn user(
    tenant: &Tenant,
    shown: &ShownUser,
    projection: &Projection,
) -> Result<String, ScimFailure> {
    let kind = tenant.catalog().user();
    let (base, user) = (&tenant.base, &shown.user);
    let id = user.id.to_scim();
    let meta = Meta {
        resource_type: "User".to_owned(),
        created: user.created_at.to_string(),
        last_modified: user.updated_at.to_string(),
        version: etag(tenant.settings(), user.version),
        location: user_location(base, user.id),
    };
    let groups = shown.groups.iter().map(|group| user_group(base, group));
    let groups = (!shown.groups.is_empty()).then(|| Value::Array(groups.collect()));
    // What follows from the manager stands inside what is stored.
    if projection.is_default() && shown.manager.is_none() {
        let derived = groups.as_ref().map(|groups| ("groups", groups.to_string()));
        let text = render_stored(kind, &user.body, &id, &meta, derived.as_slice());
        if let Some(text) = text {
            return Ok(text);
        }
    }
    let resource = user.read()?.resource;
    let derived = groups
        .map(|groups| ("groups", groups))
        .into_iter()
        .collect();
    let mut answer = render(kind, &resource, &id, meta, derived);
    if let Some(manager) = &shown.manager {
        describe_manager(base, &mut answer, manager);
    }
    projection.apply(kind, &mut answer);
    Ok(answer.to_string())
}

/// One element of a user's `groups`.
fn user_group(base: &str, group: &GroupRef) -> Value {
    json!({
        "value": group.id.to_scim(),
        "$ref": group_location(base, group.id),
        "display": group.display_name,
        "type": if group.direct { "direct" } else { "indirect" },
    })
}

/// Adds to the manager's id what follows from it. An id that is nobody's stays alone.
fn describe_manager(base: &str, shown: &mut Value, manager: &ManagerRef) {
    let enterprise = shown.get_mut(ENTERPRISE_USER_URN);
    let held = enterprise.and_then(|enterprise| enterprise.get_mut("manager"));
    if let Some(Value::Object(parts)) = held {
        parts.insert("$ref".to_owned(), user_location(base, manager.id).into());
        if let Some(name) = &manager.display_name {
            parts.insert("displayName".to_owned(), name.as_str().into());
        }
    }
}

/// A group with its members; `None` if they are not wanted.
pub(super) fn group(tenant: &Tenant, group: &Group, members: Option<&[MemberRef]>) -> Value {
    let base = &tenant.base;
    let meta = Meta {
        resource_type: "Group".to_owned(),
        created: group.created_at.to_string(),
        last_modified: group.updated_at.to_string(),
        version: etag(tenant.settings(), group.version),
        location: group_location(base, group.id),
    };
    let derived = match members {
        Some(members) => {
            let shown = members.iter().map(|each| member(base, each)).collect();
            vec![("members", shown)]
        }
        None => Vec::new(),
    };
    let id = group.id.to_scim();
    render(
        tenant.catalog().group(),
        &group.resource,
        &id,
        meta,
        derived,
    )
}

/// Where a member is.
pub(super) fn member_location(base: &str, id: MemberId) -> String {
    match id {
        MemberId::User(id) => user_location(base, id),
        MemberId::Group(id) => group_location(base, id),
    }
}

/// One element of `members`.
pub(super) fn member(base: &str, member: &MemberRef) -> Value {
    let mut shown = json!({
        "value": member.id.to_scim(),
        "$ref": member_location(base, member.id),
        "type": member.id.kind().as_str(),
    });
    if let Some(display) = &member.display {
        shown["display"] = display.as_str().into();
    }
    shown
}

/// The head of an answer about a user.
pub(super) fn user_answer(
    tenant: &Tenant,
    status: StatusCode,
    user: &StoredUser,
) -> ResourceAnswer {
    ResourceAnswer {
        status,
        location: user_location(&tenant.base, user.id),
        version: etag(tenant.settings(), user.version),
    }
}

/// The head of an answer about a group.
pub(super) fn group_answer(tenant: &Tenant, status: StatusCode, group: &Group) -> ResourceAnswer {
    ResourceAnswer {
        status,
        location: group_location(&tenant.base, group.id),
        version: etag(tenant.settings(), group.version),
    }
}
