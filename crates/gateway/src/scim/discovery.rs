//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 §4).

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::ScimError;
use rollcall_scim::schema::{ServiceFeatures, ServiceLimits, service_provider_config};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::conditional::{Conditions, etag};
use super::endpoint::Endpoint;
use super::failure::{MEDIA_TYPE, ScimFailure};
use super::visitor::Visitor;

/// Whoever keeps a document asks each time whether it still holds: settings and schemas may
/// change at any moment, and a client that works by the old ones gets errors.
const KEEP_BUT_ASK: &str = "private, no-cache";

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

/// Answers with a document, or with nothing if the client has it already.
fn answer(
    visitor: &Visitor,
    req: &HttpRequest,
    document: &Value,
) -> Result<HttpResponse, ScimFailure> {
    let body = document.to_string();
    let version = version(&body);
    let settings = visitor.settings();
    let not_modified = Conditions::of(req, settings).not_modified(version)?;
    let mut answer = if not_modified {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer.insert_header((CACHE_CONTROL, KEEP_BUT_ASK));
    if let Some(tag) = etag(settings, version) {
        answer.insert_header((ETAG, tag));
    }
    if not_modified {
        return Ok(answer.finish());
    }
    Ok(answer.content_type(MEDIA_TYPE).body(body))
}

/// A document has no number that grows with each change, so its digest stands for one.
fn version(body: &str) -> u64 {
    let digest = Sha256::digest(body.as_bytes());
    let first = digest.iter().take(8);
    first.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// `GET /ServiceProviderConfig`
async fn provider_config(visitor: Visitor, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let limits = &visitor.app.settings.limits;
    let limits = ServiceLimits {
        max_results: limits.max_results,
        default_results: limits.default_results,
        cursor_timeout_seconds: limits.cursor_timeout.as_secs(),
        max_bulk_operations: limits.max_bulk_operations,
        max_bulk_payload_bytes: limits.max_bulk_payload_bytes,
    };
    let features = &visitor.settings().features;
    let features = ServiceFeatures {
        patch: features.patch,
        bulk: features.bulk,
        filter: features.filter,
        sort: features.sort,
        etag: features.etag,
    };
    let config = service_provider_config(&visitor.base, &limits, features);
    answer(&visitor, &req, &config)
}

/// `GET /ResourceTypes`
async fn resource_types(visitor: Visitor, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let types = visitor.catalog().resource_types_document(&visitor.base);
    answer(&visitor, &req, &types)
}

/// `GET /ResourceTypes/{id}`
async fn resource_type(
    visitor: Visitor,
    req: HttpRequest,
    path: web::Path<Item>,
) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let catalog = visitor.catalog();
    let found = catalog.resource_type_document(&path.id, &visitor.base);
    answer(
        &visitor,
        &req,
        &found.ok_or_else(|| path.missing("ResourceType"))?,
    )
}

/// `GET /Schemas`
async fn schemas(visitor: Visitor, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let schemas = visitor.catalog().schemas_document(&visitor.base);
    answer(&visitor, &req, &schemas)
}

/// `GET /Schemas/{urn}`
async fn schema(
    visitor: Visitor,
    req: HttpRequest,
    path: web::Path<Item>,
) -> Result<HttpResponse, ScimFailure> {
    refuse_filter(&req)?;
    let catalog = visitor.catalog();
    let found = catalog.schema_document(&path.id, &visitor.base);
    answer(
        &visitor,
        &req,
        &found.ok_or_else(|| path.missing("Schema"))?,
    )
}

/// The item of a path. The connection's id may stand before it, so it is taken by name.
#[derive(serde::Deserialize)]
struct Item {
    id: String,
}

impl Item {
    fn missing(&self, kind: &'static str) -> ScimFailure {
        ScimFailure::NotFound {
            kind,
            id: self.id.clone(),
        }
    }
}
