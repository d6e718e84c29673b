//! From what a request left to what is written down.

use std::collections::HashMap;

use rollcall_model::ScimConnectionId;
use rollcall_scim::mask::{Mask, without_tokens};
use rollcall_store::{ConnectionHandle, LogLine, LoggedBody, RequestContent};
use url::form_urlencoded;

use super::capture::{Body, Captured};
use super::{Draft, RequestLogSettings};

/// About how much of a body is kept, in bytes.
const KEPT: usize = 16 * 1_024;

/// How much of a filter is kept, in characters.
const KEPT_FILTER: usize = 1_000;

/// Makes lines of drafts. It reads JSON, so it is for a thread that may take its time.
pub(crate) fn lines(
    drafts: Vec<(ConnectionHandle, Draft)>,
    settings: &RequestLogSettings,
) -> Vec<LogLine> {
    let mut masks: HashMap<ScimConnectionId, Mask> = HashMap::new();
    drafts
        .into_iter()
        .map(|(of, draft)| {
            let mask = masks
                .entry(of.connection_id())
                .or_insert_with(|| mask(&of, settings));
            line(of, draft, mask)
        })
        .collect()
}

fn mask(of: &ConnectionHandle, settings: &RequestLogSettings) -> Mask {
    let sensitive = &of.settings().sensitive_attributes;
    let names = settings.masked_attributes.iter().chain(sensitive);
    Mask::new(names.map(String::as_str))
}

fn line(of: ConnectionHandle, draft: Draft, mask: &Mask) -> LogLine {
    let Draft {
        mut request,
        captured,
    } = draft;
    let Captured {
        query,
        keeps_values,
        asked,
        answered,
        let_go,
    } = captured;
    request.filter = query
        .as_deref()
        .and_then(filter)
        .map(|filter| loggable(&mask.filter(&filter, keeps_values), KEPT_FILTER));
    request.route = without_tokens(&request.route);
    request.detail = request.detail.as_deref().map(without_tokens);
    let mut content = RequestContent {
        request: asked.map(|body| logged(&body, mask)),
        response: answered.map(|body| logged(&body, mask)),
    };
    if let_go {
        content.request = Some(LoggedBody {
            json: None,
            bytes: None,
            note: Some("not kept: too many requests waited to be written".to_owned()),
        });
    }
    LogLine {
        of,
        request,
        content: (!content.is_empty()).then_some(content),
    }
}

/// The filter in a query string.
fn filter(query: &str) -> Option<String> {
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let found = parameters.find(|(name, _)| name == "filter");
    found.map(|(_, filter)| filter.into_owned())
}

fn logged(body: &Body, mask: &Mask) -> LoggedBody {
    let bytes = body.length.map(|length| length as u64);
    let without = |note: &str| LoggedBody {
        json: None,
        bytes,
        note: Some(note.to_owned()),
    };
    let Some(length) = body.length else {
        return without("not kept: it was written while it was sent");
    };
    match mask.body(&body.bytes, KEPT) {
        Ok(masked) => LoggedBody {
            json: Some(masked.json),
            bytes,
            note: masked.cut.then(|| {
                if length > body.bytes.len() || length > KEPT {
                    "cut: this is its beginning".to_owned()
                } else {
                    "it ends or breaks off here: what follows is not JSON".to_owned()
                }
            }),
        },
        Err(_) => without("not kept: it is not JSON, so nothing in it could be hidden"),
    }
}

/// A text as the log takes it: without control characters, which clients can put into paths and
/// PostgreSQL does not store, and of bounded length.
pub(crate) fn loggable(text: &str, most: usize) -> String {
    text.chars()
        .take(most)
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::web::Bytes;

    use super::*;

    fn body(text: &str) -> LoggedBody {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let length = Some(bytes.len());
        logged(&Body { bytes, length }, &Mask::new([]))
    }

    #[test]
    fn a_filter_is_read_as_forms_are_encoded() {
        let read = filter("aadOptscim062020&filter=userName+eq+%22a%40b%22&");
        assert_eq!(read.as_deref(), Some("userName eq \"a@b\""));
        assert_eq!(filter("count=1"), None);
    }

    #[test]
    fn a_log_line_holds_no_control_characters_and_ends_somewhere() {
        assert_eq!(loggable("/Users/\0a", 100), "/Users/\u{fffd}a");
        assert_eq!(loggable(&"x".repeat(5_000), 1_000).len(), 1_000);
    }

    #[test]
    fn a_body_says_why_it_is_not_whole() {
        assert_eq!(body("{}").note, None);
        assert!(body("{\"a\":1").note.unwrap().contains("not JSON"));
        let xml = body("<password>s3cret</password>");
        assert_eq!((xml.json, xml.bytes), (None, Some(27)));
        let long = body(&format!("[{}1]", "\"x\",".repeat(10_000)));
        assert!(long.note.unwrap().contains("its beginning"));
        assert!(long.json.unwrap().len() <= 2 * KEPT);
    }
}
