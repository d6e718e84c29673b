//! A directory in memory, in which every role is worked out from nothing.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rollcall_model::RoleMapping;

/// The roles of the default policy that a test gives.
pub(super) const ROLES: [&str; 5] = ["owner", "administrator", "moderator", "member", "guest"];

/// Something that happens to a directory. Numbers name whoever is there, counted round.
#[derive(Clone, Debug)]
pub(super) enum Step {
    CreateUser {
        says: Says,
    },
    DeleteUser {
        user: usize,
    },
    RestoreUser {
        user: usize,
    },
    Say {
        user: usize,
        says: Says,
    },
    Give {
        user: usize,
        role: usize,
    },
    Take {
        user: usize,
    },
    CreateGroup {
        users: Vec<usize>,
        awaits_next: bool,
    },
    DeleteGroup {
        group: usize,
    },
    RestoreGroup {
        group: usize,
    },
    Rename {
        group: usize,
    },
    Add {
        group: usize,
        users: Vec<usize>,
        awaits_next: bool,
    },
    Remove {
        group: usize,
        users: Vec<usize>,
    },
    Replace {
        group: usize,
        users: Vec<usize>,
        awaits_next: bool,
    },
    Map {
        group: usize,
        role: usize,
        precedence: u32,
    },
    Unmap {
        group: usize,
    },
    Default {
        role: usize,
    },
}

/// What an identity provider sends of a user's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    Role(usize),
    /// The primary one of `roles`.
    Roles(usize),
    /// `roles` that are something else.
    OtherRoles,
}

impl Says {
    pub(super) fn role(self) -> Option<&'static str> {
        match self {
            Self::Role(role) | Self::Roles(role) => Some(ROLES[role]),
            Self::Nothing | Self::OtherRoles => None,
        }
    }
}

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        3 => Just(Says::Nothing),
        2 => (0..ROLES.len()).prop_map(Says::Role),
        1 => (0..ROLES.len()).prop_map(Says::Roles),
        1 => Just(Says::OtherRoles),
    ]
}

pub(super) fn steps(how_many: usize) -> impl Strategy<Value = Vec<Step>> {
    let some = || any::<usize>();
    let role = || 0..ROLES.len();
    let users = || prop::collection::vec(any::<usize>(), 0..4);
    let group = (some(), users(), any::<bool>());
    let step = prop_oneof![
        4 => says().prop_map(|says| Step::CreateUser { says }),
        1 => some().prop_map(|user| Step::DeleteUser { user }),
        1 => some().prop_map(|user| Step::RestoreUser { user }),
        3 => (some(), says()).prop_map(|(user, says)| Step::Say { user, says }),
        1 => (some(), role()).prop_map(|(user, role)| Step::Give { user, role }),
        1 => some().prop_map(|user| Step::Take { user }),
        2 => (users(), any::<bool>())
            .prop_map(|(users, awaits_next)| Step::CreateGroup { users, awaits_next }),
        1 => some().prop_map(|group| Step::DeleteGroup { group }),
        1 => some().prop_map(|group| Step::RestoreGroup { group }),
        1 => some().prop_map(|group| Step::Rename { group }),
        4 => group.clone().prop_map(|(group, users, awaits_next)| {
            Step::Add { group, users, awaits_next }
        }),
        3 => (some(), users()).prop_map(|(group, users)| Step::Remove { group, users }),
        2 => group.prop_map(|(group, users, awaits_next)| {
            Step::Replace { group, users, awaits_next }
        }),
        3 => (some(), role(), 0_u32..4).prop_map(|(group, role, precedence)| {
            Step::Map { group, role, precedence }
        }),
        1 => some().prop_map(|group| Step::Unmap { group }),
        1 => role().prop_map(|role| Step::Default { role }),
    ];
    prop::collection::vec(step, how_many)
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) says: Says,
    pub(super) manual: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Circle {
    pub(super) members: BTreeSet<String>,
    pub(super) mapping: Option<RoleMapping>,
    /// The numbers of users who are in it as soon as they come.
    pub(super) awaits: BTreeSet<usize>,
}

/// Everybody by id.
#[derive(Debug)]
pub(super) struct World {
    pub(super) users: BTreeMap<String, Person>,
    pub(super) groups: BTreeMap<String, Circle>,
    pub(super) deleted_users: BTreeMap<String, Person>,
    pub(super) deleted_groups: BTreeMap<String, Circle>,
    pub(super) default: &'static str,
    /// How many users there ever were.
    pub(super) born: usize,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            deleted_users: BTreeMap::new(),
            deleted_groups: BTreeMap::new(),
            default: "member",
            born: 0,
        }
    }

    /// The role and its source of everybody, from nothing but what gives roles.
    pub(super) fn roles(&self) -> BTreeMap<String, (String, &'static str)> {
        let roles = self.users.iter().map(|(id, person)| {
            let group = self
                .groups
                .iter()
                .filter(|(_, group)| group.members.contains(id));
            let group = group
                .filter_map(|(group_id, group)| {
                    let mapping = group.mapping.as_ref()?;
                    Some((mapping.precedence, group_id, mapping.role.as_str()))
                })
                .min();
            let role = match (person.manual, person.says.role(), group) {
                (Some(role), _, _) => (role.to_owned(), "manual"),
                (None, Some(role), _) => (role.to_owned(), "attribute"),
                (None, None, Some((_, _, role))) => (role.to_owned(), "group"),
                (None, None, None) => (self.default.to_owned(), "default"),
            };
            (id.clone(), role)
        });
        roles.collect()
    }

    pub(super) fn delete_user(&mut self, id: &str) {
        for group in self.groups.values_mut() {
            group.members.remove(id);
        }
        if let Some(mut person) = self.users.remove(id) {
            // Whoever comes back has lost what was given by hand.
            person.manual = None;
            self.deleted_users.insert(id.to_owned(), person);
        }
    }

    pub(super) fn delete_group(&mut self, id: &str) {
        if let Some(group) = self.groups.remove(id) {
            let kept = Circle {
                mapping: group.mapping,
                ..Circle::default()
            };
            self.deleted_groups.insert(id.to_owned(), kept);
        }
    }
}

/// The one that a number means, if there is any.
pub(super) fn pick<T>(from: &BTreeMap<String, T>, number: usize) -> Option<String> {
    let position = number.checked_rem(from.len())?;
    from.keys().nth(position).cloned()
}
