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

/// Where a page of a list is, and how the list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PagePlace {
    /// By number: the place of its first resource, from 1.
    Number(u64),
    /// By cursor: the cursor of the next page, which the last one has not. Such a page has no
    /// place by number, so there is no `startIndex`.
    Cursor(Option<String>),
}

/// One page of resources that are JSON already, as text. `total` counts all matches.
pub fn list_text(total: u64, place: &PagePlace, resources: &[String]) -> String {
    let length: usize = resources.iter().map(|resource| resource.len() + 1).sum();
    let mut list = list_head(total, place, resources.len());
    list.reserve(length + 2);
    for (number, resource) in resources.iter().enumerate() {
        if number > 0 {
            list.push(',');
        }
        list.push_str(resource);
    }
    list.push_str(LIST_END);
    list
}

/// What follows the last resource of a list.
pub const LIST_END: &str = "]}";

/// What precedes the first of so many resources of a list.
pub fn list_head(total: u64, place: &PagePlace, resources: usize) -> String {
    let mut list = String::with_capacity(256);
    list.push_str("{\"schemas\":[\"");
    list.push_str(LIST_URN);
    list.push_str("\"],\"totalResults\":");
    list.push_str(&total.to_string());
    if let PagePlace::Number(start_index) = place {
        list.push_str(",\"startIndex\":");
        list.push_str(&start_index.to_string());
    }
    list.push_str(",\"itemsPerPage\":");
    list.push_str(&resources.to_string());
    if let PagePlace::Cursor(Some(next)) = place {
        list.push_str(",\"nextCursor\":");
        list.push_str(&Value::from(next.as_str()).to_string());
    }
    list.push_str(",\"Resources\":[");
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_still_has_resources_and_whole_numbers() {
        insta::assert_snapshot!(list_response(0, 1, Vec::new()), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}"#);
        let text = list_text(0, &PagePlace::Number(1), &[]);
        assert_eq!(text, list_response(0, 1, Vec::new()).to_string());
    }

    #[test]
    fn resources_stand_in_a_list_as_they_are() {
        let resources = [r#"{"id":"1"}"#.to_owned(), r#"{"id":"2"}"#.to_owned()];
        let text = list_text(9, &PagePlace::Number(3), &resources);
        let values = resources
            .iter()
            .map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(text, list_response(9, 3, values.collect()).to_string());
    }

    #[test]
    fn a_page_by_cursor_names_the_next_one_and_no_place() {
        insta::assert_snapshot!(list_text(3, &PagePlace::Cursor(Some("abc".to_owned())), &[]), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":3,"itemsPerPage":0,"nextCursor":"abc","Resources":[]}"#);
        assert!(!list_text(0, &PagePlace::Cursor(None), &[]).contains("nextCursor"));
    }
}
