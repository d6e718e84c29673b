//! `…/scim-connections/{scim}/attribute-mappings`: what the product calls the values that the
//! identity provider sends.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, post, put};
use rollcall_model::{Timestamp, UserId};
use rollcall_scim::product::{Given, ProductAttribute, ProductType};
use rollcall_scim::{ResourceType, value_path};
use rollcall_store::{ConnectionHandle, StoredAttribute, User};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::body::Patch;
use crate::api::caller::Caller;
use crate::api::post::Post;
use crate::api::problem::Problem;

const WHAT: &str = "attribute mapping";
const LONGEST_NAME: usize = 64;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_attribute_mappings)
        .service(preview_attribute_mappings)
        .service(get_attribute_mapping)
        .service(set_attribute_mapping)
        .service(delete_attribute_mapping);
}

/// Where a product attribute comes from, and what it must be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewAttributeMapping)]
#[serde(deny_unknown_fields)]
struct NewMappingBody {
    /// Where it stands in a user, in the notation of PATCH; of several values the primary one is
    /// taken, else the first.
    #[schema(example = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")]
    path: String,
    /// `string`, `integer`, `decimal`, `boolean` or `date_time`.
    #[serde(rename = "type")]
    #[schema(example = "string")]
    kind: String,
    /// Whether every user should have it. A user without is taken all the same, and noted.
    #[serde(default)]
    required: bool,
    /// Whether the identity provider may not set it: what it sends is ignored, and noted.
    #[serde(default)]
    system: bool,
}

/// A mapping that is tried out.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TriedAttributeMapping)]
#[serde(deny_unknown_fields)]
struct TriedMappingBody {
    /// What the product calls it.
    name: String,
    /// Where it stands in a user.
    path: String,
    /// `string`, `integer`, `decimal`, `boolean` or `date_time`.
    #[serde(rename = "type")]
    kind: String,
    /// Whether every user should have it.
    #[serde(default)]
    required: bool,
}

/// Which user, and by which mappings.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AttributePreviewRequest)]
#[serde(deny_unknown_fields)]
struct PreviewRequestBody {
    /// The user's SCIM id: a plain UUID.
    user_id: String,
    /// Mappings to try; without, those of the connection.
    mappings: Option<Vec<TriedMappingBody>>,
}

/// A product attribute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMapping)]
struct MappingBody {
    /// What the product calls it.
    #[schema(example = "department")]
    name: String,
    /// Where it stands in a user.
    path: String,
    /// Its type.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether every user should have it.
    required: bool,
    /// Whether the identity provider may not set it.
    system: bool,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// All product attributes of a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMappings)]
struct MappingsBody {
    /// In the order of their names.
    data: Vec<MappingBody>,
}

/// What mappings give for a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributePreview)]
struct PreviewBody {
    /// The user's SCIM id.
    user_id: String,
    /// Each mapping with what it gives.
    attributes: Vec<PreviewedBody>,
}

/// What one mapping gives for a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewedAttribute)]
struct PreviewedBody {
    /// What the product calls it.
    name: String,
    /// Where it stands.
    path: String,
    /// `value`, `missing` or `mistyped`.
    #[schema(example = "value")]
    outcome: &'static str,
    /// The value; `null` if there is none of the type.
    #[schema(required = true)]
    value: Option<Value>,
    /// Why there is none.
    #[schema(required = true)]
    detail: Option<String>,
    /// Whether a user should have it.
    required: bool,
}

impl From<StoredAttribute> for MappingBody {
    fn from(stored: StoredAttribute) -> Self {
        let attribute = stored.attribute;
        Self {
            name: attribute.name,
            path: attribute.path,
            kind: attribute.kind.as_str(),
            required: attribute.required,
            system: attribute.system,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

impl PreviewedBody {
    fn new(kind: &ResourceType, attribute: ProductAttribute, user: &User) -> Self {
        let given = attribute.of(kind, &user.resource);
        let detail = attribute.problem(&given);
        let (outcome, value) = match given {
            Given::Value(value) => ("value", Some(value)),
            Given::Missing => ("missing", None),
            Given::Mistyped => ("mistyped", None),
        };
        Self {
            name: attribute.name,
            path: attribute.path,
            outcome,
            value,
            detail,
            required: attribute.required,
        }
    }
}

/// Reads a mapping, and refuses one that could never give anything.
fn read(
    kind: &ResourceType,
    name: &str,
    body: NewMappingBody,
) -> Result<ProductAttribute, Problem> {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) {
        let detail = format!(
            "`name` has 1 to {LONGEST_NAME} letters, digits, `_` and `-`, and nothing else"
        );
        return Err(Problem::invalid("name", detail));
    }
    let read_as = ProductType::from_name(&body.kind).ok_or_else(|| {
        let detail = "`type` is `string`, `integer`, `decimal`, `boolean` or `date_time`";
        Problem::invalid("type", detail)
    })?;
    let checked = if body.system {
        value_path::check_keepable(kind, &body.path)
    } else {
        value_path::check(kind, &body.path)
    };
    checked.map_err(|error| Problem::invalid("path", error.detail))?;
    Ok(ProductAttribute {
        name: name.to_owned(),
        path: body.path,
        kind: read_as,
        required: body.required,
        system: body.system,
    })
}

/// List attribute mappings
///
/// At most a hundred, in the order of their names.
#[utoipa::path(
    tag = "Attribute mappings",
    responses((status = 200, description = "All of them", body = MappingsBody)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/attribute-mappings")]
async fn list_attribute_mappings(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let stored = connection.list_product_attributes().await?;
    let data = stored.into_iter().map(MappingBody::from).collect();
    answer::ok(&MappingsBody { data })
}

/// Get an attribute mapping
#[utoipa::path(
    tag = "Attribute mappings",
    responses((status = 200, description = "The mapping", body = MappingBody)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name}")]
async fn get_attribute_mapping(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, name) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    answer::ok(&find(&connection, &name).await?)
}

/// Set an attribute mapping
///
/// It holds for every user at once: values are read when they are asked for.
#[utoipa::path(
    tag = "Attribute mappings",
    request_body = NewMappingBody,
    responses((status = 200, description = "The mapping as it is now", body = MappingBody)),
)]
#[put("/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name}")]
async fn set_attribute_mapping(
    put: Patch<NewMappingBody>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = put;
    let (org, scim, name) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let attribute = read(connection.catalog().user(), &name, change)?;
    let mut tx = connection.begin_as(caller.origin()).await?;
    tx.save_product_attribute(attribute).await?;
    tx.commit().await?;
    answer::ok(&find(&connection, &name).await?)
}

/// Remove an attribute mapping
#[utoipa::path(
    tag = "Attribute mappings",
    responses((status = 204, description = "It is gone")),
)]
#[delete("/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name}")]
async fn delete_attribute_mapping(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, name) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let mut tx = connection.begin_as(caller.origin()).await?;
    if !tx.delete_product_attribute(&name).await? {
        return Err(Problem::not_found(WHAT));
    }
    tx.commit().await?;
    Ok(answer::no_content())
}

/// Try attribute mappings on a user
///
/// What each gives, or why it gives nothing. Nothing is changed.
#[utoipa::path(
    tag = "Attribute mappings",
    request_body = PreviewRequestBody,
    responses((status = 200, description = "What they give", body = PreviewBody)),
)]
#[post("/organizations/{org}/scim-connections/{scim}/attribute-mappings/preview")]
async fn preview_attribute_mappings(
    post: Post<PreviewRequestBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    post.answer(async move |caller, body| {
        let (_, connection) = caller.connection(&org, &scim).await?;
        let kind = connection.catalog().user();
        let missing = || Problem::invalid("user_id", "`user_id` names no user of this connection");
        let id = UserId::from_scim(&body.user_id).ok_or_else(missing)?;
        let user = connection.find_user(id).await?.ok_or_else(missing)?;
        let attributes = match body.mappings {
            None => {
                let stored = connection.list_product_attributes().await?;
                stored.into_iter().map(|stored| stored.attribute).collect()
            }
            Some(tried) => {
                let read = |tried: TriedMappingBody| {
                    let body = NewMappingBody {
                        path: tried.path,
                        kind: tried.kind,
                        required: tried.required,
                        system: false,
                    };
                    read(kind, &tried.name, body)
                };
                tried.into_iter().map(read).collect::<Result<Vec<_>, _>>()?
            }
        };
        let previewed = attributes
            .into_iter()
            .map(|attribute| PreviewedBody::new(kind, attribute, &user));
        Answer::changed(&PreviewBody {
            user_id: id.to_scim(),
            attributes: previewed.collect(),
        })
    })
    .await
}

async fn find(connection: &ConnectionHandle, name: &str) -> Result<MappingBody, Problem> {
    let stored = connection.list_product_attributes().await?;
    let found = stored.into_iter().find(|it| it.attribute.name == name);
    found
        .map(MappingBody::from)
        .ok_or_else(|| Problem::not_found(WHAT))
}
