//! The documents of RFC 7644 §4: `/Schemas`, `/ResourceTypes`, `/ServiceProviderConfig`.
//!
//! Each takes the base address of the tenant (with or without a final slash), since
//! `meta.location` must be absolute and the same connection is reached by several addresses.

use serde_json::{Value, json};

use super::catalog::Catalog;
use crate::message::list_response;

impl Catalog {
    /// `GET /Schemas`.
    pub fn schemas_document(&self, base: &str) -> Value {
        list(self.schema_documents(), base)
    }

    /// `GET /Schemas/{urn}`, ignoring case; `None` if the connection has no such schema.
    pub fn schema_document(&self, urn: &str, base: &str) -> Option<Value> {
        let is_named = |id: &str| id.eq_ignore_ascii_case(urn);
        Some(located(find(self.schema_documents(), is_named)?, base))
    }

    /// `GET /ResourceTypes`.
    pub fn resource_types_document(&self, base: &str) -> Value {
        list(self.resource_type_documents(), base)
    }

    /// `GET /ResourceTypes/{id}`; `None` if the connection has no such type.
    pub fn resource_type_document(&self, id: &str, base: &str) -> Option<Value> {
        Some(located(
            find(self.resource_type_documents(), |known| known == id)?,
            base,
        ))
    }
}

/// What `/ServiceProviderConfig` says about the size of requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Most resources one page of a list holds.
    pub max_results: u64,
    /// How many a page holds if the client does not say.
    pub default_results: u64,
    /// For how many seconds a cursor can be used.
    pub cursor_timeout_seconds: u64,
    /// Most operations of one bulk request.
    pub max_bulk_operations: usize,
    /// Most bytes of the body of one bulk request.
    pub max_bulk_payload_bytes: usize,
}

/// Which parts of the protocol `/ServiceProviderConfig` announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is announced under its own name"
)]
pub struct ServiceFeatures {
    /// PATCH.
    pub patch: bool,
    /// `/Bulk`.
    pub bulk: bool,
    /// `filter`.
    pub filter: bool,
    /// `sortBy`.
    pub sort: bool,
    /// Versions and conditional requests.
    pub etag: bool,
}

/// `GET /ServiceProviderConfig` (RFC 7643 §5, RFC 9865 §4): what this server can do.
///
/// Password changes are not served, and are not promised either.
pub fn service_provider_config(
    base: &str,
    limits: &ServiceLimits,
    features: ServiceFeatures,
) -> Value {
    let base = base.trim_end_matches('/');
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": features.patch },
        "bulk": {
            "supported": features.bulk,
            "maxOperations": limits.max_bulk_operations,
            "maxPayloadSize": limits.max_bulk_payload_bytes,
        },
        "filter": { "supported": features.filter, "maxResults": limits.max_results },
        "changePassword": { "supported": false },
        "sort": { "supported": features.sort },
        "etag": { "supported": features.etag },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.default_results,
            "maxPageSize": limits.max_results,
            "cursorTimeout": limits.cursor_timeout_seconds,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A SCIM token of this connection in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }, {
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": "An access token that an OAuth client of this connection was given, in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/info/rfc6749",
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}

fn list(documents: &[Value], base: &str) -> Value {
    let resources: Vec<Value> = documents
        .iter()
        .map(|document| located(document, base))
        .collect();
    list_response(resources.len() as u64, 1, resources)
}

fn find(documents: &[Value], is_named: impl Fn(&str) -> bool) -> Option<&Value> {
    documents
        .iter()
        .find(|document| document["id"].as_str().is_some_and(&is_named))
}

/// The document with `meta.location` made absolute.
fn located(document: &Value, base: &str) -> Value {
    let mut document = document.clone();
    if let Some(location) = document.pointer_mut("/meta/location")
        && let Some(relative) = location.as_str()
    {
        *location = Value::from(format!("{}/{relative}", base.trim_end_matches('/')));
    }
    document
}
