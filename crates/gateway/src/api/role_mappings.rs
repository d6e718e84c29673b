//! `…/groups/{group}/role-mapping` and `/v1/organizations/{org}/role-mappings`: groups that give
//! their members a role.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use rollcall_model::{GroupId, RoleMapping, ScimConnectionId};
use rollcall_orgs::roles;
use rollcall_store::{ConnectionHandle, MappedGroup};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::body::Patch;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::query::{ListBody, ListQuery};

const GROUP: &str = "group";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_role_mappings)
        .service(get_role_mapping)
        .service(set_role_mapping)
        .service(delete_role_mapping);
}

/// The role that a group gives.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewRoleMapping)]
#[serde(deny_unknown_fields)]
struct NewRoleMappingBody {
    /// A role of the policy, in any letter case.
    #[schema(example = "administrator")]
    role: String,
    /// Of several groups that a user is in, the one with the lowest number decides.
    #[schema(example = 10)]
    precedence: u32,
}

/// A group that gives a role to its direct members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoleMapping)]
struct RoleMappingBody {
    /// The SCIM connection that the group is of.
    #[schema(value_type = String)]
    scim_connection_id: ScimConnectionId,
    /// The group's SCIM id: a plain UUID.
    group_id: String,
    /// Its `displayName`, which may change without any effect on the role.
    group_name: String,
    /// The role.
    role: String,
    /// Of several groups that a user is in, the one with the lowest number decides.
    precedence: u32,
    /// How many users are directly in the group.
    members: u64,
}

impl From<MappedGroup> for RoleMappingBody {
    fn from(group: MappedGroup) -> Self {
        let RoleMapping { role, precedence } = group.mapping;
        Self {
            scim_connection_id: group.connection_id,
            group_id: group.group_id.to_scim(),
            group_name: group.display_name,
            role: role.into(),
            precedence,
            members: group.members,
        }
    }
}

/// List role mappings
///
/// Every group that gives a role, of all SCIM connections.
#[utoipa::path(
    tag = "Roles",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<RoleMappingBody>)),
)]
#[get("/organizations/{org}/role-mappings")]
async fn list_role_mappings(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let page = caller.page(&req)?;
    let page = org.list_role_mappings(page).await?;
    answer::page(page, RoleMappingBody::from)
}

/// Get the role that a group gives
#[utoipa::path(
    tag = "Roles",
    responses(
        (status = 200, description = "The mapping", body = RoleMappingBody),
        (status = 404, description = "There is no such group, or it gives no role"),
    ),
)]
#[get("/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping")]
async fn get_role_mapping(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, group) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    answer::ok(&mapping_of(&connection, group_id(&group)?).await?)
}

/// Have a group give a role
///
/// To its direct members, each of whom has it when the call answers, unless something else goes
/// before it.
#[utoipa::path(
    tag = "Roles",
    request_body = NewRoleMappingBody,
    responses((status = 200, description = "The mapping as it is now", body = RoleMappingBody)),
)]
#[put("/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping")]
async fn set_role_mapping(
    put: Patch<NewRoleMappingBody>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = put;
    let (org, scim, group) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let id = group_id(&group)?;
    let (role, precedence) = (change.role.as_str(), change.precedence);
    roles::map_group(&connection, id, role, precedence, caller.origin()).await?;
    answer::ok(&mapping_of(&connection, id).await?)
}

/// Have a group give no role
#[utoipa::path(
    tag = "Roles",
    responses(
        (status = 204, description = "It gives none any more"),
        (status = 404, description = "There is no such group, or it gives no role"),
    ),
)]
#[delete("/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping")]
async fn delete_role_mapping(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, group) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    roles::unmap_group(&connection, group_id(&group)?, caller.origin()).await?;
    Ok(answer::no_content())
}

fn group_id(text: &str) -> Result<GroupId, Problem> {
    GroupId::from_scim(text).ok_or_else(|| Problem::not_found(GROUP))
}

async fn mapping_of(
    connection: &ConnectionHandle,
    id: GroupId,
) -> Result<RoleMappingBody, Problem> {
    let group = connection.find_group(id).await?;
    let group = group.ok_or_else(|| Problem::not_found(GROUP))?;
    let mapping = group.role_mapping;
    let mapping = mapping.ok_or_else(|| Problem::not_found("role mapping"))?;
    let members = connection.count_members_of(&[id]).await?;
    let display_name = group.resource.display_name().unwrap_or_default().to_owned();
    Ok(RoleMappingBody::from(MappedGroup {
        connection_id: connection.connection_id(),
        group_id: id,
        display_name,
        mapping,
        members: members.get(&id).copied().unwrap_or_default(),
    }))
}
