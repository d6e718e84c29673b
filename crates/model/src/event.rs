//! Events: what a product follows.

use serde::Serialize;
use serde_json::Value;

use crate::{EventId, OrgId, RequestId, ScimConnectionId, Timestamp};

/// One change, as it was committed. This is its form wherever it is told: in the feed, in webhooks and
/// in the Redis stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Its id; a consumer that sees one twice may drop the second.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// The version of the schema of `data`; see [`EventType::version`].
    pub version: u32,
    /// Whose change it is.
    pub organization_id: OrgId,
    /// The SCIM connection it happened in, if it happened in one.
    pub scim_connection_id: Option<ScimConnectionId>,
    /// Place in the organization's history: 1, 2, 3, … without a gap, in commit order.
    pub sequence: u64,
    /// Place in the feed over all organizations; grows, and may skip numbers.
    pub position: u64,
    /// When the change was made.
    pub occurred_at: Timestamp,
    /// Who caused it: a SCIM connection, an API key, a session of the setup portal, or `system`.
    pub actor: String,
    /// The request that caused it.
    pub request_id: RequestId,
    /// What changed, by type.
    pub data: Value,
}

macro_rules! event_types {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// What kind of change an event tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[doc = $doc])+ $name,)+
        }

        impl EventType {
            /// Every type, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in the feed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What it tells, in a sentence or two.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

event_types! {
    /// An organization was created.
    OrganizationCreated = "organization.created",
    /// An organization was renamed or its external id changed.
    OrganizationUpdated = "organization.updated",
    /// An organization was removed, with everything in it. The last event of its sequence.
    OrganizationDeleted = "organization.deleted",
    /// The policy of an organization was changed.
    PolicyUpdated = "policy.updated",
    /// A write of an identity provider was refused, because it would have taken somebody's access who
    /// must keep it.
    PolicyProtected = "policy.protected",
    /// A login provider was added.
    SsoConnectionCreated = "sso_connection.created",
    /// A login provider was changed.
    SsoConnectionUpdated = "sso_connection.updated",
    /// A login provider was removed.
    SsoConnectionDeleted = "sso_connection.deleted",
    /// A domain was claimed.
    DomainClaimed = "domain.claimed",
    /// A domain was found to be the organization's.
    DomainVerified = "domain.verified",
    /// The people of a domain sign in with another login provider.
    DomainUpdated = "domain.updated",
    /// A domain was given up.
    DomainRemoved = "domain.removed",
    /// A provisioning configuration was added.
    ScimConnectionCreated = "scim_connection.created",
    /// A provisioning configuration was renamed or linked to another login provider.
    ScimConnectionUpdated = "scim_connection.updated",
    /// The identity provider's first authenticated request came.
    ScimConnectionConnected = "scim_connection.connected",
    /// A provisioning configuration that was connected needs a person; the event tells why.
    ScimConnectionAttention = "scim_connection.attention",
    /// A provisioning configuration needs nobody any more.
    ScimConnectionRecovered = "scim_connection.recovered",
    /// A provisioning configuration was switched off.
    ScimConnectionDisabled = "scim_connection.disabled",
    /// A provisioning configuration was switched on again.
    ScimConnectionEnabled = "scim_connection.enabled",
    /// A provisioning configuration was removed, with its users and groups.
    ScimConnectionDeleted = "scim_connection.deleted",
    /// A schema was added to a provisioning configuration.
    ScimSchemaCreated = "scim_schema.created",
    /// A schema of a provisioning configuration was replaced.
    ScimSchemaUpdated = "scim_schema.updated",
    /// A schema was removed from a provisioning configuration, with every value under its URN.
    ScimSchemaDeleted = "scim_schema.deleted",
    /// A product attribute of a provisioning configuration was added or changed.
    AttributeMappingSaved = "attribute_mapping.saved",
    /// A product attribute of a provisioning configuration was removed.
    AttributeMappingDeleted = "attribute_mapping.deleted",
    /// A bearer token was made.
    ScimTokenCreated = "scim_token.created",
    /// A bearer token was revoked, now or from a moment ahead.
    ScimTokenRevoked = "scim_token.revoked",
    /// A bearer token ends in 30, 14, 7 or 1 days.
    ScimTokenExpiring = "scim_token.expiring",
    /// A bearer token has ended by itself.
    ScimTokenExpired = "scim_token.expired",
    /// An OAuth client was made.
    OauthClientCreated = "oauth_client.created",
    /// An OAuth client was revoked, with every access token it was given.
    OauthClientRevoked = "oauth_client.revoked",
    /// A webhook endpoint of the organization was made.
    WebhookEndpointCreated = "webhook_endpoint.created",
    /// A webhook endpoint of the organization was changed, or has a new secret.
    WebhookEndpointUpdated = "webhook_endpoint.updated",
    /// A webhook endpoint of the organization was removed.
    WebhookEndpointDeleted = "webhook_endpoint.deleted",
    /// Nothing is sent to a webhook endpoint of the organization until it is resumed.
    WebhookEndpointPaused = "webhook_endpoint.paused",
    /// A webhook endpoint of the organization that was paused is sent what has come meanwhile.
    WebhookEndpointResumed = "webhook_endpoint.resumed",
    /// A link to the setup portal was made.
    PortalLinkCreated = "portal_link.created",
    /// A link to the setup portal was exchanged for a session.
    PortalLinkUsed = "portal_link.used",
    /// A link to the setup portal was revoked, with the session that it was exchanged for.
    PortalLinkRevoked = "portal_link.revoked",
    /// A user was provisioned.
    UserCreated = "user.created",
    /// A user's attributes changed.
    UserUpdated = "user.updated",
    /// A user went from active to inactive (other attributes may have changed with it).
    UserDeactivated = "user.deactivated",
    /// A user went from inactive to active (other attributes may have changed with it).
    UserReactivated = "user.reactivated",
    /// A user that had been removed is back under its old id.
    UserRestored = "user.restored",
    /// A user was removed.
    UserDeleted = "user.deleted",
    /// A user who is active waits for a seat.
    UserWaiting = "user.waiting_for_seat",
    /// A user who waited has a seat.
    UserSeated = "user.seated",
    /// A sign-in was denied.
    SignInDenied = "sign_in.denied",
    /// A person who signs in was linked to a user, or let in with a new account of their own.
    SignInLinked = "sign_in.linked",
    /// A link was removed, so that the next sign-in looks for the user anew.
    SignInUnlinked = "sign_in.unlinked",
    /// A user's role, or what gives it, changed.
    UserRoleChanged = "user.role_changed",
    /// A group was provisioned, with its first members.
    GroupCreated = "group.created",
    /// A group's attributes changed; members have events of their own.
    GroupUpdated = "group.updated",
    /// A group that had been removed is back under its old id, without members.
    GroupRestored = "group.restored",
    /// A group was removed.
    GroupDeleted = "group.deleted",
    /// A user joined a group.
    GroupMemberAdded = "group.member_added",
    /// A user left a group.
    GroupMemberRemoved = "group.member_removed",
    /// The role that a group gives to its members was set, changed or taken away.
    GroupRoleMappingChanged = "group.role_mapping_changed",
}

impl EventType {
    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// The version of the schema of its `data`. Within a version fields are only added.
    #[must_use]
    pub const fn version(self) -> u32 {
        1
    }

    /// Whether it tells of a change in what lets requests in: a token, a SCIM connection with its
    /// settings and schemas, or the name of an organization. Processes remember those; see
    /// [`Stale`](crate::Stale).
    #[must_use]
    pub const fn changes_access(self) -> bool {
        match self {
            Self::OrganizationUpdated
            | Self::OrganizationDeleted
            | Self::ScimConnectionUpdated
            | Self::ScimConnectionConnected
            | Self::ScimConnectionDisabled
            | Self::ScimConnectionEnabled
            | Self::ScimConnectionDeleted
            | Self::ScimSchemaCreated
            | Self::ScimSchemaUpdated
            | Self::ScimSchemaDeleted
            | Self::AttributeMappingSaved
            | Self::AttributeMappingDeleted
            | Self::ScimTokenRevoked
            | Self::OauthClientRevoked => true,
            Self::OrganizationCreated
            | Self::PolicyUpdated
            | Self::PolicyProtected
            | Self::UserWaiting
            | Self::UserSeated
            | Self::SignInDenied
            | Self::SignInLinked
            | Self::SignInUnlinked
            | Self::SsoConnectionCreated
            | Self::SsoConnectionUpdated
            | Self::SsoConnectionDeleted
            | Self::DomainClaimed
            | Self::DomainVerified
            | Self::DomainUpdated
            | Self::DomainRemoved
            // Nobody remembers that there was no such token or connection.
            | Self::ScimConnectionCreated
            // What is remembered of a connection is compared with its tokens and the clock.
            | Self::ScimConnectionAttention
            | Self::ScimConnectionRecovered
            | Self::ScimTokenCreated
            | Self::OauthClientCreated
            // Whoever remembers a token compares its end with the clock.
            | Self::ScimTokenExpiring
            | Self::ScimTokenExpired
            | Self::WebhookEndpointCreated
            | Self::WebhookEndpointUpdated
            | Self::WebhookEndpointDeleted
            | Self::WebhookEndpointPaused
            | Self::WebhookEndpointResumed
            | Self::PortalLinkCreated
            | Self::PortalLinkUsed
            | Self::PortalLinkRevoked
            | Self::UserCreated
            | Self::UserUpdated
            | Self::UserDeactivated
            | Self::UserReactivated
            | Self::UserRestored
            | Self::UserDeleted
            | Self::UserRoleChanged
            | Self::GroupCreated
            | Self::GroupUpdated
            | Self::GroupRestored
            | Self::GroupDeleted
            | Self::GroupMemberAdded
            | Self::GroupMemberRemoved
            | Self::GroupRoleMappingChanged => false,
        }
    }
}

impl Serialize for EventType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
