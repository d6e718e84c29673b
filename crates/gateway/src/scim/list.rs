//! Lists: query parameters, filters, pages (RFC 7644 §3.4.2).

use actix_web::HttpRequest;
use rollcall_scim::filter::{self, CheckedFilter};
use rollcall_scim::message::ListQuery;
use rollcall_scim::{Projection, ResourceType, ScimError, ScimType, Sort};
use url::form_urlencoded;

use super::failure::ScimFailure;
use super::tenant::Tenant;

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
    /// In which order they come.
    pub(super) sort: Option<Sort>,
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

/// Where a query stands. What stands in a URL ends up in logs and histories (RFC 7644 §7.5.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Url,
    Body,
}

/// Which resources a query is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Those of one type.
    OneType,
    /// Those of one type, as a part of all. What the type lacks has no value.
    AllTypes,
}

impl ListRequest {
    /// Checks what a client asks for against a resource type, the settings and the limits.
    pub(super) fn new(
        tenant: &Tenant,
        kind: &ResourceType,
        over: Over,
        query: ListQuery,
        place: Place,
    ) -> Result<Self, ScimFailure> {
        let limits = &tenant.app.settings.limits;
        let attributes = query.attributes.as_deref();
        let projection = Projection::parse(kind, attributes, query.excluded.as_deref())?;
        let filter = query
            .filter
            .as_deref()
            .map(|text| checked(tenant, kind, over, text, place))
            .transpose()?;
        let sort = sorted(tenant, kind, over, &query)?;
        let count = query.count.unwrap_or(limits.default_results);
        Ok(Self {
            start_index: query.start_index,
            count: count.min(limits.max_results),
            filter,
            sort,
            projection,
        })
    }
}

/// The order that is asked for. Where sorting is switched off, the parameters are not known; a type
/// that lacks the attribute is sorted by nothing if another one has it.
fn sorted(
    tenant: &Tenant,
    kind: &ResourceType,
    over: Over,
    query: &ListQuery,
) -> Result<Option<Sort>, ScimFailure> {
    if !tenant.settings().features.sort {
        return Ok(None);
    }
    let of = |kind| Sort::parse(kind, query.sort_by.as_deref(), query.sort_order.as_deref());
    match of(kind) {
        Err(refused) => {
            let mut types = tenant.catalog().resource_types().iter();
            if over == Over::AllTypes && types.any(|other| of(other).is_ok()) {
                Ok(None)
            } else {
                Err(refused.into())
            }
        }
        Ok(sort) => Ok(sort),
    }
}

fn checked(
    tenant: &Tenant,
    kind: &ResourceType,
    over: Over,
    text: &str,
    place: Place,
) -> Result<CheckedFilter, ScimFailure> {
    let settings = tenant.settings();
    if !settings.features.filter {
        return Err(ScimFailure::FilterOff);
    }
    // No value holds U+0000, and PostgreSQL cannot even compare with it.
    if text.contains('\0') || text.contains("\\u0000") {
        return Err(ScimError::invalid_filter("a filter must not hold U+0000").into());
    }
    let kinds = tenant.catalog().resource_types();
    let filter = filter::parse(text, kind)?;
    let checked = match over {
        Over::OneType => filter::check(kind, filter),
        Over::AllTypes => filter::check_across(kind, kinds, filter),
    };
    let checked = match place {
        Place::Url => not_sensitive(tenant, kind, checked?)?,
        // In a body there is nothing sensitive about it; it just cannot be asked for.
        Place::Body => checked.map_err(|error| match error.scim_type {
            Some(ScimType::Sensitive) => ScimError::invalid_filter(error.detail),
            _ => error,
        })?,
    };
    Ok(checked.by_ids(kind, kinds, &tenant.base))
}

/// Refuses a filter in a URL that names what the connection wants in no URL.
fn not_sensitive(
    tenant: &Tenant,
    kind: &ResourceType,
    filter: CheckedFilter,
) -> Result<CheckedFilter, ScimError> {
    match filter.first_mentioned(kind, &tenant.settings().sensitive_attributes) {
        None => Ok(filter),
        Some(attribute) => Err(ScimError::sensitive(format!(
            "`{attribute}` must not stand in a URL: send the query to `/.search` in a body"
        ))),
    }
}
