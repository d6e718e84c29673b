//! From the members of a request to changes of rows.

use std::collections::HashSet;

use rollcall_model::{GroupId, UserId};
use rollcall_scim::patch::MemberChange;
use rollcall_scim::{Member, ResourceType, ScimError};
use rollcall_store::{DirectoryTx, MembersChanged};
use serde_json::json;

use super::super::failure::ScimFailure;
use super::super::tenant::Tenant;
use super::super::{limits, render};

/// The users that a request names as members.
///
/// Groups as members are refused until they can be kept with a check for cycles; an id that no
/// user can have is refused as one that no user has.
pub(super) fn users(tenant: &Tenant, members: &[Member]) -> Result<Vec<UserId>, ScimFailure> {
    let limit = tenant.app.settings.limits.max_members_per_request;
    limits::check("members", members.len(), limit)?;
    let mut seen = HashSet::with_capacity(members.len());
    let mut ids = Vec::with_capacity(members.len());
    for member in members {
        let is_group = member
            .kind
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("Group"));
        if is_group {
            let detail = "a group as a member of a group is not supported yet; \
                          assign the users of the inner group";
            return Err(ScimError::invalid_value(detail).into());
        }
        let id = UserId::from_scim(&member.value).ok_or_else(|| {
            ScimError::invalid_value(format!("there is no user with the id `{}`", member.value))
        })?;
        if seen.insert(id) {
            ids.push(id);
        }
    }
    Ok(ids)
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

/// Makes the changes of one PATCH to a locked group, in their order.
pub(super) async fn change(
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
                tx.add_members(group_id, &users(tenant, members)?).await?
            }
            MemberChange::Remove(ids) => {
                // What is no id of a user is nobody's membership.
                let ids: Vec<_> = ids.iter().filter_map(|id| UserId::from_scim(id)).collect();
                tx.remove_members(group_id, &ids).await?
            }
            MemberChange::RemoveMatching(filter) => {
                let matching: Vec<_> = tx
                    .member_ids(group_id)
                    .await?
                    .into_iter()
                    .filter(|id| {
                        let alone = json!({ "members": [render::member(&tenant.base, *id)] });
                        filter.matches(kind, &alone)
                    })
                    .collect();
                tx.remove_members(group_id, &matching).await?
            }
            MemberChange::RemoveAll => tx.remove_all_members(group_id).await?,
            MemberChange::ReplaceAll(members) => {
                tx.replace_members(group_id, &users(tenant, members)?)
                    .await?
            }
        };
        changed.extend(step);
    }
    Ok(changed)
}
