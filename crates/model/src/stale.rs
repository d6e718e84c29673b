//! What a change makes out of date in the processes that remember it.

use std::fmt;
use std::str::FromStr;

use crate::{IdError, OrgId, ScimConnectionId};

/// What is to be forgotten, and read again at its next use.
///
/// Its text form goes between replicas: `scim_…`, `org_…` or `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stale {
    /// The tokens, the switch, the settings and the schemas of one SCIM connection.
    Connection(ScimConnectionId),
    /// The same of every SCIM connection of an organization.
    Organization(OrgId),
    /// All that is remembered: somebody cannot tell what changed.
    Everything,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(id) => id.fmt(f),
            Self::Organization(id) => id.fmt(f),
            Self::Everything => f.write_str("*"),
        }
    }
}

impl FromStr for Stale {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == "*" {
            return Ok(Self::Everything);
        }
        if text.starts_with("org_") {
            return text.parse().map(Self::Organization);
        }
        text.parse().map(Self::Connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_form_reads_back_and_other_texts_do_not() {
        let connection = "scim_01j0000000e008000000000001";
        let organization = "org_01j0000000e008000000000001";
        for text in [connection, organization, "*"] {
            let stale: Stale = text.parse().unwrap();
            assert_eq!(stale.to_string(), text);
        }
        for text in ["", "tok_01j0000000e008000000000001", "org_", "**"] {
            assert!(text.parse::<Stale>().is_err(), "{text}");
        }
    }
}
