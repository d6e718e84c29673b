//! A product's roster compared with an organization: who is missing, who is too many, and whose
//! entry is out of date.
//!
//! A roster is matched by keys: the id, the external id, the user name. Those keys of an entry that
//! name somebody must agree; one that names nobody (a name from before a renaming, say) does not
//! count. Held are the entries and the keys of the users, and nothing else of either.

mod told;

use std::borrow::Cow;
use std::collections::HashMap;

use rollcall_model::ScimConnectionId;
use rollcall_store::{OrgSnapshot, SeenKeys, StoreError, user_name_key};
use serde::Deserialize;

use self::told::stale;
pub use self::told::{Ambiguous, Counts, Differences, Doubt, NamedEntry, NamedUser, Sides, Stale};

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

/// A roster, and the users that were looked at.
#[derive(Default)]
pub struct Comparison {
    /// With the numbers of their lines.
    entries: Vec<(usize, RosterEntry)>,
    users: Vec<SeenKeys>,
    /// For each text that is a key of an entry, the users that have it, in their order. Entries find
    /// their users through it: users who share an `externalId` with many entries are held once.
    named: [HashMap<String, Vec<usize>>; 3],
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
        for (key, text) in keys_of(&entry) {
            if let Some(named) = self.named.get_mut(key as usize) {
                named.entry(text.into_owned()).or_default();
            }
        }
        self.entries.push((line, entry));
    }

    /// Takes a user. All entries must have been taken before.
    pub fn look_at(&mut self, user: SeenKeys) {
        let number = self.users.len();
        for (key, text) in keys_of_user(&user) {
            let named = self.named.get_mut(key as usize);
            if let Some(users) = named.and_then(|named| named.get_mut(text.as_ref())) {
                users.push(number);
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
        let meant = self.entries.iter().map(|(_, entry)| self.meant_by(entry));
        let meant: Vec<Meant> = meant.collect();
        let about = self.about(&meant);
        for ((line, entry), meant) in self.entries.iter().zip(meant) {
            let named = || NamedEntry::of(*line, entry);
            let doubt = |reason, users: Vec<usize>| Ambiguous {
                entry: named(),
                reason,
                users: self.named_users(&users),
            };
            match meant {
                Meant::Nobody if entry.active => found.extra.push(named()),
                Meant::Nobody => found.counts.equal += 1,
                Meant::Several => {
                    let users = self.first_named_by(entry);
                    found.ambiguous.push(doubt(Doubt::SeveralUsers, users));
                }
                Meant::One(user) if about.get(user).is_some_and(|number| *number > 1) => {
                    found
                        .ambiguous
                        .push(doubt(Doubt::SeveralEntries, vec![user]));
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
        let missing = self.users.iter().zip(about);
        let missing = missing
            .filter(|(user, about)| user.has_access() && *about == 0)
            .map(|(user, _)| NamedUser::of(user));
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

    /// The users that each key of an entry names; a key that is nobody's is left out.
    fn named_by(&self, entry: &RosterEntry) -> impl Iterator<Item = (Key, &[usize])> {
        keys_of(entry).filter_map(|(key, text)| {
            let users = self.named.get(key as usize)?.get(text.as_ref())?;
            (!users.is_empty()).then_some((key, users.as_slice()))
        })
    }

    /// Looks through the fewest users that one key names, and no further than to a second one who
    /// fits: of an `externalId` that is everybody's there would be no end.
    fn meant_by(&self, entry: &RosterEntry) -> Meant {
        let named: Vec<_> = self.named_by(entry).collect();
        let Some((_, fewest)) = named.iter().min_by_key(|(_, users)| users.len()) else {
            return Meant::Nobody;
        };
        let agree = |user: &&usize| {
            named
                .iter()
                .all(|(_, users)| users.binary_search(user).is_ok())
        };
        let mut agreed = fewest.iter().filter(agree);
        match (agreed.next(), agreed.next()) {
            (Some(user), None) => Meant::One(*user),
            _ => Meant::Several,
        }
    }

    /// How many entries are or may be about each user. One that may be counts once for each key by
    /// which it names the user.
    fn about(&self, meant: &[Meant]) -> Vec<usize> {
        let mut about = vec![0; self.users.len()];
        let mut doubtful: [HashMap<Cow<'_, str>, usize>; 3] = Default::default();
        for ((_, entry), meant) in self.entries.iter().zip(meant) {
            match meant {
                Meant::Nobody => {}
                Meant::One(user) => about.iter_mut().skip(*user).take(1).for_each(|it| *it += 1),
                Meant::Several => {
                    for (key, text) in keys_of(entry) {
                        if let Some(doubtful) = doubtful.get_mut(key as usize) {
                            *doubtful.entry(text).or_default() += 1;
                        }
                    }
                }
            }
        }
        for (user, about) in self.users.iter().zip(&mut about) {
            for (key, text) in keys_of_user(user) {
                let by = doubtful.get(key as usize);
                *about += by.and_then(|by| by.get(&text)).copied().unwrap_or(0);
            }
        }
        about
    }

    /// The first of those whom any key of an entry names.
    fn first_named_by(&self, entry: &RosterEntry) -> Vec<usize> {
        let named = self.named_by(entry);
        let mut users: Vec<_> = named
            .flat_map(|(_, users)| users.iter().take(NAMED_AT_MOST).copied())
            .collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    fn named_users(&self, users: &[usize]) -> Vec<NamedUser> {
        let known = users.iter().filter_map(|user| self.users.get(*user));
        known.take(NAMED_AT_MOST).map(NamedUser::of).collect()
    }
}

/// By what an entry names somebody.
fn keys_of(entry: &RosterEntry) -> impl Iterator<Item = (Key, Cow<'_, str>)> {
    let name = entry.user_name.as_deref().map(user_name_key);
    let keys = [
        (Key::Id, entry.id.as_deref().map(Cow::from)),
        (Key::ExternalId, entry.external_id.as_deref().map(Cow::from)),
        (Key::UserName, name.map(Cow::from)),
    ];
    let given = keys
        .into_iter()
        .filter_map(|(key, text)| Some((key, text?)));
    given.filter(|(_, text)| !text.is_empty())
}

/// What a user can be named by.
fn keys_of_user(user: &SeenKeys) -> impl Iterator<Item = (Key, Cow<'_, str>)> {
    let keys = [
        (Key::Id, Some(Cow::from(user.id.to_scim()))),
        (Key::ExternalId, user.external_id.as_deref().map(Cow::from)),
        (Key::UserName, Some(Cow::from(user.user_name_key.as_str()))),
    ];
    keys.into_iter()
        .filter_map(|(key, text)| Some((key, text?)))
}

/// Whom an entry means.
enum Meant {
    Nobody,
    One(usize),
    Several,
}

#[cfg(test)]
mod tests;
