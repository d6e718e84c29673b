//! Users that SCIM may not take access from.

use rollcall_model::Policy;

use super::{Deed, PolicyRefusal};
use crate::error::StoreError;
use crate::roles::RoleChange;

/// Refuses what the identity provider did to a protected user.
pub(super) fn check(
    policy: &Policy,
    deeds: &[Deed],
    changes: &[RoleChange],
) -> Result<(), StoreError> {
    for deed in deeds {
        if deed.activity >= 0 && !deed.deleted || !policy.protected_users.contains(&deed.user) {
            continue;
        }
        let user = deed.user;
        let deed = if deed.deleted { "delete" } else { "deactivate" };
        return Err(PolicyRefusal::Protected { user, deed }.into());
    }
    for change in changes {
        let user = change.user_id;
        let protected = policy.protected_users.contains(&user);
        if protected && policy.demotes(&change.before.role, &change.after.role) {
            let deed = "demote";
            return Err(PolicyRefusal::Protected { user, deed }.into());
        }
    }
    Ok(())
}
