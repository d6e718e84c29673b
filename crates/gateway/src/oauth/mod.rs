//! OAuth 2.0 for identity providers that are given a client instead of a token: the token endpoint,
//! and what clients and gateways read about it.

mod client;
mod failure;
mod form;
mod metadata;
mod token;

use actix_web::web::{self, ServiceConfig};
use url::Url;

use crate::settings::Settings;

/// Where access tokens are given out.
const TOKEN: &str = "/oauth/token";
/// Where the keys are that check them (RFC 7517).
const KEYS: &str = "/oauth/jwks";
/// Where the metadata is, before the path of the issuer (RFC 8414 §3.1).
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Mounts everything, also below the path of the public URL, for a proxy that does not take it away.
pub(crate) fn configure(config: &mut ServiceConfig, settings: &Settings) {
    let path = path_of(&settings.public_url);
    let mut mount = |before: &str, after: &str| {
        config
            .service(
                web::resource(format!("{before}{TOKEN}"))
                    .route(web::post().to(token::token))
                    .default_service(web::to(token::other_method)),
            )
            .service(web::resource(format!("{before}{KEYS}")).route(web::get().to(metadata::keys)))
            .service(
                web::resource(format!("{METADATA}{after}"))
                    .route(web::get().to(metadata::metadata)),
            );
    };
    mount("", "");
    if !path.is_empty() {
        mount(&path, &path);
    }
}

/// The path of a URL, without a slash at the end.
fn path_of(url: &str) -> String {
    let path = Url::parse(url).map(|url| url.path().trim_end_matches('/').to_owned());
    path.unwrap_or_default()
}

/// The URL that an identity provider gets its access tokens at.
pub(crate) fn token_url(settings: &Settings) -> String {
    format!("{}{TOKEN}", settings.public_url)
}
