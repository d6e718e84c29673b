//! What is published: the metadata of the authorization server (RFC 8414) and its keys (RFC 7517).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use rollcall_model::Scope;
use serde_json::{Value, json};

use super::{KEYS, token_url};
use crate::api::problem::Problem;
use crate::state::AppState;

/// For how long others may keep the keys. A new one signs at once, so whoever meets a key that it does
/// not know has to ask again.
const KEEP_KEYS: &str = "public, max-age=300";

/// `GET /.well-known/oauth-authorization-server`
pub(super) async fn metadata(app: web::Data<AppState>) -> HttpResponse {
    let settings = &app.settings;
    HttpResponse::Ok().json(json!({
        "issuer": settings.public_url,
        "token_endpoint": token_url(settings),
        "jwks_uri": format!("{}{KEYS}", settings.public_url),
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        // There is no authorization endpoint, so nothing that it could answer with.
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

/// `GET /oauth/jwks`
pub(super) async fn keys(app: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let keys = app.access_tokens.public_keys(&app.store).await?;
    let shown: Vec<Value> = keys
        .into_iter()
        .map(|key| {
            json!({
                "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
                "kid": key.id, "x": key.x, "y": key.y,
            })
        })
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, KEEP_KEYS))
        .json(json!({ "keys": shown })))
}
