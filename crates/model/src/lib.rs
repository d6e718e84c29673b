#![doc = include_str!("../README.md")]

mod actor;
mod api_key;
mod attention;
mod audit;
mod chain;
mod domain;
mod event;
pub mod habit;
mod id;
mod oauth;
mod organization;
mod page;
mod policy;
mod portal;
mod role;
mod scim_connection;
mod scim_request;
mod scim_settings;
mod scope;
mod sign_in;
mod sources;
mod sso;
mod stale;
mod time;
mod token;
mod trace;
mod webhook;

pub use actor::{Actor, Origin};
pub use api_key::{ApiKey, ApiKeyRole, ApiKeyRoleError};
pub use attention::{Attention, AttentionReason, EXPIRING, Evidence};
pub use audit::{AuditChain, AuditEntry, AuditHash, AuditHead, AuditHeadError};
pub use chain::chain;
pub use domain::Domain;
pub use event::{Event, EventType};
pub use id::{
    ApiKeyId, AuditId, EventId, GroupId, IdError, OauthClientId, OrgId, ParkedReferenceId,
    PortalFormId, PortalLinkId, PortalSessionId, RequestId, ScimConnectionId, SigningKeyId,
    SsoConnectionId, TokenId, UserId, WebhookDeliveryId, WebhookEndpointId,
};
pub use oauth::{Credential, OauthClient};
pub use organization::{OrgRef, Organization, Slug, SlugError};
pub use page::{CursorError, Page, PageRequest};
pub use policy::{BadRoleName, OWNER, Policy, ProvisioningDomains, RoleName, SeatLimit, WhenFull};
pub use portal::{PortalLink, PortalLinkState, PortalSession};
pub use role::{RoleAttribute, RoleMapping, RoleSource, UserRole};
pub use scim_connection::{ConnectionState, IdpKind, ScimConnection, UnknownIdp};
pub use scim_request::{LoggedContent, RequestCategory, RequestReason};
pub use scim_settings::{
    DeletedUsers, InactiveUsers, RateLimits, RatePerSecond, RateTooHigh, ScimFeatures, ScimProfile,
    ScimSettings, ScimSettingsChange, UnknownReferences,
};
pub use scope::{Scope, Scopes};
pub use sign_in::{Identity, LinkedBy, SignInLink, SignInReason};
pub use sources::{AllowedSources, AllowedSourcesError, Network, NetworkError};
pub use sso::{OidcProvider, SamlProvider, SsoConnection, SsoProvider};
pub use stale::Stale;
pub use time::{Clock, ManualClock, SystemClock, Timestamp};
pub use token::{ScimToken, TokenState};
pub use trace::TracePlace;
pub use webhook::{
    DeliveryState, PauseReason, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecretInfo,
};
