//! Reading what a form sends.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use actix_web::web::{Bytes, Query};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::answer::PageError;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a form that another site made a browser send.
///
/// Pages are sent with `Referrer-Policy: no-referrer`, under which browsers give no origin with
/// their forms; what they say then is `Sec-Fetch-Site`. What says neither is no browser of these
/// years, and is held off by the token of the session.
///
/// # Errors
///
/// It is one.
pub(crate) fn check_site(req: &HttpRequest) -> Result<(), PageError> {
    let header = |name: HeaderName| req.headers().get(name)?.to_str().ok();
    let ours = match (header(FETCH_SITE), header(ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) if origin != "null" => {
            let host = header(HOST).or_else(|| Some(req.uri().authority()?.as_str()));
            let named = origin.split_once("://").map(|(_, host)| host);
            named.is_some() && named == host
        }
        (None, _) => true,
    };
    ours.then_some(()).ok_or(PageError::ForeignForm)
}

/// The text of a form.
///
/// # Errors
///
/// It is none.
pub(crate) fn text(body: &[u8]) -> Result<&str, PageError> {
    std::str::from_utf8(body).map_err(|_| PageError::BadForm("the form is not UTF-8".to_owned()))
}

/// The body of a form that `holds` knows the token of.
///
/// # Errors
///
/// It cannot be read, or was made for another session.
pub(crate) async fn sent(
    body: impl Future<Output = Result<Bytes, actix_web::Error>>,
    holds: impl Fn(&str) -> bool,
) -> Result<Bytes, PageError> {
    let body = body
        .await
        .map_err(|reason| PageError::BadForm(reason.to_string()))?;
    let token = field(&body, "csrf").unwrap_or_default();
    holds(&token).then_some(body).ok_or(PageError::ForeignForm)
}

/// One field of a form; `None` if it is absent.
pub(crate) fn field(body: &[u8], name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(body);
    fields
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Everything that a form holds under a name.
pub(crate) fn all(body: &[u8], name: &str) -> Vec<String> {
    form_urlencoded::parse(body)
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// A form, read into what a handler wants of it. Fields that it does not want are let be.
///
/// # Errors
///
/// A field is missing, or is not what it should be.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, PageError> {
    let form = Query::<T>::from_query(text(body)?);
    form.map(Query::into_inner)
        .map_err(|error| PageError::BadForm(error.to_string()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn is_ours(headers: &[(&'static str, &'static str)]) -> bool {
        let mut req = TestRequest::post();
        for header in headers {
            req = req.insert_header(*header);
        }
        check_site(&req.to_http_request()).is_ok()
    }

    #[test]
    fn a_form_of_another_site_is_refused_whichever_way_the_browser_says_so() {
        let host = ("host", "rollcall.example.com");
        assert!(is_ours(&[host]));
        assert!(is_ours(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(is_ours(&[
            host,
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
        assert!(is_ours(&[host, ("origin", "https://rollcall.example.com")]));
        assert!(is_ours(&[host, ("origin", "null")]));
        assert!(!is_ours(&[host, ("sec-fetch-site", "same-site")]));
        assert!(!is_ours(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!is_ours(&[host, ("origin", "https://evil.example.com")]));
        assert!(!is_ours(&[host, ("origin", "rollcall.example.com")]));
    }
}
