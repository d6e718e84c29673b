//! Query strings, in the two encodings that are met in the wild.
//!
//! A provider's choice is visible to the server: a space arrives as `+` from one and as `%20`
//! from the other, and both must mean the same.

use url::form_urlencoded::byte_serialize;

/// How a provider writes the value of a query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/x-www-form-urlencoded`: a space is `+`.
    Form,
    /// RFC 3986: a space is `%20`.
    Percent,
}

impl Encoding {
    pub(crate) fn encode(self, value: &str) -> String {
        let form: String = byte_serialize(value.as_bytes()).collect();
        match self {
            Self::Form => form,
            // A `+` of the value itself is `%2B` by now.
            Self::Percent => form.replace('+', "%20"),
        }
    }
}

/// `attribute eq "value"`, the value quoted as a JSON string (RFC 7644 §3.4.2.2).
pub(crate) fn equals(attribute: &str, value: &str) -> String {
    format!("{attribute} eq {}", serde_json::Value::from(value))
}

#[cfg(test)]
mod tests {
    use super::{Encoding, equals};

    #[test]
    fn a_plus_address_survives_both_encodings() {
        let filter = equals("userName", "a b+c@x.example");

        insta::assert_snapshot!(Encoding::Form.encode(&filter), @"userName+eq+%22a+b%2Bc%40x.example%22");
        insta::assert_snapshot!(Encoding::Percent.encode(&filter), @"userName%20eq%20%22a%20b%2Bc%40x.example%22");
    }

    #[test]
    fn a_quote_in_a_value_is_escaped() {
        insta::assert_snapshot!(equals("displayName", r#"Team "Ö" \ Co"#), @r#"displayName eq "Team \"Ö\" \\ Co""#);
    }
}
