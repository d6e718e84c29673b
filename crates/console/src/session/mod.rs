//! Who is there: a cookie with a random secret, and a row of the database under its digest.
//!
//! The row says whose the session is, when it was last used and when it ends. The cookie says
//! nothing, so a copy of the database opens no session. The token in every form is made from the
//! secret of the cookie, which only the browser has, and no key of the server's is needed for it.

mod csrf;
mod flow;
mod form;
mod secret;

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use rollcall_model::{ApiKeyId, Origin};
use rollcall_store::{Granted, NewPageSession, PageSession};

use crate::answer::PageError;
use crate::console::Shared;

pub(crate) use csrf::{is_token as is_csrf_token, token as csrf_token};
pub(crate) use flow::Flow;
pub(crate) use form::{all, check_site, field, read, sent};
use secret::SessionSecret;

/// How much the time of last use may lag behind.
const COALESCED: Duration = Duration::from_mins(1);

/// How long a session of an operator may be unused.
const IDLE: Duration = Duration::from_mins(30);

/// How long it lasts, however it is used.
const LIFETIME: Duration = Duration::from_hours(12);

/// The cookie of operators of the vendor, without the prefix that one over TLS has.
const OPERATOR: &str = "rollcall_console";

/// The cookie of admins of customers, likewise.
pub(crate) const PORTAL: &str = "rollcall_portal";

/// A session of an operator that holds.
pub(crate) struct Session {
    secret: SessionSecret,
    /// What is stored of it.
    pub(crate) stored: PageSession,
}

impl Session {
    /// Begins a session of an API key, or of a person with what the issuer granted. The cookie goes into
    /// the answer.
    ///
    /// # Errors
    ///
    /// The database is not available, or what the session would stand on is gone.
    pub(crate) async fn begin(
        shared: &Shared,
        api_key_id: ApiKeyId,
        granted: Option<Granted>,
        origin: Origin,
    ) -> Result<Cookie<'static>, PageError> {
        let store = &shared.options.store;
        let secret = SessionSecret::generate().map_err(PageError::Internal)?;
        let new = NewPageSession {
            digest: secret.digest(),
            api_key_id,
            granted,
            expires_at: store.clock().now().plus(LIFETIME),
        };
        store.insert_page_session(new, origin).await?;
        Ok(cookie(shared, OPERATOR, secret.as_str().to_owned()))
    }

    /// The session that a request belongs to; `None` if there is none that holds. Its use is noted,
    /// and what it was to say is in `stored.flash` for the last time.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(crate) async fn find(
        shared: &Shared,
        req: &HttpRequest,
    ) -> Result<Option<Self>, PageError> {
        let given = req.cookie(&cookie_name(shared, OPERATOR));
        let Some(secret) = given.and_then(|it| SessionSecret::parse(it.value())) else {
            return Ok(None);
        };
        let store = &shared.options.store;
        let Some(stored) = store.find_page_session(&secret.digest()).await? else {
            return Ok(None);
        };
        let now = store.clock().now();
        if stored.is_over(now, IDLE) {
            store.delete_page_session(&secret.digest()).await?;
            return Ok(None);
        }
        let is_read = req.method().is_safe() && stored.flash.is_some();
        if is_read || now.since(stored.last_seen_at) >= COALESCED {
            store.touch_page_session(&secret.digest()).await?;
        }
        Ok(Some(Self { secret, stored }))
    }

    /// What every form of this session holds.
    pub(crate) fn csrf(&self) -> String {
        csrf::token(self.secret.as_str())
    }

    /// Whether a form is one of this session. Takes the same time whatever is given.
    pub(crate) fn holds_csrf(&self, given: &str) -> bool {
        csrf::is_token(self.secret.as_str(), given)
    }

    /// Has the next page say something.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(crate) async fn say(&self, shared: &Shared, says: &str) -> Result<(), PageError> {
        let store = &shared.options.store;
        Ok(store.save_page_flash(&self.secret.digest(), says).await?)
    }

    /// Ends it. The cookie that goes into the answer takes the other one away.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(crate) async fn end(&self, shared: &Shared) -> Result<Cookie<'static>, PageError> {
        let store = &shared.options.store;
        store.delete_page_session(&self.secret.digest()).await?;
        let mut gone = cookie(shared, OPERATOR, String::new());
        gone.make_removal();
        Ok(gone)
    }
}

/// Over TLS the prefix keeps other hosts and plain HTTP from setting it (RFC 6265bis §4.1.3.2).
pub(crate) fn cookie_name(shared: &Shared, name: &str) -> String {
    if shared.is_secure() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

/// `Lax`, so that a link to a page in a chat or a ticket opens it. Forms are guarded by their token.
pub(crate) fn cookie(shared: &Shared, name: &str, value: String) -> Cookie<'static> {
    Cookie::build(cookie_name(shared, name), value)
        .path("/")
        .http_only(true)
        .secure(shared.is_secure())
        .same_site(SameSite::Lax)
        .finish()
}
