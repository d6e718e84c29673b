//! The policy of an organization: what is checked when people are provisioned and when they sign in.
//!
//! Stored as one JSON object, in which a rule that was never chosen is absent, so that a new rule
//! needs no migration and a better default reaches everybody who did not choose.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::UserId;

/// The rules of one organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Whether an account may come into being through SCIM only: whoever was not provisioned is
    /// denied at sign-in, also with an account that an earlier sign-in made.
    pub restrict_account_creation_to_scim: bool,
    /// Whether a sign-in may make the account of somebody who was not provisioned.
    pub just_in_time_provisioning: bool,
    /// The roles there are, from the one that may do most to the one that may do least.
    pub roles: Vec<RoleName>,
    /// The role of whoever has been given none. It is one of `roles`, and not `owner`.
    pub default_role: RoleName,
    /// Users that SCIM may not deactivate, delete or demote: the way in when the identity provider
    /// is wrong.
    #[serde(with = "scim_ids")]
    pub protected_users: BTreeSet<UserId>,
    /// Whether the last active user with the role `owner` must stay one.
    pub last_owner_protection: bool,
    /// How many people may have an account; `None` for any number.
    pub seat_limit: Option<SeatLimit>,
    /// Whether a sign-in is matched to a user by an e-mail address that nobody has verified.
    pub unverified_email_linking: bool,
    /// Which e-mail addresses users may be provisioned with.
    pub provisioning_domains: ProvisioningDomains,
}

impl Default for Policy {
    fn default() -> Self {
        let names = ["owner", "administrator", "moderator", "member", "guest"];
        Self {
            restrict_account_creation_to_scim: false,
            just_in_time_provisioning: true,
            roles: names.map(|name| RoleName(name.to_owned())).to_vec(),
            default_role: RoleName("member".to_owned()),
            protected_users: BTreeSet::new(),
            last_owner_protection: false,
            seat_limit: None,
            unverified_email_linking: false,
            provisioning_domains: ProvisioningDomains::Any,
        }
    }
}

impl Policy {
    /// The role that a text names, in any letter case and with space around it.
    #[must_use]
    pub fn role(&self, text: &str) -> Option<&RoleName> {
        let text = text.trim().to_lowercase();
        self.roles.iter().find(|role| role.0.to_lowercase() == text)
    }

    /// Whether `to` may do less than `from`. A role that is no longer listed may do least.
    #[must_use]
    pub fn demotes(&self, from: &RoleName, to: &RoleName) -> bool {
        self.rank(to) > self.rank(from)
    }

    fn rank(&self, role: &RoleName) -> usize {
        let listed = self.roles.iter().position(|listed| listed == role);
        listed.unwrap_or(self.roles.len())
    }

    /// Whether any rule looks at what identity providers write.
    #[must_use]
    pub fn guards_provisioning(&self) -> bool {
        !self.protected_users.is_empty()
            || self.last_owner_protection
            || self.seat_limit.is_some()
            || self.provisioning_domains != ProvisioningDomains::Any
    }
}

/// Which e-mail addresses users may be provisioned with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisioningDomains {
    /// Any.
    #[default]
    Any,
    /// Those of domains that the organization has verified.
    Verified,
}

/// How many people may have an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatLimit {
    /// How many.
    pub seats: u32,
    /// What becomes of whoever is provisioned when all are taken.
    #[serde(default)]
    pub when_full: WhenFull,
}

/// What becomes of whoever is provisioned when all seats are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// The identity provider is refused with 403 and told why.
    #[default]
    Refuse,
    /// The user is taken and waits: whoever waited longest gets the next seat that is free.
    Wait,
}

/// The role that `last_owner_protection` is about.
pub const OWNER: &str = "owner";

/// The name of a role: 1 to 64 characters, none of them a control character, no space around.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleName(String);

impl RoleName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 64;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the role that `last_owner_protection` is about.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.0 == OWNER
    }
}

/// A text that cannot name a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a role's name has 1 to {} characters, none of them a control character, and no space at its ends",
    RoleName::LONGEST
)]
pub struct BadRoleName;

impl FromStr for RoleName {
    type Err = BadRoleName;

    fn from_str(text: &str) -> Result<Self, BadRoleName> {
        let length = text.chars().count();
        let fits = (1..=Self::LONGEST).contains(&length)
            && text.trim() == text
            && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(BadRoleName)
    }
}

impl TryFrom<String> for RoleName {
    type Error = BadRoleName;

    fn try_from(text: String) -> Result<Self, BadRoleName> {
        text.parse()
    }
}

impl From<RoleName> for String {
    fn from(role: RoleName) -> Self {
        role.0
    }
}

impl Borrow<str> for RoleName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Users are written as SCIM knows them: the plain UUID text.
mod scim_ids {
    use std::collections::BTreeSet;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::UserId;

    pub(super) fn serialize<S: Serializer>(
        ids: &BTreeSet<UserId>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let texts: Vec<String> = ids.iter().map(|id| id.to_scim()).collect();
        texts.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeSet<UserId>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let read = |text: &String| {
            UserId::from_scim(text)
                .ok_or_else(|| D::Error::custom(format!("`{text}` is not the id of a user")))
        };
        texts.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_that_was_never_chosen_has_its_default() {
        let stored = json!({ "just_in_time_provisioning": false });
        let policy: Policy = serde_json::from_value(stored).unwrap();
        let expected = Policy {
            just_in_time_provisioning: false,
            ..Policy::default()
        };
        assert_eq!(policy, expected);
        assert!(serde_json::from_value::<Policy>(json!({ "seats": 3 })).is_err());
    }

    #[test]
    fn a_policy_survives_being_stored() {
        let policy = Policy {
            protected_users: BTreeSet::from([UserId::from_uuid(uuid::Uuid::from_u128(7))]),
            seat_limit: Some(SeatLimit {
                seats: 3,
                when_full: WhenFull::Wait,
            }),
            ..Policy::default()
        };
        let stored = serde_json::to_value(&policy).unwrap();
        assert_eq!(serde_json::from_value::<Policy>(stored).unwrap(), policy);
    }

    #[test]
    fn a_role_is_found_in_any_letter_case() {
        let policy = Policy::default();
        assert_eq!(policy.role(" Owner ").unwrap().as_str(), "owner");
        assert_eq!(policy.role("boss"), None);
    }

    #[test]
    fn a_later_role_may_do_less_and_one_that_is_gone_least() {
        let policy = Policy::default();
        let role = |name: &str| name.parse::<RoleName>().unwrap();
        assert!(policy.demotes(&role("owner"), &role("member")));
        assert!(!policy.demotes(&role("guest"), &role("member")));
        assert!(policy.demotes(&role("guest"), &role("boss")));
        assert!(!policy.demotes(&role("guest"), &role("guest")));
    }

    #[test]
    fn a_name_of_a_role_is_short_and_plain() {
        for text in ["", " member", "a\nb", &"x".repeat(65)] {
            assert_eq!(text.parse::<RoleName>(), Err(BadRoleName), "{text:?}");
        }
        assert!("Über-Admin".parse::<RoleName>().is_ok());
    }
}
