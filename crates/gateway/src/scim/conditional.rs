//! `If-Match` and `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).
//!
//! Versions are weak entity tags, because a projection changes the bytes. Clients send them back
//! in `If-Match` all the same, as the examples of RFC 7644 do, so both headers compare the opaque
//! part and nothing else.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

use super::failure::ScimFailure;

/// The entity tag of a version.
pub(super) fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// What a header asks of the version.
fn names(req: &HttpRequest, header: &HeaderName, version: u64) -> Option<bool> {
    let mut lines = req.headers().get_all(header).peekable();
    lines.peek()?;
    let wanted = version.to_string();
    Some(
        lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || opaque(tag) == wanted),
    )
}

fn opaque(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .unwrap_or(tag)
}

/// Refuses a write to another version than the client knows. Call it under the row's lock.
pub(super) fn check_if_match(req: &HttpRequest, version: u64) -> Result<(), ScimFailure> {
    match names(req, &IF_MATCH, version) {
        Some(false) => Err(ScimFailure::Stale {
            current: etag(version),
        }),
        Some(true) | None => Ok(()),
    }
}

/// Whether the client has this version already.
pub(super) fn not_modified(req: &HttpRequest, version: u64) -> bool {
    names(req, &IF_NONE_MATCH, version).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn if_match(value: &str) -> bool {
        let req = TestRequest::default()
            .insert_header((IF_MATCH, value))
            .to_http_request();
        check_if_match(&req, 3).is_ok()
    }

    #[test]
    fn weak_strong_and_bare_tags_of_the_version_match() {
        for tag in ["W/\"3\"", "\"3\"", "3", "*", "W/\"2\", W/\"3\""] {
            assert!(if_match(tag), "{tag}");
        }
        for tag in ["W/\"2\"", "", "W/\"33\""] {
            assert!(!if_match(tag), "{tag}");
        }
    }

    #[test]
    fn without_the_header_every_version_matches() {
        let req = TestRequest::default().to_http_request();
        assert!(check_if_match(&req, 3).is_ok());
        assert!(!not_modified(&req, 3));
    }
}
