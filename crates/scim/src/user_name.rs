//! How user names are compared: UsernameCaseMapped of PRECIS (RFC 8265 §3.3), which RFC 7644 §5
//! asks for.
//!
//! A name is stored and shown as it was sent. What is compared, sorted and kept unique is its
//! [`key`]: width mapping, lower case, normalization form C. The key is made in the same way
//! whether or not a name keeps the rest of the rules, so the profile of a connection never decides
//! who is the same person; it decides only whether an odd name is taken ([`fits`]).
//!
//! Lower case is made code point by code point. The rule of Unicode for a sigma at the end of a
//! word looks at what stands around it, and would make `ΟΔΟΣ` another name than `οδοσ`, and the
//! key of a beginning no beginning of the key.

use std::borrow::Cow;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::{Profile, Rules};
use unicode_normalization::UnicodeNormalization;

/// Raise it when [`key`] or [`caseless`](crate::caseless) changes for a reason other than Unicode.
const REVISION: u32 = 1;

/// Code points that show nothing: `Default_Ignorable_Code_Point` of Unicode. A name of these alone
/// cannot be told from none.
const INVISIBLE: [(char, char); 17] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// What of a user name, or of part of one, takes part in comparisons.
pub fn key(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let narrow = UsernameCaseMapped::new()
        .width_mapping_rule(text)
        .unwrap_or(Cow::Borrowed(text));
    narrow.chars().flat_map(char::to_lowercase).nfc().collect()
}

/// Whether a name keeps every rule of RFC 8265: parts with one or more spaces between them, each
/// of the code points of the IdentifierClass and in one direction.
pub(crate) fn fits(text: &str) -> bool {
    let profile = UsernameCaseMapped::new();
    let part_fits = |part: &str| profile.enforce(part).is_ok();
    let ends = text.starts_with(' ') || text.ends_with(' ');
    !ends
        && text
            .split(' ')
            .filter(|part| !part.is_empty())
            .all(part_fits)
}

/// Whether nothing of a name can be seen, so that there is nothing to compare.
pub(crate) fn is_invisible(text: &str) -> bool {
    let invisible = |char: char| {
        INVISIBLE
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&char))
    };
    text.chars()
        .all(|char| char.is_whitespace() || char.is_control() || invisible(char))
}

/// What keys depend on: our own revision, and the versions of Unicode that the compiler and the
/// libraries bring along. Keys that were stored under other rules must be made anew.
pub fn key_rules() -> String {
    let version = |(major, minor, micro): (u8, u8, u8)| format!("{major}.{minor}.{micro}");
    let (major, minor, micro) = unicode_normalization::UNICODE_VERSION;
    format!(
        "{REVISION}; case {}; normalization {major}.{minor}.{micro}; width {}",
        version(char::UNICODE_VERSION),
        version(precis_profiles::UNICODE_VERSION),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 8265 §3.5 and of RFC 8264, and whether they are user names.
    #[test]
    fn the_examples_of_the_rfc_are_told_apart() {
        for name in [
            "juliet@example.com",
            "fussball",
            "fu\u{df}ball",
            "\u{3c0}",
            "\u{3a3}",
            "\u{3c3}",
            "\u{3c2}",
            "foo bar",
            "foo  bar",
            "O'Brien+vpn#EXT#@example.com",
            "ＪＵＬＩＥＴ",
        ] {
            assert!(fits(name), "{name}");
        }
        for name in [
            "henry\u{2163}",
            "\u{221e}",
            "\u{e000}",
            "\u{265a}",
            "a\u{200b}b",
            " foo",
            "foo ",
            "foo\u{3000}bar",
            "a\u{5d0}",
        ] {
            assert!(!fits(name), "{name}");
        }
    }

    #[test]
    fn names_that_differ_in_width_case_or_composition_are_one() {
        for (left, right) in [
            ("juliet", "ＪＵＬＩＥＴ"),
            ("\u{3a3}", "\u{3c3}"),
            (
                "\u{39f}\u{394}\u{39f}\u{3a3}",
                "\u{3bf}\u{3b4}\u{3bf}\u{3c3}",
            ),
            ("\u{c9}", "e\u{301}"),
            ("E\u{301}", "\u{e9}"),
            ("\u{ff76}\u{ff9e}", "\u{30ab}\u{3099}"),
            ("\u{1e9e}", "\u{df}"),
            ("foo\u{3000}bar", "foo bar"),
        ] {
            assert_eq!(key(left), key(right), "{left} {right}");
        }
        for (left, right) in [
            ("fussball", "fu\u{df}ball"),
            ("\u{3c3}", "\u{3c2}"),
            ("henry\u{2163}", "henryIV"),
            ("foo bar", "foo  bar"),
            ("i", "\u{131}"),
        ] {
            assert_ne!(key(left), key(right), "{left} {right}");
        }
    }

    #[test]
    fn the_key_of_a_key_is_the_key() {
        for char in '\0'..=char::MAX {
            let once = key(&String::from(char));
            assert_eq!(key(&once), once, "U+{:04X}", u32::from(char));
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_seen_is_none() {
        for name in [
            "",
            " ",
            "\u{ad}",
            "\u{200b}\u{feff}",
            "\u{3164} \u{e0001}",
            "\t",
        ] {
            assert!(is_invisible(name), "{name:?}");
        }
        for name in ["a\u{200b}", "\u{e000}", "."] {
            assert!(!is_invisible(name), "{name:?}");
        }
    }

    #[test]
    fn the_rules_name_every_version_that_keys_depend_on() {
        let rules = key_rules();
        assert!(rules.starts_with("1; case "), "{rules}");
        assert_eq!(rules.matches('.').count(), 6, "{rules}");
    }
}
