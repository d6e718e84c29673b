//! Single changes, as an administrator would make them in the provider's console.

/// One change of the directory. People are named by user name, groups by name.
///
/// ```
/// use rollcall_idp_sim::Change;
///
/// let married = Change::rename_user("ines.duarte@northwind.example", "Inês", "Okafor");
/// let promoted = Change::move_user("ada@northwind.example", "Engineering", "Leadership");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Gives a person another name.
    RenameUser {
        /// User name before the change.
        user: String,
        /// New first name.
        given_name: String,
        /// New last name.
        family_name: String,
        /// New user name; `None` keeps the old one.
        new_user_name: Option<String>,
    },
    /// Takes a person out of one group and puts them into another.
    MoveUser {
        /// User name.
        user: String,
        /// Group left.
        from: String,
        /// Group entered.
        to: String,
    },
    /// Takes a person's access away; nothing is deleted.
    DeactivateUser {
        /// User name.
        user: String,
    },
    /// Gives a person's access back.
    ReactivateUser {
        /// User name.
        user: String,
    },
    /// Deletes a person. Okta never does, and deactivates instead.
    DeleteUser {
        /// User name.
        user: String,
    },
    /// Gives a group another name; its members stay.
    RenameGroup {
        /// Name before the change.
        group: String,
        /// Name after it.
        new_name: String,
    },
    /// Stops pushing a group, which deletes it at the endpoint.
    DeleteGroup {
        /// Its name.
        group: String,
    },
}

impl Change {
    /// A [`Change::RenameUser`] that keeps the user name.
    pub fn rename_user(user: &str, given_name: &str, family_name: &str) -> Self {
        Self::RenameUser {
            user: user.to_owned(),
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            new_user_name: None,
        }
    }

    /// A [`Change::MoveUser`].
    pub fn move_user(user: &str, from: &str, to: &str) -> Self {
        Self::MoveUser {
            user: user.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    /// A [`Change::DeactivateUser`].
    pub fn deactivate_user(user: &str) -> Self {
        Self::DeactivateUser {
            user: user.to_owned(),
        }
    }

    /// A [`Change::ReactivateUser`].
    pub fn reactivate_user(user: &str) -> Self {
        Self::ReactivateUser {
            user: user.to_owned(),
        }
    }

    /// A [`Change::DeleteUser`].
    pub fn delete_user(user: &str) -> Self {
        Self::DeleteUser {
            user: user.to_owned(),
        }
    }

    /// A [`Change::RenameGroup`].
    pub fn rename_group(group: &str, new_name: &str) -> Self {
        Self::RenameGroup {
            group: group.to_owned(),
            new_name: new_name.to_owned(),
        }
    }

    /// A [`Change::DeleteGroup`].
    pub fn delete_group(group: &str) -> Self {
        Self::DeleteGroup {
            group: group.to_owned(),
        }
    }
}
