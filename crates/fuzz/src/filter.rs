//! The filter language, from text to an answer.

use rollcall_scim::ResourceType;
use rollcall_scim::filter::{Filter, Literal, MAX_DEPTH, MAX_LENGTH, check, parse, search};
use serde_json::Value;

use crate::samples;

/// Reads a filter, prints and reads it again, checks it and asks it about a resource.
///
/// # Panics
///
/// If a filter is not read back as the same, or the evaluation or its preparation panics.
pub fn filter(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    for catalog in samples::catalogs() {
        for (kind, resource) in [
            (catalog.user(), samples::user()),
            (catalog.group(), samples::group()),
        ] {
            let Ok(filter) = parse(text, kind) else {
                continue;
            };
            print_and_read(kind, &filter);
            let Ok(checked) = check(kind, filter) else {
                continue;
            };
            let document = Value::Object(resource.attributes().clone());
            checked.matches(kind, &document);
            search::document(kind, &resource);
        }
    }
}

/// A filter that is read again from its own text is the same. Left out is what the text may not
/// carry: the brackets that printing adds could pass a limit, and a fraction may come back off by
/// one bit, since `serde_json` trades that bit for speed.
fn print_and_read(kind: &ResourceType, filter: &Filter) {
    let printed = filter.to_string();
    if printed.len() > MAX_LENGTH || depth(filter) >= MAX_DEPTH || has_fraction(filter) {
        return;
    }
    assert_eq!(parse(&printed, kind).as_ref(), Ok(filter), "{printed}");
}

fn depth(filter: &Filter) -> usize {
    match filter {
        Filter::And(a, b) | Filter::Or(a, b) => 1 + depth(a).max(depth(b)),
        Filter::Not(inner)
        | Filter::AnyElement {
            matching: inner, ..
        } => 1 + depth(inner),
        Filter::Present(_) | Filter::Compare { .. } => 0,
    }
}

fn has_fraction(filter: &Filter) -> bool {
    match filter {
        Filter::And(a, b) | Filter::Or(a, b) => has_fraction(a) || has_fraction(b),
        Filter::Not(inner)
        | Filter::AnyElement {
            matching: inner, ..
        } => has_fraction(inner),
        Filter::Present(_) => false,
        Filter::Compare { value, .. } => {
            matches!(value, Literal::Number(number) if number.is_f64())
        }
    }
}
