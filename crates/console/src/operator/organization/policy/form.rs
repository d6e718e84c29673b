//! The rules of an organization as a form, and back.

use std::fmt::Display;

use rollcall_model::{Policy, ProvisioningDomains, RoleName, SeatLimit, UserId, WhenFull};
use rollcall_orgs::OrgsError;
use serde::Deserialize;

use crate::answer::Field;
use crate::operator::form_parts::{Check, Choice, Group, Part, lines, number};
use crate::text as t;

/// What the form holds. Its fields are named as the management API names the rules.
#[derive(Deserialize)]
pub(super) struct Proposal {
    #[serde(default)]
    restrict_account_creation_to_scim: bool,
    #[serde(default)]
    just_in_time_provisioning: bool,
    /// One on each line.
    roles: String,
    default_role: String,
    /// SCIM ids, one on each line.
    #[serde(default)]
    protected_users: String,
    #[serde(default)]
    last_owner_protection: bool,
    /// Empty for any number.
    #[serde(default)]
    seats: String,
    #[serde(default)]
    when_full: String,
    #[serde(default)]
    unverified_email_linking: bool,
    #[serde(default)]
    provisioning_domains: String,
    /// Which rules it is meant to replace.
    #[serde(default)]
    pub(super) seen: String,
    /// Whether to restrict accounts although no connection is connected.
    #[serde(default)]
    pub(super) force: bool,
}

const WAIT: &str = "wait";
const VERIFIED: &str = "verified";

fn on_lines<T: Display>(all: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    texts.join("\n")
}

impl From<&Policy> for Proposal {
    fn from(policy: &Policy) -> Self {
        let limit = policy.seat_limit;
        let waits = limit.is_some_and(|limit| limit.when_full == WhenFull::Wait);
        let verified = policy.provisioning_domains == ProvisioningDomains::Verified;
        let word = |is: bool, word: &str| if is { word.to_owned() } else { String::new() };
        Self {
            restrict_account_creation_to_scim: policy.restrict_account_creation_to_scim,
            just_in_time_provisioning: policy.just_in_time_provisioning,
            roles: on_lines(&policy.roles),
            default_role: policy.default_role.to_string(),
            protected_users: on_lines(policy.protected_users.iter().map(|user| user.to_scim())),
            last_owner_protection: policy.last_owner_protection,
            seats: limit
                .map(|limit| limit.seats.to_string())
                .unwrap_or_default(),
            when_full: word(waits, WAIT),
            unverified_email_linking: policy.unverified_email_linking,
            provisioning_domains: word(verified, VERIFIED),
            seen: String::new(),
            force: false,
        }
    }
}

impl Proposal {
    /// The rules that it means.
    ///
    /// # Errors
    ///
    /// A field holds no such rule.
    pub(super) fn read(&self) -> Result<Policy, OrgsError> {
        let invalid = |field: &'static str, reason: String| OrgsError::Invalid { field, reason };
        let role = |field: &'static str, name: &str| {
            let role = name.trim().parse::<RoleName>();
            role.map_err(|wrong| invalid(field, format!("holds “{name}”: {wrong}")))
        };
        let user = |id: &str| {
            let wrong = || {
                invalid(
                    "protected_users",
                    format!("holds “{id}”, which is no SCIM id"),
                )
            };
            UserId::from_scim(id).ok_or_else(wrong)
        };
        let when_full = match self.when_full.as_str() {
            WAIT => WhenFull::Wait,
            _ => WhenFull::Refuse,
        };
        let seats: Option<u32> = number("seats", &self.seats)?;
        Ok(Policy {
            restrict_account_creation_to_scim: self.restrict_account_creation_to_scim,
            just_in_time_provisioning: self.just_in_time_provisioning,
            roles: lines(&self.roles)
                .map(|name| role("roles", name))
                .collect::<Result<_, _>>()?,
            default_role: role("default_role", &self.default_role)?,
            protected_users: lines(&self.protected_users)
                .map(user)
                .collect::<Result<_, _>>()?,
            last_owner_protection: self.last_owner_protection,
            seat_limit: seats.map(|seats| SeatLimit { seats, when_full }),
            unverified_email_linking: self.unverified_email_linking,
            provisioning_domains: match self.provisioning_domains.as_str() {
                VERIFIED => ProvisioningDomains::Verified,
                _ => ProvisioningDomains::Any,
            },
        })
    }

    /// Its fields and what they hold, for a form that sends it once more.
    pub(super) fn held(&self) -> Vec<(&'static str, String)> {
        let ticked = [
            (
                "restrict_account_creation_to_scim",
                self.restrict_account_creation_to_scim,
            ),
            ("just_in_time_provisioning", self.just_in_time_provisioning),
            ("last_owner_protection", self.last_owner_protection),
            ("unverified_email_linking", self.unverified_email_linking),
        ];
        let ticked = ticked.into_iter().filter(|(_, on)| *on);
        let texts = [
            ("roles", &self.roles),
            ("default_role", &self.default_role),
            ("protected_users", &self.protected_users),
            ("seats", &self.seats),
            ("when_full", &self.when_full),
            ("provisioning_domains", &self.provisioning_domains),
        ];
        let texts = texts.into_iter().map(|(name, text)| (name, text.clone()));
        ticked
            .map(|(name, _)| (name, "true".to_owned()))
            .chain(texts)
            .collect()
    }

    /// The form that holds it.
    pub(super) fn groups(&self) -> Vec<Group> {
        vec![
            self.accounts(),
            self.roles(),
            self.protection(),
            self.seats(),
        ]
    }

    fn accounts(&self) -> Group {
        Group {
            legend: Some(t::ACCOUNTS),
            parts: vec![
                Part::Check(Check {
                    name: "restrict_account_creation_to_scim",
                    label: t::RESTRICT,
                    help: t::RESTRICT_HELP,
                    on: self.restrict_account_creation_to_scim,
                }),
                Part::Check(Check {
                    name: "just_in_time_provisioning",
                    label: t::JIT,
                    help: t::JIT_HELP,
                    on: self.just_in_time_provisioning,
                }),
                Part::Check(Check {
                    name: "unverified_email_linking",
                    label: t::LINKING,
                    help: t::LINKING_HELP,
                    on: self.unverified_email_linking,
                }),
                Part::Choice(Choice {
                    name: "provisioning_domains",
                    label: t::ADDRESSES,
                    help: t::ADDRESSES_HELP,
                    value: self.provisioning_domains.clone(),
                    options: vec![
                        (String::new(), t::ADDRESSES_ANY.to_owned()),
                        (VERIFIED.to_owned(), t::ADDRESSES_VERIFIED.to_owned()),
                    ],
                }),
            ],
        }
    }

    fn roles(&self) -> Group {
        Group {
            legend: Some(t::ROLES_GROUP),
            parts: vec![
                Part::Field(
                    Field::text("roles", t::ROLES, t::ROLES_HELP)
                        .of_kind("textarea")
                        .required()
                        .holding(&self.roles),
                ),
                Part::Field(
                    Field::text("default_role", t::DEFAULT_ROLE, t::DEFAULT_ROLE_HELP)
                        .required()
                        .holding(&self.default_role),
                ),
            ],
        }
    }

    fn protection(&self) -> Group {
        Group {
            legend: Some(t::PROTECTION),
            parts: vec![
                Part::Field(
                    Field::text("protected_users", t::PROTECTED, t::PROTECTED_HELP)
                        .of_kind("textarea")
                        .holding(&self.protected_users),
                ),
                Part::Check(Check {
                    name: "last_owner_protection",
                    label: t::LAST_OWNER,
                    help: t::LAST_OWNER_HELP,
                    on: self.last_owner_protection,
                }),
            ],
        }
    }

    fn seats(&self) -> Group {
        Group {
            legend: Some(t::SEATS),
            parts: vec![
                Part::Field(
                    Field::text("seats", t::SEAT_LIMIT, t::SEAT_LIMIT_HELP)
                        .of_kind("number")
                        .holding(&self.seats),
                ),
                Part::Choice(Choice {
                    name: "when_full",
                    label: t::WHEN_FULL,
                    help: t::WHEN_FULL_HELP,
                    value: self.when_full.clone(),
                    options: vec![
                        (String::new(), t::WHEN_FULL_REFUSE.to_owned()),
                        (WAIT.to_owned(), t::WHEN_FULL_WAIT.to_owned()),
                    ],
                }),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_survives_its_form() {
        let policy = Policy {
            restrict_account_creation_to_scim: true,
            just_in_time_provisioning: false,
            last_owner_protection: true,
            unverified_email_linking: true,
            protected_users: [7, 9]
                .map(|id| UserId::from_uuid(uuid::Uuid::from_u128(id)))
                .into(),
            seat_limit: Some(SeatLimit {
                seats: 12,
                when_full: WhenFull::Wait,
            }),
            provisioning_domains: ProvisioningDomains::Verified,
            ..Policy::default()
        };
        assert_eq!(Proposal::from(&policy).read().unwrap(), policy);
        let plain = Policy::default();
        assert_eq!(Proposal::from(&plain).read().unwrap(), plain);
    }
}
