//! Lists: query parameters, filters, pages (RFC 7644 §3.4.2).
//!
//! A filter is answered in one of three ways. If it is nothing but equalities of indexed
//! attributes, the database answers it. If it holds such equalities and more, the database finds
//! the few candidates and the rest is judged in memory on the whole resource. Any other filter is
//! refused: it would read the whole directory, and a wrong or partial answer would make an
//! identity provider create people twice.

use actix_web::HttpRequest;
use rollcall_scim::filter::{self, CheckedFilter, Equality};
use rollcall_scim::message::ListQuery;
use rollcall_scim::{Projection, ResourceType, ScimError};
use serde_json::Value;
use url::form_urlencoded;

use super::failure::ScimFailure;
use crate::settings::Limits;

const ATTRIBUTES: &str = "attributes";
const EXCLUDED: &str = "excludedAttributes";

/// The most candidates that are judged in memory.
pub(super) const MAX_CANDIDATES: u64 = 1_000;

/// A list request, read and checked.
pub(super) struct ListRequest {
    /// The first result wanted, from 1.
    pub(super) start_index: u64,
    /// The most results wanted.
    pub(super) count: u64,
    /// What answers the filter.
    pub(super) search: Search,
    /// What of each result is wanted.
    pub(super) projection: Projection,
}

/// How a filter is answered.
pub(super) enum Search {
    /// By indexes alone; no filter at all is an empty list.
    Indexed(Vec<Equality>),
    /// By indexes, and then by judging each candidate.
    Judged(Vec<Equality>, CheckedFilter),
}

/// The decoded parameters of a query string.
fn parameters(req: &HttpRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(req.query_string().as_bytes())
        .into_owned()
        .collect()
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
        let parameters = parameters(req);
        let pairs = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let query = ListQuery::parse(pairs)?;
        let attributes = query.attributes.as_deref();
        let projection = Projection::parse(kind, attributes, query.excluded.as_deref())?;
        let search = match &query.filter {
            Some(text) => search(kind, text)?,
            None => Search::Indexed(Vec::new()),
        };
        let count = query.count.unwrap_or(limits.default_results);
        Ok(Self {
            start_index: query.start_index,
            count: count.min(limits.max_results),
            search,
            projection,
        })
    }

    /// How many results are passed over.
    pub(super) const fn offset(&self) -> u64 {
        self.start_index - 1
    }

    /// Of results that were all judged in memory, the page that is wanted.
    pub(super) fn page(&self, results: Vec<Value>) -> Vec<Value> {
        let skip = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        let take = usize::try_from(self.count).unwrap_or(usize::MAX);
        results.into_iter().skip(skip).take(take).collect()
    }
}

fn search(kind: &ResourceType, text: &str) -> Result<Search, ScimFailure> {
    let filter = filter::check(kind, filter::parse(text, kind)?)?;
    // No value holds U+0000, and PostgreSQL cannot even compare with it.
    let holds_nul = |equality: &Equality| equality.value.contains('\0');
    if filter.narrowing().iter().any(holds_nul) {
        return Err(ScimError::invalid_filter("a filter must not hold U+0000").into());
    }
    if let Some(equalities) = filter.equalities() {
        return Ok(Search::Indexed(equalities));
    }
    let narrowing = filter.narrowing();
    if narrowing.is_empty() {
        let attributes = if kind.id == "Group" {
            "`id`, `externalId` or `displayName`"
        } else {
            "`id`, `userName`, `externalId`, `displayName` or `emails.value`"
        };
        let detail = format!(
            "this filter is not supported yet: it must hold, joined by `and`, an equality of \
             {attributes}"
        );
        return Err(ScimError::invalid_filter(detail).into());
    }
    Ok(Search::Judged(narrowing, filter))
}

/// Refuses to judge more candidates than may be held in memory.
pub(super) fn check_candidates(total: u64) -> Result<(), ScimFailure> {
    if total > MAX_CANDIDATES {
        let detail = format!("more than {MAX_CANDIDATES} resources would have to be compared");
        return Err(ScimError::too_many(detail).into());
    }
    Ok(())
}
