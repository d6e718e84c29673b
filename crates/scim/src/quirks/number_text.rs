//! Numbers for text and text for numbers: Okta's own sample has both.
//!
//! ```json
//! {"op": "replace", "path": "addresses[type eq \"work\"].postalCode", "value": 91608}
//! ```
//!
//! Only whole numbers become text, digit by digit; `1.50` and `1e3` have no one spelling,
//! so they are refused.

use serde_json::{Number, Value};

/// The digits of a whole number.
pub(crate) fn digits(number: &Number) -> Option<String> {
    (!number.is_f64()).then(|| number.to_string())
}

/// The number that the text spells in JSON, whole or with a fraction.
pub(crate) fn read(text: &str) -> Option<Number> {
    match serde_json::from_str(text.trim()) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}
