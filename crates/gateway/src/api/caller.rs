//! Who calls the management API.

use std::future::Future;
use std::pin::{Pin, pin};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, web};
use rollcall_model::{Actor, ApiKey, ApiKeyRole, OrgId, OrgRef, Origin, PageRequest, RequestId};
use rollcall_orgs::api_keys;
use rollcall_store::{ConnectionHandle, OrgHandle};
use tracing::{Instrument, debug_span};

use crate::api::person;
use crate::api::problem::Problem;
use crate::api::query::{self, ListQuery};
use crate::api::reconcile;
use crate::request_id;
use crate::state::AppState;
use crate::traced;

/// What a key that is bound to one organization may ask outside of it: lists that show it only what
/// is its own, and what is the same for everybody. Everything else below `/v1` is for keys of the
/// installation, a route that is yet to be written too.
const LISTS_FOR_BOUND_KEYS: [&str; 6] = [
    "/v1/organizations",
    "/v1/events",
    "/v1/event-schemas",
    "/v1/event-schemas/{type}",
    "/v1/events/stream",
    "/v1/sign-in-routes",
];

/// What belongs to an organization or to the installation, with everything below it. A bound key may
/// ask there with every method: the handlers find what is of its organization only, since they ask
/// the store within [`Caller::bound_to`].
const OF_EITHER: [&str; 2] = ["/v1/consumers", "/v1/webhook-endpoints"];

fn is_of_either(pattern: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    OF_EITHER
        .iter()
        .any(|it| pattern.strip_prefix(it).is_some_and(below))
}

/// Proof that a request carries a known API key, or a believed token of a person, which may make it.
///
/// Every handler of the management API takes one, and opens organizations through it. What a key may
/// do is decided before there is a `Caller`, by method and route: no handler has to remember it.
pub(crate) struct Caller {
    /// The key it came with; for a person, the row that stands for one, with the token's limits.
    pub(crate) key: ApiKey,
    /// The id of this request.
    pub(crate) request_id: RequestId,
    /// What every handler shares.
    pub(crate) app: web::Data<AppState>,
}

impl Caller {
    /// Who and by which request, for events and the audit log.
    #[must_use]
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor: Actor::ApiKey(self.key.id),
            request_id: self.request_id,
        }
    }

    /// Opens the organization that a path names by id or slug.
    ///
    /// # Errors
    ///
    /// 404 if there is none; a text that is neither id nor slug names none either.
    pub(crate) async fn organization(&self, named: &str) -> Result<OrgHandle, Problem> {
        let found = self.find_organization(named).await?;
        found.ok_or_else(|| Problem::not_found("organization"))
    }

    /// Opens the organization that a member of a body or a parameter names by id or slug.
    ///
    /// # Errors
    ///
    /// 422 at `field` if there is none.
    pub(crate) async fn referenced_organization(
        &self,
        field: &'static str,
        named: &str,
    ) -> Result<OrgHandle, Problem> {
        let found = self.find_organization(named).await?;
        found.ok_or_else(|| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "no_such_reference",
                format!("`{field}` names no organization"),
            )
            .at(field)
        })
    }

    /// `None` also means that this caller may not see it.
    async fn find_organization(&self, named: &str) -> Result<Option<OrgHandle>, Problem> {
        let Ok(named) = named.parse::<OrgRef>() else {
            return Ok(None);
        };
        let found = self.app.store.open_organization(&named).await?;
        let found = found.filter(|org| self.may_see(org.org_id()));
        if let Some(org) = &found {
            traced::note_organization(org.org_id());
        }
        Ok(found)
    }

    /// Whether an organization is one of those that this caller may see.
    #[must_use]
    pub(crate) fn may_see(&self, organization: OrgId) -> bool {
        self.bound_to().is_none_or(|id| id == organization)
    }

    /// The one organization that this caller is bound to; `None` if it may see all of them.
    #[must_use]
    pub(crate) const fn bound_to(&self) -> Option<OrgId> {
        self.key.organization_id
    }

    /// The page of a list that a request asks for with `limit` and `after`.
    ///
    /// # Errors
    ///
    /// 422: the limit is out of bounds, the cursor is none of this list, or there is another parameter.
    pub(crate) fn page<C: FromStr>(&self, req: &HttpRequest) -> Result<PageRequest<C>, Problem> {
        let query: ListQuery = query::read(req)?;
        query.page(self.app.settings.limits.max_page)
    }

    /// Looks whether this caller would still be let in as it was, for an answer that goes on for long.
    ///
    /// # Errors
    ///
    /// 401 if not.
    pub(crate) async fn check_again(&self, bearer: &str) -> Result<(), Problem> {
        let key = authenticate(&self.app, bearer, self.request_id).await?;
        let same = key.id == self.key.id && key.organization_id == self.key.organization_id;
        same.then_some(()).ok_or_else(Problem::unauthorized)
    }

    /// Refuses what this caller may not ask, whichever handler would answer it.
    async fn check(&self, req: &HttpRequest) -> Result<(), Problem> {
        let reads = req.method() == Method::GET || req.method() == Method::HEAD;
        let pattern = req.match_pattern().unwrap_or_default();
        if self.bound_to().is_some() {
            match req.match_info().get("org") {
                // First, so that whatever is sent to a foreign organization finds nothing.
                Some(named) if pattern.starts_with("/v1/organizations/{org}") => {
                    self.organization(named).await?;
                }
                _ if reads && LISTS_FOR_BOUND_KEYS.contains(&pattern.as_str()) => {}
                _ if is_of_either(&pattern) => {}
                _ => return Err(bound_key()),
            }
        }
        if !reads && pattern != reconcile::PATTERN && self.key.role == ApiKeyRole::ReadOnly {
            return Err(read_only_key());
        }
        Ok(())
    }

    /// Opens a SCIM connection and its organization, as a path names them.
    ///
    /// # Errors
    ///
    /// 404 if there is no such organization, or no such connection in it.
    pub(crate) async fn connection(
        &self,
        organization: &str,
        connection: &str,
    ) -> Result<(OrgHandle, ConnectionHandle), Problem> {
        const WHAT: &str = "SCIM connection";
        let org = self.organization(organization).await?;
        let found = org.open_connection(path_id(connection, WHAT)?).await?;
        let connection = found.ok_or_else(|| Problem::not_found(WHAT))?;
        Ok((org, connection))
    }
}

fn read_only_key() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "read_only_key",
        "this caller has the role `read_only`; this call needs one with the role `admin`",
    )
}

fn bound_key() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "bound_key",
        "this caller is bound to one organization; this call needs one of the installation",
    )
}

/// An id in a path. A text that is no id names nothing, as an id that was never given out.
pub(crate) fn path_id<T: FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found(what))
}

/// The bearer text of a request; `None` if there is no such header or it is of another kind.
pub(crate) fn bearer(req: &HttpRequest) -> Option<&str> {
    let header = req.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

/// Whose a bearer text is.
async fn authenticate(
    app: &AppState,
    bearer: &str,
    request_id: RequestId,
) -> Result<ApiKey, Problem> {
    match person::issuer_for(app, bearer) {
        Some(issuer) => person::authenticate(app, issuer, bearer, request_id).await,
        None => api_keys::authenticate(&app.store, bearer)
            .await?
            .ok_or_else(Problem::unauthorized),
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let app = crate::state::of(&req);
            let request_id = request_id::of(&req);
            let bearer = bearer(&req).ok_or_else(Problem::unauthorized)?;
            let key = pin!(authenticate(&app, bearer, request_id))
                .instrument(debug_span!("api.authenticate"))
                .await?;
            app.activity.note_api_key(key.id, app.store.clock().now());
            let caller = Self {
                key,
                request_id,
                app,
            };
            caller.check(&req).await?;
            Ok(caller)
        })
    }
}
