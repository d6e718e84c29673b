//! A product's roster compared with an organization: who is missing, who is too many, and whose
//! entry is out of date.
//!
//! A roster is matched by keys: the id, the external id, the user name. Those keys of an entry that
//! name somebody must agree; one that names nobody (a name from before a renaming, say) does not
//! count. Held are the entries and the keys of the users, and nothing else of either.

use std::collections::HashMap;

use rollcall_model::ScimConnectionId;
use rollcall_store::{OrgSnapshot, SeenKeys, StoreError, user_name_key};
use serde::{Deserialize, Serialize};

/// How many users are read at once.
const AT_ONCE: u64 = 1_000;

/// The most that one entry of `ambiguous` names.
const NAMED_AT_MOST: usize = 10;

/// One line of a roster.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterEntry {
    /// The user's SCIM id.
    #[serde(default)]
    pub id: Option<String>,
    /// The user's `externalId`.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The user's `userName`, in any spelling that is the same name.
    #[serde(default)]
    pub user_name: Option<String>,
    /// Whether the product lets this person in.
    pub active: bool,
    /// The role that this person has in the product; not compared if it is absent.
    #[serde(default)]
    pub role: Option<String>,
}

/// By what entries name users.
#[derive(Clone, Copy)]
enum Key {
    Id,
    ExternalId,
    UserName,
}

/// A roster, with what was found of it so far.
#[derive(Default)]
pub struct Comparison {
    /// With the numbers of their lines.
    entries: Vec<(usize, RosterEntry)>,
    by: [HashMap<String, Vec<usize>>; 3],
    users: Vec<SeenKeys>,
    /// For each entry the users that its keys name, and by which keys, as bits.
    found: HashMap<usize, Vec<(usize, u8)>>,
}

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

impl RosterEntry {
    /// Whether it names somebody at all.
    #[must_use]
    pub fn has_key(&self) -> bool {
        let keys = [&self.id, &self.external_id, &self.user_name];
        keys.iter()
            .any(|key| key.as_deref().is_some_and(|key| !key.is_empty()))
    }
}

impl Comparison {
    /// Takes the next entry of the roster, and the number of its line.
    pub fn push(&mut self, line: usize, entry: RosterEntry) {
        let place = self.entries.len();
        let name = entry.user_name.as_deref().map(user_name_key);
        let keys = [
            (Key::Id, entry.id.clone()),
            (Key::ExternalId, entry.external_id.clone()),
            (Key::UserName, name),
        ];
        for (key, text) in keys {
            let Some(text) = text.filter(|text| !text.is_empty()) else {
                continue;
            };
            let of_key = self.by.get_mut(key as usize);
            if let Some(of_key) = of_key {
                of_key.entry(text).or_default().push(place);
            }
        }
        self.entries.push((line, entry));
    }

    /// Takes a user. All entries must have been taken before.
    pub fn look_at(&mut self, user: SeenKeys) {
        let number = self.users.len();
        let id = user.id.to_scim();
        let keys = [
            (Key::Id, Some(id.as_str())),
            (Key::ExternalId, user.external_id.as_deref()),
            (Key::UserName, Some(user.user_name_key.as_str())),
        ];
        for (key, text) in keys {
            let places = text.and_then(|text| self.by.get(key as usize)?.get(text));
            for place in places.into_iter().flatten() {
                let users = self.found.entry(*place).or_default();
                let bit = 1 << key as u8;
                match users.last_mut() {
                    Some((user, by)) if *user == number => *by |= bit,
                    _ => users.push((number, bit)),
                }
            }
        }
        // Also if no entry names it: then it may be missing.
        self.users.push(user);
    }

    /// Compares the roster with every user of a snapshot, or of one connection of it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn with(
        mut self,
        snapshot: &OrgSnapshot,
        only: Option<ScimConnectionId>,
    ) -> Result<Differences, StoreError> {
        for connection in snapshot.connections() {
            if only.is_some_and(|only| only != connection.id()) {
                continue;
            }
            let mut after = None;
            loop {
                let users = snapshot.list_keys_after(connection, after, AT_ONCE).await?;
                let Some(last) = users.last() else { break };
                after = Some(last.id);
                users.into_iter().for_each(|user| self.look_at(user));
            }
        }
        Ok(self.differences())
    }

    /// What differs, once all entries and all users were taken.
    #[must_use]
    pub fn differences(self) -> Differences {
        let mut found = Differences::default();
        // Whom each entry means, and how many entries are or may be about each user.
        let meant: Vec<Meant> = (0..self.entries.len())
            .map(|it| self.meant_by(it))
            .collect();
        let mut entries_of: HashMap<usize, usize> = HashMap::new();
        for users in meant.iter().map(Meant::users) {
            for user in users {
                *entries_of.entry(*user).or_default() += 1;
            }
        }
        for ((line, entry), meant) in self.entries.iter().zip(meant) {
            let named = || NamedEntry::of(*line, entry);
            let doubt = |reason, users: &[usize]| Ambiguous {
                entry: named(),
                reason,
                users: self.named_users(users),
            };
            match meant {
                Meant::Nobody if entry.active => found.extra.push(named()),
                Meant::Nobody => found.counts.equal += 1,
                Meant::Several(users) => {
                    found.ambiguous.push(doubt(Doubt::SeveralUsers, &users));
                }
                Meant::One(user) if entries_of.get(&user).is_some_and(|number| *number > 1) => {
                    found.ambiguous.push(doubt(Doubt::SeveralEntries, &[user]));
                }
                Meant::One(user) => {
                    let user = self.users.get(user);
                    match user.and_then(|user| stale(*line, entry, user)) {
                        Some(stale) => found.stale.push(stale),
                        None => found.counts.equal += 1,
                    }
                }
            }
        }
        let users = self.users.iter().enumerate();
        let missing = users
            .filter(|(number, user)| user.has_access() && !entries_of.contains_key(number))
            .map(|(_, user)| NamedUser::of(user));
        found.missing = missing.collect();
        found.counts = Counts {
            roster: self.entries.len(),
            users: self.users.len(),
            missing: found.missing.len(),
            extra: found.extra.len(),
            stale: found.stale.len(),
            ambiguous: found.ambiguous.len(),
            ..found.counts
        };
        found
    }

    fn meant_by(&self, place: usize) -> Meant {
        let Some(users) = self.found.get(&place) else {
            return Meant::Nobody;
        };
        let all = users.iter().fold(0, |bits, (_, by)| bits | by);
        let mut agreed = users.iter().filter(|(_, by)| *by == all);
        match (agreed.next(), agreed.next()) {
            (Some((user, _)), None) => Meant::One(*user),
            _ => Meant::Several(users.iter().map(|(user, _)| *user).collect()),
        }
    }

    fn named_users(&self, users: &[usize]) -> Vec<NamedUser> {
        let known = users.iter().filter_map(|user| self.users.get(*user));
        known.take(NAMED_AT_MOST).map(NamedUser::of).collect()
    }
}

/// Whom an entry means.
enum Meant {
    Nobody,
    One(usize),
    Several(Vec<usize>),
}

impl Meant {
    /// Everybody whom it is or may be about.
    fn users(&self) -> &[usize] {
        match self {
            Self::Nobody => &[],
            Self::One(user) => std::slice::from_ref(user),
            Self::Several(users) => users,
        }
    }
}

impl NamedUser {
    fn of(user: &SeenKeys) -> Self {
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
    fn of(line: usize, entry: &RosterEntry) -> Self {
        Self {
            line,
            id: entry.id.clone(),
            external_id: entry.external_id.clone(),
            user_name: entry.user_name.clone(),
        }
    }
}

/// In what an entry differs from the user it is about.
fn stale(line: usize, entry: &RosterEntry, user: &SeenKeys) -> Option<Stale> {
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

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
