//! What a proposed policy would do, in bodies.

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
    /// How many.
    total: u64,
    /// The reason they would be given.
    #[schema(value_type = String, example = "scim_required")]
    reason: SignInReason,
    /// The first hundred of them.
    people: Vec<SignInLinkBody>,
}

impl From<Preview> for PreviewBody {
    fn from(preview: Preview) -> Self {
        let people = preview.first_blocked.into_iter().map(SignInLinkBody::from);
        Self {
            can_be_saved: preview.problems.is_empty(),
            problems: preview.problems.iter().map(ToString::to_string).collect(),
            blocked: BlockedBody {
                total: preview.blocked,
                reason: SignInReason::ScimRequired,
                people: people.collect(),
            },
            seats: preview.seats.into(),
            seats_missing: preview.seats_missing,
        }
    }
}
