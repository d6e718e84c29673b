//! `If-Match` and `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).
//!
//! Versions are weak entity tags, because a projection changes the bytes. Clients send them back
//! in `If-Match` all the same, as the examples of RFC 7644 do, so both headers compare the opaque
//! part and nothing else. A tag without quotes is no tag by RFC 9110; `compat` takes it.
//!
//! Where `features.etag` is off, no answer tells a version and neither header is looked at.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use rollcall_model::{ScimProfile, ScimSettings};

use super::failure::ScimFailure;

/// The entity tag of a version, if answers of this connection tell versions.
pub(super) fn etag(settings: &ScimSettings, version: u64) -> Option<String> {
    settings.features.etag.then(|| tag(version))
}

fn tag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// The tags of a header, which may come in several lines; `None` without the header.
fn tags(req: &HttpRequest, header: &HeaderName) -> Option<String> {
    let mut lines = req.headers().get_all(header).peekable();
    lines.peek()?;
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    Some(lines.join(","))
}

/// The members of a list of tags. A comma inside quotes belongs to its tag.
fn split(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |letter| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    })
    .map(str::trim)
}

/// What lies between the quotes of a tag; `None` if it is malformed, as `w/"3"` is.
fn opaque(tag: &str) -> Option<&str> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"')?.strip_suffix('"')
}

/// What the version of a resource must be for a request to be done.
pub(super) struct Conditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
    /// Whether a write has to say which version it is meant for.
    required: bool,
    /// Whether the version may come without its quotes.
    bare: bool,
}

impl Conditions {
    /// What the headers of a request say.
    pub(super) fn of(req: &HttpRequest, settings: &ScimSettings) -> Self {
        let said = |header| tags(req, header).filter(|_| settings.features.etag);
        Self {
            if_match: said(&IF_MATCH),
            if_none_match: said(&IF_NONE_MATCH),
            required: settings.require_if_match && settings.features.etag,
            bare: settings.profile == ScimProfile::Compat,
        }
    }

    /// What the `version` of a bulk operation says, which stands for `If-Match`.
    pub(super) fn of_operation(version: Option<String>, settings: &ScimSettings) -> Self {
        Self {
            if_match: version.filter(|_| settings.features.etag),
            if_none_match: None,
            required: settings.require_if_match && settings.features.etag,
            bare: settings.profile == ScimProfile::Compat,
        }
    }

    /// Refuses a write to another version than the client means. Call it under the row's lock,
    /// and when nothing else of the request is wrong (RFC 9110 §13.2.1).
    pub(super) fn check_write(&self, version: u64) -> Result<(), ScimFailure> {
        self.check_match(version)?;
        if self.if_match.is_none() && self.required {
            return Err(ScimFailure::Unconditional);
        }
        match &self.if_none_match {
            Some(tags) if self.name(tags, version) => Err(ScimFailure::Excluded {
                current: tag(version),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a reader has this version already and needs no body.
    pub(super) fn not_modified(&self, version: u64) -> Result<bool, ScimFailure> {
        self.check_match(version)?;
        let known = self.if_none_match.as_ref();
        Ok(known.is_some_and(|tags| self.name(tags, version)))
    }

    fn check_match(&self, version: u64) -> Result<(), ScimFailure> {
        match &self.if_match {
            Some(tags) if !self.name(tags, version) => Err(ScimFailure::Stale {
                current: tag(version),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether one of the tags is that of the version.
    fn name(&self, tags: &str, version: u64) -> bool {
        let wanted = version.to_string();
        split(tags).any(|tag| {
            tag == "*" || opaque(tag) == Some(wanted.as_str()) || (self.bare && tag == wanted)
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn conditions(headers: &[(HeaderName, &str)], settings: &ScimSettings) -> Conditions {
        let mut req = TestRequest::default();
        for (name, value) in headers {
            req = req.append_header((name.clone(), *value));
        }
        Conditions::of(&req.to_http_request(), settings)
    }

    fn if_match(value: &str) -> bool {
        let conditions = conditions(&[(IF_MATCH, value)], &ScimSettings::default());
        conditions.check_write(3).is_ok()
    }

    #[test]
    fn weak_strong_and_bare_tags_of_the_version_match() {
        for tag in [
            "W/\"3\"",
            "\"3\"",
            "3",
            "*",
            "W/\"2\", W/\"3\"",
            "\"a,b\",\"3\"",
        ] {
            assert!(if_match(tag), "{tag}");
        }
        for tag in [
            "W/\"2\"", "", "W/\"33\"", "w/\"3\"", "\"2,3\"", "W/3", "\"3",
        ] {
            assert!(!if_match(tag), "{tag}");
        }
    }

    #[test]
    fn strict_takes_no_tag_without_quotes() {
        let strict = ScimSettings {
            profile: ScimProfile::Strict,
            ..ScimSettings::default()
        };
        assert!(
            conditions(&[(IF_MATCH, "3")], &strict)
                .check_write(3)
                .is_err()
        );
        assert!(
            conditions(&[(IF_MATCH, "\"3\"")], &strict)
                .check_write(3)
                .is_ok()
        );
    }

    #[test]
    fn several_lines_of_a_header_are_one_list() {
        let lines = [(IF_NONE_MATCH, "\"1\""), (IF_NONE_MATCH, "\"3\"")];
        let conditions = conditions(&lines, &ScimSettings::default());
        assert!(conditions.not_modified(3).unwrap());
        assert!(conditions.check_write(3).is_err());
    }

    #[test]
    fn without_a_header_every_version_fits_unless_one_is_required() {
        let none = conditions(&[], &ScimSettings::default());
        assert!(none.check_write(3).is_ok());
        assert!(!none.not_modified(3).unwrap());
        let careful = ScimSettings {
            require_if_match: true,
            ..ScimSettings::default()
        };
        let refused = conditions(&[], &careful).check_write(3);
        assert!(matches!(refused, Err(ScimFailure::Unconditional)));
    }
}
