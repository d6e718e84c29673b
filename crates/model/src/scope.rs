//! What a client of a SCIM connection may do with its users and groups (RFC 7644 §2: each client
//! maps to an access policy).

use serde::{Deserialize, Serialize};

/// One thing that a client may do. Who may write may read the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Look at users.
    #[serde(rename = "users:read")]
    UsersRead,
    /// Look at users and change them.
    #[serde(rename = "users:write")]
    UsersWrite,
    /// Look at groups.
    #[serde(rename = "groups:read")]
    GroupsRead,
    /// Look at groups and change them.
    #[serde(rename = "groups:write")]
    GroupsWrite,
}

impl Scope {
    /// Every scope, in the order in which they are shown.
    pub const ALL: [Self; 4] = [
        Self::UsersRead,
        Self::UsersWrite,
        Self::GroupsRead,
        Self::GroupsWrite,
    ];

    /// Its name (RFC 6749 §3.3).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::GroupsRead => "groups:read",
            Self::GroupsWrite => "groups:write",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// What it gives, as bits: its own, and that of reading the same.
    const fn given(self) -> u8 {
        match self {
            Self::UsersRead => 0b0001,
            Self::UsersWrite => 0b0011,
            Self::GroupsRead => 0b0100,
            Self::GroupsWrite => 0b1100,
        }
    }
}

/// A set of scopes. Who may write the one kind may read it too, so no set has the one without the
/// other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

/// The stored words of the two sets that were all there was before sets had names.
const STORED_READ: &str = "read";
const STORED_WRITE: &str = "write";

impl Scopes {
    /// Nothing at all. No token is made so: it is what stored words mean that this release does
    /// not know, because a later one wrote them.
    pub const NOTHING: Self = Self(0);

    /// Look at everything.
    pub const READ: Self = Self(0b0101);

    /// Look at everything and change it.
    pub const WRITE: Self = Self(0b1111);

    /// Whether it allows what this scope names.
    #[must_use]
    pub const fn allow(self, scope: Scope) -> bool {
        self.0 & scope.given() == scope.given()
    }

    /// What both allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the other set allows all of this one.
    #[must_use]
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & other.0 == self.0
    }

    /// Whether it allows nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its scopes, those that come with others too.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.allow(*scope))
    }

    /// The names of its scopes with spaces between them (RFC 6749 §3.3).
    #[must_use]
    pub fn names(self) -> String {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        names.join(" ")
    }

    /// Reads names with spaces between them; `None` if one of them is of no scope.
    #[must_use]
    pub fn from_names(names: &str) -> Option<Self> {
        names
            .split_ascii_whitespace()
            .map(Scope::from_name)
            .collect()
    }

    /// The one word for the two sets that have one: `read` or `write`.
    #[must_use]
    pub const fn shorthand(self) -> Option<&'static str> {
        match self {
            Self::READ => Some(STORED_READ),
            Self::WRITE => Some(STORED_WRITE),
            _ => None,
        }
    }

    /// What is stored. The two sets that earlier releases knew keep their words, so that either
    /// release can read what the other wrote; what an earlier one cannot read, it allows nothing.
    #[must_use]
    pub fn to_stored(self) -> String {
        self.shorthand()
            .map_or_else(|| self.names(), ToOwned::to_owned)
    }

    /// Reads what is stored. A word that nobody knows allows nothing.
    #[must_use]
    pub fn from_stored(stored: &str) -> Self {
        match stored {
            STORED_READ => Self::READ,
            STORED_WRITE => Self::WRITE,
            names => names
                .split_ascii_whitespace()
                .filter_map(Scope::from_name)
                .collect(),
        }
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let scopes = scopes.into_iter();
        Self(scopes.fold(0, |bits, scope| bits | scope.given()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scopes: &[Scope]) -> Scopes {
        scopes.iter().copied().collect()
    }

    #[test]
    fn whoever_may_write_may_read_the_same_and_nothing_else() {
        let users = of(&[Scope::UsersWrite]);
        assert!(users.allow(Scope::UsersRead) && users.allow(Scope::UsersWrite));
        assert!(!users.allow(Scope::GroupsRead) && !users.allow(Scope::GroupsWrite));
        assert!(of(&[Scope::UsersRead]).is_within(users));
        assert!(!users.is_within(Scopes::READ) && users.is_within(Scopes::WRITE));
    }

    #[test]
    fn every_set_comes_back_from_what_is_stored() {
        for bits in 0..16_u8 {
            let chosen = Scope::ALL.into_iter().enumerate();
            let set: Scopes = chosen
                .filter(|(place, _)| bits & (1 << place) != 0)
                .map(|(_, scope)| scope)
                .collect();
            assert_eq!(Scopes::from_stored(&set.to_stored()), set);
            assert_eq!(Scopes::from_names(&set.names()), Some(set));
        }
    }

    #[test]
    fn the_sets_of_earlier_releases_keep_their_words() {
        assert_eq!(Scopes::READ.to_stored(), "read");
        assert_eq!(Scopes::WRITE.to_stored(), "write");
        assert_eq!(of(&[Scope::UsersRead]).to_stored(), "users:read");
        assert_eq!(Scopes::from_stored("read"), Scopes::READ);
    }

    #[test]
    fn a_word_of_a_later_release_allows_nothing() {
        assert_eq!(Scopes::from_stored("groups"), Scopes::NOTHING);
        let known = Scopes::from_stored("roles:write users:read");
        assert_eq!(known, of(&[Scope::UsersRead]));
        assert_eq!(Scopes::from_names("roles:write users:read"), None);
    }
}
