//! Lists: query parameters, filters, pages (RFC 7644 §3.4.2).

use actix_web::HttpRequest;
use rollcall_scim::filter::{self, CheckedFilter};
use rollcall_scim::message::ListQuery;
use rollcall_scim::{Projection, ResourceType, ScimError};
use rollcall_store::DirectoryQuery;
use url::form_urlencoded;

use super::failure::ScimFailure;
use crate::settings::Limits;

const ATTRIBUTES: &str = "attributes";
const EXCLUDED: &str = "excludedAttributes";

/// A list request, read and checked.
pub(super) struct ListRequest {
    /// The first result wanted, from 1.
    pub(super) start_index: u64,
    /// The most results wanted.
    pub(super) count: u64,
    /// What results must match.
    pub(super) filter: Option<CheckedFilter>,
    /// What of each result is wanted.
    pub(super) projection: Projection,
}

/// The decoded parameters of a query string.
fn parameters(req: &HttpRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(req.query_string().as_bytes())
        .into_owned()
        .collect()
}

/// Reads what a query string asks of a list.
pub(super) fn list_query(req: &HttpRequest) -> Result<ListQuery, ScimFailure> {
    let parameters = parameters(req);
    let pairs = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(ListQuery::parse(pairs)?)
}

/// Reads the projection that a request asks for.
pub(super) fn projection(
    req: &HttpRequest,
    kind: &ResourceType,
) -> Result<Projection, ScimFailure> {
    let parameters = parameters(req);
    let value_of = |wanted: &str| {
        let found = parameters.iter().rfind(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let attributes = value_of(ATTRIBUTES);
    Ok(Projection::parse(kind, attributes, value_of(EXCLUDED))?)
}

/// Whether a request asks for a projection at all.
pub(super) fn asks_for_projection(req: &HttpRequest) -> bool {
    let mut parameters = form_urlencoded::parse(req.query_string().as_bytes());
    parameters.any(|(name, _)| name == ATTRIBUTES || name == EXCLUDED)
}

impl ListRequest {
    /// Reads a list request.
    pub(super) fn parse(
        req: &HttpRequest,
        kind: &ResourceType,
        limits: &Limits,
    ) -> Result<Self, ScimFailure> {
        Self::new(list_query(req)?, kind, limits)
    }

    /// Checks what a client asks for against a resource type and the limits.
    pub(super) fn new(
        query: ListQuery,
        kind: &ResourceType,
        limits: &Limits,
    ) -> Result<Self, ScimFailure> {
        let attributes = query.attributes.as_deref();
        let projection = Projection::parse(kind, attributes, query.excluded.as_deref())?;
        let filter = query
            .filter
            .as_deref()
            .map(|text| checked(kind, text))
            .transpose()?;
        let count = query.count.unwrap_or(limits.default_results);
        Ok(Self {
            start_index: query.start_index,
            count: count.min(limits.max_results),
            filter,
            projection,
        })
    }

    /// What of the directory is wanted.
    pub(super) fn query(&self) -> DirectoryQuery {
        DirectoryQuery {
            filter: self.filter.clone(),
            offset: self.start_index - 1,
            limit: self.count,
        }
    }
}

fn checked(kind: &ResourceType, text: &str) -> Result<CheckedFilter, ScimFailure> {
    // No value holds U+0000, and PostgreSQL cannot even compare with it.
    if text.contains('\0') || text.contains("\\u0000") {
        return Err(ScimError::invalid_filter("a filter must not hold U+0000").into());
    }
    Ok(filter::check(kind, filter::parse(text, kind)?)?)
}
