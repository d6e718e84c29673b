//! What a file wants, checked as far as that goes without asking anybody.
//!
//! Everything is brought to the words and the spelling of the management API: a wanted value that only
//! looks different from the one that is there would be applied again and again.

mod organization;
mod read;
mod scim;
mod sso;

use std::path::Path;

use secrecy::SecretString;

pub(crate) use crate::named::Fields;
use crate::place::{FileError, Place};

/// Something that a file describes: its name, and the fields that the file names.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) fields: Fields,
    pub(crate) place: Place,
}

/// From where a secret comes.
#[derive(Clone, Debug)]
pub(crate) struct SecretSource {
    /// As people are told: `the variable ACME_SECRET`.
    pub(crate) told: String,
    /// It; an error says why it cannot be had.
    pub(crate) secret: Result<SecretString, String>,
}

/// An SSO connection that a file describes.
#[derive(Clone, Debug)]
pub(crate) struct WantedSso {
    pub(crate) it: Wanted,
    pub(crate) client_secret: Option<SecretSource>,
}

/// A SCIM connection that a file describes. A list that the file does not have is `None`.
#[derive(Clone, Debug)]
pub(crate) struct WantedScim {
    pub(crate) it: Wanted,
    pub(crate) schemas: Option<Vec<Wanted>>,
    pub(crate) attribute_mappings: Option<Vec<Wanted>>,
    pub(crate) role_mappings: Option<Vec<Wanted>>,
}

/// An organization that a file describes. What the file does not have is `None`.
#[derive(Clone, Debug)]
pub(crate) struct WantedOrganization {
    pub(crate) it: Wanted,
    pub(crate) domains: Option<Vec<Wanted>>,
    pub(crate) sso_connections: Option<Vec<WantedSso>>,
    pub(crate) scim_connections: Option<Vec<WantedScim>>,
    pub(crate) policy: Option<Fields>,
    pub(crate) webhook_endpoints: Option<Vec<Wanted>>,
}

/// A file.
#[derive(Debug)]
pub struct File {
    pub(crate) organizations: Vec<WantedOrganization>,
    pub(crate) webhook_endpoints: Option<Vec<Wanted>>,
}

impl File {
    /// Reads a file. Other files that it names are looked for in `folder`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its line.
    pub fn read(text: &str, folder: &Path) -> Result<Self, FileError> {
        read::file(text, folder)
    }

    /// The slugs of the organizations in it.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.organizations.iter().map(|it| it.it.name.as_str())
    }
}
