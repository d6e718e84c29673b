//! A value that is never printed.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// A secret from the configuration: `***` in `Debug` and `Display`, overwritten in memory at the end.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(SecretString);

impl Secret {
    /// The secret itself.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The secret, still wrapped, for functions that take it so.
    pub(crate) const fn as_secret_string(&self) -> &SecretString {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
