//! What a request leaves of what was said in it.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::web::Bytes;
use rollcall_model::{LoggedContent, ScimSettings};

use super::RequestLogSettings;
use crate::scim::{Remark, Seen};
use crate::state;

/// How much of a body is held until it is masked, in bytes. What is kept of it is less.
const HELD: usize = 32 * 1_024;

/// How much of a query string is held, in bytes.
const HELD_QUERY: usize = 8 * 1_024;

/// The body of a request, left in its extensions.
struct Asked(Bytes);

/// The body of its answer, left there too; `None` for one that is written while it is sent.
struct Answered(Option<Bytes>);

/// A body, or as much of it as is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// Its beginning.
    pub(crate) bytes: Bytes,
    /// How long it is; `None` for one that is written while it is sent.
    pub(crate) length: Option<usize>,
}

impl Body {
    /// A short body is shared. A long one would be kept from being freed, so its beginning is copied.
    fn of(bytes: &Bytes) -> Self {
        let held = if bytes.len() > HELD {
            Bytes::copy_from_slice(&bytes[..HELD])
        } else {
            bytes.clone()
        };
        Self {
            bytes: held,
            length: Some(bytes.len()),
        }
    }

    const fn streamed() -> Self {
        Self {
            bytes: Bytes::new(),
            length: None,
        }
    }
}

/// What was said in a request, before anything is hidden.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Captured {
    /// The query string, if it may hold a filter.
    pub(crate) query: Option<String>,
    /// Whether the values in the filter are kept.
    pub(crate) keeps_values: bool,
    /// The body of the request.
    pub(crate) asked: Option<Body>,
    /// The body of the answer.
    pub(crate) answered: Option<Body>,
    /// Whether bodies were let go because too many of them waited.
    pub(crate) let_go: bool,
}

impl Captured {
    /// What a request left, of which the log keeps `content`.
    pub(crate) fn of(req: &HttpRequest, content: LoggedContent, failed: bool) -> Self {
        let query = req.query_string();
        let held = query.len().min(HELD_QUERY);
        let query = query.contains("filter=").then(|| {
            let bytes = query.as_bytes().get(..held).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        });
        let keeps = keeps(content, failed);
        let mut left = req.extensions_mut();
        let asked = left.remove::<Asked>().filter(|_| keeps);
        let answered = left.remove::<Answered>().filter(|_| keeps);
        Self {
            query,
            // A log holds no values of filters (RFC 7644 §7.5.2) unless somebody asks for them.
            keeps_values: content == LoggedContent::All,
            asked: asked.map(|it| Body::of(&it.0)),
            answered: answered.map(|it| it.0.as_ref().map_or_else(Body::streamed, Body::of)),
            let_go: false,
        }
    }

    /// Bodies in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let of = |body: &Option<Body>| body.as_ref().map_or(0, |body| body.bytes.len());
        of(&self.asked) + of(&self.answered) + self.query.as_ref().map_or(0, String::len)
    }

    /// Lets the bodies go.
    pub(crate) fn let_go(&mut self) {
        self.let_go = self.asked.take().is_some() | self.answered.take().is_some();
    }
}

/// Whether what was said in a request is kept.
const fn keeps(content: LoggedContent, failed: bool) -> bool {
    match content {
        LoggedContent::Off => false,
        LoggedContent::Failures => failed,
        LoggedContent::All => true,
    }
}

/// What is kept of the requests of a connection.
pub(crate) fn content(settings: &RequestLogSettings, of: &ScimSettings) -> LoggedContent {
    if !settings.enabled {
        return LoggedContent::Off;
    }
    of.logged_content.unwrap_or(settings.content)
}

/// Leaves the body of a request, if anything of it may be kept.
pub(crate) fn asked(req: &HttpRequest, content: LoggedContent, body: &Bytes) {
    if content != LoggedContent::Off {
        req.extensions_mut().insert(Asked(body.clone()));
    }
}

/// Leaves the body of an answer, if it is kept.
pub(crate) fn answered(answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let req = answer.request().clone();
    let wanted = match req.extensions().get::<Seen>() {
        Some(Seen::Tenant { handle, .. }) => {
            let settings = &state::of(&req).settings.request_log;
            let status = answer.status();
            let failed = status.is_client_error()
                || status.is_server_error()
                || req.extensions().contains::<Remark>();
            keeps(content(settings, handle.settings()), failed)
        }
        // Why it was refused stands in the line, and nothing else was said.
        Some(Seen::Refused { .. } | Seen::Nobody) | None => false,
    };
    if !wanted || answer.response().body().size() == BodySize::None {
        return answer;
    }
    answer.map_body(|_, body| match body.try_into_bytes() {
        Ok(bytes) => {
            if !bytes.is_empty() {
                req.extensions_mut().insert(Answered(Some(bytes.clone())));
            }
            BoxBody::new(bytes)
        }
        Err(streamed) => {
            req.extensions_mut().insert(Answered(None));
            streamed
        }
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_long_body_is_not_held_whole() {
        let long = Bytes::from(vec![b'x'; HELD + 1]);
        let held = Body::of(&long);
        assert_eq!((held.bytes.len(), held.length), (HELD, Some(HELD + 1)));
    }

    #[test]
    fn what_was_said_is_kept_of_the_requests_that_the_settings_say() {
        let captured = |content, failed| {
            let req = TestRequest::with_uri("/Users?filter=a+eq+1").to_http_request();
            asked(&req, content, &Bytes::from_static(b"{}"));
            let captured = Captured::of(&req, content, failed);
            assert!(captured.query.is_some());
            captured.asked.is_some()
        };
        assert!(!captured(LoggedContent::Off, true));
        assert!(!captured(LoggedContent::Failures, false));
        assert!(captured(LoggedContent::Failures, true));
        assert!(captured(LoggedContent::All, false));
    }
}
