//! Tests of bulk requests, by stage.

mod envelope;
mod order;
mod properties;
mod references;

use serde_json::{Value, json};

use super::request::BulkRequest;
use crate::error::ScimError;
use crate::schema::Catalog;

const BULK_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn body(operations: &Value) -> Value {
    json!({ "schemas": [BULK_URN], "Operations": operations })
}

fn parse(operations: &Value) -> BulkRequest {
    BulkRequest::parse(&Catalog::core(), body(operations), 1_000).unwrap()
}

/// `status scimType: detail`.
fn shown(error: &ScimError) -> String {
    let kind = error.scim_type.map_or("-", |kind| kind.as_str());
    format!("{} {kind}: {error}", error.status)
}

/// The creation of a user whose manager is what another operation creates.
fn user(bulk_id: &str, manager: Option<&str>) -> Value {
    let mut data = json!({ "userName": bulk_id });
    if let Some(manager) = manager {
        data[ENTERPRISE] = json!({ "manager": { "value": format!("bulkId:{manager}") } });
    }
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data })
}

/// The creation of a group whose members are what other operations create.
fn group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members
        .iter()
        .map(|member| json!({ "value": format!("bulkId:{member}") }))
        .collect();
    let data = json!({ "displayName": bulk_id, "members": members });
    json!({ "method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data })
}
