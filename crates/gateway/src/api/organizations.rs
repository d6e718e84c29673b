//! `/v1/organizations`

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use rollcall_model::{OrgId, Organization, Page, Timestamp};
use rollcall_orgs::organizations::{self, NewOrganization, OrganizationPatch};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::body::Patch;
use crate::api::caller::Caller;
use crate::api::fields::present;
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{self, ConfirmQuery, ListBody, ListQuery};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_organization)
        .service(list_organizations)
        .service(get_organization)
        .service(change_organization)
        .service(delete_organization);
}

/// One customer of the vendor: the unit of isolation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
struct OrganizationBody {
    /// Its id.
    #[schema(value_type = String, example = "org_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: OrgId,
    /// Its unique name in URLs and host names.
    #[schema(example = "acme")]
    slug: String,
    /// Its name for people.
    #[schema(example = "Acme, Inc.")]
    name: String,
    /// The vendor's own id of this customer.
    #[schema(required = true)]
    external_id: Option<String>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Organization> for OrganizationBody {
    fn from(organization: Organization) -> Self {
        Self {
            id: organization.id,
            slug: organization.slug.to_string(),
            name: organization.name,
            external_id: organization.external_id,
            created_at: organization.created_at,
            updated_at: organization.updated_at,
        }
    }
}

/// A new organization.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewOrganization)]
#[serde(deny_unknown_fields)]
struct NewOrganizationBody {
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// 1 to 63 lower-case letters, digits and inner hyphens; made from the name if absent.
    slug: Option<String>,
    /// The vendor's own id of this customer, unique if given.
    external_id: Option<String>,
}

/// What is to change about an organization. What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OrganizationChange)]
#[serde(deny_unknown_fields)]
struct OrganizationChangeBody {
    /// A new name.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// A new slug. Host names with the old one stop working.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    slug: Option<String>,
    /// A new external id; `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    external_id: Option<Option<String>>,
}

/// Create an organization
#[utoipa::path(
    tag = "Organizations",
    request_body = NewOrganizationBody,
    responses(
        (status = 201, description = "The organization", body = OrganizationBody),
        (status = 409, description = "The slug or the external id is taken"),
    ),
)]
#[post("/organizations")]
async fn create_organization(post: Post<NewOrganizationBody>) -> Result<HttpResponse, Problem> {
    post.answer(async move |caller, body| {
        let new = NewOrganization {
            name: body.name,
            slug: body.slug,
            external_id: body.external_id,
        };
        let org = organizations::create(&caller.app.store, new, caller.origin()).await?;
        Answer::created(&OrganizationBody::from(org.organization().clone()))
    })
    .await
}

/// List organizations
///
/// Oldest first. A key that is bound to an organization sees that one.
#[utoipa::path(
    tag = "Organizations",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<OrganizationBody>)),
)]
#[get("/organizations")]
async fn list_organizations(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let page = caller.page(&req)?;
    let page = match caller.bound_to() {
        None => caller.app.store.list_organizations(page).await?,
        Some(id) => {
            let own = caller.organization(&id.to_string()).await?;
            let is_ahead = page.after.is_none_or(|after| after < id);
            Page {
                items: Vec::from_iter(is_ahead.then(|| own.organization().clone())),
                next: None,
            }
        }
    };
    answer::page(page, OrganizationBody::from)
}

/// Get an organization
#[utoipa::path(
    tag = "Organizations",
    responses((status = 200, description = "The organization", body = OrganizationBody)),
)]
#[get("/organizations/{org}")]
async fn get_organization(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    answer::ok(&OrganizationBody::from(org.organization().clone()))
}

/// Change an organization
#[utoipa::path(
    tag = "Organizations",
    request_body = OrganizationChangeBody,
    responses(
        (status = 200, description = "The organization as it is now", body = OrganizationBody),
        (status = 409, description = "The slug or the external id is taken"),
    ),
)]
#[patch("/organizations/{org}")]
async fn change_organization(
    patch: Patch<OrganizationChangeBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = patch;
    let org = caller.organization(&path).await?;
    let change = OrganizationPatch {
        name: change.name,
        slug: change.slug,
        external_id: change.external_id,
    };
    let organization = organizations::change(&org, change, caller.origin()).await?;
    answer::ok(&OrganizationBody::from(organization))
}

/// Delete an organization
///
/// With its connections, users and groups. Its events stay.
#[utoipa::path(
    tag = "Organizations",
    params(ConfirmQuery),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "`confirm` is not its slug"),
    ),
)]
#[delete("/organizations/{org}")]
async fn delete_organization(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let query: ConfirmQuery = query::read(&req)?;
    organizations::delete(&org, query.confirm.as_deref(), caller.origin()).await?;
    Ok(answer::no_content())
}
