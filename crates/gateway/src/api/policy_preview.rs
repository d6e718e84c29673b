//! What a proposed policy would do, in bodies.

use std::collections::BTreeMap;

use rollcall_model::SignInReason;
use rollcall_orgs::policies::Preview;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::policy::SeatsBody;
use crate::api::sign_in_links::SignInLinkBody;

/// What a policy would do, were it saved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyPreview)]
pub(super) struct PreviewBody {
    /// Whether it could be saved.
    can_be_saved: bool,
    /// What would keep it from being saved.
    problems: Vec<String>,
    /// People who have an account and would be denied at their next sign-in.
    blocked: BlockedBody,
    /// Whose role would be another one.
    role_changes: RoleChangesBody,
    /// How the seats are taken now.
    seats: SeatsBody,
    /// How many seats more are taken than there would be. Nobody loses one, and nobody gets a new one
    /// until as many are free.
    seats_missing: u64,
}

/// People who would be denied.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyPreviewBlocked)]
struct BlockedBody {
    /// How many, at most: whoever was provisioned since its last sign-in is not denied.
    total: u64,
    /// The reason they would be given.
    #[schema(value_type = String, example = "scim_required")]
    reason: SignInReason,
    /// The first hundred of them.
    people: Vec<SignInLinkBody>,
}

/// Users whose role would be another one: those who have the default role, if it changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyPreviewRoleChanges)]
struct RoleChangesBody {
    /// How many.
    total: u64,
    /// The default role now; `null` if it stays.
    #[schema(required = true)]
    before: Option<String>,
    /// The default role then; `null` if it stays.
    #[schema(required = true)]
    after: Option<String>,
    /// The first hundred of them.
    users: Vec<PreviewUserBody>,
    /// Roles that would be gone although users or groups have them, which keeps the policy from being
    /// saved: how many have each.
    lost: BTreeMap<String, u64>,
}

/// A user whose role would be another one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyPreviewUser)]
struct PreviewUserBody {
    /// The SCIM id.
    id: String,
    /// `userName`.
    #[schema(required = true)]
    user_name: Option<String>,
}

impl From<Preview> for PreviewBody {
    fn from(preview: Preview) -> Self {
        let users = preview.first_with_default_role.into_iter();
        let users = users.map(|(id, user_name)| PreviewUserBody {
            id: id.to_scim(),
            user_name,
        });
        let (before, after) = preview.default_role.unzip();
        let lost = preview.lost_roles.into_iter();
        let people = preview.first_blocked.into_iter().map(SignInLinkBody::from);
        Self {
            can_be_saved: preview.problems.is_empty(),
            problems: preview.problems.iter().map(ToString::to_string).collect(),
            blocked: BlockedBody {
                total: preview.blocked,
                reason: SignInReason::ScimRequired,
                people: people.collect(),
            },
            role_changes: RoleChangesBody {
                total: preview.with_default_role,
                before: before.map(String::from),
                after: after.map(String::from),
                users: users.collect(),
                lost: lost.map(|(role, times)| (role.into(), times)).collect(),
            },
            seats: preview.seats.into(),
            seats_missing: preview.seats_missing,
        }
    }
}
