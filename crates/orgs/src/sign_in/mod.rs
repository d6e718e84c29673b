//! May this person come in, as whom, and why.
//!
//! What is known is gathered in the transaction that writes the decision down, from the database and
//! from nothing that a process remembers: a user that was deactivated a moment ago on another replica is
//! denied. The judgement itself is a function of what was gathered ([`judge`]).
//!
//! A subject is linked to a user once: by `externalId`, then by an address that its provider has
//! verified. From then on the link decides, whatever becomes of names and addresses. Only where the user
//! is gone, or never was, does a sign-in look again; whatever could be two people is denied.

mod find;

use rollcall_model::{
    Identity, LinkedBy, Origin, Policy, RoleName, RoleSource, ScimConnectionId, SignInLink,
    SignInReason, SsoConnection, SsoConnectionId, SsoProvider, UserId, UserRole,
};
use rollcall_store::{NewSignInLink, OrgHandle, OrgTx, Person, SignInNote, StoreError};
use secrecy::{ExposeSecret, SecretString};

use crate::again;
use crate::domains::DomainName;
use crate::error::OrgsError;
use crate::oidc::OidcClients;
use crate::sso_connections::address_is_proven;
use find::{Found, find, look_again};

/// The longest subject and address, in bytes: what an index of the database takes.
const LONGEST: usize = 1_000;

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Why, and with it whether the person may come in.
    pub reason: SignInReason,
    /// Whether the product should make an account if it has none of this person.
    pub create_account: bool,
    /// The user, if the person is one, also if it is denied.
    pub person: Option<Person>,
    /// The role of whoever was given none, as the policy has it.
    pub default_role: RoleName,
}

impl Decision {
    /// The role of the person and what gives it: its own, or the default one.
    #[must_use]
    pub fn role(&self) -> UserRole {
        let own = self.person.as_ref().and_then(|person| person.role.clone());
        own.unwrap_or_else(|| UserRole {
            role: self.default_role.clone(),
            source: RoleSource::Default,
            group: None,
        })
    }
}

/// Who asks: somebody whom the provider names, or a token that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A person, as verified by the caller or by the signature of a token.
    Person(Identity),
    /// A token that was not accepted.
    Refused {
        /// Why.
        reason: SignInReason,
        /// What exactly was wrong, for whoever looks into it.
        detail: String,
    },
}

impl Claim {
    fn detail(&self) -> Option<&str> {
        match self {
            Self::Person(_) => None,
            Self::Refused { detail, .. } => Some(detail),
        }
    }
}

/// Verifies an id token of the login provider, and reads whom it names. It happens before the
/// transaction of the decision, since the provider may have to be asked for its keys.
///
/// # Errors
///
/// There is no such SSO connection, or its provider gives out no id tokens.
pub async fn verify_id_token(
    org: &OrgHandle,
    clients: &OidcClients,
    sso: SsoConnectionId,
    id_token: &SecretString,
    nonce: Option<&str>,
) -> Result<Claim, OrgsError> {
    let connection = org.find_sso_connection(sso).await?;
    let connection = connection.ok_or(OrgsError::NotFound {
        what: "SSO connection",
    })?;
    if !connection.enabled {
        // Its provider is not asked for keys any more.
        return Ok(Claim::Refused {
            reason: SignInReason::SsoConnectionDisabled,
            detail: "the SSO connection is switched off".to_owned(),
        });
    }
    let SsoProvider::Oidc(provider) = &connection.provider else {
        let reason = "goes with OpenID Connect only; send `identity` for a SAML connection";
        return Err(OrgsError::invalid("id_token", reason));
    };
    let (token, now) = (id_token.expose_secret(), org.clock().now());
    match clients.verify(provider, token, nonce, now).await {
        Ok(identity) => Ok(Claim::Person(identity)),
        Err(refused) => Ok(Claim::Refused {
            reason: refused.reason(),
            detail: refused.to_string(),
        }),
    }
}

/// Decides, and writes the decision down.
///
/// # Errors
///
/// There is no such SSO connection, the identity cannot be one, or the database is not available.
pub async fn decide(
    org: &OrgHandle,
    sso: SsoConnectionId,
    claim: &Claim,
    origin: Origin,
) -> Result<Decision, OrgsError> {
    if let Claim::Person(identity) = claim {
        check(identity)?;
    }
    // A conflict: somebody linked the same person meanwhile.
    let again = |error: &OrgsError| {
        again::is_contention(error)
            || matches!(error, OrgsError::Store(StoreError::Conflict { .. }))
    };
    again::while_in_the_way(again, async || decide_once(org, sso, claim, origin).await).await
}

fn check(identity: &Identity) -> Result<(), OrgsError> {
    let long = |text: &str| text.is_empty() || text.len() > LONGEST || text.contains('\0');
    let reason = format!("must have 1 to {LONGEST} bytes, none of them NUL");
    if long(&identity.subject) {
        return Err(OrgsError::invalid("identity.subject", reason));
    }
    for (field, text) in [
        ("identity.email", &identity.email),
        ("identity.external_id", &identity.external_id),
    ] {
        if text.as_deref().is_some_and(long) {
            return Err(OrgsError::invalid(field, reason));
        }
    }
    Ok(())
}

async fn decide_once(
    org: &OrgHandle,
    sso: SsoConnectionId,
    claim: &Claim,
    origin: Origin,
) -> Result<Decision, OrgsError> {
    let mut tx = org.begin(origin).await?;
    let connection = tx.find_sso_connection(sso).await?;
    let connection = connection.ok_or(OrgsError::NotFound {
        what: "SSO connection",
    })?;
    let identity = match claim {
        _ if !connection.enabled => Err(SignInReason::SsoConnectionDisabled),
        Claim::Refused { reason, .. } => Err(*reason),
        Claim::Person(identity) => Ok(proven(&tx, &connection, identity).await?),
    };
    let policy = tx.policy().await?.policy;
    let decision = match identity {
        Ok(ref identity) => of_person(&mut tx, sso, identity, &policy).await?,
        Err(reason) => Decision {
            reason,
            create_account: false,
            person: None,
            default_role: policy.default_role,
        },
    };
    tx.note_sign_in(&SignInNote {
        sso_connection_id: sso,
        identity: identity.as_ref().ok(),
        reason: decision.reason,
        detail: claim.detail(),
        person: decision.person.as_ref(),
    });
    tx.commit().await?;
    Ok(decision)
}

/// The identity, with its address verified if its SSO connection makes it so; see
/// [`address_is_proven`].
async fn proven(
    tx: &OrgTx,
    connection: &SsoConnection,
    identity: &Identity,
) -> Result<Identity, OrgsError> {
    let mut domain_is_verified = false;
    if connection.trust_email
        && !identity.email_verified
        && let Some(domain) = identity.email.as_deref().and_then(DomainName::of_address)
    {
        let names = [domain.as_str().to_owned()];
        domain_is_verified = !tx.verified_domains_among(&names).await?.is_empty();
    }
    Ok(Identity {
        email_verified: address_is_proven(identity.email_verified, connection, domain_is_verified),
        ..identity.clone()
    })
}

async fn of_person(
    tx: &mut OrgTx,
    sso: SsoConnectionId,
    identity: &Identity,
    policy: &Policy,
) -> Result<Decision, OrgsError> {
    let link = tx.find_sign_in_link(sso, &identity.subject).await?;
    let mut found = find(tx, sso, identity, link.as_ref(), policy).await?;
    let has_account = link.as_ref().is_some_and(|link| link.user.is_none());
    let mut facts = Facts {
        who: found.who(),
        has_account,
        trusted_address: identity.email.is_some()
            && (identity.email_verified || policy.unverified_email_linking),
        seat_is_free: true,
    };
    let mut reason = judge(policy, &facts);
    if reason == SignInReason::JitAllowed && !has_account {
        facts.seat_is_free = tx.has_free_seat().await?;
        reason = judge(policy, &facts);
    }
    if let Found::Matched(person, by) = &found
        && (reason.allows() || has_account)
    {
        let user = Some((person.scim_connection_id, person.user.id));
        save_link(tx, sso, identity, link.as_ref(), user, *by).await?;
        if has_account {
            // The seat of the account is free: it goes to whoever waited longest, who may be this one.
            tx.give_out_seats_of_policy().await?;
            found = look_again(tx, sso, found).await?;
            facts.who = found.who();
            reason = judge(policy, &facts);
        }
    } else if reason == SignInReason::JitAllowed && !has_account {
        save_link(tx, sso, identity, None, None, LinkedBy::JustInTime).await?;
    }
    Ok(Decision {
        reason,
        create_account: matches!(
            reason,
            SignInReason::ProvisionedActive | SignInReason::JitAllowed
        ),
        person: found.into_person(),
        default_role: policy.default_role.clone(),
    })
}

/// Removes the link of a subject, so that its next sign-in looks for the user anew.
///
/// # Errors
///
/// There is none.
pub async fn unlink(
    org: &OrgHandle,
    sso: SsoConnectionId,
    subject: &str,
    origin: Origin,
) -> Result<(), OrgsError> {
    let mut tx = org.begin(origin).await?;
    let removed = tx.delete_sign_in_link(sso, subject).await?;
    removed.ok_or(OrgsError::NotFound {
        what: "sign-in link",
    })?;
    Ok(tx.commit().await?)
}

async fn save_link(
    tx: &mut OrgTx,
    sso: SsoConnectionId,
    identity: &Identity,
    before: Option<&SignInLink>,
    user: Option<(ScimConnectionId, UserId)>,
    linked_by: LinkedBy,
) -> Result<(), StoreError> {
    let new = NewSignInLink {
        sso_connection_id: sso,
        subject: &identity.subject,
        user,
        email: identity.email.as_deref(),
        linked_by,
    };
    tx.save_sign_in_link(before, new).await
}

/// Whom the person was found to be, as far as it matters to the judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    User { active: bool, waits: bool },
    Nobody,
    Deleted,
    Unverified,
    Conflict,
}

/// What is known of a person who asks to come in.
#[derive(Clone, Copy, Debug)]
struct Facts {
    who: Who,
    /// Whether an earlier sign-in made an account.
    has_account: bool,
    /// Whether there is an address, and one that may stand for the person.
    trusted_address: bool,
    /// Whether there is a seat for a new account.
    seat_is_free: bool,
}

/// The judgement: `docs/sign-in-decisions.md` has the same as a table.
fn judge(policy: &Policy, facts: &Facts) -> SignInReason {
    match facts.who {
        Who::User { active: false, .. } => SignInReason::Deactivated,
        Who::User { waits: true, .. } => SignInReason::SeatLimit,
        Who::User { .. } => SignInReason::ProvisionedActive,
        Who::Conflict => SignInReason::IdentityConflict,
        Who::Deleted => SignInReason::Deleted,
        Who::Unverified => SignInReason::EmailUnverified,
        Who::Nobody if policy.restrict_account_creation_to_scim => SignInReason::ScimRequired,
        Who::Nobody if facts.has_account && policy.just_in_time_provisioning => {
            SignInReason::JitAllowed
        }
        Who::Nobody if facts.has_account => SignInReason::AccountExists,
        Who::Nobody if !policy.just_in_time_provisioning => SignInReason::NotProvisioned,
        Who::Nobody if !facts.trusted_address => SignInReason::EmailUnverified,
        Who::Nobody if !facts.seat_is_free => SignInReason::SeatLimit,
        Who::Nobody => SignInReason::JitAllowed,
    }
}
