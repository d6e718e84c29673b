//! `…/scim-connections/{scim}/schema-proposal`: a schema for what no schema knows yet.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_scim::schema::{Extends, Proposal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::schemas::ResourceTypeBody;
use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::query;

/// How many users or groups are looked at, from the last that came.
const LOOKED_AT: u64 = 1_000;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(propose_schema);
}

/// What is to be proposed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ProposalQuery {
    /// For users, if it is not given, or for groups.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    resource_type: ResourceTypeBody,
    /// The URN under which something was seen; if it is not given, the one that is seen most.
    id: Option<String>,
}

/// A schema that can be added as it is, or after somebody has read and changed it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScimSchemaProposal)]
struct ProposalBody {
    /// The schema of schemas.
    schemas: Value,
    /// The URN that the identity provider uses, or one of ours for what came without.
    #[schema(value_type = String)]
    id: Value,
    /// A name for people.
    #[schema(value_type = String)]
    name: Value,
    /// Where it comes from.
    #[schema(value_type = String)]
    description: Value,
    /// Definitions of attributes, their types guessed from values.
    #[schema(value_type = Vec<Object>)]
    attributes: Value,
    /// What it extends.
    resource_type: ResourceTypeBody,
    /// Always false.
    required: bool,
    /// Other URNs under which something was seen; each can be asked for as `id`.
    also_seen: Vec<String>,
}

/// Propose a schema
///
/// From what the identity provider sent and no schema of the connection knows. The last 1,000
/// users or groups that have such values are looked at. The answer can be sent to
/// `POST …/schemas` as it is.
#[utoipa::path(
    tag = "Schemas",
    params(ProposalQuery),
    responses(
        (status = 200, description = "A schema", body = ProposalBody),
        (status = 404, description = "Nothing unmapped was seen"),
    ),
)]
#[get("/organizations/{org}/scim-connections/{scim}/schema-proposal")]
async fn propose_schema(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let query: ProposalQuery = query::read(&req)?;
    let extends = Extends::from(query.resource_type);
    let kind = match extends {
        Extends::User => connection.catalog().user(),
        Extends::Group => connection.catalog().group(),
    };
    let unmapped = connection.list_unmapped(extends, LOOKED_AT).await?;
    let proposal = Proposal::new(kind, &unmapped, query.id.as_deref());
    let Proposal {
        mut document,
        also_seen,
    } = proposal.ok_or_else(|| Problem::not_found("unmapped attribute"))?;
    let mut take = |name: &str| document[name].take();
    answer::ok(&ProposalBody {
        schemas: take("schemas"),
        id: take("id"),
        name: take("name"),
        description: take("description"),
        attributes: take("attributes"),
        resource_type: query.resource_type,
        required: false,
        also_seen,
    })
}
