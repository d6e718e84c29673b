//! Reading what an endpoint answered, without trusting it.
//!
//! A server that ignores the filter answers somebody else; changing that person would be worse
//! than failing, so every hit of a look-up is compared with what was asked for.

use std::collections::HashSet;

use serde_json::Value;

use crate::attribute::ENTERPRISE_USER;
use crate::directory::same;

/// Why a 2xx answer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("the answer is no ListResponse: `totalResults` is not a number")]
    NotAList,
    #[error("the look-up answered resources that were not asked for")]
    FilterIgnored,
    #[error("the look-up answered {0} resources of this name")]
    Ambiguous(usize),
    #[error("the answer has no `id`")]
    NoId,
    #[error("nobody can have the name asked for, and yet the look-up found somebody")]
    FoundNobody,
}

/// The resources of a ListResponse (RFC 7644 §3.4.2); an absent list is an empty one.
pub(crate) fn resources(list: &Value) -> Result<&[Value], Unusable> {
    total(list)?;
    Ok(list
        .get("Resources")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice))
}

/// How many there are on all pages.
pub(crate) fn total(list: &Value) -> Result<u64, Unusable> {
    list.get("totalResults")
        .and_then(Value::as_u64)
        .ok_or(Unusable::NotAList)
}

/// The one resource whose `attribute` is `name`, ignoring case.
pub(crate) fn find<'a>(
    list: &'a Value,
    attribute: &str,
    name: &str,
) -> Result<Option<&'a Value>, Unusable> {
    let all = resources(list)?;
    let hits: Vec<&Value> = all
        .iter()
        .filter(|found| {
            found
                .get(attribute)
                .and_then(Value::as_str)
                .is_some_and(|text| same(text, name))
        })
        .collect();
    match hits.as_slice() {
        [] if all.is_empty() => Ok(None),
        [] => Err(Unusable::FilterIgnored),
        [hit] => Ok(Some(hit)),
        more => Err(Unusable::Ambiguous(more.len())),
    }
}

/// A resource's id.
pub(crate) fn id(resource: &Value) -> Result<&str, Unusable> {
    resource
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty())
        .ok_or(Unusable::NoId)
}

/// The id of a user's manager, answered as `{"value": …}` or as bare text.
pub(crate) fn manager(user: &Value) -> Option<&str> {
    let manager = user.get(ENTERPRISE_USER)?.get("manager")?;
    manager
        .get("value")
        .unwrap_or(manager)
        .as_str()
        .filter(|id| !id.is_empty())
}

/// The ids of a group's members.
pub(crate) fn members(group: &Value) -> HashSet<String> {
    group
        .get("members")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|member| member.get("value")?.as_str())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Unusable, find, manager};

    #[test]
    fn a_server_that_ignores_the_filter_is_not_believed() {
        let list = json!({ "totalResults": 1, "Resources": [{ "id": "1", "userName": "bo" }] });

        assert_eq!(find(&list, "userName", "ada"), Err(Unusable::FilterIgnored));
    }

    #[test]
    fn a_name_is_found_in_another_case() {
        let list = json!({ "totalResults": 1, "Resources": [{ "id": "1", "userName": "Ada" }] });

        assert_eq!(
            find(&list, "userName", "aDA"),
            Ok(Some(&list["Resources"][0]))
        );
    }

    #[test]
    fn an_empty_list_needs_no_resources() {
        assert_eq!(
            find(&json!({ "totalResults": 0 }), "userName", "ada"),
            Ok(None)
        );
    }

    #[test]
    fn a_manager_is_read_as_object_and_as_text() {
        let user = |manager| json!({ super::ENTERPRISE_USER: { "manager": manager } });

        assert_eq!(manager(&user(json!({ "value": "7" }))), Some("7"));
        assert_eq!(manager(&user(json!("7"))), Some("7"));
        assert_eq!(manager(&user(json!(""))), None);
    }
}
