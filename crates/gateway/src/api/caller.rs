//! Who calls the management API.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use rollcall_model::{Actor, ApiKey, OrgRef, Origin, RequestId};
use rollcall_orgs::api_keys;
use rollcall_store::{ConnectionHandle, OrgHandle};

use crate::api::problem::Problem;
use crate::request_id;
use crate::state::AppState;

/// Proof that a request carries a known API key.
///
/// Every handler of the management API takes one, and opens organizations through it.
pub(crate) struct Caller {
    /// The key it came with.
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
        let missing = || Problem::not_found("organization");
        let named: OrgRef = named.parse().map_err(|_| missing())?;
        let found = self.app.store.open_organization(&named).await?;
        found.ok_or_else(missing)
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

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let app = crate::state::of(&req);
            let request_id = request_id::of(&req);
            let bearer = bearer(&req).ok_or_else(Problem::unauthorized)?;
            let key = api_keys::authenticate(&app.store, bearer)
                .await?
                .ok_or_else(Problem::unauthorized)?;
            app.activity.note_api_key(key.id, app.store.clock().now());
            Ok(Self {
                key,
                request_id,
                app,
            })
        })
    }
}
