//! What is known of an API key once its secret has been shown.

use std::str::FromStr;

use crate::{ApiKeyId, OrgId, Timestamp};

/// A vendor's credential for the management API, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret, to tell keys apart.
    pub prefix: String,
    /// What it may do.
    pub role: ApiKeyRole,
    /// The one organization that it opens; `None` opens all, and the installation.
    pub organization_id: Option<OrgId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used; up to a few seconds behind.
    pub last_used_at: Option<Timestamp>,
}

/// What a caller of the management API may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiKeyRole {
    /// Read and change.
    #[default]
    Admin,
    /// Read.
    ReadOnly,
}

impl ApiKeyRole {
    /// Its name in the API, which is stored too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::ReadOnly => "read_only",
        }
    }
}

/// A text that is no role of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `admin` or `read_only`")]
pub struct ApiKeyRoleError;

impl FromStr for ApiKeyRole {
    type Err = ApiKeyRoleError;

    fn from_str(text: &str) -> Result<Self, ApiKeyRoleError> {
        [Self::Admin, Self::ReadOnly]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(ApiKeyRoleError)
    }
}
