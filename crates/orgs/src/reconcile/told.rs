//! What differs, as it is told.

use rollcall_model::ScimConnectionId;
use rollcall_store::SeenKeys;
use serde::Serialize;

use super::RosterEntry;

/// How one side and the other say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sides<T> {
    /// As the roster has it.
    pub roster: T,
    /// As Rollcall has it.
    pub rollcall: T,
}

/// A user, by the names that it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedUser {
    /// The SCIM connection that it is in.
    pub scim_connection_id: ScimConnectionId,
    /// Its SCIM id.
    pub id: String,
    /// Its `externalId`.
    pub external_id: Option<String>,
    /// Its `userName`.
    pub user_name: Option<String>,
    /// Its role.
    pub role: String,
}

/// An entry of the roster, by its place and the names in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedEntry {
    /// The number of its line; the first is 1.
    pub line: usize,
    /// As it was sent.
    pub id: Option<String>,
    /// As it was sent.
    pub external_id: Option<String>,
    /// As it was sent.
    pub user_name: Option<String>,
}

/// An entry that says something else than Rollcall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// The number of the line.
    pub line: usize,
    /// Whom it is about.
    pub user: NamedUser,
    /// Set if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<Sides<bool>>,
    /// Set if they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Sides<String>>,
}

/// Why an entry cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Its keys name several users.
    SeveralUsers,
    /// Another entry is, or may be, about the same user.
    SeveralEntries,
}

/// An entry of which nobody can say whom it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ambiguous {
    /// The entry.
    #[serde(flatten)]
    pub entry: NamedEntry,
    /// Why.
    pub reason: Doubt,
    /// Whom it may be about, at most ten of them.
    pub users: Vec<NamedUser>,
}

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Lines of the roster.
    pub roster: usize,
    /// Users that were compared.
    pub users: usize,
    /// Entries that say what Rollcall says.
    pub equal: usize,
    /// See [`Differences::missing`].
    pub missing: usize,
    /// See [`Differences::extra`].
    pub extra: usize,
    /// See [`Differences::stale`].
    pub stale: usize,
    /// See [`Differences::ambiguous`].
    pub ambiguous: usize,
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// How many there are of each.
    pub counts: Counts,
    /// Active users whom no entry names.
    pub missing: Vec<NamedUser>,
    /// Active entries that name nobody whom Rollcall has.
    pub extra: Vec<NamedEntry>,
    /// Entries that say something else.
    pub stale: Vec<Stale>,
    /// Entries of which nobody can say whom they are about.
    pub ambiguous: Vec<Ambiguous>,
}

impl NamedUser {
    pub(super) fn of(user: &SeenKeys) -> Self {
        Self {
            scim_connection_id: user.scim_connection_id,
            id: user.id.to_scim(),
            external_id: user.external_id.clone(),
            user_name: user.user_name.clone(),
            role: user.role.to_string(),
        }
    }
}

impl NamedEntry {
    pub(super) fn of(line: usize, entry: &RosterEntry) -> Self {
        Self {
            line,
            id: entry.id.clone(),
            external_id: entry.external_id.clone(),
            user_name: entry.user_name.clone(),
        }
    }
}

/// In what an entry differs from the user it is about.
pub(super) fn stale(line: usize, entry: &RosterEntry, user: &SeenKeys) -> Option<Stale> {
    let active = (entry.active != user.has_access()).then(|| Sides {
        roster: entry.active,
        rollcall: user.has_access(),
    });
    let role = entry.role.as_deref().and_then(|role| {
        let same = role.trim().eq_ignore_ascii_case(user.role.as_str());
        (!same).then(|| Sides {
            roster: role.to_owned(),
            rollcall: user.role.to_string(),
        })
    });
    (active.is_some() || role.is_some()).then(|| Stale {
        line,
        user: NamedUser::of(user),
        active,
        role,
    })
}
