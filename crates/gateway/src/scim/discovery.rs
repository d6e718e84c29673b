//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 §4).

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::ScimError;
use rollcall_scim::schema::{ServiceLimits, service_provider_config};
use url::form_urlencoded;

use super::body::document;
use super::endpoint::Endpoint;
use super::failure::ScimFailure;
use super::tenant::Tenant;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/ServiceProviderConfig").on(Method::GET, provider_config),
        Endpoint::at("/ResourceTypes").on(Method::GET, resource_types),
        Endpoint::at("/ResourceTypes/{id}").on(Method::GET, resource_type),
        Endpoint::at("/Schemas").on(Method::GET, schemas),
        Endpoint::at("/Schemas/{id}").on(Method::GET, schema),
    ]
}

/// Discovery cannot be filtered, and saying so beats an answer that was not filtered.
fn refuse_filter(req: &HttpRequest) -> Result<(), ScimFailure> {
    let filtered =
        form_urlencoded::parse(req.query_string().as_bytes()).any(|(name, _)| name == "filter");
    if filtered {
        return Err(ScimFailure::Scim(ScimError {
            status: 403,
            scim_type: None,
            detail: "this endpoint cannot be filtered".to_owned(),
        }));
    }
    Ok(())
}

/// `GET /ServiceProviderConfig`
async fn provider_config(tenant: Tenant, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let limits = &tenant.app.settings.limits;
    let limits = ServiceLimits {
        max_results: limits.max_results,
        max_bulk_operations: limits.max_bulk_operations,
        max_bulk_payload_bytes: limits.max_bulk_payload_bytes,
    };
    Ok(document(&service_provider_config(&tenant.base, &limits)))
}

/// `GET /ResourceTypes`
async fn resource_types(tenant: Tenant, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    Ok(document(
        &tenant.catalog().resource_types_document(&tenant.base),
    ))
}

/// `GET /ResourceTypes/{id}`
async fn resource_type(
    tenant: Tenant,
    req: HttpRequest,
    id: web::Path<Item>,
) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let found = tenant
        .catalog()
        .resource_type_document(&id.id, &tenant.base);
    found
        .map(|found| document(&found))
        .ok_or(ScimFailure::NotFound {
            kind: "ResourceType",
            id: id.into_inner().id,
        })
}

/// `GET /Schemas`
async fn schemas(tenant: Tenant, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    Ok(document(&tenant.catalog().schemas_document(&tenant.base)))
}

/// `GET /Schemas/{urn}`
async fn schema(
    tenant: Tenant,
    req: HttpRequest,
    id: web::Path<Item>,
) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let found = tenant.catalog().schema_document(&id.id, &tenant.base);
    found
        .map(|found| document(&found))
        .ok_or(ScimFailure::NotFound {
            kind: "Schema",
            id: id.into_inner().id,
        })
}

/// The item of a path. The connection's id may stand before it, so it is taken by name.
#[derive(serde::Deserialize)]
struct Item {
    id: String,
}
