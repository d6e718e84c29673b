//! The body of every answer that is no success (RFC 7644 §3.12).

use serde_json::{Map, Value};

use crate::error::ScimError;

/// URN of the error message.
const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The body for a refusal. `status` is text, as the RFC has it, and `scimType` is left out
/// where there is none.
pub fn error_body(error: &ScimError) -> Value {
    let mut body = Map::new();
    body.insert("schemas".to_owned(), Value::from(vec![ERROR_URN]));
    body.insert("status".to_owned(), Value::from(error.status.to_string()));
    if let Some(scim_type) = error.scim_type {
        body.insert("scimType".to_owned(), Value::from(scim_type.as_str()));
    }
    body.insert("detail".to_owned(), Value::from(error.detail.as_str()));
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_text_and_the_keyword_stands_where_there_is_one() {
        let body = error_body(&ScimError::uniqueness("`userName` is taken"));
        insta::assert_snapshot!(body, @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"`userName` is taken"}"#);
        let body = error_body(&ScimError::too_large("too much"));
        insta::assert_snapshot!(body, @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"413","detail":"too much"}"#);
    }
}
