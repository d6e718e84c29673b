//! What both file forms must satisfy before anything is sent.

use std::collections::HashSet;

use super::{Directory, DirectoryError, key};

/// Gives the directory back when every name is unique and leads somewhere.
pub(super) fn check(directory: Directory) -> Result<Directory, DirectoryError> {
    let mut users = HashSet::new();
    for (index, person) in directory.users.iter().enumerate() {
        named(&person.user_name, &format!("users[{index}]"), "userName")?;
        if !users.insert(key(&person.user_name)) {
            return Err(duplicate("user", person.user_name.clone()));
        }
    }
    for person in &directory.users {
        if let Some(manager) = &person.manager {
            known(&users, manager, || {
                format!("the manager of `{}`", person.user_name)
            })?;
        }
    }
    let mut groups = HashSet::new();
    for (index, group) in directory.groups.iter().enumerate() {
        named(&group.name, &format!("groups[{index}]"), "name")?;
        if !groups.insert(key(&group.name)) {
            return Err(duplicate("group", group.name.clone()));
        }
        let mut members = HashSet::new();
        for member in &group.members {
            known(&users, member, || format!("group `{}`", group.name))?;
            if !members.insert(key(member)) {
                return Err(duplicate("member", format!("{member} of {}", group.name)));
            }
        }
    }
    Ok(directory)
}

fn named(name: &str, place: &str, field: &'static str) -> Result<(), DirectoryError> {
    if name.trim().is_empty() {
        return Err(DirectoryError::BadField {
            place: place.to_owned(),
            field,
            problem: "is empty".to_owned(),
        });
    }
    Ok(())
}

fn known(
    users: &HashSet<String>,
    user_name: &str,
    place: impl FnOnce() -> String,
) -> Result<(), DirectoryError> {
    if users.contains(&key(user_name)) {
        return Ok(());
    }
    Err(DirectoryError::UnknownPerson {
        place: place(),
        user_name: user_name.to_owned(),
    })
}

fn duplicate(what: &'static str, name: String) -> DirectoryError {
    DirectoryError::Duplicate { what, name }
}
