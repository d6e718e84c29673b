//! The token endpoint: `POST /oauth/token` (RFC 6749 §4.4).

use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use rollcall_metrics::AuthenticationFailure;
use rollcall_model::Scopes;
use rollcall_orgs::oauth::clients::{self, ClientRefusal, ClientVerdict};
use rollcall_store::{LogAddress, StoredCredential};
use secrecy::ExposeSecret;
use serde_json::json;

use super::client::{self, Presented};
use super::failure::OauthFailure;
use super::form;
use crate::address;
use crate::scim::{Remark, Seen};
use crate::state::AppState;

const CLIENT_CREDENTIALS: &str = "client_credentials";

/// Gives a client an access token.
pub(super) async fn token(
    app: web::Data<AppState>,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, OauthFailure> {
    let patience = app.settings.limits.request_body_timeout;
    let read = tokio::time::timeout(patience, form::read(&req, payload)).await;
    let mut form = read.unwrap_or(Err(OauthFailure::InvalidRequest("the body took too long")))?;
    match form.grant_type.as_deref() {
        Some(CLIENT_CREDENTIALS) => {}
        Some(_) => return Err(OauthFailure::UnsupportedGrantType),
        None => return Err(OauthFailure::InvalidRequest("`grant_type` is missing")),
    }
    let wanted = form.scope.take();
    let Presented { id, secret } = client::presented(&req, form)?;
    let verdict = clients::authenticate(&app.store, &id, secret.expose_secret()).await?;
    let client = match verdict {
        ClientVerdict::Known(client) => client,
        ClientVerdict::Refused(refusal, of) => {
            let concerns = of.map(LogAddress::Connection);
            return Err(refuse(&req, &app, refusal, concerns));
        }
    };
    let scopes = scopes(&client, wanted.as_deref())?;
    let tokens = &app.access_tokens;
    let issued = tokens
        .issue(&app.store, &app.sealing_key, &client, scopes)
        .await?;
    app.metrics.access_token_issued();
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(json!({
            "access_token": issued.text,
            "token_type": "Bearer",
            "expires_in": issued.expires_in,
            "scope": issued.scopes.names(),
        })))
}

/// Any other method.
pub(super) async fn other_method() -> Result<HttpResponse, OauthFailure> {
    Err(OauthFailure::Method)
}

/// What a client asks for, if it was given that; all that it was given, if it does not say.
fn scopes(client: &StoredCredential, wanted: Option<&str>) -> Result<Scopes, OauthFailure> {
    let Some(wanted) = wanted else {
        return Ok(client.scopes);
    };
    let wanted = Scopes::from_names(wanted);
    let fits = wanted.filter(|wanted| !wanted.is_empty() && wanted.is_within(client.scopes));
    fits.ok_or_else(|| OauthFailure::InvalidScope(client.scopes.names()))
}

/// Notes a refusal where a refused SCIM request is noted, and slows down whoever guesses.
fn refuse(
    req: &HttpRequest,
    app: &AppState,
    refusal: ClientRefusal,
    concerns: Option<LogAddress>,
) -> OauthFailure {
    let (reason, remark) = match refusal {
        ClientRefusal::Unknown => (AuthenticationFailure::Unknown, "unknown OAuth client"),
        ClientRefusal::WrongSecret => (
            AuthenticationFailure::Unknown,
            "the secret is not that of the OAuth client",
        ),
        ClientRefusal::Revoked => (
            AuthenticationFailure::Revoked,
            "the OAuth client was revoked",
        ),
        ClientRefusal::Disabled => (
            AuthenticationFailure::Disabled,
            "this SCIM connection is disabled; ask the vendor to enable it",
        ),
    };
    app.metrics.authentication_failed(reason);
    if concerns.is_some() {
        let mut extensions = req.extensions_mut();
        extensions.insert(Seen::Refused { reason, concerns });
        extensions.insert(Remark(remark.to_owned()));
    }
    let is_guess = matches!(refusal, ClientRefusal::Unknown | ClientRefusal::WrongSecret);
    if is_guess && let Some(from) = address::source(req, &app.settings) {
        let limit = app.settings.limits.max_bad_tokens_per_minute;
        if let Some(wait) = app.guesses.note(from, limit, app.store.clock().now()) {
            app.metrics.guess_slowed();
            return OauthFailure::Guessing { wait };
        }
    }
    match refusal {
        ClientRefusal::Disabled => OauthFailure::Disabled,
        ClientRefusal::Unknown | ClientRefusal::WrongSecret | ClientRefusal::Revoked => {
            OauthFailure::InvalidClient
        }
    }
}
