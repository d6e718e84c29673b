//! Proof that a request comes from a session of the portal, and what that opens.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest};
use rollcall_model::{Actor, Origin, PortalFormId, PortalSession, RequestId, ScimConnection};
use rollcall_orgs::portal;
use rollcall_store::{ConnectionHandle, OrgHandle};
use serde::de::DeserializeOwned;

use crate::answer::PageError;
use crate::console::{self, Shared};
use crate::session::{self, PORTAL};

/// Where somebody without a session is led.
const ENDED: &str = "/portal/ended";

/// An admin of a customer. The one organization of the session is all that can be opened through it:
/// no page of the portal has another handle, and none takes an organization from its address.
pub(super) struct Visitor {
    /// The organization of the session.
    pub(super) org: OrgHandle,
    /// The session.
    pub(super) session: PortalSession,
    /// The id of this request.
    pub(super) request_id: RequestId,
    /// What every page shares.
    pub(super) shared: Data<Shared>,
    secret: String,
}

impl Visitor {
    /// Who and by which request, for events and the audit log.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            actor: Actor::PortalSession(self.session.id),
            request_id: self.request_id,
        }
    }

    /// What every form of this session holds.
    pub(super) fn csrf(&self) -> String {
        session::csrf_token(&self.secret)
    }

    /// Opens a SCIM connection of the organization, as a path names it.
    ///
    /// # Errors
    ///
    /// There is none of that id in this organization.
    pub(super) async fn connection(
        &self,
        named: &str,
    ) -> Result<(ScimConnection, ConnectionHandle), PageError> {
        let id = named.parse().map_err(|_| PageError::NotFound)?;
        let connection = self.org.find_scim_connection(id).await?;
        let handle = self.org.open_connection(id).await?;
        connection.zip(handle).ok_or(PageError::NotFound)
    }

    /// The endpoint URL of a connection.
    pub(super) fn endpoint_url(&self, connection: &ScimConnection) -> String {
        format!(
            "{}/scim/v2/{}",
            self.shared.options.public_url, connection.id
        )
    }

    /// Whether the session would still be let in, for an answer that goes on for long.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(super) async fn still_holds(&self) -> Result<bool, PageError> {
        let found = portal::authenticate(&self.shared.options.store, &self.secret).await?;
        Ok(found.is_some_and(|(_, session)| session.id == self.session.id))
    }

    /// The visitor of a request; `None` if no session that holds came with it.
    pub(super) async fn find(req: &HttpRequest) -> Result<Option<Self>, PageError> {
        let shared = console::of(req);
        let Some(cookie) = req.cookie(&session::cookie_name(&shared, PORTAL)) else {
            return Ok(None);
        };
        let secret = cookie.value().to_owned();
        let found = portal::authenticate(&shared.options.store, &secret).await?;
        Ok(found.map(|(org, session)| Self {
            org,
            session,
            request_id: console::request_id(req),
            shared,
            secret,
        }))
    }

    async fn of(req: &HttpRequest) -> Result<Self, PageError> {
        let found = Self::find(req).await?;
        found.ok_or_else(|| PageError::SignedOut(ENDED.to_owned()))
    }
}

/// The cookie of a session.
pub(super) fn cookie(shared: &Shared, secret: &str) -> Cookie<'static> {
    session::cookie(shared, PORTAL, secret.to_owned())
}

/// What takes the cookie away.
pub(super) fn no_cookie(shared: &Shared) -> Cookie<'static> {
    let mut gone = session::cookie(shared, PORTAL, String::new());
    gone.make_removal();
    gone
}

impl FromRequest for Visitor {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { Self::of(&req).await })
    }
}

/// A form that was sent from a page of the session.
///
/// Every handler that changes something takes one, so none can forget to look at the token.
pub(super) struct Sent {
    visitor: Visitor,
    body: Bytes,
}

impl Sent {
    /// The form, as what the handler wants of it.
    ///
    /// # Errors
    ///
    /// A field is missing, or is not what it should be.
    pub(super) fn form<T: DeserializeOwned>(&self) -> Result<T, PageError> {
        session::read(&self.body)
    }

    /// Whether this form is sent for the first time. One whose answer shows a secret has an id of its
    /// own, so that its page can be loaded again without a second deed.
    ///
    /// # Errors
    ///
    /// The form has no id, or the database is not available.
    pub(super) async fn is_first(&self) -> Result<bool, PageError> {
        let form = session::field(&self.body, "form").unwrap_or_default();
        let form: PortalFormId = form.parse().map_err(|_| PageError::ForeignForm)?;
        let (org, session) = (&self.visitor.org, self.visitor.session.id);
        Ok(portal::spend_form(org, session, form, self.origin()).await?)
    }
}

impl Deref for Sent {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl FromRequest for Sent {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(req, payload);
        let req = req.clone();
        Box::pin(async move {
            session::check_site(&req)?;
            let visitor = Visitor::of(&req).await?;
            let holds = |token: &str| session::is_csrf_token(&visitor.secret, token);
            let body = session::sent(body, holds).await?;
            Ok(Self { visitor, body })
        })
    }
}
