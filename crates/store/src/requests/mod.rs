//! The request log: what an identity provider asked a connection, refused requests included.
//!
//! It holds routes, not URLs. What was said in bodies, and the values in filters, come here masked and
//! only of the requests that the settings say; this module keeps what it is given.
//!
//! Pages and the management API read it through a [`ConnectionHandle`]: `list_requests` with a
//! [`RequestQuery`], `find_request` for one with everything. What a line means to a person is told by
//! `rollcall_orgs::request_log::explain`.

mod prune;
mod read;
mod write;

use rollcall_model::{
    IdpKind, RequestCategory, RequestId, RequestReason, ScimConnectionId, Slug, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::connect::Store;
use crate::entity::{scim_request_contents, scim_requests};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

pub use prune::PrunedLogs;
pub use read::{RequestQuery, StatusClass};

/// Where a refused request was addressed to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogAddress {
    /// A connection, by its id in a path.
    Connection(ScimConnectionId),
    /// An organization, by its slug in a host.
    Organization(Slug),
}

/// One request, as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The id that the answer carried.
    pub id: RequestId,
    /// When it was answered.
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path from the endpoint's name on, with the resource's id and without the query.
    pub route: String,
    /// The filter, with its values or without, as the settings say.
    pub filter: Option<String>,
    /// The HTTP status it was answered with.
    pub status: u16,
    /// The kind of outcome, as the metrics count it, or the reason of a refused authentication.
    pub outcome: String,
    /// Who has to do something about it.
    pub category: RequestCategory,
    /// Why it was refused; `None` if it was not, or was written by an older release.
    pub reason: Option<RequestReason>,
    /// The `scimType` of the error it was answered with.
    pub scim_type: Option<String>,
    /// The names of the allowances that it needed.
    pub quirks: Vec<String>,
    /// The identity provider it was recognised as.
    pub idp: Option<String>,
    /// How long the answer took, in microseconds.
    pub duration_micros: u64,
    /// What the answer said went wrong; of a success, the allowances in words.
    pub detail: Option<String>,
    /// How many requests the line stands for: itself, and successes like it soon afterwards.
    pub times: u64,
}

impl LoggedRequest {
    /// The identity provider that sent it, if it is one that Rollcall knows.
    #[must_use]
    pub fn idp(&self) -> Option<IdpKind> {
        self.idp.as_deref().and_then(|name| name.parse().ok())
    }
}

/// What was said in a request and in its answer, as far as it was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContent {
    /// The body of the request.
    pub request: Option<LoggedBody>,
    /// The body of the answer.
    pub response: Option<LoggedBody>,
}

impl RequestContent {
    /// Whether nothing was kept.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.request.is_none() && self.response.is_none()
    }
}

/// A body, masked, and not longer than the log keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedBody {
    /// JSON; `None` if nothing could be kept, and then `note` says why.
    pub json: Option<String>,
    /// How long it was, in bytes, if that is known.
    pub bytes: Option<u64>,
    /// What there is to know about it: that it was cut, or why it is not here.
    pub note: Option<String>,
}

/// A line that is to be written, and whose log it belongs in.
pub struct LogLine {
    /// The connection.
    pub of: ConnectionHandle,
    /// The request.
    pub request: LoggedRequest,
    /// What was said, if that is kept.
    pub content: Option<RequestContent>,
}

/// One request with everything that the log has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestDetails {
    /// The line.
    pub request: LoggedRequest,
    /// What was said; empty if that was not kept.
    pub content: RequestContent,
}

/// What stands between the names of allowances.
const BETWEEN_QUIRKS: char = ',';

impl TryFrom<scim_requests::Model> for LoggedRequest {
    type Error = StoreError;

    fn try_from(row: scim_requests::Model) -> Result<Self, StoreError> {
        let status = u16::try_from(row.status)
            .map_err(|reason| StoreError::corrupt("scim_requests", row.id, reason))?;
        // A word that this release does not know was written by a newer one.
        let category = row.category.and_then(|word| word.parse().ok());
        let quirks = row.quirks.unwrap_or_default();
        let quirks = quirks.split(BETWEEN_QUIRKS).filter(|name| !name.is_empty());
        Ok(Self {
            id: RequestId::from_uuid(row.id),
            at: Timestamp::from_unix_micros(row.at),
            method: row.method,
            route: row.route,
            filter: row.filter,
            status,
            outcome: row.outcome,
            category: category.unwrap_or(RequestCategory::from_status(status)),
            reason: row.reason.and_then(|word| word.parse().ok()),
            scim_type: row.scim_type,
            quirks: quirks.map(str::to_owned).collect(),
            idp: row.idp,
            duration_micros: u64::try_from(row.duration_micros).unwrap_or(0),
            detail: row.detail,
            times: u64::try_from(row.times).unwrap_or(1),
        })
    }
}

impl From<scim_request_contents::Model> for RequestContent {
    fn from(row: scim_request_contents::Model) -> Self {
        let body = |json: Option<String>, bytes: Option<i64>, note: Option<String>| {
            let there = json.is_some() || bytes.is_some() || note.is_some();
            there.then(|| LoggedBody {
                json,
                bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()),
                note,
            })
        };
        Self {
            request: body(row.request_body, row.request_bytes, row.request_note),
            response: body(row.response_body, row.response_bytes, row.response_note),
        }
    }
}

impl Store {
    /// Where the log is that a refused request belongs in. An address that names nothing, or an
    /// organization with several connections, has none.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_log(
        &self,
        address: &LogAddress,
    ) -> Result<Option<ConnectionHandle>, StoreError> {
        match address {
            LogAddress::Connection(id) => self.route_connection(*id).await,
            LogAddress::Organization(slug) => self.route_only_connection(slug).await,
        }
    }
}
