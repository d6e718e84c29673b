//! Comparing one stored value with another, by the rules of the attribute (RFC 7643 §2.2,
//! RFC 7644 §3.4.2.2).

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{CompareOp, Literal};
use crate::date_time;
use crate::schema::{Attribute, AttributeType};

/// Types that compare in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Strings and references.
    Text,
    /// Base64: equal or not, nothing else.
    Binary,
    /// `true` or `false`.
    Boolean,
    /// Integers and decimals.
    Number,
    /// Moments, whatever offset they are written with.
    Instant,
}

impl Family {
    /// A complex attribute has no family of its own; it is compared by a sub-attribute, and
    /// its objects are equal only if they are the same.
    pub(super) fn of(attribute: &Attribute) -> Self {
        match attribute.kind {
            AttributeType::String | AttributeType::Reference => Self::Text,
            AttributeType::Binary | AttributeType::Complex => Self::Binary,
            AttributeType::Boolean => Self::Boolean,
            AttributeType::Decimal | AttributeType::Integer => Self::Number,
            AttributeType::DateTime => Self::Instant,
        }
    }
}

/// Whether a stored value stands in the relation `op` to a literal of a checked filter.
/// `ne` and null are resolved by the caller.
pub(super) fn holds(
    attribute: &Attribute,
    stored: &Value,
    op: CompareOp,
    wanted: &Literal,
) -> bool {
    match (stored, wanted) {
        // Empty text is no value to `pr`, so it is none to the other operators either.
        (Value::String(stored), _) if stored.is_empty() => false,
        (Value::String(stored), Literal::Text(wanted)) => match Family::of(attribute) {
            Family::Instant => match (date_time::parse(stored), date_time::parse(wanted)) {
                (Some(stored), Some(wanted)) => ordered(op, stored.cmp(&wanted)),
                _ => false,
            },
            _ => text_holds(&attribute.text_key(stored), op, &attribute.text_key(wanted)),
        },
        (Value::Number(stored), Literal::Number(wanted)) => {
            compare_numbers(stored, wanted).is_some_and(|ordering| ordered(op, ordering))
        }
        (Value::Bool(stored), Literal::Boolean(wanted)) => op == CompareOp::Eq && stored == wanted,
        _ => false,
    }
}

/// Whether two stored values of an attribute, or of an element of it, are the same.
pub(crate) fn equal(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => match Family::of(attribute) {
            Family::Instant => match (date_time::parse(left), date_time::parse(right)) {
                (Some(left), Some(right)) => left == right,
                _ => left == right,
            },
            _ => attribute.text_key(left) == attribute.text_key(right),
        },
        (Value::Number(left), Value::Number(right)) => {
            compare_numbers(left, right) == Some(Ordering::Equal)
        }
        _ => left == right,
    }
}

/// Whether a value says nothing: null, empty text, or an array or object of such values
/// (RFC 7643 §2.5).
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn text_holds(stored: &str, op: CompareOp, wanted: &str) -> bool {
    match op {
        CompareOp::Co => stored.contains(wanted),
        CompareOp::Sw => stored.starts_with(wanted),
        CompareOp::Ew => stored.ends_with(wanted),
        _ => ordered(op, stored.cmp(wanted)),
    }
}

fn ordered(op: CompareOp, ordering: Ordering) -> bool {
    match op {
        CompareOp::Eq => ordering.is_eq(),
        CompareOp::Ne => ordering.is_ne(),
        CompareOp::Gt => ordering.is_gt(),
        CompareOp::Ge => ordering.is_ge(),
        CompareOp::Lt => ordering.is_lt(),
        CompareOp::Le => ordering.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

/// Whole numbers exactly, others as floating point.
pub(super) fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
