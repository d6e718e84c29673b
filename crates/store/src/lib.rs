#![doc = include_str!("../README.md")]

mod activity;
mod api_keys;
mod arrivals;
mod audit;
mod census;
mod connect;
#[cfg(feature = "copies")]
mod copies;
mod dialect;
mod entity;
mod error;
mod feed;
mod filter_sql;
mod groups;
mod handle;
mod idempotency;
mod installation;
mod members;
mod organizations;
mod outbox;
mod paging;
mod public;
mod rekey;
mod requests;
mod routing;
mod scim_connections;
mod search;
mod shape;
mod sso_connections;
mod tokens;
mod tombstones;
mod uniqueness;
mod users;

pub use activity::Activity;
pub use api_keys::NewApiKey;
pub use census::Census;
pub use connect::{Store, StoreOptions, Synchronous};
#[cfg(feature = "copies")]
pub use copies::MARK;
pub use error::StoreError;
pub use feed::FeedQuery;
pub use groups::Group;
pub use handle::{ConnectionHandle, DirectoryTx, OrgHandle, OrgTx};
pub use idempotency::{Begun, Remembered};
pub use members::{GroupRef, MembersChanged};
pub use organizations::OrganizationChange;
pub use public::PublicConnection;
pub use rekey::{KeyClash, Rekeyed};
pub use requests::{LogAddress, LoggedRequest};
pub use routing::StoredToken;
pub use scim_connections::{NewScimConnection, ScimConnectionChange};
pub use search::{DirectoryId, DirectoryQuery, Found, Listing, Position};
pub use sso_connections::{NewSsoConnection, SsoConnectionChange};
pub use tokens::NewToken;
pub use tombstones::{Purged, Tombstone};
pub use users::User;
