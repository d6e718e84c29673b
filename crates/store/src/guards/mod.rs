//! What the policy of an organization has to say of a write, asked when the write is complete.
//!
//! Every way of changing users notes what it did to whom (`Deed`); the commit holds all of it against
//! the policy at once. So no handler can forget a rule, a Bulk request or a deleted group is judged by
//! what it does to people, and a refusal undoes everything. The rules are read in the transaction,
//! never remembered: what a policy says holds from its own commit on, on every replica.
//!
//! Whoever counts (seats, owners) holds the row of the policy meanwhile, so that two requests
//! cannot both take the last seat or demote one of two owners each. The row comes after users in the order
//! of locks, and before the sequence of the organization.

mod domains;
mod owners;
mod protection;
mod seats;

use rollcall_model::{Actor, EventType, RequestId, UserId};
use rollcall_scim::Resource;
use serde_json::json;

use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::users::User;

pub use seats::Seats;

/// Why a policy refuses a write. Its text is for an IT admin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// A protected user would have lost access.
    #[error(
        "the user {} is protected by the policy of this organization: SCIM may not {deed} it; \
         ask the vendor's support, or an administrator of the organization, to lift the protection first",
        .user.to_scim()
    )]
    Protected {
        /// Who.
        user: UserId,
        /// `deactivate`, `delete` or `demote`.
        deed: &'static str,
    },
    /// Nobody would have been left who is an owner.
    #[error(
        "the user {} is the last active owner of this organization, and its policy keeps one: make \
         somebody else an owner first",
        .user.to_scim()
    )]
    LastOwner {
        /// Who.
        user: UserId,
    },
    /// All seats are taken.
    #[error(
        "all {seats} seats of this organization are taken: deactivate somebody, or ask the vendor for \
         more seats, and provision this user again"
    )]
    SeatLimit {
        /// How many there are.
        seats: u32,
    },
    /// An address is of a domain that the organization has not verified.
    #[error(
        "`{address}` is not of a domain that this organization has verified: verify the domain with \
         the vendor, or leave the user out of this application"
    )]
    Domain {
        /// The address.
        address: String,
    },
}

impl PolicyRefusal {
    /// The rule's name in the policy.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Protected { .. } => "protected_users",
            Self::LastOwner { .. } => "last_owner_protection",
            Self::SeatLimit { .. } => "seat_limit",
            Self::Domain { .. } => "provisioning_domains",
        }
    }

    /// The user it keeps, if it keeps one.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::Protected { user, .. } | Self::LastOwner { user } => Some(*user),
            Self::SeatLimit { .. } | Self::Domain { .. } => None,
        }
    }
}

/// What a transaction did to one user.
pub(crate) struct Deed {
    user: UserId,
    /// The change in how many active users there are: 1, 0 or -1.
    activity: i64,
    deleted: bool,
    /// Whether a user that was deleted was an owner.
    was_owner: bool,
    /// Addresses that the user did not have before.
    addresses: Vec<String>,
}

impl Deed {
    /// A user was added, or brought back.
    pub(crate) fn arrived(user: &User) -> Self {
        Self {
            user: user.id,
            activity: i64::from(user.resource.active()),
            deleted: false,
            was_owner: false,
            addresses: domains::addresses_of(&user.resource).collect(),
        }
    }

    /// A user was changed; `None` if nothing about it concerns a policy.
    pub(crate) fn changed(id: UserId, before: &Resource, after: &Resource) -> Option<Self> {
        let activity = i64::from(after.active()) - i64::from(before.active());
        let new = |address: &String| !domains::addresses_of(before).any(|held| held == *address);
        let addresses: Vec<_> = domains::addresses_of(after).filter(new).collect();
        (activity != 0 || !addresses.is_empty()).then_some(Self {
            user: id,
            activity,
            deleted: false,
            was_owner: false,
            addresses,
        })
    }

    /// A user was deleted.
    pub(crate) fn deleted(id: UserId, was_active: bool, was_owner: bool) -> Self {
        Self {
            user: id,
            activity: -i64::from(was_active),
            deleted: true,
            was_owner,
            addresses: Vec::new(),
        }
    }
}

impl ConnectionHandle {
    /// Tells of a write that was refused because it would have taken access from somebody who must
    /// keep it. Other refusals are told to nobody but the identity provider, and in its request log.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn note_refusal(
        &self,
        request_id: RequestId,
        refusal: &PolicyRefusal,
    ) -> Result<(), StoreError> {
        let Some(user) = refusal.user() else {
            return Ok(());
        };
        let mut tx = self.begin(request_id).await?;
        let data = json!({
            "user": { "id": user.to_scim() },
            "rule": refusal.rule(),
            "detail": refusal.to_string(),
        });
        let connection = Some(self.connection_id);
        let kind = EventType::PolicyProtected;
        tx.org.outbox.push(kind, connection, user, data);
        tx.org.commit().await
    }
}

impl DirectoryTx {
    /// Takes note of what was done to a user.
    pub(crate) fn note_deed(&mut self, deed: Deed) {
        self.org.outbox.count_active(deed.activity);
        self.deeds.push(deed);
    }

    /// Refuses what the policy forbids, and gives out seats. Roles are settled before.
    pub(crate) async fn check_policy(&mut self) -> Result<(), StoreError> {
        let deeds = std::mem::take(&mut self.deeds);
        let changes = self.settle_roles().await?.to_vec();
        if deeds.is_empty() && changes.is_empty() {
            return Ok(());
        }
        let Some(policy) = self.lock_guarding_policy().await? else {
            return Ok(());
        };
        if self.is_of_the_identity_provider() {
            protection::check(&policy, &deeds, &changes)?;
        }
        self.check_owners(&policy, &deeds, &changes).await?;
        self.check_domains(&policy, &deeds).await?;
        self.take_seats(&policy, &deeds).await
    }

    fn is_of_the_identity_provider(&self) -> bool {
        matches!(self.outbox.actor(), Actor::IdentityProvider(_))
    }
}
