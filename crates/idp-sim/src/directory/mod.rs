//! The directory a simulated provider pushes: people, groups, memberships.
//!
//! A person is named by user name and a group by name, everywhere, ignoring case; no ids are
//! needed in the file. [`check`] refuses a directory that names somebody it does not hold, so the
//! steps that follow never meet a dangling name.

mod check;
mod csv;
mod error;
mod json;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Deserialize;

pub use error::DirectoryError;

/// People and groups, as a provider's administrator would see them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Everybody, in the order of the file.
    pub users: Vec<Person>,
    /// Every group, in the order of the file.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// One person. Fields that are absent are not sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// Sign-in name; what both providers match by.
    pub user_name: String,
    /// Sent as it is. Without it each provider derives one of its own form.
    pub external_id: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// Name to show; without it, first and last name.
    pub display_name: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Number in the payroll, as text.
    pub employee_number: Option<String>,
    /// User name of the manager, who must be in the same directory.
    pub manager: Option<String>,
    /// Work e-mail address; without it, the user name when that is an address.
    pub email: Option<String>,
    /// Work phone.
    pub phone: Option<String>,
    /// Mobile phone.
    pub mobile: Option<String>,
    /// Language tag such as `pt-PT`.
    pub preferred_language: Option<String>,
    /// Whether the person may sign in; true when the file does not say.
    #[serde(default = "yes")]
    pub active: bool,
}

/// One group and who is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Display name; what both providers match by.
    pub name: String,
    /// User names of the members.
    #[serde(default)]
    pub members: Vec<String>,
}

impl Directory {
    /// Reads a directory file; `.csv` is a users file, everything else is JSON.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or for the reasons of [`Directory::parse_json`].
    pub fn load(path: &Path) -> Result<Self, DirectoryError> {
        let text = std::fs::read_to_string(path).map_err(|reason| DirectoryError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        let is_csv = path
            .extension()
            .is_some_and(|ext| ext.eq_ignore_ascii_case("csv"));
        if is_csv {
            Self::parse_csv(&text)
        } else {
            Self::parse_json(&text)
        }
    }

    /// Reads `{"users": […], "groups": [{"name", "members": […]}]}`.
    ///
    /// # Errors
    ///
    /// When the text is not of that form, or names a person twice or one it does not hold.
    pub fn parse_json(text: &str) -> Result<Self, DirectoryError> {
        check::check(json::parse(text)?)
    }

    /// Reads a users file: a header line with the names of [`Person`]'s fields in the JSON
    /// spelling, and `groups`, which holds group names separated by `;`.
    ///
    /// # Errors
    ///
    /// As [`Directory::parse_json`]; the line is named.
    pub fn parse_csv(text: &str) -> Result<Self, DirectoryError> {
        check::check(csv::parse(text)?)
    }

    /// A made-up company of 200 people in 20 groups, compiled in.
    ///
    /// Its names come from many languages, with apostrophes, spaces, hyphens and other scripts,
    /// and some addresses carry a `+tag`: what breaks a careless endpoint.
    ///
    /// # Errors
    ///
    /// Never, as long as the test that reads it passes.
    pub fn sample() -> Result<Self, DirectoryError> {
        Self::parse_json(include_str!("../../data/sample-directory.json"))
    }

    /// The person with this user name, ignoring case.
    pub fn find_user(&self, user_name: &str) -> Option<&Person> {
        self.users
            .iter()
            .find(|person| same(&person.user_name, user_name))
    }

    /// The group with this name, ignoring case.
    pub fn find_group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| same(&group.name, name))
    }
}

fn yes() -> bool {
    true
}

impl Person {
    /// An active person of whom nothing but the user name is known.
    pub fn new(user_name: impl Into<String>) -> Self {
        Self {
            user_name: user_name.into(),
            external_id: None,
            given_name: None,
            family_name: None,
            display_name: None,
            title: None,
            department: None,
            employee_number: None,
            manager: None,
            email: None,
            phone: None,
            mobile: None,
            preferred_language: None,
            active: true,
        }
    }

    /// The name to show.
    pub fn shown_name(&self) -> String {
        self.display_name.clone().unwrap_or_else(|| {
            let parts = [self.given_name.as_deref(), self.family_name.as_deref()];
            let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            if name.is_empty() {
                self.user_name.clone()
            } else {
                name
            }
        })
    }

    /// The work e-mail address, if there is one.
    pub fn work_email(&self) -> Option<&str> {
        self.email.as_deref().or_else(|| {
            self.user_name
                .contains('@')
                .then_some(self.user_name.as_str())
        })
    }

    /// What stays when the person is renamed: the employee number, else the user name.
    pub(crate) fn stable_key(&self) -> &str {
        self.employee_number.as_deref().unwrap_or(&self.user_name)
    }
}

/// User names and group names are compared ignoring case, as both providers do.
pub(crate) fn same(left: &str, right: &str) -> bool {
    key(left) == key(right)
}

/// The form under which a name is looked up.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase()
}
