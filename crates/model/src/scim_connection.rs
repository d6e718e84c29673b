//! SCIM connections and their computed state.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{Attention, ScimConnectionId, ScimSettings, SsoConnectionId, Timestamp};

/// One provisioning configuration of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimConnection {
    /// Its id, also in its endpoint URL.
    pub id: ScimConnectionId,
    /// Its name for people.
    pub name: String,
    /// The login provider of the people that it provisions.
    pub sso_connection_id: SsoConnectionId,
    /// The identity provider that the vendor or customer said it is.
    pub idp: Option<IdpKind>,
    /// Whether requests are taken. A disabled connection answers 403 to its own tokens.
    pub enabled: bool,
    /// What was chosen for it.
    pub settings: ScimSettings,
    /// When the identity provider's first authenticated request came.
    pub first_request_at: Option<Timestamp>,
    /// When its last request came; up to a few seconds behind.
    pub last_request_at: Option<Timestamp>,
    /// The identity provider that its requests were recognised as.
    pub recognised_idp: Option<IdpKind>,
    /// How many users it has provisioned.
    pub users: u64,
    /// How many groups it has provisioned.
    pub groups: u64,
    /// How many of its tokens are neither expired nor revoked.
    pub live_tokens: u64,
    /// How many of its OAuth clients nobody has revoked.
    pub live_oauth_clients: u64,
    /// Everything that is not as it should be; see [`Self::attention`].
    pub troubles: Vec<Attention>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its settings were last changed.
    pub updated_at: Timestamp,
}

impl ScimConnection {
    /// What the connection is in now. Computed from what happened, never stored.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        if !self.enabled {
            ConnectionState::Disabled
        } else if self.first_request_at.is_none() {
            ConnectionState::AwaitingFirstRequest
        } else if !self.troubles.is_empty() {
            ConnectionState::Attention
        } else {
            ConnectionState::Connected
        }
    }

    /// Why the state is `attention`, the worst first; empty in every other state.
    #[must_use]
    pub fn attention(&self) -> &[Attention] {
        match self.state() {
            ConnectionState::Attention => &self.troubles,
            ConnectionState::Disabled
            | ConnectionState::AwaitingFirstRequest
            | ConnectionState::Connected => &[],
        }
    }

    /// The same, as stable words.
    #[must_use]
    pub fn reasons(&self) -> Vec<&'static str> {
        let words = self.attention().iter().map(|it| it.reason.as_str());
        words.collect()
    }
}

/// The state that a SCIM connection shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Switched off by the vendor.
    Disabled,
    /// Set up, and nothing has been heard of the identity provider.
    AwaitingFirstRequest,
    /// The identity provider has made an authenticated request.
    Connected,
    /// Connected once, and something needs a person.
    Attention,
}

/// An identity provider that Rollcall knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdpKind {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// PingOne and PingFederate.
    Ping,
    /// Google Workspace.
    Google,
    /// CyberArk Identity.
    CyberArk,
    /// SailPoint.
    SailPoint,
    /// Duo.
    Duo,
    /// Rippling.
    Rippling,
    /// authentik.
    Authentik,
    /// Keycloak.
    Keycloak,
    /// Rauthy.
    Rauthy,
    /// Any other that speaks SCIM 2.0.
    Generic,
}

/// A name that is no [`IdpKind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown identity provider `{name}`; known are: {}", known_names())]
pub struct UnknownIdp {
    name: String,
}

fn known_names() -> String {
    IdpKind::ALL.map(IdpKind::as_str).join(", ")
}

impl IdpKind {
    /// Every kind, in the order that people are shown them.
    pub const ALL: [Self; 14] = [
        Self::Okta,
        Self::Entra,
        Self::OneLogin,
        Self::JumpCloud,
        Self::Ping,
        Self::Google,
        Self::CyberArk,
        Self::SailPoint,
        Self::Duo,
        Self::Rippling,
        Self::Authentik,
        Self::Keycloak,
        Self::Rauthy,
        Self::Generic,
    ];

    /// Its name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Ping => "ping",
            Self::Google => "google",
            Self::CyberArk => "cyberark",
            Self::SailPoint => "sailpoint",
            Self::Duo => "duo",
            Self::Rippling => "rippling",
            Self::Authentik => "authentik",
            Self::Keycloak => "keycloak",
            Self::Rauthy => "rauthy",
            Self::Generic => "generic",
        }
    }
}

impl FromStr for IdpKind {
    type Err = UnknownIdp;

    fn from_str(name: &str) -> Result<Self, UnknownIdp> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownIdp {
                name: name.to_owned(),
            })
    }
}

impl fmt::Display for IdpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
