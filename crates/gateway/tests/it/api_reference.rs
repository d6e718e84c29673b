//! The page of the manual that describes every call of the management API, made from the OpenAPI
//! document: what a reader sees and what a program reads are the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value};

const HEAD: &str = "# API reference

<!-- Generated from the OpenAPI document: `make generate`. -->

Every call below `/v1`, by subject, and the objects that it takes and gives. [Management API](api.md) explains what holds for all of
them: keys, lists, errors, repeating a POST. Programs read the same from [openapi.json](openapi.json), which every gateway
serves at `/v1/openapi.json`.

Every call needs `Authorization: Bearer`, except where it says so. What it does not say of an error stands under
[Errors](api.md#errors): the body is a [Problem](#object-problem).

";

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The whole page.
pub(crate) fn page(document: &Value) -> String {
    let mut subjects: BTreeMap<&str, String> = BTreeMap::new();
    for (path, calls) in object(&document["paths"]) {
        for method in METHODS {
            let call = &calls[method];
            if call.is_object() {
                let subject = call["tags"][0].as_str().unwrap();
                write_call(subjects.entry(subject).or_default(), path, method, call);
            }
        }
    }
    let mut page = HEAD.to_owned();
    for (subject, calls) in subjects {
        let _ = write!(page, "## {subject}\n\n{calls}");
    }
    page.push_str("## Objects\n\n");
    for (name, schema) in object(&document["components"]["schemas"]) {
        if !name.starts_with("List_") {
            let _ = write!(page, "### Object {name}\n\n");
            write_object(&mut page, schema);
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn write_call(page: &mut String, path: &str, method: &str, call: &Value) {
    let method = method.to_uppercase();
    let summary = call["summary"].as_str().unwrap_or_default();
    let _ = write!(page, "### {summary}\n\n`{method} {path}`\n\n");
    if let Some(says) = call["description"].as_str() {
        let _ = write!(page, "{}\n\n", text(says));
    }
    // An empty list of what it needs stands for a call that needs nothing.
    if call["security"]
        .as_array()
        .is_some_and(|needs| needs.iter().all(|need| object(need).is_empty()))
    {
        page.push_str("It needs no key.\n\n");
    }
    let parameters = call["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        page.push_str("| parameter | in | type | |\n| --- | --- | --- | --- |\n");
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            let place = parameter["in"].as_str().unwrap();
            let kind = kind(&parameter["schema"]);
            let says = cell(parameter["description"].as_str().unwrap_or_default());
            let _ = writeln!(page, "| `{name}` | {place} | {} | {says} |", cell(&kind));
        }
        page.push('\n');
    }
    for (media, body) in content(&call["requestBody"]) {
        let _ = write!(page, "Body ({media}): {}\n\n", kind(&body["schema"]));
    }
    page.push_str("| answer | |\n| --- | --- |\n");
    let mut errors = Vec::new();
    for (status, answer) in object(&call["responses"]) {
        let bodies: Vec<String> = content(answer)
            .map(|(_, body)| kind(&body["schema"]))
            .collect();
        if bodies.iter().any(|body| body.contains("object-problem")) {
            errors.push(status.as_str());
            continue;
        }
        let mut says = cell(answer["description"].as_str().unwrap_or_default());
        if !bodies.is_empty() {
            let _ = write!(says, ": {}", cell(&bodies.join(" or ")));
        }
        let _ = writeln!(page, "| {status} | {says} |");
    }
    if !errors.is_empty() {
        let _ = writeln!(page, "| {} | refused, with a Problem |", errors.join(", "));
    }
    page.push('\n');
}

/// The bodies of a request or an answer, by their media type.
fn content(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value["content"].as_object().into_iter().flatten()
}

fn write_object(page: &mut String, schema: &Value) {
    if let Some(says) = schema["description"].as_str() {
        let _ = write!(page, "{}\n\n", text(says));
    }
    let Some(fields) = schema["properties"].as_object() else {
        let _ = write!(page, "{}\n\n", kind(schema));
        return;
    };
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    page.push_str("| field | type | |\n| --- | --- | --- |\n");
    for (name, field) in fields {
        let may_be_absent = if required.iter().any(|it| it == name) {
            ""
        } else {
            " (may be absent)"
        };
        let says = cell(said(field));
        let kind = cell(&kind(field));
        let _ = writeln!(page, "| `{name}` | {kind}{may_be_absent} | {says} |");
    }
    page.push('\n');
}

/// What a field is for, also where it stands beside one of several forms.
fn said(field: &Value) -> &str {
    let forms = ["oneOf", "anyOf", "allOf"]
        .iter()
        .filter_map(|key| field[key].as_array());
    let inside = forms
        .flatten()
        .find_map(|form| form["description"].as_str());
    field["description"].as_str().or(inside).unwrap_or_default()
}

/// A type in words, with links to objects.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return link(reference.rsplit('/').next().unwrap());
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values
            .iter()
            .map(|value| format!("`{}`", plain(value)))
            .collect();
        return values.join(" or ");
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(forms) = schema[key].as_array() {
            let forms: Vec<String> = forms.iter().map(kind).collect();
            return forms.join(if key == "allOf" { " with " } else { " or " });
        }
    }
    match &schema["type"] {
        Value::String(name) => named(name, schema),
        Value::Array(names) => {
            let names: Vec<String> = names
                .iter()
                .map(|name| named(name.as_str().unwrap(), schema))
                .collect();
            names.join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn named(name: &str, schema: &Value) -> String {
    match (name, schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("string", Some("date-time")) => "time".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => "integer".to_owned(),
        ("object", _) if schema["properties"].is_object() => fields(schema),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        (name, _) => name.to_owned(),
    }
}

/// An object that has no name of its own.
fn fields(schema: &Value) -> String {
    let fields = object(&schema["properties"]).iter();
    let fields: Vec<String> = fields
        .map(|(name, field)| format!("`{name}`: {}", kind(field)))
        .collect();
    format!("object with {}", fields.join(", "))
}

fn link(name: &str) -> String {
    match name.strip_prefix("List_") {
        Some(item) => format!("a page of {}", link(item)),
        None => format!("[{name}](#object-{})", name.to_lowercase()),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Words that may hold `<`, which outside of code would begin a tag.
fn text(words: &str) -> String {
    let parts = words.split('`').enumerate().map(|(number, part)| {
        let is_code = number % 2 == 1;
        if is_code {
            part.to_owned()
        } else {
            part.replace('<', "&lt;")
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// The same in one cell of a table.
fn cell(words: &str) -> String {
    text(words).replace('\n', " ").replace('|', "\\|")
}
