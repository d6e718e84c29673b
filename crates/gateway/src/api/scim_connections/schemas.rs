//! `…/scim-connections/{scim}/schemas`: attributes that only this connection has.
//!
//! A body is a schema in the JSON form of RFC 7643 §7, with two members beside those of the RFC:
//! the resource type that it extends, and whether every resource of that type must have it. What is
//! answered can be sent back as it is.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, post, put};
use rollcall_model::Timestamp;
use rollcall_scim::schema::{CustomSchema, Extends, SchemaError};
use rollcall_store::ScimSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::body::Patch;
use crate::api::caller::Caller;
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::ListBody;

const WHAT: &str = "schema";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(add_schema)
        .service(list_schemas)
        .service(get_schema)
        .service(replace_schema)
        .service(delete_schema);
}

/// The resource type that a schema extends.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ExtendedResourceType)]
pub(super) enum ResourceTypeBody {
    /// Users.
    #[default]
    User,
    /// Groups.
    Group,
}

impl From<ResourceTypeBody> for Extends {
    fn from(body: ResourceTypeBody) -> Self {
        match body {
            ResourceTypeBody::User => Self::User,
            ResourceTypeBody::Group => Self::Group,
        }
    }
}

impl From<Extends> for ResourceTypeBody {
    fn from(extends: Extends) -> Self {
        match extends {
            Extends::User => Self::User,
            Extends::Group => Self::Group,
        }
    }
}

/// A schema that was added to a SCIM connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScimSchema)]
struct SchemaBody {
    /// The schema of schemas.
    schemas: Value,
    /// Its URN.
    #[schema(value_type = String, example = "urn:example:params:scim:schemas:extension:acme:2.0:User")]
    id: Value,
    /// Its name for people.
    #[schema(value_type = String)]
    name: Value,
    /// What it is for.
    #[schema(value_type = String)]
    description: Value,
    /// Definitions of attributes (RFC 7643 §7), with every default written out.
    #[schema(value_type = Vec<Object>)]
    attributes: Value,
    /// What it extends.
    resource_type: ResourceTypeBody,
    /// Whether every resource of that type must have it.
    required: bool,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last replaced.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<ScimSchema> for SchemaBody {
    fn from(stored: ScimSchema) -> Self {
        let mut document = stored.schema.document();
        let mut take = |name: &str| document[name].take();
        Self {
            schemas: take("schemas"),
            id: take("id"),
            name: take("name"),
            description: take("description"),
            attributes: take("attributes"),
            resource_type: stored.schema.extends().into(),
            required: stored.schema.required(),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// A schema in the JSON form of RFC 7643 §7, and what it is to extend.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewScimSchema)]
struct NewSchemaBody {
    /// The resource type that it extends; `User` if absent.
    #[serde(default)]
    resource_type: ResourceTypeBody,
    /// Whether every resource of that type must have it; false if absent.
    #[serde(default)]
    required: bool,
    /// The schema: `id`, `name`, `description`, `attributes`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    document: Map<String, Value>,
}

impl NewSchemaBody {
    fn read(mut self) -> Result<CustomSchema, SchemaError> {
        // Ours, as answers show them.
        for name in ["created_at", "updated_at", "also_seen"] {
            self.document.shift_remove(name);
        }
        let document = Value::Object(self.document);
        CustomSchema::read(&document, self.resource_type.into(), self.required)
    }
}

/// Add a schema
///
/// Its attributes can be written, read and filtered from the next request on. Values that were
/// kept as unmapped so far stay so until the identity provider writes them again.
#[utoipa::path(
    tag = "Schemas",
    request_body = NewSchemaBody,
    responses(
        (status = 201, description = "The schema", body = SchemaBody),
        (status = 409, description = "There is one of this URN, or there are too many"),
    ),
)]
#[post("/organizations/{org}/scim-connections/{scim}/schemas")]
async fn add_schema(
    post: Post<NewSchemaBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    post.answer(async move |caller, body| {
        let (_, connection) = caller.connection(&org, &scim).await?;
        let schema = body.read()?;
        let mut tx = connection.begin_as(caller.origin()).await?;
        let stored = tx.insert_schema(schema).await?;
        tx.commit().await?;
        Answer::created(&SchemaBody::from(stored))
    })
    .await
}

/// List schemas
///
/// Those that were added to this connection, oldest first. There are few, so they come at once.
#[utoipa::path(
    tag = "Schemas",
    responses((status = 200, description = "All of them", body = ListBody<SchemaBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/schemas")]
async fn list_schemas(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let schemas = connection.list_schemas().await?;
    answer::ok(&ListBody {
        data: schemas.into_iter().map(SchemaBody::from).collect(),
        next_cursor: None,
    })
}

/// Get a schema
#[utoipa::path(
    tag = "Schemas",
    responses((status = 200, description = "The schema", body = SchemaBody)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/schemas/{urn}")]
async fn get_schema(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, urn) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let found = connection.find_schema(&urn).await?;
    let found = found.ok_or_else(|| Problem::not_found(WHAT))?;
    answer::ok(&SchemaBody::from(found))
}

/// Replace a schema
///
/// An attribute that stays keeps its type and its number of values. Values of attributes that are
/// gone are dropped from every user or group.
#[utoipa::path(
    tag = "Schemas",
    request_body = NewSchemaBody,
    responses(
        (status = 200, description = "The schema as it is now", body = SchemaBody),
        (status = 409, description = "Values that would have to be unique are not"),
    ),
)]
#[put("/organizations/{org}/scim-connections/{scim}/schemas/{urn}")]
async fn replace_schema(
    put: Patch<NewSchemaBody>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = put;
    let (org, scim, urn) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let mut body = change;
    body.document
        .entry("id")
        .or_insert_with(|| Value::from(urn.as_str()));
    let schema = body.read()?;
    if !schema.urn().eq_ignore_ascii_case(&urn) {
        return Err(Problem::invalid("id", "`id` must be the URN of the path"));
    }
    let mut tx = connection.begin_as(caller.origin()).await?;
    let stored = tx.save_schema(schema).await?;
    let stored = stored.ok_or_else(|| Problem::not_found(WHAT))?;
    tx.commit().await?;
    answer::ok(&SchemaBody::from(stored))
}

/// Remove a schema
///
/// With every value that users or groups have under its URN.
#[utoipa::path(
    tag = "Schemas",
    responses((status = 204, description = "It is gone")),
)]
#[delete("/organizations/{org}/scim-connections/{scim}/schemas/{urn}")]
async fn delete_schema(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, urn) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let mut tx = connection.begin_as(caller.origin()).await?;
    if !tx.delete_schema(&urn).await? {
        return Err(Problem::not_found(WHAT));
    }
    tx.commit().await?;
    Ok(answer::no_content())
}
