//! The vendor's name, logo and colour on the pages that customers see.
//!
//! Colour and logo are served under names that change with them, as the other assets are.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

use super::accent::Accent;
use crate::answer::PageError;
use crate::console;

/// Where they are.
pub(crate) const PATH: &str = "/assets/brand";
/// The largest logo, in bytes. It is sent to everybody who opens the portal.
pub const MAX_LOGO_BYTES: usize = 256 * 1_024;
/// A logo may be an SVG, which is a document: opened by itself it may do nothing.
const LOGO_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The vendor's name, logo and colour.
#[derive(Clone, Debug)]
pub struct Branding {
    product_name: String,
    css: Named,
    logo: Option<Named>,
}

/// Something served under a name that changes with it.
#[derive(Clone, Debug)]
struct Named {
    path: String,
    media_type: &'static str,
    body: web::Bytes,
}

impl Named {
    fn new(stem: &str, ending: &str, media_type: &'static str, body: Vec<u8>) -> Self {
        let digest = Sha256::digest(&body);
        let digest: String = digest
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            path: format!("{PATH}/{stem}.{digest}.{ending}"),
            media_type,
            body: body.into(),
        }
    }
}

impl Default for Branding {
    /// Rollcall's own.
    fn default() -> Self {
        let css = Named::new("accent", "css", "text/css; charset=utf-8", Vec::new());
        Self {
            product_name: "Rollcall".to_owned(),
            css,
            logo: None,
        }
    }
}

impl Branding {
    /// Takes a name, a colour as `#rrggbb`, and the bytes of a logo.
    ///
    /// # Errors
    ///
    /// A sentence about the colour or the logo.
    pub fn new(
        product_name: String,
        accent_color: &str,
        logo: Option<Vec<u8>>,
    ) -> Result<Self, String> {
        let accent = Accent::parse(accent_color)
            .ok_or_else(|| format!("`{accent_color}` is not a colour such as `#1d4ed8`"))?;
        let css = accent.css().into_bytes();
        Ok(Self {
            product_name,
            css: Named::new("accent", "css", "text/css; charset=utf-8", css),
            logo: logo.map(self::logo).transpose()?,
        })
    }

    /// What the vendor's product is called.
    pub(crate) fn product_name(&self) -> &str {
        &self.product_name
    }

    /// Where the style sheet of the colour is.
    pub(crate) fn css_path(&self) -> &str {
        &self.css.path
    }

    /// Where the logo is.
    pub(crate) fn logo_path(&self) -> Option<&str> {
        self.logo.as_ref().map(|logo| logo.path.as_str())
    }
}

/// A logo of a kind that browsers show. Its first bytes say which, whatever its file is called.
fn logo(bytes: Vec<u8>) -> Result<Named, String> {
    if bytes.len() > MAX_LOGO_BYTES {
        return Err(format!(
            "the logo has {} bytes; it may have {MAX_LOGO_BYTES}",
            bytes.len()
        ));
    }
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(512)).unwrap_or_default());
    let (ending, media_type) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("png", "image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        ("jpg", "image/jpeg")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        ("webp", "image/webp")
    } else if text.contains("<svg") {
        ("svg", "image/svg+xml")
    } else {
        return Err("the logo is no PNG, JPEG, WebP or SVG".to_owned());
    };
    Ok(Named::new("logo", ending, media_type, bytes))
}

/// Mounts them.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.route("/{name}", web::get().to(get));
}

async fn get(req: HttpRequest) -> Result<HttpResponse, PageError> {
    let shared = console::of(&req);
    let branding = &shared.options.branding;
    let all = [Some(&branding.css), branding.logo.as_ref()];
    let found = all.into_iter().flatten().find(|it| it.path == req.path());
    let found = found.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, found.media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, LOGO_POLICY))
        .body(found.body.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(logo: &[u8]) -> Result<Option<String>, String> {
        let branding = Branding::new("Orbit".to_owned(), "#123456", Some(logo.to_vec()))?;
        Ok(branding.logo_path().map(str::to_owned))
    }

    #[test]
    fn a_logo_is_what_its_first_bytes_say() {
        let ends = |logo: &[u8], ending: &str| path(logo).unwrap().unwrap().ends_with(ending);
        assert!(ends(b"\x89PNG\r\n\x1a\n....", ".png"));
        assert!(ends(
            b"<?xml version=\"1.0\"?><svg xmlns=\"x\"></svg>",
            ".svg"
        ));
        assert_eq!(
            path(b"<html>").unwrap_err(),
            "the logo is no PNG, JPEG, WebP or SVG"
        );
        assert!(path(&vec![0; MAX_LOGO_BYTES + 1]).is_err());
    }

    #[test]
    fn another_colour_is_another_file() {
        let css = |color: &str| {
            let branding = Branding::new("Orbit".to_owned(), color, None).unwrap();
            branding.css_path().to_owned()
        };
        assert_eq!(css("#123456"), css("#123456"));
        assert_ne!(css("#123456"), css("#123457"));
        assert!(Branding::new("Orbit".to_owned(), "red", None).is_err());
    }
}
