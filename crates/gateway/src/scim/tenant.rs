//! The tenant of a SCIM request.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use rollcall_metrics::{AuthenticationFailure, TurnRefused};
use rollcall_model::{
    Credential, IdpKind, RequestId, ScimConnectionId, ScimProfile, ScimSettings, Scopes,
};
use rollcall_orgs::authentication::{self, Access, Asked, Needed, Refusal, Refused, Verdict};
use rollcall_scim::{Catalog, Quirk, Resource};
use rollcall_store::{ConnectionHandle, DirectoryTx, LogAddress, StoreError};
use tracing::{Instrument, debug_span};

use super::accept::{self, Wish};
use super::failure::ScimFailure;
use super::{credentials, idp, rate, scopes};
use crate::address;
use crate::admission::{Busy, Turn};
use crate::request_id;
use crate::settings::Settings;
use crate::state::{self, AppState};

/// How often a write is tried that meets others on its way (serialization failures, dead-locks).
const ATTEMPTS: u64 = 5;

/// Proof that a request's token belongs to the tenant that its address names.
///
/// A SCIM handler reaches users and groups through this and through nothing else.
pub(crate) struct Tenant {
    pub(crate) handle: ConnectionHandle,
    pub(crate) app: web::Data<AppState>,
    /// What the locations of this connection's resources begin with.
    pub(crate) base: String,
    request_id: RequestId,
    credential: Credential,
    scopes: Scopes,
    idp: Option<IdpKind>,
    tolerated: Tolerated,
    /// Held until the request is answered.
    turn: Mutex<Option<Turn>>,
}

/// The tolerances that a request needed, shared with what tells of it afterwards.
#[derive(Clone, Default)]
pub(crate) struct Tolerated(Arc<Mutex<BTreeSet<&'static str>>>);

impl Tolerated {
    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn add(&self, quirks: &[Quirk]) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.extend(quirks.iter().map(|quirk| quirk.as_str()));
    }
}

/// What the log and the metrics are to know of a request, left in its extensions.
#[derive(Clone)]
pub(crate) enum Seen {
    /// Nothing is known of it: the database could not be asked.
    Nobody,
    /// It was let in.
    Tenant {
        handle: ConnectionHandle,
        idp: Option<IdpKind>,
        tolerated: Tolerated,
    },
    /// It was not.
    Refused {
        reason: AuthenticationFailure,
        concerns: Option<LogAddress>,
    },
}

impl Tenant {
    /// Begins a transaction in which this tenant's users and groups change.
    pub(crate) async fn begin(&self) -> Result<DirectoryTx, StoreError> {
        self.handle.begin(self.request_id).await
    }

    /// Waits until the request may work. One that has its turn keeps it.
    pub(crate) async fn take_turn(&self) -> Result<(), ScimFailure> {
        let held = || self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if held().is_some() {
            return Ok(());
        }
        let connection = self.handle.connection_id();
        let turn = self.app.admission.turn(connection);
        let turn = pin!(turn)
            .instrument(debug_span!("scim.wait_for_turn"))
            .await;
        let turn = turn.inspect_err(|busy| {
            let reason = match busy {
                Busy::LineFull => TurnRefused::LineFull,
                Busy::WaitedTooLong => TurnRefused::Waited,
            };
            self.app.metrics.turn_refused(reason);
        });
        *held() = Some(turn.map_err(ScimFailure::Busy)?);
        Ok(())
    }

    /// The request that this tenant made.
    pub(crate) const fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// Does a write in a transaction of its own. What the database broke off because of another
    /// transaction at the same time is done again, a few times, each in turn with the others; see
    /// [`ATTEMPTS`].
    pub(crate) async fn write<T>(
        &self,
        work: impl AsyncFn(&mut DirectoryTx) -> Result<T, ScimFailure>,
    ) -> Result<T, ScimFailure> {
        let mut attempt = 1;
        loop {
            let done = async {
                let mut tx = self.begin().await?;
                if attempt > 1 {
                    tx.lock_directory().await?;
                }
                let done = work(&mut tx).await?;
                self.commit(tx).await?;
                Ok(done)
            };
            match done.await {
                Err(ScimFailure::Store(error)) if error.is_contention() && attempt < ATTEMPTS => {
                    self.app.metrics.write_repeated();
                    // At random, so that the two do not meet again.
                    let pause = Duration::from_millis(rand::random_range(1..=10) * attempt);
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// Makes a write durable, or tells that the policy of the organization refuses it.
    pub(crate) async fn commit(&self, tx: DirectoryTx) -> Result<(), ScimFailure> {
        let Err(error) = tx.commit().await else {
            return Ok(());
        };
        if let StoreError::Refused(refusal) = &error {
            self.handle.note_refusal(self.request_id, refusal).await?;
        }
        Err(error.into())
    }

    /// The schemas of this connection.
    pub(crate) fn catalog(&self) -> &Catalog {
        self.handle.catalog()
    }

    /// Refuses what was switched off for this connection.
    pub(crate) fn require(&self, on: bool, feature: &'static str) -> Result<(), ScimFailure> {
        if on {
            Ok(())
        } else {
            Err(ScimFailure::NotServed { feature })
        }
    }

    /// Whether the token has one of these scopes.
    pub(crate) fn may(&self, needed: Needed) -> Result<(), ScimFailure> {
        if needed.iter().any(|scope| self.scopes.allow(*scope)) {
            Ok(())
        } else {
            Err(ScimFailure::Refused(Refusal::Forbidden(needed)))
        }
    }

    /// What let the request in.
    pub(crate) const fn credential(&self) -> Credential {
        self.credential
    }

    /// What was chosen for this connection.
    pub(crate) fn settings(&self) -> &ScimSettings {
        self.handle.settings()
    }

    /// Counts the tolerances that a request needed. Some of them give the identity provider away.
    pub(crate) fn note_quirks(&self, quirks: &[Quirk]) {
        self.tolerated.add(quirks);
        for quirk in quirks {
            self.app.metrics.quirk_applied(quirk.as_str());
        }
        if self.idp.is_none() && quirks.contains(&Quirk::CapitalOp) {
            let now = self.app.store.clock().now();
            let idp = Some(IdpKind::Entra);
            self.app
                .activity
                .note_credential(&self.handle, self.credential, now, idp);
        }
    }

    /// Puts back what the identity provider may not set in a user that it wrote.
    pub(crate) fn keep_system_attributes(
        &self,
        before: Option<&Resource>,
        mut after: Resource,
    ) -> Resource {
        let notes = self.handle.keep_system_attributes(before, &mut after);
        self.note_quirks(&notes);
        after
    }

    async fn let_in(req: &HttpRequest) -> Result<Self, ScimFailure> {
        let app = state::of(req);
        req.extensions_mut().insert(Seen::Nobody);
        let routed = debug_span!("scim.route").in_scope(|| address::of(req, &app.settings));
        let Ok(address) = routed else {
            return Err(refuse(req, &app, Refusal::Unknown, None));
        };
        let asked = Asked {
            credentials: credentials::of(req),
            address: &address,
            source: address::source(req, &app.settings),
            needed: scopes::needed(req),
        };
        let verdict = authentication::authenticate(&app.store, &app.access_tokens, asked);
        let verdict = pin!(verdict)
            .instrument(debug_span!("scim.authenticate"))
            .await?;
        let access = match verdict {
            Verdict::Allowed(access) => *access,
            Verdict::Refused(Refused { refusal, concerns }) => {
                return Err(refuse(req, &app, refusal, concerns));
            }
        };
        let request_id = request_id::of(req);
        let recognised = idp::recognise(req);
        let idp = recognised.or(access.recognised_idp);
        if !access.connected_before {
            mark_connected(&app, &access, idp, request_id).await?;
        }
        let now = app.store.clock().now();
        // What is remembered may be older than what another process has recognised since.
        app.activity
            .note_credential(&access.handle, access.credential, now, recognised);
        let tolerated = Tolerated::default();
        req.extensions_mut().insert(Seen::Tenant {
            handle: access.handle.clone(),
            idp,
            tolerated: tolerated.clone(),
        });
        pin!(rate::check(req, &app, &access.handle))
            .instrument(debug_span!("scim.take_budget"))
            .await?;
        let strict = access.handle.settings().profile == ScimProfile::Strict;
        if strict && accept::wish(req.headers()) == Wish::Neither {
            return Err(ScimFailure::NotAcceptable);
        }
        let base = base(&app.settings, access.handle.connection_id());
        let tenant = Self {
            handle: access.handle,
            app,
            base,
            request_id,
            credential: access.credential,
            scopes: access.scopes,
            idp,
            tolerated,
            turn: Mutex::default(),
        };
        // A request with a body takes its turn when the body is there.
        if matches!(*req.method(), Method::GET | Method::HEAD | Method::DELETE) {
            tenant.take_turn().await?;
        }
        Ok(tenant)
    }
}

/// What the locations of a connection's resources begin with, whatever way it was reached.
pub(super) fn base(settings: &Settings, connection: ScimConnectionId) -> String {
    format!("{}/scim/v2/{connection}", settings.public_url)
}

/// The first request of an identity provider turns its connection to "connected", with an event.
async fn mark_connected(
    app: &AppState,
    access: &Access,
    idp: Option<IdpKind>,
    request_id: RequestId,
) -> Result<(), StoreError> {
    let mut tx = access.handle.begin(request_id).await?;
    let first = tx.mark_connected(idp).await?;
    tx.commit().await?;
    if first {
        app.metrics.connection_connected();
        tracing::info!(
            connection = %access.handle.connection_id(),
            organization = %access.handle.org_id(),
            idp = idp.map(IdpKind::as_str),
            "a SCIM connection is connected"
        );
    }
    Ok(())
}

fn refuse(
    req: &HttpRequest,
    app: &AppState,
    refusal: Refusal,
    concerns: Option<LogAddress>,
) -> ScimFailure {
    let reason = match refusal {
        Refusal::Missing => AuthenticationFailure::Missing,
        Refusal::Unreadable => AuthenticationFailure::InvalidRequest,
        Refusal::Malformed(_) => AuthenticationFailure::Malformed,
        Refusal::Unknown => AuthenticationFailure::Unknown,
        Refusal::Mismatch => AuthenticationFailure::Mismatch,
        Refusal::Expired => AuthenticationFailure::Expired,
        Refusal::Revoked => AuthenticationFailure::Revoked,
        Refusal::Disabled => AuthenticationFailure::Disabled,
        Refusal::Source(_) => AuthenticationFailure::SourceAddress,
        Refusal::Forbidden(_) => AuthenticationFailure::Forbidden,
    };
    app.metrics.authentication_failed(reason);
    req.extensions_mut()
        .insert(Seen::Refused { reason, concerns });
    if let Refusal::Malformed(_) | Refusal::Unknown = refusal
        && let Some(from) = address::source(req, &app.settings)
    {
        let limit = app.settings.limits.max_bad_tokens_per_minute;
        if let Some(wait) = app.guesses.note(from, limit, app.store.clock().now()) {
            app.metrics.guess_slowed();
            return ScimFailure::Guessing { wait };
        }
    }
    ScimFailure::Refused(refusal)
}

impl FromRequest for Tenant {
    type Error = ScimFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ScimFailure>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { Self::let_in(&req).await })
    }
}
