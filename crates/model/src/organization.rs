//! Organizations and their slugs.

use std::fmt;
use std::str::FromStr;

use crate::{OrgId, Timestamp};

/// One customer of the vendor: the unit of isolation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its unique name in URLs and host names.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// The vendor's own id of this customer, unique when given.
    pub external_id: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A unique name that fits a DNS label: 1 to 63 of `a-z`, `0-9` and inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a slug is 1 to 63 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen"
)]
pub struct SlugError;

impl Slug {
    const MAX_LEN: usize = 63;

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A slug made from a name: `"Acme, Inc."` becomes `acme-inc`.
    ///
    /// # Errors
    ///
    /// The name holds no ASCII letter or digit; the caller has to give a slug.
    pub fn from_name(name: &str) -> Result<Self, SlugError> {
        let mut slug = String::new();
        for letter in name.chars() {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() == Self::MAX_LEN {
                break;
            }
        }
        slug.trim_end_matches('-').parse()
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        fits.then(|| Self(text.to_owned())).ok_or(SlugError)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a management call names an organization: by id or by slug.
///
/// The two cannot be confused: an id holds an underscore, which no slug may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrgRef {
    /// By its id.
    Id(OrgId),
    /// By its slug.
    Slug(Slug),
}

impl FromStr for OrgRef {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Slug),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_slug() {
        insta::assert_snapshot!(Slug::from_name("Acme, Inc.").unwrap(), @"acme-inc");
        assert_eq!(Slug::from_name("株式会社"), Err(SlugError));
        assert_eq!(
            Slug::from_name(&"x".repeat(200)).unwrap().as_str().len(),
            63
        );
    }

    #[test]
    fn a_slug_must_fit_a_host_name() {
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", &"x".repeat(64)] {
            assert_eq!(bad.parse::<Slug>(), Err(SlugError), "{bad}");
        }
    }
}
