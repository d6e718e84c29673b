//! Who a person that signs in is among the users that SCIM provisioned.

use rollcall_model::{
    Identity, LinkedBy, Policy, ScimConnectionId, SignInLink, SsoConnectionId, UserId,
};
use rollcall_store::{Match, OrgTx, Person, StoreError};

use super::Who;
use crate::error::OrgsError;

/// Whom a subject was found to be.
pub(super) enum Found {
    /// The user that it is linked to.
    Linked(Person),
    /// A user that it is to be linked to.
    Matched(Person, LinkedBy),
    Nobody,
    Deleted,
    Unverified,
    Conflict,
}

impl Found {
    pub(super) fn who(&self) -> Who {
        match self {
            Self::Linked(person) | Self::Matched(person, _) => Who::User {
                active: person.user.resource.active(),
                waits: person.waits,
            },
            Self::Nobody => Who::Nobody,
            Self::Deleted => Who::Deleted,
            Self::Unverified => Who::Unverified,
            Self::Conflict => Who::Conflict,
        }
    }

    pub(super) fn into_person(self) -> Option<Person> {
        match self {
            Self::Linked(person) | Self::Matched(person, _) => Some(person),
            Self::Nobody | Self::Deleted | Self::Unverified | Self::Conflict => None,
        }
    }
}

/// Looks for the person among the users.
///
/// # Errors
///
/// The subject was linked meanwhile ([`StoreError::Conflict`]): the sign-in is to be decided anew.
pub(super) async fn find(
    tx: &OrgTx,
    sso: SsoConnectionId,
    identity: &Identity,
    link: Option<&SignInLink>,
    policy: &Policy,
) -> Result<Found, OrgsError> {
    let linked = link.and_then(|link| link.user);
    if let Some((connection, user)) = linked
        && let Some(person) = tx.find_person(sso, connection, user).await?
    {
        return Ok(Found::Linked(person));
    }
    let matched = match match_by(tx, sso, identity, policy).await? {
        Matched::To(connection, user, by) => (connection, user, by),
        Matched::Several => return Ok(Found::Conflict),
        Matched::Unverified => return Ok(Found::Unverified),
        Matched::Nobody if linked.is_some() => return Ok(Found::Deleted),
        Matched::Nobody => {
            let address = identity.email.as_deref();
            let external_id = identity.external_id.as_deref();
            let deleted = tx.was_deleted(sso, external_id, address).await?;
            return Ok(if deleted {
                Found::Deleted
            } else {
                Found::Nobody
            });
        }
    };
    let (connection, user, by) = matched;
    match tx.subject_of_user(sso, user).await? {
        // The same person signed in twice at once, and was linked since its link was looked for.
        Some(subject) if subject == identity.subject && link.is_none() => {
            return Err(OrgsError::from(StoreError::Conflict {
                attribute: "subject".into(),
            }));
        }
        Some(_) => return Ok(Found::Conflict),
        None => {}
    }
    match tx.find_person(sso, connection, user).await? {
        Some(person) => Ok(Found::Matched(person, by)),
        // Deleted since it was matched.
        None => Ok(Found::Deleted),
    }
}

enum Matched {
    To(ScimConnectionId, UserId, LinkedBy),
    /// Only by an address that nobody has verified.
    Unverified,
    Several,
    Nobody,
}

async fn match_by(
    tx: &OrgTx,
    sso: SsoConnectionId,
    identity: &Identity,
    policy: &Policy,
) -> Result<Matched, StoreError> {
    if let Some(external_id) = &identity.external_id {
        match tx.match_external_id(sso, external_id).await? {
            Match::One(connection, user) => {
                return Ok(Matched::To(connection, user, LinkedBy::ExternalId));
            }
            Match::Several => return Ok(Matched::Several),
            Match::Nobody => {}
        }
    }
    let Some(email) = &identity.email else {
        return Ok(Matched::Nobody);
    };
    let by = match (identity.email_verified, policy.unverified_email_linking) {
        (true, _) => Some(LinkedBy::VerifiedEmail),
        (false, true) => Some(LinkedBy::UnverifiedEmail),
        (false, false) => None,
    };
    Ok(match (tx.match_email(sso, email).await?, by) {
        (Match::Nobody, _) => Matched::Nobody,
        (_, None) => Matched::Unverified,
        (Match::Several, _) => Matched::Several,
        (Match::One(connection, user), Some(by)) => Matched::To(connection, user, by),
    })
}

/// The same person as it is by now.
pub(super) async fn look_again(
    tx: &OrgTx,
    sso: SsoConnectionId,
    found: Found,
) -> Result<Found, StoreError> {
    let Found::Matched(person, by) = found else {
        return Ok(found);
    };
    let (connection, user) = (person.scim_connection_id, person.user.id);
    let again = tx.find_person(sso, connection, user).await?;
    Ok(again.map_or(Found::Deleted, |person| Found::Matched(person, by)))
}
