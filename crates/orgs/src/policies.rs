//! Setting the policy of an organization, and seeing beforehand whom it would hit.

use std::collections::BTreeMap;

use rollcall_model::{ConnectionState, Origin, PageRequest, Policy, RoleName, SignInLink, UserId};
use rollcall_store::{OrgHandle, Seats, StoredPolicy};

use crate::again;
use crate::error::OrgsError;

/// How many roles there may be, and how many users may be protected.
const MOST_ROLES: usize = 50;
const MOST_PROTECTED: usize = 100;

/// How many connections are looked at for one that is connected. Nobody has as many.
const MOST_CONNECTIONS: u64 = 500;

/// Replaces the policy, and gives seats to those who wait if there are more by it.
///
/// `force` switches the restriction to SCIM on although no SCIM connection is connected.
///
/// # Errors
///
/// A rule does not fit the others, names a user that is not there, or would lock everybody out
/// ([`OrgsError::Refused`]).
pub async fn replace(
    org: &OrgHandle,
    policy: &Policy,
    force: bool,
    origin: Origin,
) -> Result<StoredPolicy, OrgsError> {
    let held = org.policy().await?.policy;
    check(policy)?;
    check_users(org, policy, &held).await?;
    if !force {
        check_restriction(org, policy, &held).await?;
    }
    again::while_in_the_way(again::is_contention, async || {
        save(org, policy, origin).await
    })
    .await
}

async fn save(org: &OrgHandle, policy: &Policy, origin: Origin) -> Result<StoredPolicy, OrgsError> {
    let mut tx = org.begin(origin).await?;
    let before = tx.lock_policy().await?;
    if let Some((role, users)) = lost_roles(tx.roles_in_use().await?, policy)
        .into_iter()
        .next()
    {
        return Err(role_in_use(&role, users));
    }
    let (limit, limited) = (policy.seat_limit, before.policy.seat_limit.is_some());
    let after = tx.save_policy(before, policy.clone()).await?;
    if limit.is_some() && !limited {
        tx.recount_active_users().await?;
    }
    tx.give_out_seats(limit).await?;
    tx.commit().await?;
    Ok(after)
}

/// Whether users that are to be protected are there.
async fn check_users(org: &OrgHandle, policy: &Policy, held: &Policy) -> Result<(), OrgsError> {
    for user in policy.protected_users.difference(&held.protected_users) {
        if org.connection_of_user(*user).await?.is_none() {
            let id = user.to_scim();
            let reason = format!("names `{id}`, who is not a user of this organization");
            return Err(OrgsError::invalid("protected_users", reason));
        }
    }
    Ok(())
}

/// Whether the rules fit each other.
pub(crate) fn check(policy: &Policy) -> Result<(), OrgsError> {
    let lower = |text: &str| text.to_lowercase();
    let mut names: Vec<String> = policy
        .roles
        .iter()
        .map(|role| lower(role.as_str()))
        .collect();
    let many = names.len();
    names.sort();
    names.dedup();
    if !(1..=MOST_ROLES).contains(&many) {
        let reason = format!("must name 1 to {MOST_ROLES} roles");
        return Err(OrgsError::invalid("roles", reason));
    }
    if names.len() < many {
        return Err(OrgsError::invalid("roles", "names a role twice"));
    }
    if !policy.roles.contains(&policy.default_role) {
        return Err(OrgsError::invalid("default_role", "must be one of `roles`"));
    }
    if policy.default_role.is_owner() {
        let reason = "cannot be `owner`: everybody without a role would be one";
        return Err(OrgsError::invalid("default_role", reason));
    }
    if policy.last_owner_protection && !policy.roles.iter().any(|role| role.is_owner()) {
        let reason = "needs the role `owner` among `roles`";
        return Err(OrgsError::invalid("last_owner_protection", reason));
    }
    if policy.protected_users.len() > MOST_PROTECTED {
        let reason = format!("may name {MOST_PROTECTED} users at most");
        return Err(OrgsError::invalid("protected_users", reason));
    }
    Ok(())
}

/// Nobody could get an account any more if no identity provider sends any.
async fn check_restriction(
    org: &OrgHandle,
    policy: &Policy,
    held: &Policy,
) -> Result<(), OrgsError> {
    if !policy.restrict_account_creation_to_scim || held.restrict_account_creation_to_scim {
        return Ok(());
    }
    let page = PageRequest {
        after: None,
        limit: MOST_CONNECTIONS,
    };
    let connections = org.list_scim_connections(page).await?;
    let connected = connections
        .items
        .iter()
        .any(|connection| connection.state() == ConnectionState::Connected);
    if connected {
        return Ok(());
    }
    Err(OrgsError::Refused {
        code: "no_connected_scim_connection",
        reason:
            "no SCIM connection of this organization is connected, so nobody new could get in: \
                 set one up and wait for its first request, or send `force=true`"
                .to_owned(),
    })
}

/// Roles that are no longer listed and that something still gives, with how often.
fn lost_roles(mut in_use: BTreeMap<RoleName, u64>, policy: &Policy) -> BTreeMap<RoleName, u64> {
    in_use.retain(|role, _| !policy.roles.contains(role));
    in_use
}

fn role_in_use(role: &RoleName, times: u64) -> OrgsError {
    OrgsError::Refused {
        code: "role_in_use",
        reason: format!(
            "the role `{role}` is gone from `roles`, and {times} users and groups have it: give them \
             another one first"
        ),
    }
}

/// How many of those whom a policy would hit are named.
const NAMED: u64 = 100;

/// What a policy would do, were it saved.
#[derive(Debug)]
pub struct Preview {
    /// How many people with an account would be denied at their next sign-in, at most: whoever was
    /// provisioned since the last one will be that user.
    pub blocked: u64,
    /// The first of them.
    pub first_blocked: Vec<SignInLink>,
    /// Roles that would be gone, with how many users and groups have them now.
    pub lost_roles: BTreeMap<RoleName, u64>,
    /// The default role now and then, if it would be another one.
    pub default_role: Option<(RoleName, RoleName)>,
    /// How many users have the default role.
    pub with_default_role: u64,
    /// The first of them.
    pub first_with_default_role: Vec<(UserId, Option<String>)>,
    /// How the seats are taken now.
    pub seats: Seats,
    /// How many seats more are taken than there would be. Nobody loses one; nobody gets a new one.
    pub seats_missing: u64,
    /// What would keep it from being saved: a field, and what is wrong.
    pub problems: Vec<OrgsError>,
}

/// Tells what a policy would do, and changes nothing.
///
/// # Errors
///
/// The database is not available.
pub async fn preview(org: &OrgHandle, proposed: &Policy) -> Result<Preview, OrgsError> {
    let held = org.policy().await?.policy;
    let mut problems: Vec<OrgsError> = check(proposed).err().into_iter().collect();
    for checked in [
        check_users(org, proposed, &held).await,
        check_restriction(org, proposed, &held).await,
    ] {
        match checked {
            Err(error @ (OrgsError::Refused { .. } | OrgsError::Invalid { .. })) => {
                problems.push(error);
            }
            other => other?,
        }
    }
    let seats = org.seats().await?;
    let (blocked, first_blocked) = if proposed.restrict_account_creation_to_scim {
        (
            seats.sign_in_accounts,
            org.list_sign_in_accounts(NAMED).await?,
        )
    } else {
        (0, Vec::new())
    };
    let lost_roles = lost_roles(org.roles_in_use().await?, proposed);
    problems.extend(
        lost_roles
            .iter()
            .map(|(role, times)| role_in_use(role, *times)),
    );
    let (held_role, role) = (held.default_role, proposed.default_role.clone());
    let default_role = (held_role != role).then_some((held_role, role));
    let (with_default_role, first_with_default_role) = match default_role {
        Some(_) => org.users_with_default_role(NAMED).await?,
        None => (0, Vec::new()),
    };
    let limit = proposed
        .seat_limit
        .map_or(u64::MAX, |limit| limit.seats.into());
    Ok(Preview {
        blocked,
        first_blocked,
        lost_roles,
        default_role,
        with_default_role,
        first_with_default_role,
        seats_missing: seats.taken().saturating_sub(limit),
        seats,
        problems,
    })
}
