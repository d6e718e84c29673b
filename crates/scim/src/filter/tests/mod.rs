//! Tests of the filter language, by stage.

mod evaluation;
mod grammar;
mod properties;
mod schema_fit;

use serde_json::{Value, json};

use super::{CheckedFilter, check, parse};
use crate::error::ScimError;
use crate::schema::{Catalog, ResourceType};

fn user() -> ResourceType {
    Catalog::core().user().clone()
}

fn group() -> ResourceType {
    Catalog::core().group().clone()
}

fn checked(text: &str) -> Result<CheckedFilter, ScimError> {
    let kind = user();
    check(&kind, parse(text, &kind)?)
}

/// `scimType: detail` of a filter that is refused.
fn refusal(text: &str) -> String {
    let err = checked(text).expect_err(text);
    format!("{}: {err}", err.scim_type.map_or("-", |it| it.as_str()))
}

fn matches(text: &str, resource: &Value) -> bool {
    checked(text).expect(text).matches(&user(), resource)
}

/// The user of RFC 7643 §8.2, as far as filters look at it.
fn bjensen() -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        ],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "name": { "familyName": "Jensen", "givenName": "Barbara" },
        "displayName": "Babs Jensen",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" }
        ],
        "userType": "Employee",
        "title": "Tour Guide",
        "active": true,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "701984",
            "manager": { "value": "26118915-6090-4610-87e4-49d8ca9f808d" }
        },
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22.000Z",
            "lastModified": "2011-05-13T04:42:34.000Z",
            "version": "W/\"3\"",
            "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646"
        }
    })
}
