#![doc = include_str!("../README.md")]

mod activity;
mod api_keys;
mod arrivals;
mod at_once;
mod audit;
mod census;
mod connect;
#[cfg(feature = "copies")]
mod copies;
mod counts;
mod dialect;
mod entity;
mod error;
mod external_ids;
mod feed;
mod filter_sql;
mod groups;
mod handle;
mod idempotency;
mod installation;
mod managers;
mod members;
mod organizations;
mod outbox;
mod paging;
mod public;
mod references;
mod refit;
mod rekey;
mod remembered;
mod requests;
mod routing;
mod schemas;
mod scim_connections;
mod search;
mod shape;
mod shown;
mod snapshot;
mod sso_connections;
mod tokens;
mod tombstones;
mod unique;
mod users;

pub use activity::Activity;
pub use api_keys::NewApiKey;
pub use census::Census;
pub use connect::{Store, StoreOptions, Synchronous};
#[cfg(feature = "copies")]
pub use copies::MARK;
pub use error::StoreError;
pub use feed::FeedQuery;
pub use groups::{Group, NewGroup};
pub use handle::{ConnectionHandle, DirectoryTx, OrgHandle, OrgTx};
pub use idempotency::{Begun, Remembered};
pub use managers::ManagerRef;
pub use members::{
    GroupAndMembers, GroupRef, MemberId, MemberKind, MemberRef, MembersChanged, NamedMember,
};
pub use organizations::OrganizationChange;
pub use public::PublicConnection;
pub use references::{Awaiting, ParkedReference};
pub use rekey::{KeyClash, Rekeyed};
pub use remembered::{REMEMBER_FOR, StaleListener};
pub use requests::{LogAddress, LoggedRequest};
pub use routing::StoredToken;
pub use schemas::{SchemaRefused, ScimSchema};
pub use scim_connections::{NewScimConnection, ScimConnectionChange};
pub use search::{DirectoryId, DirectoryQuery, Found, Listing, Position};
pub use shown::{ShownUser, StoredUser, UserKey};
pub use snapshot::Snapshot;
pub use sso_connections::{NewSsoConnection, SsoConnectionChange};
pub use tokens::NewToken;
pub use tombstones::{Purged, Tombstone};
pub use users::User;
