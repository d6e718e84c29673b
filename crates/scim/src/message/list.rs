//! The body of an answer to a query (RFC 7644 §3.4.2, RFC 9865 §2).

use serde_json::{Value, json};

/// URN of the list message.
const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// One page. `total` counts all matches, `start_index` is the 1-based place of the page.
///
/// All members stand in every answer, an empty `Resources` included: Rauthy and older
/// SDKs of Ping cannot read a list that leaves one out.
pub fn list_response(total: u64, start_index: u64, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_URN],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// One page of a walk by cursor; the last one has no `next`. Such a page has no place by number,
/// so there is no `startIndex`.
pub fn cursor_response(total: u64, resources: Vec<Value>, next: Option<String>) -> Value {
    let mut list = json!({
        "schemas": [LIST_URN],
        "totalResults": total,
        "itemsPerPage": resources.len(),
    });
    if let Some(next) = next {
        list["nextCursor"] = Value::from(next);
    }
    list["Resources"] = Value::from(resources);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_still_has_resources_and_whole_numbers() {
        insta::assert_snapshot!(list_response(0, 1, Vec::new()), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}"#);
    }

    #[test]
    fn a_page_by_cursor_names_the_next_one_and_no_place() {
        insta::assert_snapshot!(cursor_response(3, Vec::new(), Some("abc".to_owned())), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":3,"itemsPerPage":0,"nextCursor":"abc","Resources":[]}"#);
        assert_eq!(cursor_response(0, Vec::new(), None).get("nextCursor"), None);
    }
}
