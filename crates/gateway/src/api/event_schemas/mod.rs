//! `/v1/event-schemas`: what each type of event looks like, as JSON Schema (draft 2020-12).
//!
//! What all events have in common is written here; what `data` holds of each type stands in
//! `data.json`. There a field of `data` has its schema or the name of one in `$defs`, and every field
//! is there in each event of the type unless its name ends with a question mark. Nothing forbids
//! further fields: within a version, fields are added.

use std::sync::LazyLock;

use actix_web::{HttpResponse, get, web};
use rollcall_model::EventType;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::problem::Problem;

const DATA: &str = include_str!("data.json");

/// Where the shared parts stand in a schema.
const DEFINITIONS: &str = "#/$defs/";

static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let data: Value = serde_json::from_str(DATA).unwrap_or_default();
    let of = |kind: &EventType| {
        let fields = data["types"].get(kind.as_str())?;
        Some((
            kind.as_str().to_owned(),
            schema(*kind, fields, &data["$defs"]),
        ))
    };
    EventType::ALL.iter().filter_map(of).collect()
});

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_event_schemas).service(get_event_schema);
}

/// Every schema, by type, as the documentation holds them.
#[must_use]
pub fn event_schemas_document() -> String {
    let all = Value::Object(SCHEMAS.clone());
    format!("{all:#}\n")
}

fn schema(kind: EventType, fields: &Value, definitions: &Value) -> Value {
    let mut required = Vec::new();
    let mut properties = Map::new();
    for (name, field) in fields.as_object().into_iter().flatten() {
        let optional = name.strip_suffix('?');
        if optional.is_none() {
            required.push(name.as_str());
        }
        let field = match field {
            Value::String(named) => json!({ "$ref": format!("{DEFINITIONS}{named}") }),
            own => own.clone(),
        };
        properties.insert(optional.unwrap_or(name).to_owned(), field);
    }
    let data = json!({ "type": "object", "required": required, "properties": properties });
    let mut used = Map::new();
    define(&data, definitions, &mut used);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.as_str(),
        "description": kind.description(),
        "type": "object",
        "required": ["id", "type", "version", "organization_id", "scim_connection_id", "sequence",
            "position", "occurred_at", "actor", "request_id", "data"],
        "properties": {
            "id": { "type": "string", "pattern": "^evt_[0-9a-z]{26}$" },
            "type": { "const": kind.as_str() },
            "version": { "const": kind.version() },
            "organization_id": { "type": "string", "pattern": "^org_[0-9a-z]{26}$" },
            "scim_connection_id": { "type": ["string", "null"], "pattern": "^scim_[0-9a-z]{26}$" },
            "sequence": { "type": "integer", "minimum": 1 },
            "position": { "type": "integer", "minimum": 1 },
            "occurred_at": { "type": "string", "format": "date-time" },
            "actor": { "type": "string", "pattern": "^(system|(scim|key|pse)_[0-9a-z]{26})$" },
            "request_id": { "type": "string", "pattern": "^req_[0-9a-z]{26}$" },
            "data": data,
        },
    });
    if !used.is_empty() {
        schema["$defs"] = Value::Object(used);
    }
    schema
}

/// Gathers the definitions that a schema refers to, and those that they refer to.
fn define(schema: &Value, definitions: &Value, used: &mut Map<String, Value>) {
    match schema {
        Value::Object(fields) => {
            let named = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = named.and_then(|it| it.strip_prefix(DEFINITIONS))
                && !used.contains_key(name)
            {
                used.insert(name.to_owned(), definitions[name].clone());
                define(&definitions[name], definitions, used);
            }
            for field in fields.values() {
                define(field, definitions, used);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| define(item, definitions, used)),
        _ => {}
    }
}

/// A type of event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventTypeSummary)]
struct TypeBody {
    /// Its name, as `types` of the feed and of webhook endpoints take it.
    #[serde(rename = "type")]
    #[schema(example = "user.created")]
    name: &'static str,
    /// The version of its schema.
    version: u32,
    /// What it tells.
    description: &'static str,
}

/// Every type of event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventTypeList)]
struct TypesBody {
    /// The types.
    data: Vec<TypeBody>,
}

/// List the types of events
///
/// All at once: there is no next page.
#[utoipa::path(
    tag = "Events",
    responses((status = 200, description = "Every type", body = TypesBody)),
)]
#[get("/event-schemas")]
async fn list_event_schemas(_caller: Caller) -> Result<HttpResponse, Problem> {
    let types = EventType::ALL.iter().map(|kind| TypeBody {
        name: kind.as_str(),
        version: kind.version(),
        description: kind.description(),
    });
    answer::ok(&TypesBody {
        data: types.collect(),
    })
}

/// Read the JSON Schema of a type of event
///
/// Draft 2020-12. It allows further fields, since fields are added within a version.
#[utoipa::path(
    tag = "Events",
    responses(
        (status = 200, description = "The schema", body = Object, content_type = "application/schema+json"),
        (status = 404, description = "There is no such type"),
    ),
)]
#[get("/event-schemas/{type}")]
async fn get_event_schema(
    _caller: Caller,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let schema = SCHEMAS.get(name.as_str());
    let schema = schema.ok_or_else(|| Problem::not_found("event type"))?;
    Ok(HttpResponse::Ok()
        .insert_header(("Content-Type", "application/schema+json"))
        .body(schema.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_schema_and_every_schema_a_type() {
        let data: Value = serde_json::from_str(DATA).unwrap();
        let names: Vec<_> = data["types"].as_object().unwrap().keys().collect();
        let types: Vec<_> = EventType::ALL.iter().map(|kind| kind.as_str()).collect();
        let missing: Vec<_> = types
            .iter()
            .filter(|it| !names.iter().any(|name| name == *it))
            .collect();
        let unknown: Vec<_> = names
            .iter()
            .filter(|it| !types.contains(&it.as_str()))
            .collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{missing:?} {unknown:?}"
        );
    }

    #[test]
    fn every_definition_is_there_and_used() {
        let data: Value = serde_json::from_str(DATA).unwrap();
        let mut used = Map::new();
        for schema in SCHEMAS.values() {
            used.extend(schema["$defs"].as_object().cloned().unwrap_or_default());
        }
        assert!(used.values().all(|definition| !definition.is_null()));
        assert_eq!(used.len(), data["$defs"].as_object().unwrap().len());
    }
}
