//! The JSON Schema of a file, for editors: they complete keys, and mark one that is mistyped.
//!
//! It says what keys there are and of which types. What a value means is checked when the file is read
//! and when it is applied, so nothing relies on this. Settings and rules are taken from their defaults:
//! a new one is here as soon as it is anywhere.

use rollcall_model::{EventType, IdpKind, Policy, ScimSettings};
use rollcall_scim::product::ProductType;
use serde_json::{Value, json};

use crate::document::VERSION;
use crate::named::{Fields, Section};

/// The schema (JSON Schema 2020-12).
#[must_use]
pub fn schema() -> Value {
    let mut schema = table(
        &["version"],
        json!({
            "version": { "const": VERSION },
            "organizations": list(organization()),
            "webhook_endpoints": list(webhook_endpoint()),
        }),
    );
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("The set-up of a Rollcall installation, for `rollcall apply`");
    schema
}

fn table(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": required,
        "properties": properties,
    })
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn switch(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

fn organization() -> Value {
    table(
        &["slug"],
        json!({
            "slug": text("Its name in URLs, by which it is known."),
            "name": text("Its name for people."),
            "external_id": text("Your own id of this customer; an empty text for none."),
            "policy": policy(),
            "sso_connections": list(sso_connection()),
            "scim_connections": list(scim_connection()),
            "domains": list(table(&["domain"], json!({
                "domain": text("Its name."),
                "sso_connection": text("The SSO connection that its people sign in with."),
            }))),
            "webhook_endpoints": list(webhook_endpoint()),
        }),
    )
}

fn sso_connection() -> Value {
    let oidc = table(
        &["issuer", "client_id"],
        json!({
            "issuer": text("The issuer URL, compared exactly with `iss`."),
            "client_id": text("The client id that your product has there."),
            "external_id_claim": text("The claim that equals the SCIM `externalId`."),
            "client_secret_from_env": text("The variable that holds the client secret."),
            "client_secret_from_file": text("The file that holds the client secret."),
        }),
    );
    let saml = table(
        &[],
        json!({
            "metadata_file": text("The file that holds the provider's metadata."),
            "idp_entity_id": text("Its entity id."),
            "sso_url": text("Where people are sent to sign in."),
            "certificates": list(text("A signing certificate, PEM or the base64 inside it.")),
        }),
    );
    table(
        &["name"],
        json!({
            "name": text("Its name, by which it is known."),
            "enabled": switch("Whether people may sign in with it."),
            "trust_email": switch("Whether addresses of verified domains count as verified."),
            "oidc": oidc,
            "saml": saml,
        }),
    )
}

fn scim_connection() -> Value {
    let idps: Vec<_> = IdpKind::ALL
        .map(IdpKind::as_str)
        .into_iter()
        .chain([""])
        .collect();
    let types = ProductType::ALL.map(ProductType::as_str);
    table(
        &["name"],
        json!({
            "name": text("Its name, by which it is known."),
            "sso_connection": text("The SSO connection that its users sign in with."),
            "idp": { "enum": idps, "description": "The identity provider." },
            "enabled": switch("Whether requests are taken."),
            "settings": like(&defaults::<ScimSettings>()),
            "schemas": list(json!({
                "type": "object", "required": ["id"],
                "description": "A schema (RFC 7643 §7), with `resource_type` and `required`.",
            })),
            "attribute_mappings": list(table(&["name", "path", "type"], json!({
                "name": text("What the product calls it."),
                "path": text("Where it stands in a user, in the notation of PATCH."),
                "type": { "enum": types },
                "required": switch("Whether every user should have it."),
                "system": switch("Whether the identity provider may not set it."),
            }))),
            "role_mappings": list(table(&["group", "role", "precedence"], json!({
                "group": text("The `displayName` of the group."),
                "role": text("A role of the policy."),
                "precedence": { "type": "integer", "minimum": 0 },
            }))),
        }),
    )
}

fn webhook_endpoint() -> Value {
    let types: Vec<_> = EventType::ALL.iter().map(|kind| kind.as_str()).collect();
    table(
        &["url"],
        json!({
            "url": text("Where events are posted."),
            "description": text("What it is, for people."),
            "types": list(json!({ "enum": types })),
            "ordered": switch("Whether events of one organization come one after the other."),
            "max_in_flight": { "type": "integer", "minimum": 1, "maximum": 64 },
            "timeout_seconds": { "type": "integer", "minimum": 1, "maximum": 60 },
            "enabled": switch("Whether anything is sent to it."),
        }),
    )
}

fn policy() -> Value {
    let mut rules = like(&defaults::<Policy>());
    let seats = table(
        &["seats"],
        json!({
            "seats": { "type": "integer", "minimum": 0 },
            "when_full": { "enum": ["refuse", "wait"] },
        }),
    );
    rules["properties"]["seat_limit"] = json!({ "anyOf": [seats, { "const": "" }] });
    rules["properties"]["protected_users"] = list(table(
        &["scim_connection", "user_name"],
        json!({
            "scim_connection": text("The name of its SCIM connection."),
            "user_name": text("Its `userName`."),
        }),
    ));
    rules
}

fn defaults<S: Section>() -> Value {
    // Nothing is named, so nothing can be refused.
    S::complete(&Fields::new()).map_or(Value::Null, Value::Object)
}

/// What has the same type. Of what has none by default, nothing is known.
fn like(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.clone(), like(value)));
            table(&[], Value::Object(members.collect()))
        }
    }
}
