//! Giving roles: by hand to a user, or through a group; and why a user has its role.

use rollcall_model::{GroupId, Origin, RoleMapping, RoleName, ScimConnectionId, UserId};
use rollcall_store::{ConnectionHandle, DirectoryTx, OrgHandle, RoleExplanation};

use crate::error::OrgsError;

/// How long a reason may be, in characters.
const LONGEST_REASON: usize = 500;

const USER: &str = "user";
const GROUP: &str = "group";

/// Why a user has its role, and of which SCIM connection it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedRole {
    /// The SCIM connection that the user belongs to.
    pub connection_id: ScimConnectionId,
    /// The role, and everything that gives one.
    pub explanation: RoleExplanation,
}

/// Has a group give a role to its direct members.
///
/// # Errors
///
/// There is no such group, or no such role in the policy.
pub async fn map_group(
    connection: &ConnectionHandle,
    id: GroupId,
    role: &str,
    precedence: u32,
    origin: Origin,
) -> Result<(), OrgsError> {
    let mut tx = connection.begin_as(origin).await?;
    let role = known_role(&tx, role).await?;
    let mapping = RoleMapping { role, precedence };
    save_mapping(&mut tx, id, Some(mapping)).await?;
    Ok(tx.commit().await?)
}

/// Has a group give no role any more.
///
/// # Errors
///
/// There is no such group, or it gives none.
pub async fn unmap_group(
    connection: &ConnectionHandle,
    id: GroupId,
    origin: Origin,
) -> Result<(), OrgsError> {
    let mut tx = connection.begin_as(origin).await?;
    save_mapping(&mut tx, id, None).await?;
    Ok(tx.commit().await?)
}

async fn save_mapping(
    tx: &mut DirectoryTx,
    id: GroupId,
    mapping: Option<RoleMapping>,
) -> Result<(), OrgsError> {
    let group = tx.lock_group(id).await?;
    let group = group.ok_or(OrgsError::NotFound { what: GROUP })?;
    if mapping.is_none() && group.role_mapping.is_none() {
        return Err(OrgsError::NotFound {
            what: "role mapping",
        });
    }
    Ok(tx.save_role_mapping(&group, mapping).await?)
}

/// Gives a role to a user by hand.
///
/// # Errors
///
/// There is no such user, or no such role in the policy.
pub async fn give(
    org: &OrgHandle,
    id: UserId,
    role: &str,
    reason: Option<&str>,
    origin: Origin,
) -> Result<(), OrgsError> {
    let reason = reason.map(read_reason).transpose()?;
    let mut tx = connection_of(org, id).await?.begin_as(origin).await?;
    let role = known_role(&tx, role).await?;
    lock(&tx, id).await?;
    tx.give_role(id, role, reason);
    Ok(tx.commit().await?)
}

/// Takes away the role that a user was given by hand.
///
/// # Errors
///
/// There is no such user, or it was given none.
pub async fn take(org: &OrgHandle, id: UserId, origin: Origin) -> Result<(), OrgsError> {
    let mut tx = connection_of(org, id).await?.begin_as(origin).await?;
    lock(&tx, id).await?;
    if tx.manual_role_of(id).await?.is_none() {
        return Err(OrgsError::NotFound {
            what: "role given by hand",
        });
    }
    tx.take_role(id);
    Ok(tx.commit().await?)
}

/// Why a user has its role.
///
/// # Errors
///
/// There is no such user.
pub async fn explain(org: &OrgHandle, id: UserId) -> Result<ExplainedRole, OrgsError> {
    let connection = connection_of(org, id).await?;
    let default_role = org.policy().await?.policy.default_role;
    let explanation = connection.explain_role(id, default_role).await?;
    Ok(ExplainedRole {
        connection_id: connection.connection_id(),
        explanation: explanation.ok_or(OrgsError::NotFound { what: USER })?,
    })
}

async fn connection_of(org: &OrgHandle, id: UserId) -> Result<ConnectionHandle, OrgsError> {
    let found = match org.connection_of_user(id).await? {
        None => None,
        Some(connection) => org.open_connection(connection).await?,
    };
    found.ok_or(OrgsError::NotFound { what: USER })
}

async fn lock(tx: &DirectoryTx, id: UserId) -> Result<(), OrgsError> {
    match tx.lock_user(id).await? {
        Some(_) => Ok(()),
        None => Err(OrgsError::NotFound { what: USER }),
    }
}

async fn known_role(tx: &DirectoryTx, text: &str) -> Result<RoleName, OrgsError> {
    let policy = tx.policy().await?.policy;
    policy.role(text).cloned().ok_or_else(|| {
        let roles: Vec<_> = policy.roles.iter().map(|it| format!("`{it}`")).collect();
        let reason = format!("must be a role of the policy: {}", roles.join(", "));
        OrgsError::invalid("role", reason)
    })
}

fn read_reason(text: &str) -> Result<String, OrgsError> {
    let reason = text.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let wrong = format!("must have 1 to {LONGEST_REASON} characters");
        return Err(OrgsError::invalid("reason", wrong));
    }
    if reason.chars().any(char::is_control) {
        return Err(OrgsError::invalid(
            "reason",
            "must not hold control characters",
        ));
    }
    Ok(reason.to_owned())
}
