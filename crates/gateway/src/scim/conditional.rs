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

/// Whether one of the tags, separated by commas, is that of the version.
fn names(tags: &str, version: u64) -> bool {
    let wanted = version.to_string();
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || opaque(tag) == wanted)
}

/// The tags of a header, which may come in several lines; `None` without the header.
fn tags(req: &HttpRequest, header: &HeaderName) -> Option<String> {
    let mut lines = req.headers().get_all(header).peekable();
    lines.peek()?;
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    Some(lines.join(","))
}

fn opaque(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .unwrap_or(tag)
}

/// The versions that a client is willing to write over: any, if it does not say.
pub(super) struct IfMatch(Option<String>);

impl IfMatch {
    /// What the header of a request says.
    pub(super) fn of(req: &HttpRequest) -> Self {
        Self(tags(req, &IF_MATCH))
    }

    /// What the `version` of a bulk operation says, which stands for the header.
    pub(super) const fn version(version: Option<String>) -> Self {
        Self(version)
    }

    /// Refuses a write to another version than the client knows. Call it under the row's lock.
    pub(super) fn check(&self, version: u64) -> Result<(), ScimFailure> {
        match &self.0 {
            Some(tags) if !names(tags, version) => Err(ScimFailure::Stale {
                current: etag(version),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether the client has this version already.
pub(super) fn not_modified(req: &HttpRequest, version: u64) -> bool {
    tags(req, &IF_NONE_MATCH).is_some_and(|tags| names(&tags, version))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn if_match(value: &str) -> bool {
        let req = TestRequest::default()
            .insert_header((IF_MATCH, value))
            .to_http_request();
        IfMatch::of(&req).check(3).is_ok()
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
        assert!(IfMatch::of(&req).check(3).is_ok());
        assert!(!not_modified(&req, 3));
    }
}
