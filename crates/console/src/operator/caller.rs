//! Proof that a request comes from an operator who is signed in, and may do what it asks.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest};
use rollcall_model::{Actor, ApiKey, ApiKeyRole, OrgId, OrgRef, Origin, RequestId};
use rollcall_orgs::management_callers::NAME_PREFIX;
use rollcall_store::{ConnectionHandle, OrgHandle, PageSession, Store};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::answer::PageError;
use crate::console::{self, Shared};
use crate::session::{self, Session};
use crate::text as t;

/// An operator who is signed in. Organizations are opened through it, so that one who is bound to
/// one opens no other.
pub(crate) struct Operator {
    /// The API key behind the session, as it is now. For a person who signed in at the vendor's issuer
    /// it is the row that stands for that person, with what the issuer granted.
    pub(crate) key: ApiKey,
    /// The session.
    pub(crate) session: Session,
    /// The id of this request.
    pub(crate) request_id: RequestId,
    /// What every page shares.
    pub(crate) shared: Data<Shared>,
}

impl Operator {
    /// The database.
    pub(crate) fn store(&self) -> &Store {
        &self.shared.options.store
    }

    /// Who and by which request, for events and the audit log: the key, or the person.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor: Actor::ApiKey(self.key.id),
            request_id: self.request_id,
        }
    }

    /// What the operator is called: the name of the key, or of the person.
    pub(crate) fn name(&self) -> &str {
        let name = self.key.name.as_str();
        match self.session.stored.granted {
            Some(_) => name.strip_prefix(NAME_PREFIX).unwrap_or(name),
            None => name,
        }
    }

    /// Whether the operator may change things.
    pub(crate) fn may_change(&self) -> bool {
        self.key.role == ApiKeyRole::Admin
    }

    /// Refuses whoever changes nothing.
    ///
    /// # Errors
    ///
    /// This operator is one.
    pub(crate) fn changes(&self) -> Result<(), PageError> {
        let may = self.may_change().then_some(());
        may.ok_or(PageError::Forbidden(t::READ_ONLY))
    }

    /// The one organization that the operator is bound to.
    pub(crate) const fn bound_to(&self) -> Option<OrgId> {
        self.key.organization_id
    }

    /// Refuses an operator who is bound to an organization.
    ///
    /// # Errors
    ///
    /// It is one.
    pub(crate) fn of_installation(&self) -> Result<(), PageError> {
        match self.bound_to() {
            None => Ok(()),
            Some(_) => Err(PageError::Forbidden(t::NOT_FOR_BOUND)),
        }
    }

    /// Opens an organization by id or slug.
    ///
    /// # Errors
    ///
    /// There is none, or the operator is bound to another.
    pub(crate) async fn organization(&self, named: &str) -> Result<OrgHandle, PageError> {
        let named: OrgRef = path_id(named)?;
        let found = self.store().open_organization(&named).await?;
        found
            .filter(|org| self.bound_to().is_none_or(|id| id == org.org_id()))
            .ok_or(PageError::NotFound)
    }

    /// Opens a SCIM connection and its organization.
    ///
    /// # Errors
    ///
    /// There is no such organization for this operator, or no such connection in it.
    pub(crate) async fn connection(
        &self,
        organization: &str,
        connection: &str,
    ) -> Result<(OrgHandle, ConnectionHandle), PageError> {
        let org = self.organization(organization).await?;
        let found = org.open_connection(path_id(connection)?).await?;
        Ok((org, found.ok_or(PageError::NotFound)?))
    }

    async fn of(req: &HttpRequest) -> Result<Self, PageError> {
        let shared = console::of(req);
        let Some(session) = Session::find(&shared, req).await? else {
            return Err(PageError::SignedOut(sign_in_for(req)));
        };
        let key = who(&shared, &session.stored).await?;
        let key = key.ok_or_else(|| PageError::SignedOut(sign_in_for(req)))?;
        Ok(Self {
            key,
            session,
            request_id: console::request_id(req),
            shared,
        })
    }
}

/// Whose a session is; `None` if it has lost what it stood on.
///
/// A key is read anew at each request. Of a person that is the row alone: what it may do was granted
/// when the session began, and by the issuer that people still sign in with.
async fn who(shared: &Shared, session: &PageSession) -> Result<Option<ApiKey>, PageError> {
    let (store, id) = (&shared.options.store, session.api_key_id);
    let Some(granted) = session.granted else {
        return Ok(store.find_api_key_by_id(id).await?);
    };
    let Some(oidc) = &shared.options.sign_in else {
        return Ok(None);
    };
    let known = store.find_oidc_caller_by_id(id).await?;
    let known = known.filter(|(_, subject)| oidc.vendor.knows(subject));
    Ok(known.map(|(person, _)| ApiKey {
        role: granted.role,
        organization_id: granted.organization_id,
        ..person
    }))
}

/// An id in a path. A text that is no id names nothing, as an id that was never given out.
pub(crate) fn path_id<T: FromStr>(text: &str) -> Result<T, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

/// The page to sign in at, which leads back to what was asked if that can be asked again.
fn sign_in_for(req: &HttpRequest) -> String {
    const PAGE: &str = "/console/sign-in";
    if !req.method().is_safe() || req.path() == "/console" {
        return PAGE.to_owned();
    }
    let next = req.uri().path_and_query().map_or("", |it| it.as_str());
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("{PAGE}?{query}")
}

impl FromRequest for Operator {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { Self::of(&req).await })
    }
}

/// A form that an operator who may change things has sent from a page of the session.
///
/// Every handler that changes something takes one, so none can forget to look at the token.
pub(crate) struct Deed {
    /// Who.
    pub(crate) operator: Operator,
    body: Bytes,
}

impl Deed {
    /// The form, as what the handler wants of it.
    ///
    /// # Errors
    ///
    /// A field is missing, or is not what it should be.
    pub(crate) fn form<T: DeserializeOwned>(&self) -> Result<T, PageError> {
        session::read(&self.body)
    }

    /// Everything that the form holds under a name: the boxes of a list that are ticked.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        session::all(&self.body, name)
    }

    /// Whether the form names what a danger wanted to be named.
    pub(crate) fn confirms(&self, name: &str) -> bool {
        let typed = session::field(&self.body, "confirm").unwrap_or_default();
        typed.trim() == name.trim()
    }

    /// Refuses a danger that was not confirmed.
    ///
    /// # Errors
    ///
    /// It was not.
    pub(crate) fn confirmed(&self, name: &str) -> Result<(), PageError> {
        self.confirms(name)
            .then_some(())
            .ok_or_else(|| PageError::BadForm(t::unconfirmed(name)))
    }

    /// Has the next page say what was done, and goes there.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(crate) async fn done(&self, says: &str, next: &str) -> crate::answer::Answer {
        self.operator
            .session
            .say(&self.operator.shared, says)
            .await?;
        Ok(crate::answer::see_other(next))
    }
}

impl Deref for Deed {
    type Target = Operator;

    fn deref(&self) -> &Operator {
        &self.operator
    }
}

impl FromRequest for Deed {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(req, payload);
        let req = req.clone();
        Box::pin(async move {
            let (operator, body) = sent(&req, body).await?;
            operator.changes()?;
            Ok(Self { operator, body })
        })
    }
}

/// The form of an operator, looked at but for what it asks.
pub(super) async fn sent(
    req: &HttpRequest,
    body: impl Future<Output = Result<Bytes, actix_web::Error>>,
) -> Result<(Operator, Bytes), PageError> {
    session::check_site(req)?;
    let operator = Operator::of(req).await?;
    let body = session::sent(body, |token| operator.session.holds_csrf(token)).await?;
    Ok((operator, body))
}
