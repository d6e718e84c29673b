//! The bearer token of a SCIM request (RFC 6750 §2.1).
//!
//! The `Authorization` header is the only place for it. A token in the query string would end up
//! in the logs of everything on the way, and one in a form is no SCIM body, so neither is looked
//! at; one that stands there beside the header makes the request ambiguous, and refuses it.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use rollcall_orgs::authentication::Credentials;
use url::form_urlencoded;

/// The name of a token in a query string (RFC 6750 §2.3).
const IN_QUERY: &str = "access_token";

/// What a request carries to show who sends it. Another scheme than `Bearer` is nothing to us.
pub(super) fn of(req: &HttpRequest) -> Credentials<'_> {
    let mut lines = req.headers().get_all(AUTHORIZATION);
    let Some(line) = lines.next() else {
        return Credentials::Nothing;
    };
    let line = line.as_bytes();
    let scheme = line.iter().position(|byte| *byte == b' ');
    let (scheme, token) = line.split_at(scheme.unwrap_or(line.len()));
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Credentials::Nothing;
    }
    let in_query =
        || form_urlencoded::parse(req.query_string().as_bytes()).any(|(name, _)| name == IN_QUERY);
    match std::str::from_utf8(token.trim_ascii()) {
        Ok(token) if is_token(token) && lines.next().is_none() && !in_query() => {
            Credentials::Bearer(token)
        }
        _ => Credentials::Unreadable,
    }
}

/// The `b64token` of RFC 6750 §2.1.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && body.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    fn read(uri: &str, lines: &[&[u8]]) -> String {
        let mut req = TestRequest::with_uri(uri);
        for line in lines {
            req = req.append_header((AUTHORIZATION, HeaderValue::from_bytes(line).unwrap()));
        }
        format!("{:?}", of(&req.to_http_request()))
    }

    #[test]
    fn a_token_follows_the_word_bearer_in_any_case() {
        for line in ["Bearer tok", "bearer tok", "BEARER   tok"] {
            assert_eq!(read("/", &[line.as_bytes()]), "Bearer(\"tok\")", "{line}");
        }
        assert_eq!(read("/", &[b"Bearer a-._~+/9=="]), "Bearer(\"a-._~+/9==\")");
    }

    #[test]
    fn another_scheme_or_none_is_nothing() {
        assert_eq!(read("/?access_token=tok", &[]), "Nothing");
        for line in ["Basic dXNlcjpwYXNz", "non-token", "Bearertok", ""] {
            assert_eq!(read("/", &[line.as_bytes()]), "Nothing", "{line}");
        }
    }

    #[test]
    fn what_is_not_one_token_cannot_be_read() {
        let lines: [&[u8]; 6] = [
            b"Bearer",
            b"Bearer a b",
            b"Bearer =",
            "Bearer \u{e9}".as_bytes(),
            b"Bearer \xe9",
            b"Bearer a,b",
        ];
        for line in lines {
            assert_eq!(read("/", &[line]), "Unreadable", "{line:?}");
        }
        assert_eq!(read("/", &[b"Bearer a", b"Bearer a"]), "Unreadable");
        assert_eq!(read("/?access%5Ftoken=a", &[b"Bearer a"]), "Unreadable");
    }
}
