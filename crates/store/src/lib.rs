#![doc = include_str!("../README.md")]

mod access_changes;
mod activity;
mod api_keys;
mod arrivals;
mod at_once;
mod attention;
mod audit;
mod census;
mod changes;
mod connect;
mod consumers;
#[cfg(feature = "copies")]
mod copies;
mod counts;
mod departures;
mod dialect;
mod domains;
mod entity;
mod error;
mod expiries;
mod external_ids;
mod feed;
mod filter_sql;
mod for_pages;
mod groups;
mod guards;
mod habits;
mod handle;
mod idempotency;
mod installation;
mod managers;
mod members;
mod migrate;
mod news;
mod oauth_clients;
mod oidc_callers;
mod options;
mod org_snapshot;
mod organization_search;
mod organizations;
mod outbox;
mod page_sessions;
mod paging;
mod policies;
mod pool;
mod portal;
mod product_attributes;
mod public;
mod references;
mod refit;
mod rekey;
mod relay;
mod remembered;
mod requests;
mod reseal;
mod retention;
mod roles;
mod routing;
mod schemas;
mod scim_connections;
mod search;
mod shape;
mod shown;
mod sign_ins;
mod signing_keys;
mod sinks;
mod snapshot;
mod spans;
mod sso_connections;
mod timings;
mod tokens;
mod tombstones;
mod transaction;
mod unique;
mod users;
mod webhooks;

pub use activity::Activity;
pub use api_keys::NewApiKey;
pub use audit::{AuditFault, AuditFinding, AuditQuery, AuditReport};
pub use census::{CalledConnection, Census, CountedConnections};
pub use connect::{Divided, Store};
pub use consumers::{Acknowledged, Consumer, Consumers, MAX_CONSUMERS};
#[cfg(feature = "copies")]
pub use copies::MARK;
pub use dialect::ServerCheck;
pub use domains::MAX_DOMAINS;
pub use error::StoreError;
pub use expiries::{DueNotice, ExpiringTokens};
pub use feed::{FeedPage, FeedQuery};
pub use for_pages::{LOOKED_THROUGH, NewestEvents, RequestsInHour};
pub use groups::{Group, NewGroup};
pub use guards::{PolicyRefusal, Seats};
pub use handle::{ConnectionHandle, DirectoryTx, OrgHandle, OrgTx};
pub use idempotency::{Begun, Remembered};
pub use managers::ManagerRef;
pub use members::{
    GroupAndMembers, GroupRef, MemberId, MemberKind, MemberRef, MembersChanged, NamedMember,
};
pub use migrate::SplitRefused;
pub use oauth_clients::NewOauthClient;
pub use oidc_callers::OidcCaller;
pub use options::{StoreOptions, Synchronous};
pub use org_snapshot::{
    Membership, OrgSnapshot, SeenConnection, SeenGroup, SeenKeys, SeenUser, user_name_key,
};
pub use organization_search::{ConnectionStates, OrganizationQuery};
pub use organizations::OrganizationChange;
pub use page_sessions::{Granted, NewPageSession, PageSession};
pub use policies::StoredPolicy;
pub use pool::PoolState;
pub use portal::{NewPortalLink, NewPortalSession};
pub use product_attributes::{MAX_PRODUCT_ATTRIBUTES, ProductAttributes, StoredAttribute};
pub use public::PublicConnection;
pub use references::{Awaiting, ParkedReference};
pub use rekey::{KeyClash, Rekeyed};
pub use relay::Relayed;
pub use remembered::{REMEMBER_FOR, StaleListener};
pub use requests::{
    LogAddress, LogLine, LoggedBody, LoggedRequest, PrunedLogs, RequestContent, RequestDetails,
    RequestQuery, StatusClass,
};
pub use reseal::{Resealed, Sealed};
pub use roles::{GroupGrant, ManualRole, MappedGroup, RoleChange, RoleExplanation, SentRole};
pub use routing::StoredCredential;
pub use schemas::{SchemaRefused, ScimSchema};
pub use scim_connections::{NewScimConnection, ScimConnectionChange};
pub use search::{DirectoryId, DirectoryQuery, Found, Listing, Position};
pub use shown::{ShownUser, StoredUser, UserKey};
pub use sign_ins::{LinkCursor, Match, NewSignInLink, Person, SignInNote};
pub use signing_keys::StoredSigningKey;
pub use snapshot::Snapshot;
pub use sso_connections::{NewSsoConnection, SsoConnectionChange};
pub use timings::DatabaseObserver;
pub use tokens::NewToken;
pub use tombstones::{Purged, Tombstone};
pub use users::User;
pub use webhooks::{
    AfterFailure, AttemptMade, ClaimedDeliveries, ClaimedDelivery, DueEndpoint, Finished,
    NewWebhookEndpoint, NewWebhookSecret, ReplayRange, WebhookEndpointChange, WebhookQueue,
};
