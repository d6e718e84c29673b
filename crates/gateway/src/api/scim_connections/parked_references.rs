//! `…/scim-connections/{scim}/parked-references`: what the identity provider referred to and has
//! not pushed.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_model::{ParkedReferenceId, Timestamp};
use rollcall_store::{Awaiting, MemberKind, ParkedReference};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::query::{ListBody, ListQuery};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_parked_references);
}

/// What a resource is waited for as.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AwaitedAs {
    /// A member of a group.
    Member,
    /// The manager of a user.
    Manager,
}

/// A reference to a user or group that does not exist yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ParkedReference)]
struct ParkedReferenceBody {
    /// Its id.
    #[schema(value_type = String, example = "park_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: ParkedReferenceId,
    /// What is waited for.
    awaited_as: AwaitedAs,
    /// The SCIM id of the group that waits for a member.
    #[schema(required = true)]
    group_id: Option<String>,
    /// The SCIM id of the user who waits for a manager.
    #[schema(required = true)]
    user_id: Option<String>,
    /// The id or name that the identity provider sent. A user or group with this `externalId`
    /// takes its place when it comes.
    value: String,
    /// `type`, if the identity provider sent it: `User` or `Group`.
    #[serde(rename = "type")]
    #[schema(required = true)]
    kind: Option<&'static str>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<ParkedReference> for ParkedReferenceBody {
    fn from(parked: ParkedReference) -> Self {
        let (awaited_as, group_id, user_id) = match parked.awaiting {
            Awaiting::Group(id) => (AwaitedAs::Member, Some(id.to_scim()), None),
            Awaiting::User(id) => (AwaitedAs::Manager, None, Some(id.to_scim())),
        };
        Self {
            id: parked.id,
            awaited_as,
            group_id,
            user_id,
            value: parked.value,
            kind: parked.kind.map(MemberKind::as_str),
            created_at: parked.created_at,
        }
    }
}

/// List parked references
///
/// Members and managers that the identity provider named and has not pushed, oldest first. A
/// reference goes from here when its resource arrives, or when it is taken back.
#[utoipa::path(
    tag = "Directory",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<ParkedReferenceBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/parked-references")]
async fn list_parked_references(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let page = caller.page(&req)?;
    let page = connection.list_parked_references(page).await?;
    answer::page(page, ParkedReferenceBody::from)
}
