//! Limits that a request can pass while it is read, or by what it would make.

use rollcall_scim::{Resource, ScimError};

use super::failure::ScimFailure;
use super::tenant::Tenant;

/// Refuses a list that is longer than it may be, with 413 naming the limit.
pub(super) fn check(what: &'static str, count: usize, limit: usize) -> Result<(), ScimFailure> {
    if count > limit {
        Err(ScimFailure::TooMany { what, limit })
    } else {
        Ok(())
    }
}

/// Refuses a resource that would have more attributes than it may, with 400 `invalidValue`.
///
/// One that has too many already, since the limit was lowered, may still be changed as long as it
/// does not grow: whoever leaves has to be deactivated.
pub(super) fn check_attributes(
    tenant: &Tenant,
    before: Option<&Resource>,
    after: &Resource,
) -> Result<(), ScimFailure> {
    let limit = tenant.app.settings.limits.max_attributes;
    let count = after.count_attributes();
    if count <= limit || before.is_some_and(|before| count <= before.count_attributes()) {
        return Ok(());
    }
    let detail = format!(
        "the resource would have {count} attributes, those within others counted; at most {limit} \
         are kept"
    );
    Err(ScimError::invalid_value(detail).into())
}
