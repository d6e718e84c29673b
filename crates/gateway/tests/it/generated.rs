//! Files that are made from the code, compared with what the code says now.
//!
//! `make generate` writes them anew.

use std::path::Path;

fn check_generated(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(file);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/{file} is out of date; run `make generate`"
    );
}

#[test]
fn the_generated_openapi_document_is_up_to_date() {
    check_generated("openapi.json", &rollcall_gateway::openapi_document());
}

#[test]
fn the_generated_api_reference_is_up_to_date() {
    let document = serde_json::from_str(&rollcall_gateway::openapi_document()).unwrap();
    check_generated("api-reference.md", &crate::api_reference::page(&document));
}

#[test]
fn the_generated_event_schemas_are_up_to_date() {
    check_generated(
        "event-schemas.json",
        &rollcall_gateway::event_schemas_document(),
    );
}

#[test]
fn the_generated_metrics_reference_is_up_to_date() {
    let head = "# Metrics\n\n<!-- Generated from crates/metrics: `make generate`. -->\n\n";
    let text = format!("{head}{}", rollcall_metrics::markdown());
    check_generated("metrics.md", &text);
}

#[test]
fn every_event_type_is_in_the_documents() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    let text = std::fs::read_to_string(path).unwrap();
    for kind in rollcall_model::EventType::ALL {
        let name = format!("`{}`", kind.as_str());
        assert!(text.contains(&name), "docs/events.md does not name {name}");
    }
}
