//! The role of a user, and why it has it.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{GroupId, RoleName};

/// From where a user has its role. The first one that gives one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleSource {
    /// The vendor or the customer gave it to this user.
    Manual,
    /// The identity provider sent it as an attribute of the user.
    Attribute,
    /// A group that the user is in gives it.
    Group,
    /// Nothing else gives one: it is the default role of the policy.
    Default,
}

impl RoleSource {
    /// Every source, in the order in which they are asked.
    pub const ALL: [Self; 4] = [Self::Manual, Self::Attribute, Self::Group, Self::Default];

    /// Its name in answers and events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Attribute => "attribute",
            Self::Group => "group",
            Self::Default => "default",
        }
    }

    /// The source of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

/// A role with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserRole {
    /// The role.
    pub role: RoleName,
    /// What gives it.
    pub source: RoleSource,
    /// The group that gives it, if one does.
    #[serde(skip)]
    pub group: Option<GroupId>,
}

impl UserRole {
    /// As events and snapshots tell it: `role`, `source`, and `group.id` if a group gives it.
    #[must_use]
    pub fn told(&self) -> Value {
        let mut told = json!({ "role": self.role, "source": self.source });
        if let Some(group) = self.group {
            told["group"] = json!({ "id": group.to_scim() });
        }
        told
    }
}

/// The role that a group gives to its direct members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleMapping {
    /// The role.
    pub role: RoleName,
    /// Of several groups, the one with the lowest number gives the role; of two with the same, the
    /// one with the lower id.
    pub precedence: u32,
}

/// Which attribute of a user names its role. Stored and sent as one text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RoleAttribute {
    /// `auto`: an attribute `role`, which must name a role; else `roles`, if it does.
    #[default]
    Auto,
    /// `none`: no attribute does.
    None,
    /// The one at this path, in the notation of PATCH; it must name a role.
    Path(String),
}

impl From<String> for RoleAttribute {
    fn from(text: String) -> Self {
        match text.as_str() {
            "auto" => Self::Auto,
            "none" => Self::None,
            _ => Self::Path(text),
        }
    }
}

impl FromStr for RoleAttribute {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text.to_owned()))
    }
}

impl fmt::Display for RoleAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::None => "none",
            Self::Path(path) => path,
        })
    }
}

impl From<RoleAttribute> for String {
    fn from(attribute: RoleAttribute) -> Self {
        attribute.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_by_their_names_and_asked_in_order() {
        for source in RoleSource::ALL {
            assert_eq!(RoleSource::from_name(source.as_str()), Some(source));
        }
        assert!(RoleSource::ALL.is_sorted());
        assert_eq!(RoleSource::from_name("boss"), None);
    }

    #[test]
    fn the_attribute_survives_being_stored() {
        for text in ["auto", "none", "roles", r#"roles[type eq "app"].value"#] {
            let attribute: RoleAttribute = serde_json::from_value(text.into()).unwrap();
            assert_eq!(serde_json::to_value(&attribute).unwrap(), text);
        }
    }
}
