//! The state of a connection, in words.

use rollcall_model::{ConnectionState, ScimConnection, Timestamp};

use crate::text::guides;
use crate::text::portal as p;

/// The state of a connection, as the pages show it.
pub(super) struct Status {
    /// The kind of its badge.
    pub(super) kind: &'static str,
    /// In a word or two.
    pub(super) says: &'static str,
    /// What that means.
    pub(super) means: String,
    /// Why it needs somebody, and what to do; empty if it does not.
    pub(super) reasons: Vec<String>,
    /// The identity provider: as it was recognised, or as it was chosen.
    pub(super) idp: Option<&'static str>,
    /// How many users it has sent.
    pub(super) users: u64,
    /// How many groups it has sent.
    pub(super) groups: u64,
    /// When the first request came.
    pub(super) first_request: Option<String>,
    /// When the last request came.
    pub(super) last_request: Option<String>,
}

impl Status {
    /// The state of a connection at a moment.
    pub(super) fn of(connection: &ScimConnection, now: Timestamp) -> Self {
        let recognised = connection.recognised_idp.map(guides::name);
        let (kind, says, means) = match connection.state() {
            ConnectionState::Disabled => ("", p::DISABLED, p::DISABLED_SAYS.to_owned()),
            ConnectionState::AwaitingFirstRequest => {
                ("note", p::WAITING, p::WAITING_SAYS.to_owned())
            }
            ConnectionState::Attention => ("warn", p::ATTENTION, p::ATTENTION_SAYS.to_owned()),
            ConnectionState::Connected => ("good", p::CONNECTED, p::connected_says(recognised)),
        };
        Self {
            kind,
            says,
            means,
            reasons: connection.attention().iter().map(p::attention).collect(),
            idp: recognised.or_else(|| connection.idp.map(guides::name)),
            users: connection.users,
            groups: connection.groups,
            first_request: connection.first_request_at.map(p::moment),
            last_request: connection.last_request_at.map(|at| p::ago(at, now)),
        }
    }
}
