//! Names of attributes as clients write them, in filters, PATCH paths and parameters.
//!
//! A schema URN holds colons and dots, and so does what follows it, so the text alone does
//! not say where the URN ends. The URNs of the resource type decide: the longest that the
//! text begins with wins. Names are compared without regard to case (RFC 7643 §2.1).

use unicode_normalization::UnicodeNormalization;

use crate::error::ScimError;

/// An attribute named in a filter, a PATCH path or a parameter, as the client wrote it.
///
/// Only the form has been checked; [`ResourceType::resolve`](crate::ResourceType::resolve)
/// tells whether it exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// Schema URN in front, without the colon that ends it.
    pub schema: Option<String>,
    /// Name of the attribute. Empty if the text was a schema URN and nothing more: then
    /// the extension itself is meant.
    pub name: String,
    /// Name of a sub-attribute, after a dot.
    pub sub: Option<String>,
}

impl AttrPath {
    /// Reads `name.givenName`, `urn:…:User:userName` or `urn:…:User:manager.value`.
    ///
    /// `known_urns` are the schemas of the resource type. A URN that is not among them is
    /// cut at its last colon, so that the attribute is unknown and not malformed. Between
    /// a known URN and the attribute a dot is taken as well: jobs that Entra ID made years
    /// ago still write `urn:…:User.department`.
    ///
    /// # Errors
    ///
    /// `invalidPath` if the text is no attribute name (RFC 7644 §3.10).
    pub fn parse(text: &str, known_urns: &[&str]) -> Result<Self, ScimError> {
        let malformed = || ScimError::invalid_path(format!("`{text}` is not an attribute path"));
        let (schema, rest) = split_urn(text, known_urns).ok_or_else(malformed)?;
        if let (Some(schema), true) = (schema, rest.is_empty()) {
            return Ok(Self {
                schema: Some(schema.to_owned()),
                name: String::new(),
                sub: None,
            });
        }
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        if !is_name(name) || !sub.is_none_or(is_name) {
            return Err(malformed());
        }
        Ok(Self {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }
}

impl std::fmt::Display for AttrPath {
    /// The path as it would be written in a request.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = &self.schema {
            f.write_str(schema)?;
            if !self.name.is_empty() {
                f.write_str(":")?;
            }
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// The URN in front, if any, and what follows its separator. `None` if a colon has nothing on one
/// of its sides: only a URN that is known may stand alone.
fn split_urn<'t>(text: &'t str, known_urns: &[&str]) -> Option<(Option<&'t str>, &'t str)> {
    let known = known_urns
        .iter()
        .filter_map(|urn| {
            let (head, tail) = text.split_at_checked(urn.len())?;
            let separated = tail.is_empty() || tail.starts_with([':', '.']);
            (separated && head.eq_ignore_ascii_case(urn)).then_some((head, tail))
        })
        .max_by_key(|(head, _)| head.len());
    match known {
        Some((head, tail)) => Some((Some(head), tail.get(1..).unwrap_or_default())),
        None => match text.rsplit_once(':') {
            Some(("", _) | (_, "")) => None,
            Some((head, tail)) => Some((Some(head), tail)),
            None => Some((None, text)),
        },
    }
}

/// RFC 7643 §2.1: a letter, then letters, digits, `-` and `_`; `$` because of `$ref`.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '$')
        && chars.all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '$'))
}

/// The key under which strings that ignore case are compared and indexed: the lower case
/// of the text in normalization form C, so that both spellings of `é` are one.
///
/// Lower case and not case folding, as RFC 8265 does for user names: `ß` is not `ss`. It is made
/// code point by code point, so that a sigma is one wherever it stands. User names have a
/// [key of their own](crate::user_name::key).
pub fn caseless(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ENTERPRISE_USER_URN, USER_URN};

    const KNOWN: [&str; 2] = [USER_URN, ENTERPRISE_USER_URN];

    fn parts(text: &str) -> (Option<String>, String, Option<String>) {
        let path = AttrPath::parse(text, &KNOWN).unwrap();
        (path.schema, path.name, path.sub)
    }

    #[test]
    fn a_bare_path_is_a_name_and_perhaps_a_sub_attribute() {
        assert_eq!(parts("userName"), (None, "userName".into(), None));
        assert_eq!(
            parts("members.$ref"),
            (None, "members".into(), Some("$ref".into()))
        );
    }

    #[test]
    fn the_urn_ends_where_a_known_schema_ends() {
        let urn = Some(ENTERPRISE_USER_URN.to_owned());
        let manager = format!("{ENTERPRISE_USER_URN}:manager.value");
        assert_eq!(
            parts(&manager),
            (urn.clone(), "manager".into(), Some("value".into()))
        );
        assert_eq!(
            parts(ENTERPRISE_USER_URN),
            (urn.clone(), String::new(), None)
        );
        let old_entra_job = format!("{ENTERPRISE_USER_URN}.department");
        assert_eq!(parts(&old_entra_job), (urn, "department".into(), None));
    }

    #[test]
    fn an_unknown_urn_makes_an_unknown_attribute_and_no_malformed_path() {
        let urn = Some("urn:example:2.0:User".to_owned());
        assert_eq!(
            parts("urn:example:2.0:User:badge"),
            (urn, "badge".into(), None)
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            " ",
            "a b",
            "a.b.c",
            ".a",
            "a.",
            "1a",
            "emails[type eq \"work\"]",
            "ü",
            "title:",
            ":title",
            "urn:example:2.0:User:",
        ] {
            assert!(AttrPath::parse(text, &KNOWN).is_err(), "{text}");
        }
        let error = AttrPath::parse("a b", &KNOWN).unwrap_err();
        assert_eq!(
            error,
            ScimError::invalid_path("`a b` is not an attribute path")
        );
    }

    #[test]
    fn a_path_prints_as_it_was_written() {
        for text in ["name.givenName", "urn:x:y:badge", ENTERPRISE_USER_URN] {
            assert_eq!(AttrPath::parse(text, &KNOWN).unwrap().to_string(), text);
        }
    }

    #[test]
    fn both_spellings_of_an_accent_and_every_case_have_one_key() {
        assert_eq!(caseless("JOSÉ"), caseless("jose\u{301}"));
        assert_eq!(caseless("Bob@Example.COM"), "bob@example.com");
        assert_ne!(caseless("ß"), caseless("ss"));
        assert_eq!(caseless("ΟΔΟΣ"), caseless("οδοσ"));
        assert_ne!(caseless("σ"), caseless("ς"));
    }
}
