//! Whether the answer to a write carries the resource: `Prefer: return=…` (RFC 7240 §4.2).
//!
//! RFC 7644 does not mention the header; it lets a server choose, for PATCH, between 200 with the
//! resource and 204. A client that says what it wants gets that, and need not take thousands of
//! members it does not read. Asking for attributes is the stronger wish: RFC 7644 §3.5.2 wants 200
//! then.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use super::list::asks_for_projection;

static PREFER: HeaderName = HeaderName::from_static("prefer");

/// Whether the resource is to be shown, where it is so `by_default` or is not.
pub(super) fn shows_resource(req: &HttpRequest, by_default: bool) -> bool {
    asks_for_projection(req) || preference(req).unwrap_or(by_default)
}

/// `true` for `return=representation`, `false` for `return=minimal`. Of several, the first counts;
/// any other value is ignored, as the RFC wants it.
fn preference(req: &HttpRequest) -> Option<bool> {
    let lines = req.headers().get_all(&PREFER);
    let preferences = lines.filter_map(|line| line.to_str().ok());
    let wanted = preferences
        .flat_map(|line| line.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("return"))?;
    let value = wanted.1.trim().trim_matches('"');
    if value.eq_ignore_ascii_case("representation") {
        Some(true)
    } else if value.eq_ignore_ascii_case("minimal") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn preferred(header: &str) -> Option<bool> {
        let req = TestRequest::default().insert_header(("Prefer", header));
        preference(&req.to_http_request())
    }

    #[test]
    fn the_first_return_preference_counts_and_unknown_ones_are_ignored() {
        for (header, wanted) in [
            ("return=minimal", Some(false)),
            ("Return = \"representation\"; x=y", Some(true)),
            (
                "respond-async, return=minimal, return=representation",
                Some(false),
            ),
            ("return=everything", None),
            ("respond-async", None),
            ("", None),
        ] {
            assert_eq!(preferred(header), wanted, "{header}");
        }
    }

    #[test]
    fn asking_for_attributes_is_asking_for_the_resource() {
        let bare = TestRequest::with_uri("/Groups/1?attributes=displayName")
            .insert_header(("Prefer", "return=minimal"))
            .to_http_request();
        assert!(shows_resource(&bare, false));
    }
}
