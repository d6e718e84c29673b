//! The style sheet, the script and the icon: compiled in, under names that change with what they
//! hold, so that a browser may keep them for ever.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};
use sha2::{Digest, Sha256};

use crate::answer::PageError;

/// How many bytes of the digest stand in a name.
const NAMED_BYTES: usize = 6;

struct Asset {
    path: String,
    media_type: &'static str,
    body: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, media_type: &'static str, body: &'static str) -> Self {
        let digest = Sha256::digest(body);
        let digest: String = digest
            .iter()
            .take(NAMED_BYTES)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            path: format!("/assets/{stem}.{digest}.{ending}"),
            media_type,
            body,
        }
    }
}

static CSS: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("../assets/rollcall.css");
    Asset::new("rollcall", "css", "text/css; charset=utf-8", body)
});
static JS: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("../assets/rollcall.js");
    Asset::new("rollcall", "js", "text/javascript; charset=utf-8", body)
});
static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("../assets/rollcall.svg");
    Asset::new("rollcall", "svg", "image/svg+xml", body)
});

/// Where the style sheet is.
pub(crate) fn css() -> &'static str {
    &CSS.path
}

/// Where the script is.
pub(crate) fn js() -> &'static str {
    &JS.path
}

/// Where the icon is.
pub(crate) fn icon() -> &'static str {
    &ICON.path
}

/// Mounts them under `/assets`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.route("/assets/{name}", web::get().to(get));
}

async fn get(name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let path = format!("/assets/{name}");
    let assets = [&*CSS, &*JS, &*ICON];
    let found = assets.into_iter().find(|asset| asset.path == path);
    let asset = found.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(asset.body))
}
