//! The answer to a bulk request (RFC 7644 §3.7.3).

use serde_json::{Map, Value, json};

use crate::error::ScimError;
use crate::message::error_body;

/// URN of the bulk response.
const RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What came of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkResult {
    /// Address of the resource; `None` if there is none, as after a failed POST.
    pub location: Option<String>,
    /// `method` of the operation, if it had one.
    pub method: Option<String>,
    /// `bulkId` of the operation, if it had one.
    pub bulk_id: Option<String>,
    /// Entity tag of what was written; `None` after a DELETE or a failure.
    pub version: Option<String>,
    /// The status that the same request would have had by itself, or its refusal.
    pub outcome: Result<u16, ScimError>,
}

impl BulkResult {
    /// An entry of the answer. A success leaves `response` out: the client knows what it sent.
    fn into_value(self) -> Value {
        let mut entry = Map::new();
        let texts = [
            ("location", self.location),
            ("method", self.method),
            ("bulkId", self.bulk_id),
            ("version", self.version),
        ];
        for (name, text) in texts {
            entry.extend(text.map(|text| (name.to_owned(), Value::from(text))));
        }
        let status = match &self.outcome {
            Ok(status) => *status,
            Err(error) => error.status,
        };
        entry.insert("status".to_owned(), Value::from(status.to_string()));
        if let Err(error) = &self.outcome {
            entry.insert("response".to_owned(), error_body(error));
        }
        Value::Object(entry)
    }
}

/// The body of the answer: what was done, in the order of the request.
pub fn bulk_response(results: impl IntoIterator<Item = BulkResult>) -> Value {
    let results: Vec<Value> = results.into_iter().map(BulkResult::into_value).collect();
    json!({ "schemas": [RESPONSE_URN], "Operations": results })
}
