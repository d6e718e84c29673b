//! The handles that open tenant data, and the transactions that they begin.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rollcall_model::{
    Actor, AuditId, Clock, OrgId, Organization, Origin, RequestId, ScimConnectionId, ScimProfile,
    ScimSettings, Timestamp, UnknownReferences, UserId,
};
use rollcall_scim::Catalog;
use sea_orm::DbErr;
use serde_json::Value;
use tracing::Instrument;

use crate::access_changes;
use crate::connect::Store;
use crate::dialect::{Dialect, WriteTx};
use crate::error::StoreError;
use crate::guards::Deed;
use crate::news::News;
use crate::outbox::Outbox;
use crate::remembered::Remembered;
use crate::roles::RoleWork;
use crate::shape::Shape;
use crate::transaction::Tx;

/// The right to read and change one organization.
#[derive(Clone)]
pub struct OrgHandle {
    pub(crate) store: Store,
    organization: Organization,
}

impl OrgHandle {
    pub(crate) const fn new(store: Store, organization: Organization) -> Self {
        Self {
            store,
            organization,
        }
    }

    /// The organization as it was when the handle was made.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }

    /// Its id.
    #[must_use]
    pub const fn org_id(&self) -> OrgId {
        self.organization.id
    }

    /// The clock of the store.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.store.clock()
    }

    /// Begins a transaction that changes this organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn begin(&self, origin: Origin) -> Result<OrgTx, StoreError> {
        OrgTx::begin(&self.store, self.org_id(), origin).await
    }
}

/// The right to read and change the users and groups of one SCIM connection.
#[derive(Clone)]
pub struct ConnectionHandle {
    pub(crate) store: Store,
    pub(crate) org_id: OrgId,
    pub(crate) connection_id: ScimConnectionId,
    pub(crate) shape: Arc<Shape>,
}

impl ConnectionHandle {
    /// What was chosen for this connection, as it was when the handle was made.
    #[must_use]
    pub fn settings(&self) -> &ScimSettings {
        &self.shape.settings
    }

    /// The schemas and resource types of this connection, with the rules of its profile.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.shape.catalog
    }

    /// The organization it is of.
    #[must_use]
    pub const fn org_id(&self) -> OrgId {
        self.org_id
    }

    /// The SCIM connection it opens.
    #[must_use]
    pub const fn connection_id(&self) -> ScimConnectionId {
        self.connection_id
    }

    /// Begins a transaction in which the identity provider changes its users and groups.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn begin(&self, request_id: RequestId) -> Result<DirectoryTx, StoreError> {
        let origin = Origin {
            actor: Actor::IdentityProvider(self.connection_id),
            request_id,
        };
        self.begin_as(origin).await
    }

    /// Begins a transaction in which somebody else changes users and groups of this connection.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn begin_as(&self, origin: Origin) -> Result<DirectoryTx, StoreError> {
        Ok(DirectoryTx {
            org: OrgTx::begin(&self.store, self.org_id, origin).await?,
            connection_id: self.connection_id,
            shape: Arc::clone(&self.shape),
            tombstone_retention: self.store.tombstone_retention(),
            cycles_allowed: false,
            held: BTreeSet::new(),
            deeds: Vec::new(),
            roles: RoleWork::default(),
        })
    }
}

/// One transaction, tied to one organization. Dropped without [`OrgTx::commit`], it undoes
/// everything.
pub struct OrgTx {
    tx: WriteTx,
    dialect: Dialect,
    remembered: Arc<Remembered>,
    news: Arc<News>,
    pub(crate) org_id: OrgId,
    pub(crate) now: Timestamp,
    pub(crate) outbox: Outbox,
    /// Connections whose users' roles are to be read anew before the end.
    pub(crate) rereads: BTreeSet<ScimConnectionId>,
}

impl OrgTx {
    pub(crate) async fn begin(
        store: &Store,
        org_id: OrgId,
        origin: Origin,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tx: store.begin_write().await?,
            dialect: store.dialect.clone(),
            remembered: Arc::clone(&store.remembered),
            news: Arc::clone(&store.news),
            org_id,
            now: store.clock.now(),
            outbox: Outbox::new(store.clock.clone(), org_id, origin),
            rereads: BTreeSet::new(),
        })
    }

    pub(crate) const fn connection(&self) -> &Tx {
        self.tx.connection()
    }

    /// Whether one statement may write several tables.
    pub(crate) const fn writes_at_once(&self) -> bool {
        self.dialect.writes_at_once()
    }

    /// Waits until no other transaction of this installation holds this name, and holds it until
    /// the end of this one. For what no unique index can keep apart.
    pub(crate) async fn lock_name(&self, name: &str) -> Result<(), StoreError> {
        self.dialect.lock_name(&self.tx, name).await
    }

    /// Queues an audit row of what makes no event: which action, to what, and what there is to say of
    /// it (`null`: nothing). The detail may hold no secret.
    pub fn note(&mut self, action: &'static str, target: impl ToString, detail: Value) {
        self.outbox.note(action, target, detail);
    }

    /// Writes the queued events and audit rows, and makes everything durable.
    ///
    /// # Errors
    ///
    /// The database refuses; then nothing of this transaction was done.
    pub async fn commit(self) -> Result<(), StoreError> {
        let this = match self.rereads.is_empty() {
            true => self,
            false => self.settle_rereads().await?,
        };
        this.finish().await
    }

    async fn finish(self) -> Result<(), StoreError> {
        let stale = self.outbox.stale();
        let events = self.outbox.kinds();
        let stamp = AuditId::new(self.outbox.clock()).as_uuid();
        let at_once = self.dialect.writes_at_once();
        let tx = self.tx.connection();
        let span = tx.outbox_span(self.outbox.events());
        pin!(self.outbox.write(tx, at_once))
            .instrument(span)
            .await?;
        let news = self.news;
        if stale.is_empty() {
            self.tx.commit().await?;
            news.committed(events);
            return Ok(());
        }
        let numbers = access_changes::write_down(self.tx.connection(), &stale, stamp).await?;
        // In a task of its own: a caller who hangs up must not leave this process with what it
        // remembers of before.
        let (tx, remembered) = (self.tx, self.remembered);
        let commit = async move {
            let committed = tx.commit().await;
            // Also if that failed: whoever reports a failure may have committed all the same.
            remembered.changed(stale);
            if committed.is_ok() {
                remembered.committed(numbers);
                news.committed(events);
            } else {
                news.committed([]);
            }
            committed
        };
        let committed = tokio::spawn(commit.in_current_span());
        committed.await.unwrap_or_else(|cut_off| {
            Err(StoreError::Unavailable(DbErr::Custom(cut_off.to_string())))
        })
    }
}

/// One transaction, tied to the users and groups of one SCIM connection.
pub struct DirectoryTx {
    pub(crate) org: OrgTx,
    pub(crate) connection_id: ScimConnectionId,
    pub(crate) shape: Arc<Shape>,
    /// How long a tombstone that this transaction leaves is kept.
    pub(crate) tombstone_retention: Duration,
    /// Whether groups may become members of each other.
    pub(crate) cycles_allowed: bool,
    /// Users whose rows this transaction holds, so that it need not ask for them again.
    pub(crate) held: BTreeSet<UserId>,
    /// What was done to users, for the policy to judge.
    pub(crate) deeds: Vec<Deed>,
    /// Whose roles are to be settled before the end.
    pub(crate) roles: RoleWork,
}

impl DirectoryTx {
    /// Whether what does not exist is parked, and not refused.
    pub(crate) fn parks_references(&self) -> bool {
        let settings = &self.shape.settings;
        settings.profile == ScimProfile::Compat
            && settings.unknown_references == UnknownReferences::Park
    }

    /// Settles roles, asks the policy, and makes everything durable; see [`OrgTx::commit`].
    ///
    /// # Errors
    ///
    /// The policy of the organization ([`StoreError::Refused`]) or the database refuses; then nothing of
    /// this transaction was done.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.check_policy().await?;
        self.org.commit().await
    }
}

impl Deref for DirectoryTx {
    type Target = OrgTx;

    fn deref(&self) -> &OrgTx {
        &self.org
    }
}
