//! `…/scim-connections/{scim}/deleted-users` and `/deleted-groups`: what can be brought back.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use rollcall_model::{GroupId, Timestamp, UserId};
use rollcall_store::{Group, Tombstone, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::directory::{GroupBody, Roles, UserBody};
use crate::api::answer::{self, Answer};
use crate::api::caller::Caller;
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{ListBody, ListQuery};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_deleted_users)
        .service(restore_user)
        .service(list_deleted_groups)
        .service(restore_group);
}

/// A user that the identity provider deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeletedUser)]
struct DeletedUserBody {
    /// The SCIM id that it had: a plain UUID.
    #[schema(example = "0190a5e4-5c1d-7d0a-9f3b-2f6d1c8e4b7a")]
    id: String,
    /// `userName`.
    #[schema(required = true)]
    user_name: Option<String>,
    /// `externalId`.
    #[schema(required = true)]
    external_id: Option<String>,
    /// When it was deleted.
    #[schema(value_type = String, format = DateTime)]
    deleted_at: Timestamp,
    /// From when on it cannot be brought back, and nothing is left of it.
    #[schema(value_type = String, format = DateTime)]
    purge_at: Timestamp,
}

impl From<Tombstone<User>> for DeletedUserBody {
    fn from(deleted: Tombstone<User>) -> Self {
        let user = deleted.was;
        Self {
            id: user.id.to_scim(),
            user_name: user.resource.user_name().map(str::to_owned),
            external_id: user.resource.external_id().map(str::to_owned),
            deleted_at: deleted.deleted_at,
            purge_at: deleted.purge_at,
        }
    }
}

/// A group that the identity provider deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeletedGroup)]
struct DeletedGroupBody {
    /// The SCIM id that it had: a plain UUID.
    id: String,
    /// `displayName`.
    #[schema(required = true)]
    display_name: Option<String>,
    /// `externalId`.
    #[schema(required = true)]
    external_id: Option<String>,
    /// When it was deleted.
    #[schema(value_type = String, format = DateTime)]
    deleted_at: Timestamp,
    /// From when on it cannot be brought back, and nothing is left of it.
    #[schema(value_type = String, format = DateTime)]
    purge_at: Timestamp,
}

impl From<Tombstone<Group>> for DeletedGroupBody {
    fn from(deleted: Tombstone<Group>) -> Self {
        let group = deleted.was;
        Self {
            id: group.id.to_scim(),
            display_name: group.resource.display_name().map(str::to_owned),
            external_id: group.resource.external_id().map(str::to_owned),
            deleted_at: deleted.deleted_at,
            purge_at: deleted.purge_at,
        }
    }
}

/// Nothing is said about a restoration: send `{}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Restoration {}

/// List deleted users
///
/// Those that can still be brought back, in the order they were provisioned.
#[utoipa::path(
    tag = "Directory",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<DeletedUserBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/deleted-users")]
async fn list_deleted_users(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let page = caller.page(&req)?;
    let page = connection.list_deleted_users(page).await?;
    answer::page(page, DeletedUserBody::from)
}

/// List deleted groups
///
/// Those that can still be brought back, in the order they were provisioned.
#[utoipa::path(
    tag = "Directory",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<DeletedGroupBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/deleted-groups")]
async fn list_deleted_groups(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let page = caller.page(&req)?;
    let page = connection.list_deleted_groups(page).await?;
    answer::page(page, DeletedGroupBody::from)
}

/// Restore a user
///
/// As it was when it was deleted, under the same id, and in no group.
#[utoipa::path(
    tag = "Directory",
    request_body = Restoration,
    responses(
        (status = 200, description = "The user, which is there again", body = UserBody),
        (status = 409, description = "Somebody else has its `userName` by now"),
    ),
)]
#[post("/organizations/{org}/scim-connections/{scim}/deleted-users/{user}/restore")]
async fn restore_user(
    post: Post<Restoration>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, user) = path.into_inner();
    post.answer(async move |caller, _| {
        let missing = || Problem::not_found("deleted user");
        let (org, connection) = caller.connection(&org, &scim).await?;
        let id = UserId::from_scim(&user).ok_or_else(missing)?;
        let mut tx = connection.begin_as(caller.origin()).await?;
        let user = tx.restore_user(id).await?.ok_or_else(missing)?;
        let groups = tx.groups_of_user(id).await?;
        tx.commit().await?;
        let role = Roles::of(&org, &connection, &[id]).await?.take(id);
        Answer::changed(&UserBody::new(&connection, user, groups, role))
    })
    .await
}

/// Restore a group
///
/// As it was when it was deleted, under the same id, and without members.
#[utoipa::path(
    tag = "Directory",
    request_body = Restoration,
    responses(
        (status = 200, description = "The group, which is there again", body = GroupBody),
        (status = 409, description = "Another group has a value that is to be unique"),
    ),
)]
#[post("/organizations/{org}/scim-connections/{scim}/deleted-groups/{group}/restore")]
async fn restore_group(
    post: Post<Restoration>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, group) = path.into_inner();
    post.answer(async move |caller, _| {
        let missing = || Problem::not_found("deleted group");
        let (_, connection) = caller.connection(&org, &scim).await?;
        let id = GroupId::from_scim(&group).ok_or_else(missing)?;
        let mut tx = connection.begin_as(caller.origin()).await?;
        let group = tx.restore_group(id).await?.ok_or_else(missing)?;
        tx.commit().await?;
        let kind = connection.catalog().group();
        Answer::changed(&GroupBody::new(kind, group, Vec::new()))
    })
    .await
}
