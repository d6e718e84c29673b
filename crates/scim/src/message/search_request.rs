//! A query by POST (RFC 7644 §3.4.3): the parameters of a list in a body.

use serde_json::Value;

use super::ListQuery;
use super::list_query::{MOST, NoNumber, Numbers};
use crate::error::ScimError;
use crate::schema::Profile;

/// The URN that says a body is a query.
const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

impl ListQuery {
    /// Reads the body of a query by POST. Member names ignore case, and members nobody knows are
    /// ignored. `attributes` and `excludedAttributes` are arrays; `compat` takes text as well, as a
    /// query string has it.
    ///
    /// # Errors
    ///
    /// `invalidSyntax` if the body is no SearchRequest; `invalidValue` for a member of the wrong
    /// form; beside a cursor, `invalidCount` for a `count` that is no number (RFC 9865 §2.1).
    /// Numbers out of range mean the nearest end of it.
    pub fn from_search_request(body: Value, profile: Profile) -> Result<Self, ScimError> {
        let Value::Object(members) = body else {
            return Err(ScimError::invalid_syntax("a query must be a JSON object"));
        };
        let mut query = Self::default();
        let mut numbers = Numbers::default();
        let mut is_search = false;
        for (name, value) in members {
            match name.to_ascii_lowercase().as_str() {
                "schemas" => is_search = names_search(&value),
                "startindex" => numbers.start_index = number(&value),
                "count" => numbers.count = number(&value),
                "cursor" => query.cursor = text(&name, value)?,
                "sortby" => query.sort_by = text(&name, value)?,
                "sortorder" => query.sort_order = text(&name, value)?,
                "filter" => query.filter = text(&name, value)?,
                "attributes" => query.attributes = names(&name, value, profile)?,
                "excludedattributes" => query.excluded = names(&name, value, profile)?,
                _ => {}
            }
        }
        if !is_search {
            let detail = format!("`schemas` of a query must hold {SEARCH_URN}");
            return Err(ScimError::invalid_syntax(detail));
        }
        numbers.put_into(&mut query)?;
        Ok(query)
    }
}

fn names_search(schemas: &Value) -> bool {
    let urns = schemas.as_array().map(Vec::as_slice).unwrap_or_default();
    urns.iter()
        .filter_map(Value::as_str)
        .any(|urn| urn.eq_ignore_ascii_case(SEARCH_URN))
}

fn wrong(name: &str, what: &str) -> ScimError {
    ScimError::invalid_value(format!("`{name}` must be {what}"))
}

/// The number, cut to what fits; `None` for null.
fn number(value: &Value) -> Option<Result<u64, NoNumber>> {
    if value.is_null() {
        return None;
    }
    Some(match (value.as_u64(), value.as_i64()) {
        (Some(number), _) => Ok(number.min(MOST)),
        (None, Some(_)) => Ok(0),
        (None, None) => Err(NoNumber),
    })
}

fn text(name: &str, value: Value) -> Result<Option<String>, ScimError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(wrong(name, "text")),
    }
}

fn names(name: &str, value: Value, profile: Profile) -> Result<Option<String>, ScimError> {
    let listed = match value {
        Value::Array(listed) => listed,
        Value::String(_) if profile == Profile::Strict => {
            return Err(wrong(name, "a list of attribute names"));
        }
        other => return text(name, other),
    };
    let listed: Option<Vec<&str>> = listed.iter().map(Value::as_str).collect();
    let listed = listed.ok_or_else(|| wrong(name, "a list of attribute names"))?;
    Ok(Some(listed.join(",")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let query = ListQuery::from_search_request(
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                "attributes": ["displayName", "userName"],
                "filter": "displayName sw \"smith\"",
                "startIndex": 1,
                "count": 10,
                "sortBy": "name.familyName",
                "sortOrder": "descending",
            }),
            Profile::Strict,
        );
        let expected = ListQuery {
            start_index: 1,
            count: Some(10),
            filter: Some("displayName sw \"smith\"".to_owned()),
            attributes: Some("displayName,userName".to_owned()),
            sort_by: Some("name.familyName".to_owned()),
            sort_order: Some("descending".to_owned()),
            ..ListQuery::default()
        };
        assert_eq!(query, Ok(expected));
    }

    #[test]
    fn a_body_that_is_no_query_is_refused() {
        let refused = |body| {
            ListQuery::from_search_request(body, Profile::Compat)
                .unwrap_err()
                .to_string()
        };
        insta::assert_snapshot!(
            refused(json!({ "filter": "id pr" })),
            @"`schemas` of a query must hold urn:ietf:params:scim:api:messages:2.0:SearchRequest"
        );
        insta::assert_snapshot!(
            refused(json!({ "schemas": [SEARCH_URN], "count": "ten" })),
            @"`count` must be a whole number"
        );
        insta::assert_snapshot!(
            refused(json!({ "schemas": [SEARCH_URN], "attributes": [1] })),
            @"`attributes` must be a list of attribute names"
        );
    }

    #[test]
    fn names_in_a_text_are_taken_by_compat_alone() {
        let body = || json!({ "schemas": [SEARCH_URN], "attributes": "userName,emails" });
        let query = ListQuery::from_search_request(body(), Profile::Compat).unwrap();
        assert_eq!(query.attributes.as_deref(), Some("userName,emails"));
        let refused = ListQuery::from_search_request(body(), Profile::Strict).unwrap_err();
        assert_eq!(
            refused.scim_type,
            Some(crate::error::ScimType::InvalidValue)
        );
    }
}
