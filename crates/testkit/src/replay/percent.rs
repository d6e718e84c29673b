//! Percent-encoding of request paths.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a saved value may keep inside a path: the unreserved characters of RFC 3986 §2.3.
const IN_A_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a request target cannot hold (RFC 3986 §3.3 and §3.4). A `%` passes: the case file
/// writes escapes of its own. A `#` does not: a request target has no fragment.
const NOT_IN_A_TARGET: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A saved value as one part of a path or query.
pub(super) fn encode_value(value: &str) -> String {
    utf8_percent_encode(value, IN_A_VALUE).to_string()
}

/// A path and query as a case writes it, with only the impossible characters encoded.
pub(super) fn encode_target(target: &str) -> String {
    utf8_percent_encode(target, NOT_IN_A_TARGET).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_keeps_what_the_provider_wrote() {
        let odd = "//Users?aadOptscim062020&filter=a+eq+%22b%22&x=?y&z='(1)*~,;:@!$";

        assert_eq!(encode_target(odd), odd);
    }

    #[test]
    fn a_target_loses_what_cannot_be_sent() {
        insta::assert_snapshot!(
            encode_target("/Users?filter=emails[type eq \"wörk\"]#x"),
            @"/Users?filter=emails%5Btype%20eq%20%22w%C3%B6rk%22%5D%23x"
        );
    }

    #[test]
    fn a_value_stays_one_part_of_the_path() {
        insta::assert_snapshot!(encode_value("a/b?c&d=é~%"), @"a%2Fb%3Fc%26d%3D%C3%A9~%25");
    }
}
