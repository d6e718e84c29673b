//! Making and revoking SCIM tokens.

use std::time::Duration;

use rand::rngs::SysRng;
use rollcall_model::{Clock, Origin, ScimConnectionId, ScimToken, Scopes, TokenId};
use rollcall_store::{ConnectionHandle, NewToken, OrgHandle};

use crate::error::OrgsError;
use crate::field;
use crate::secret::ScimTokenSecret;

/// The longest and the usual life of a token, in days. Bearer tokens must end some day
/// (RFC 7644 §7.4), and identity providers cannot renew them by themselves.
pub const MAX_DAYS: u32 = 365;

/// The longest overlap of an old token with a new one, in seconds: 30 days.
const MAX_OVERLAP_SECONDS: u64 = 30 * 24 * 60 * 60;

/// A token and the secret that is shown this once.
pub struct IssuedToken {
    /// What is kept.
    pub token: ScimToken,
    /// What is not.
    pub secret: ScimTokenSecret,
}

/// What becomes of the tokens that were there before a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// They stay.
    Keep,
    /// They end now.
    Revoke,
    /// They end in this many seconds.
    RevokeAfter(u64),
}

/// A token that is made but not stored yet.
pub(crate) struct Draft {
    pub(crate) new: NewToken,
    pub(crate) secret: ScimTokenSecret,
}

/// What a new token is to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its name for people.
    pub name: &'a str,
    /// What it may do.
    pub scopes: Scopes,
    /// Its life in days; [`MAX_DAYS`] if absent.
    pub expires_in_days: Option<u32>,
}

/// Makes a token with a life in days.
pub(crate) fn draft(clock: &dyn Clock, wanted: Wanted<'_>) -> Result<Draft, OrgsError> {
    let days = wanted.expires_in_days.unwrap_or(MAX_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        let reason = format!("must be 1 to {MAX_DAYS}");
        return Err(OrgsError::invalid("expires_in_days", reason));
    }
    let name = field::name("name", wanted.name)?;
    let secret = ScimTokenSecret::generate(&mut SysRng)?;
    let new = NewToken {
        id: TokenId::new(clock),
        name,
        prefix: secret.prefix(),
        scopes: wanted.scopes,
        digest: secret.digest(),
        expires_at: clock.now().plus(Duration::from_hours(24 * u64::from(days))),
    };
    Ok(Draft { new, secret })
}

/// Makes a token for a SCIM connection, and ends the others if wanted, in one step.
///
/// # Errors
///
/// A field is not valid.
pub async fn create(
    org: &OrgHandle,
    connection: &ConnectionHandle,
    wanted: Wanted<'_>,
    previous: Previous,
    origin: Origin,
) -> Result<IssuedToken, OrgsError> {
    let draft = draft(org.clock(), wanted)?;
    let ends_at = match previous {
        Previous::Keep => None,
        Previous::Revoke => Some(org.clock().now()),
        Previous::RevokeAfter(seconds) if seconds <= MAX_OVERLAP_SECONDS => {
            Some(org.clock().now().plus(Duration::from_secs(seconds)))
        }
        Previous::RevokeAfter(_) => {
            let reason = format!("must not be more than {MAX_OVERLAP_SECONDS}");
            return Err(OrgsError::invalid("revoke_previous.after_seconds", reason));
        }
    };
    let connection_id = connection.connection_id();
    let mut tx = org.begin(origin).await?;
    // Of two calls that each end the others' tokens, the second must see the first one's.
    tx.lock_scim_connection(connection_id).await?;
    let token = tx.insert_token(connection_id, draft.new).await?;
    if let Some(at) = ends_at {
        tx.revoke_other_tokens(connection_id, token.id, at).await?;
    }
    tx.commit().await?;
    Ok(IssuedToken {
        token,
        secret: draft.secret,
    })
}

/// Revokes a token now.
///
/// # Errors
///
/// There is none of that id.
pub async fn revoke(
    org: &OrgHandle,
    connection_id: ScimConnectionId,
    token_id: TokenId,
    origin: Origin,
) -> Result<(), OrgsError> {
    let mut tx = org.begin(origin).await?;
    let now = org.clock().now();
    if !tx.revoke_token(connection_id, token_id, now).await? {
        return Err(OrgsError::NotFound { what: "token" });
    }
    Ok(tx.commit().await?)
}
