//! The forms that RFC 7643 §4.1 gives to values of a user, beyond their type.
//!
//! A value that no reader can make anything of is refused under every profile: a profile address
//! that is no address, a locale of two words, a certificate that is none or two. Where identity
//! providers are known to send another notation, as for languages, time zones, countries and
//! logins in the place of e-mail addresses, only `strict` refuses: the value is stored and shown
//! as it was sent, and never turned into something that looks right.
//!
//! Only what a request changes is looked at. What was taken before the profile was changed does
//! not stand in the way of changing something else.

use serde_json::{Map, Value};

use crate::error::ScimError;
use crate::schema::{Profile, ResourceType, USER_URN};

/// Names of zones, of the IANA Time Zone Database (2025), one a line.
const TIME_ZONES: &str = include_str!("../../data/time-zones.txt");

/// Two-letter codes of ISO 3166-1.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ \
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM \
    DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS \
    GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ \
    MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV \
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
    VN VU WF WS YE YT ZA ZM ZW";

/// A form that an attribute has.
struct Form {
    attribute: &'static str,
    /// The part of each value; `None` if the attribute itself is the text.
    part: Option<&'static str>,
    /// Whether only `strict` asks for it.
    strict_only: bool,
    fits: fn(&str) -> bool,
    wanted: &'static str,
}

const FORMS: [Form; 9] = [
    Form {
        attribute: "profileUrl",
        part: None,
        strict_only: false,
        fits: is_absolute_url,
        wanted: "must be an absolute URL such as https://example.com/amy",
    },
    Form {
        attribute: "photos",
        part: Some("value"),
        strict_only: false,
        fits: is_absolute_url,
        wanted: "must be an absolute URL such as https://example.com/amy.png",
    },
    Form {
        attribute: "locale",
        part: None,
        strict_only: false,
        fits: is_one_word,
        wanted: "must be one language tag such as en-US",
    },
    Form {
        attribute: "locale",
        part: None,
        strict_only: true,
        fits: is_locale,
        wanted: "must be a language tag such as en-US",
    },
    Form {
        attribute: "x509Certificates",
        part: Some("value"),
        strict_only: false,
        fits: is_one_certificate,
        wanted: "must be one DER certificate in base64, without PEM lines",
    },
    Form {
        attribute: "preferredLanguage",
        part: None,
        strict_only: true,
        fits: is_accept_language,
        wanted: "must have the form of Accept-Language, such as fr-CA, fr;q=0.8",
    },
    Form {
        attribute: "timezone",
        part: None,
        strict_only: true,
        fits: is_time_zone,
        wanted: "must be a zone of the IANA database such as Europe/Paris",
    },
    Form {
        attribute: "emails",
        part: Some("value"),
        strict_only: true,
        fits: is_mailbox,
        wanted: "must be an address such as amy@example.com",
    },
    Form {
        attribute: "addresses",
        part: Some("country"),
        strict_only: true,
        fits: is_country,
        wanted: "must be a two-letter code of ISO 3166-1 such as SE",
    },
];

/// Checks the values that differ from those before.
///
/// # Errors
///
/// `invalidValue` for the first that does not have the form of its attribute.
pub(crate) fn check(
    kind: &ResourceType,
    before: Option<&Map<String, Value>>,
    after: &Map<String, Value>,
) -> Result<(), ScimError> {
    if kind.schema.id != USER_URN {
        return Ok(());
    }
    let asked = FORMS
        .iter()
        .filter(|form| !form.strict_only || kind.profile == Profile::Strict);
    for form in asked {
        let Some(value) = after.get(form.attribute) else {
            continue;
        };
        let held = before.and_then(|before| before.get(form.attribute));
        if held != Some(value) && !form.fits_all(held, value) {
            let path = match form.part {
                Some(part) => format!("{}.{part}", form.attribute),
                None => form.attribute.to_owned(),
            };
            let detail = format!("`{path}` {}", form.wanted);
            return Err(ScimError::invalid_value(detail));
        }
    }
    Ok(())
}

impl Form {
    fn fits_all(&self, held: Option<&Value>, value: &Value) -> bool {
        let fits = |text: Option<&str>| {
            text.is_none_or(|text| text.trim().is_empty() || (self.fits)(text))
        };
        let Some(part) = self.part else {
            return fits(value.as_str());
        };
        let held = held.and_then(Value::as_array).map(Vec::as_slice);
        let held = held.unwrap_or_default();
        let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
        elements
            .iter()
            .filter(|element| !held.contains(element))
            .all(|element| fits(element[part].as_str()))
    }
}

/// A scheme and something after it (RFC 3986 §3), without what may not stand in a URL.
fn is_absolute_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        && !rest.is_empty()
        && !rest.contains(|letter: char| {
            letter.is_whitespace() || letter.is_control() || "<>\"".contains(letter)
        })
}

fn is_one_word(text: &str) -> bool {
    !text.contains(char::is_whitespace)
}

/// Letters and digits in parts of at most eight (RFC 5646 §2.1), the first of letters.
fn is_tag(text: &str, separators: &[char]) -> bool {
    let mut parts = text.split(separators);
    let fits = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let first = parts.next().unwrap_or_default();
    fits(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic()) && parts.all(fits)
}

fn is_locale(text: &str) -> bool {
    is_tag(text, &['-', '_'])
}

/// RFC 9110 §12.5.4.
fn is_accept_language(text: &str) -> bool {
    text.split(',').all(|range| {
        let (tag, weight) = match range.split_once(';') {
            Some((tag, weight)) => (tag.trim(), Some(weight.trim())),
            None => (range.trim(), None),
        };
        let weighs = weight.is_none_or(|weight| {
            let value = weight.strip_prefix("q=").or(weight.strip_prefix("Q="));
            value.is_some_and(is_weight)
        });
        (tag == "*" || is_tag(tag, &['-'])) && weighs
    })
}

/// From 0 to 1, with at most three digits behind the point.
fn is_weight(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "0" => digits,
        "1" => digits && part.bytes().all(|byte| byte == b'0'),
        _ => false,
    }
}

fn is_time_zone(text: &str) -> bool {
    TIME_ZONES
        .lines()
        .any(|zone| zone.eq_ignore_ascii_case(text))
}

fn is_country(text: &str) -> bool {
    COUNTRIES.split(' ').any(|code| code == text)
}

/// A mailbox of RFC 5321 §4.1.2 as people have them, letters beyond ASCII included (RFC 6531).
fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let is_atom = |part: &str| {
        !part.is_empty()
            && !part.contains(|letter: char| {
                letter.is_whitespace() || letter.is_control() || "()<>[]:;@\\,\"".contains(letter)
            })
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|letter| letter == '-' || letter.is_ascii_alphanumeric() || !letter.is_ascii())
    };
    let is_literal = domain.len() > 2 && domain.starts_with('[') && domain.ends_with(']');
    local.len() <= 64
        && domain.len() <= 255
        && (is_quoted || local.split('.').all(is_atom))
        && (is_literal || domain.split('.').all(is_label))
}

/// Base64 that does not hold one DER value (RFC 5280 §4.1) with something behind it, as several
/// certificates in a row do. What is no DER at all is stored as sent: nothing here reads it.
fn is_one_certificate(text: &str) -> bool {
    const SEQUENCE: u8 = 0x30;
    let is_one = |der: &[u8]| element(der, SEQUENCE).is_none_or(|(_, rest)| rest.is_empty());
    !text.is_empty() && decode(text).is_some_and(|der| is_one(&der))
}

/// The content of a DER value with that tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    const LONG: u8 = 0x80;
    let (&found, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let mut length = usize::from(first);
    if first >= LONG {
        let count = usize::from(first - LONG);
        if !(1..=4).contains(&count) {
            return None;
        }
        let (bytes, after) = rest.split_at_checked(count)?;
        length = bytes
            .iter()
            .fold(0, |length, byte| (length << 8) | usize::from(*byte));
        rest = after;
    }
    rest.split_at_checked(length)
}

/// Base64 of RFC 4648 §4.
fn decode(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held): (u32, u32) = (0, 0);
    for byte in body.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate of nobody: three DER values in one.
    const CERTIFICATE: &str = "MAcwADAAAwEA";

    #[test]
    fn each_form_takes_what_its_rfc_does_and_nothing_else() {
        type Row<'t> = (fn(&str) -> bool, &'t [&'t str], &'t [&'t str]);
        let table: [Row<'_>; 8] = [
            (
                is_absolute_url,
                &[
                    "https://example.com/amy",
                    "data:image/png;base64,AA==",
                    "urn:x:1",
                ],
                &["not a url", "/amy", "https:", "1http://x", "https://a b"],
            ),
            (
                is_locale,
                &["en-US", "en_US", "de", "zh-Hant-TW"],
                &["en US", "e n", "-", "en--US", "12"],
            ),
            (
                is_accept_language,
                &["fr-CA, fr;q=0.8", "en", "*", "de;q=1.000, *;q=0"],
                &["en_US", "en;q=2", "en;q=0.1234", "en,,de", "en;level=1"],
            ),
            (
                is_time_zone,
                &["Europe/Paris", "UTC", "etc/gmt+5"],
                &["CET+1", "Paris", "Europe"],
            ),
            (is_country, &["SE", "US"], &["USA", "se", "XX", ""]),
            (
                is_mailbox,
                &[
                    "amy@example.com",
                    "a.b+c@x-y.example",
                    "\"a b\"@x.example",
                    "é@bücher.example",
                    "a@[192.0.2.1]",
                ],
                &[
                    "no-at-sign",
                    "@x.example",
                    "a@",
                    "a b@x.example",
                    "a@x..example",
                    "a@-x.example",
                    "a..b@x.example",
                ],
            ),
            (
                is_one_certificate,
                &[CERTIFICATE, "AAAA", "MA=="],
                &[
                    "",
                    "MAcwADAAAwEAMAcwADAAAwEA",
                    "-----BEGIN CERTIFICATE-----",
                    "MAcwADAAAwE",
                ],
            ),
            (is_one_word, &["en"], &["en US", "en\tUS"]),
        ];
        for (fits, taken, refused) in table {
            for text in taken {
                assert!(fits(text), "{text}");
            }
            for text in refused {
                assert!(!fits(text), "{text}");
            }
        }
    }

    #[test]
    fn base64_is_decoded_as_it_was_encoded() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
        ] {
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        for text in ["Zg", "Zg=", "Z===", "Zm9v\n", "Zm-_"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
