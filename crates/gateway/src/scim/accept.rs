//! Which of the two JSON types a client wants its answer in (RFC 7644 §3.8, RFC 9110 §12.5.1).
//!
//! The documents are the same. `application/json` is for clients that say so and do not know
//! `application/scim+json`; whoever asks for neither gets SCIM's own type all the same, unless the
//! connection is held to the letter, where it is 406.

use actix_web::http::header::{ACCEPT, HeaderMap};

/// What a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// `application/scim+json`, or anything.
    Scim,
    /// `application/json`, and it did not name the other.
    PlainJson,
    /// Neither of the two.
    Neither,
}

/// What the `Accept` header of a request asks for.
pub(super) fn wish(headers: &HeaderMap) -> Wish {
    let mut lines = headers.get_all(ACCEPT).peekable();
    if lines.peek().is_none() {
        return Wish::Scim;
    }
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let ranges: Vec<String> = lines
        .iter()
        .flat_map(|line| line.split(','))
        .filter_map(accepted)
        .collect();
    let names = |wanted: &str| ranges.iter().any(|range| range == wanted);
    if names("application/scim+json") {
        Wish::Scim
    } else if names("application/json") {
        Wish::PlainJson
    } else if names("*/*") || names("application/*") || ranges.is_empty() {
        Wish::Scim
    } else {
        Wish::Neither
    }
}

/// A media range in lower case; `None` for one with `q=0`, and for none.
fn accepted(range: &str) -> Option<String> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let refused = parts.any(|parameter| {
        parameter.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("q") && value.trim().parse() == Ok(0.0)
        })
    });
    (!refused).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn of(accept: &str) -> Wish {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        wish(&headers)
    }

    #[test]
    fn scim_is_what_whoever_takes_it_gets() {
        assert_eq!(wish(&HeaderMap::new()), Wish::Scim);
        for accept in [
            "application/scim+json",
            "application/json, Application/SCIM+json;q=0.1",
            "*/*",
            "application/*;q=0.5, text/html",
            "",
        ] {
            assert_eq!(of(accept), Wish::Scim, "{accept}");
        }
    }

    #[test]
    fn plain_json_is_for_those_who_name_it_alone() {
        for accept in [
            "application/json",
            "application/json, text/plain, */*",
            "application/scim+json;q=0, application/json",
        ] {
            assert_eq!(of(accept), Wish::PlainJson, "{accept}");
        }
    }

    #[test]
    fn some_take_neither() {
        for accept in [
            "text/html",
            "application/xml;q=1",
            "application/json;q=0.0, text/*",
        ] {
            assert_eq!(of(accept), Wish::Neither, "{accept}");
        }
    }
}
