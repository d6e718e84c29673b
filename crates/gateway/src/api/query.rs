//! Query strings of management calls, and the pages of lists.
//!
//! A parameter that nobody knows is refused: a mistyped filter would otherwise answer more than
//! was asked for.

use std::fmt;
use std::str::FromStr;

use actix_web::HttpRequest;
use rollcall_model::{Page, PageRequest, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use crate::api::fields::{self, from_text};
use crate::api::problem::Problem;

/// How many items a page holds if the caller does not say.
const DEFAULT_LIMIT: u64 = 50;

/// Reads the query string of a request into a struct.
///
/// # Errors
///
/// 422, naming the parameter: unknown, given twice, or not what it may be.
pub(crate) fn read<T: DeserializeOwned>(req: &HttpRequest) -> Result<T, Problem> {
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(req.query_string().as_bytes()) {
        let value = Value::from(value.into_owned());
        if members.insert(name.to_string(), value).is_some() {
            return Err(Problem::invalid(&*name, format!("`{name}` is given twice")));
        }
    }
    Ok(fields::read(members)?)
}

/// The parameters that every list takes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// At most this many items; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before; from the start of the list if it is not given.
    after: Option<String>,
}

impl ListQuery {
    /// The page that is wanted.
    ///
    /// # Errors
    ///
    /// 422: the limit is out of bounds, or the cursor is none of this list.
    pub(crate) fn page<C: FromStr>(&self, max_page: u64) -> Result<PageRequest<C>, Problem> {
        page(self.limit, self.after.as_deref(), max_page)
    }
}

/// The page that `limit` and `after` of a query ask for.
///
/// # Errors
///
/// 422: the limit is out of bounds, or the cursor is none of this list.
pub(crate) fn page<C: FromStr>(
    limit_asked: Option<u64>,
    after: Option<&str>,
    max_page: u64,
) -> Result<PageRequest<C>, Problem> {
    let limit = limit(limit_asked, max_page)?;
    PageRequest::parse(after, limit)
        .map_err(|error| Problem::invalid("after", format!("`after` is {error}")))
}

/// The limit of a page, if it is one.
///
/// # Errors
///
/// 422: it is out of bounds.
pub(crate) fn limit(asked: Option<u64>, max_page: u64) -> Result<u64, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT.min(max_page)),
        Some(limit) if (1..=max_page).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid(
            "limit",
            format!("`limit` must be 1 to {max_page}"),
        )),
    }
}

/// A moment in a query string.
///
/// # Errors
///
/// 422: it is none.
pub(crate) fn moment(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let invalid = || {
        Problem::invalid(
            field,
            format!("`{field}` must be a time as 2026-11-22T00:00:00Z"),
        )
    };
    text.map(|text| Timestamp::from_rfc3339(text).ok_or_else(invalid))
        .transpose()
}

/// The parameter of calls that delete more than one thing.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConfirmQuery {
    /// What is to be deleted, by its slug or name, so that a mixed-up id deletes nothing.
    #[param(required = true)]
    pub(crate) confirm: Option<String>,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = List)]
pub(crate) struct ListBody<T> {
    /// The items.
    pub(crate) data: Vec<T>,
    /// What to send as `after` for the next page; `null` at the end of the list.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

impl<T> ListBody<T> {
    /// A list that is never longer than a page.
    pub(crate) const fn whole(data: Vec<T>) -> Self {
        Self {
            data,
            next_cursor: None,
        }
    }

    /// Shows each item of a page.
    pub(crate) fn from_page<M, C: fmt::Display>(
        page: Page<M, C>,
        show: impl FnMut(M) -> T,
    ) -> Self {
        Self {
            next_cursor: page.next.map(|cursor| cursor.to_string()),
            data: page.items.into_iter().map(show).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use rollcall_model::OrgId;

    use super::*;

    fn page_of(query: &str) -> Result<PageRequest<OrgId>, Problem> {
        let req = TestRequest::with_uri(&format!("/v1/organizations?{query}")).to_http_request();
        read::<ListQuery>(&req)?.page(500)
    }

    fn refusal(query: &str) -> String {
        page_of(query).unwrap_err().to_string()
    }

    #[test]
    fn a_list_begins_at_its_start_with_fifty_items() {
        let start = PageRequest {
            after: None,
            limit: 50,
        };
        assert_eq!(page_of("").unwrap(), start);
    }

    #[test]
    fn a_cursor_is_the_last_id() {
        let wanted = page_of("limit=2&after=org_01j0000000e008000000000001").unwrap();
        assert_eq!(wanted.limit, 2);
        insta::assert_snapshot!(wanted.after.unwrap(), @"org_01j0000000e008000000000001");
    }

    #[test]
    fn a_wrong_limit_or_cursor_is_named() {
        insta::assert_snapshot!(refusal("limit=0"), @"422 Unprocessable Entity invalid_field: `limit` must be 1 to 500");
        insta::assert_snapshot!(refusal("limit=501"), @"422 Unprocessable Entity invalid_field: `limit` must be 1 to 500");
        insta::assert_snapshot!(refusal("limit=ten"), @"422 Unprocessable Entity invalid_field: `limit` is not valid: invalid digit found in string");
        insta::assert_snapshot!(refusal("after=usr_1"), @"422 Unprocessable Entity invalid_field: `after` is not a cursor of this list; begin again without one");
    }

    #[test]
    fn an_unknown_or_repeated_parameter_is_refused() {
        insta::assert_snapshot!(refusal("page=2"), @"422 Unprocessable Entity unknown_field: `page` is not known here; known are `limit`, `after`");
        insta::assert_snapshot!(refusal("limit=1&limit=2"), @"422 Unprocessable Entity invalid_field: `limit` is given twice");
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page = Page {
            items: vec![1],
            next: None::<OrgId>,
        };
        insta::assert_snapshot!(
            serde_json::to_string(&ListBody::from_page(page, |item| item)).unwrap(),
            @r#"{"data":[1],"next_cursor":null}"#
        );
    }
}
