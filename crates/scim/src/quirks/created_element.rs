//! `replace` of an element that is not there: Entra ID does not look before it writes.
//!
//! ```json
//! {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "b@example.com"}
//! ```
//!
//! RFC 7644 §3.5.2.3 answers `noTarget`, after which the person never gets the address. If
//! the condition is nothing but equalities, there is one element that satisfies it, and the
//! operation makes that one. For `add` the RFC is silent and the same is done.

use serde_json::{Map, Value};

use crate::filter::{CompareOp, Filter, Literal};

/// The parts that a condition in brackets fixes. `None` if it is more than equalities joined
/// by `and`, or if they contradict each other.
pub(crate) fn parts(condition: &Filter) -> Option<Map<String, Value>> {
    let mut found = Map::new();
    collect(condition, &mut found).then_some(found)
}

fn collect(condition: &Filter, found: &mut Map<String, Value>) -> bool {
    match condition {
        // `primary eq false`, as the check of the filter writes it.
        Filter::Not(inner) => match inner.as_ref() {
            Filter::Compare {
                path,
                op: CompareOp::Eq,
                value: Literal::Boolean(true),
            } => found.insert(path.name.clone(), Value::from(false)) != Some(Value::from(true)),
            _ => false,
        },
        Filter::And(left, right) => collect(left, found) && collect(right, found),
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value,
        } => {
            let value = match value {
                Literal::Null => return false,
                Literal::Boolean(value) => Value::from(*value),
                Literal::Number(number) => Value::from(number.clone()),
                Literal::Text(text) => Value::from(text.as_str()),
            };
            match found.insert(path.name.clone(), value.clone()) {
                Some(before) => before == value,
                None => true,
            }
        }
        _ => false,
    }
}
