//! Users that SCIM may not take access from.

use rollcall_model::Policy;

use super::{Deed, PolicyRefusal};
use crate::error::StoreError;

/// Refuses what the identity provider did to a protected user.
pub(super) fn check(policy: &Policy, deeds: &[Deed]) -> Result<(), StoreError> {
    for deed in deeds {
        if deed.activity >= 0 && !deed.deleted || !policy.protected_users.contains(&deed.user) {
            continue;
        }
        let user = deed.user;
        let deed = if deed.deleted { "delete" } else { "deactivate" };
        return Err(PolicyRefusal::Protected { user, deed }.into());
    }
    Ok(())
}
