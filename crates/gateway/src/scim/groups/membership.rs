//! From the members of a request to changes of rows.

use std::collections::HashSet;

use rollcall_model::GroupId;
use rollcall_scim::message::PatchOp;
use rollcall_scim::patch::MemberChange;
use rollcall_scim::{Member, Profile, Resource, ResourceType, ScimError};
use rollcall_store::{DirectoryTx, Group, MemberKind, MembersChanged, NamedMember};
use serde_json::{Value, json};

use super::super::failure::ScimFailure;
use super::super::tenant::Tenant;
use super::super::{limits, render};

/// The members that a request names, each once. Whether they exist, and what they are, is for the
/// transaction to find out.
pub(in crate::scim) fn named(
    tenant: &Tenant,
    members: &[Member],
) -> Result<Vec<NamedMember>, ScimFailure> {
    let limit = tenant.app.settings.limits.max_members_per_request;
    limits::check("members", members.len(), limit)?;
    let strict = tenant.catalog().group().profile == Profile::Strict;
    let mut seen = HashSet::with_capacity(members.len());
    let mut named = Vec::with_capacity(members.len());
    for member in members {
        let kind = member.kind.as_deref().and_then(MemberKind::from_name);
        if let (Some(sent), None, true) = (&member.kind, kind, strict) {
            let detail = format!("`type` of a member is `User` or `Group`, and not `{sent}`");
            return Err(ScimError::invalid_value(detail).into());
        }
        if seen.insert(member.value.as_str()) {
            let value = member.value.clone();
            named.push(NamedMember { value, kind });
        }
    }
    Ok(named)
}

/// Every member that a PATCH wants in the group at some time.
pub(super) fn wanted(
    tenant: &Tenant,
    changes: &[MemberChange],
) -> Result<Vec<NamedMember>, ScimFailure> {
    let mut wanted = Vec::new();
    for change in changes {
        match change {
            MemberChange::Add(members) | MemberChange::ReplaceAll(members) => {
                wanted.extend(named(tenant, members)?);
            }
            MemberChange::Remove(_) | MemberChange::RemoveMatching(_) | MemberChange::RemoveAll => {
            }
        }
    }
    Ok(wanted)
}

/// Every member that the body of a PUT names. What is wrong with it is told when it is read.
pub(super) fn wanted_in(tenant: &Tenant, body: &Value) -> Result<Vec<NamedMember>, ScimFailure> {
    let members = body.as_object().into_iter().flatten();
    let mut members = members.filter(|(name, _)| name.eq_ignore_ascii_case("members"));
    match members.next() {
        None => Ok(Vec::new()),
        Some((_, value)) => {
            let read = Member::read_all(value.clone(), &mut Vec::new());
            named(tenant, &read.unwrap_or_default())
        }
    }
}

/// The `externalId` that a body names, by which somebody may wait for the group.
pub(super) fn external_id_in(body: &Value) -> Option<&str> {
    let mut fields = body.as_object().into_iter().flatten();
    let named = fields.find(|(name, _)| name.eq_ignore_ascii_case("externalId"));
    named?.1.as_str()
}

/// The `externalId` that operations give a group.
pub(super) fn external_id_of(operations: &[PatchOp]) -> Option<&str> {
    operations.iter().rev().find_map(|operation| {
        let value = operation.value.as_ref()?;
        match &operation.path {
            None => external_id_in(value),
            Some(path) if path.eq_ignore_ascii_case("externalId") => value.as_str(),
            Some(_) => None,
        }
    })
}

/// Refuses a PATCH that would cost more than its size warrants.
pub(super) fn check_size(tenant: &Tenant, changes: &[MemberChange]) -> Result<(), ScimFailure> {
    let limit = tenant.app.settings.limits.max_members_per_request;
    let named = changes.iter().map(|change| match change {
        MemberChange::Add(members) | MemberChange::ReplaceAll(members) => members.len(),
        MemberChange::Remove(ids) => ids.len(),
        MemberChange::RemoveMatching(_) | MemberChange::RemoveAll => 0,
    });
    limits::check("members", named.sum(), limit)?;
    let matching = changes
        .iter()
        .filter(|change| matches!(change, MemberChange::RemoveMatching(_)));
    if matching.count() > 1 {
        // Each of them reads the whole membership.
        let detail = "one operation with a filter on `members` other than `value eq` in a request";
        return Err(ScimError::too_many(detail).into());
    }
    Ok(())
}

/// Saves a locked group with its new attributes and the changes of its members.
pub(super) async fn save(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    before: Group,
    after: Resource,
    changes: &[MemberChange],
) -> Result<Group, ScimFailure> {
    // What identity providers send by the thousand: one change of members, and nothing else.
    if before.resource == after {
        match changes {
            [MemberChange::Add(members)] => {
                let members = named(tenant, members)?;
                return Ok(tx.save_group_joined_by(before, &members).await?);
            }
            [MemberChange::Remove(ids)] => return Ok(tx.save_group_left_by(before, ids).await?),
            _ => {}
        }
    }
    let kind = tenant.catalog().group();
    let changed = change(tenant, tx, kind, before.id, changes).await?;
    Ok(tx.save_group(before, after, &changed).await?)
}

/// Makes the changes of one PATCH to a locked group, in their order.
async fn change(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    kind: &ResourceType,
    group_id: GroupId,
    changes: &[MemberChange],
) -> Result<MembersChanged, ScimFailure> {
    let mut changed = MembersChanged::default();
    for change in changes {
        let step = match change {
            MemberChange::Add(members) => {
                tx.add_members(group_id, &named(tenant, members)?).await?
            }
            MemberChange::Remove(ids) => tx.remove_members(group_id, ids).await?,
            MemberChange::RemoveMatching(filter) => {
                let matching: Vec<_> = tx
                    .members_of_group(group_id)
                    .await?
                    .into_iter()
                    .filter(|member| {
                        let alone = json!({ "members": [render::member(&tenant.base, member)] });
                        filter.matches(kind, &alone)
                    })
                    .map(|member| member.id.to_scim())
                    .collect();
                tx.remove_members(group_id, &matching).await?
            }
            MemberChange::RemoveAll => tx.remove_all_members(group_id).await?,
            MemberChange::ReplaceAll(members) => {
                tx.replace_members(group_id, &named(tenant, members)?)
                    .await?
            }
        };
        changed.extend(step);
    }
    Ok(changed)
}
