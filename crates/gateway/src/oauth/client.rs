//! Who asks for an access token: by HTTP Basic, or in the form (RFC 6749 §2.3.1), and not by both.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use url::form_urlencoded;

use super::failure::OauthFailure;
use super::form::TokenForm;

/// A client's id and secret, as it sent them.
pub(super) struct Presented {
    pub(super) id: String,
    pub(super) secret: SecretString,
}

/// Reads them from wherever they are.
pub(super) fn presented(req: &HttpRequest, form: TokenForm) -> Result<Presented, OauthFailure> {
    let mut lines = req.headers().get_all(AUTHORIZATION);
    let Some(line) = lines.next() else {
        return match (form.client_id, form.client_secret) {
            (Some(id), Some(secret)) => Ok(Presented { id, secret }),
            _ => Err(OauthFailure::InvalidClient),
        };
    };
    if form.client_secret.is_some() || lines.next().is_some() {
        return Err(OauthFailure::InvalidRequest(
            "the client authenticates in more than one way",
        ));
    }
    let presented = line.to_str().ok().and_then(basic);
    let presented = presented.ok_or(OauthFailure::InvalidClient)?;
    if form.client_id.is_some_and(|id| id != presented.id) {
        return Err(OauthFailure::InvalidRequest(
            "`client_id` is another one than that of the Authorization header",
        ));
    }
    Ok(presented)
}

fn basic(line: &str) -> Option<Presented> {
    let (scheme, text) = line.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(Presented {
        id: decoded(id),
        secret: decoded(secret).into(),
    })
}

/// Each of the two was encoded as in a form before they were put together.
fn decoded(text: &str) -> String {
    let pair = form_urlencoded::parse(text.as_bytes()).next();
    pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(lines: &[&str], form: TokenForm) -> Result<String, String> {
        let mut req = TestRequest::default();
        for line in lines {
            req = req.append_header((AUTHORIZATION, *line));
        }
        let presented = presented(&req.to_http_request(), form);
        presented
            .map(|client| format!("{} {}", client.id, client.secret.expose_secret()))
            .map_err(|failure| failure.to_string())
    }

    fn form(id: Option<&str>, secret: Option<&str>) -> TokenForm {
        TokenForm {
            client_id: id.map(str::to_owned),
            client_secret: secret.map(SecretString::from),
            ..TokenForm::default()
        }
    }

    #[test]
    fn a_client_is_read_from_the_header_or_from_the_form() {
        // `occ_1:s%2Bx`
        let header = ["Basic b2NjXzE6cyUyQng="];
        assert_eq!(read(&header, form(None, None)).as_deref(), Ok("occ_1 s+x"));
        assert_eq!(
            read(&header, form(Some("occ_1"), None)).as_deref(),
            Ok("occ_1 s+x")
        );
        assert_eq!(
            read(&[], form(Some("occ_1"), Some("s"))).as_deref(),
            Ok("occ_1 s")
        );
    }

    #[test]
    fn two_ways_at_once_or_none_are_refused() {
        let header = ["Basic b2NjXzE6cyUyQng="];
        insta::assert_snapshot!(
            read(&header, form(None, Some("s"))).unwrap_err(),
            @"the client authenticates in more than one way"
        );
        insta::assert_snapshot!(
            read(&header, form(Some("occ_2"), None)).unwrap_err(),
            @"`client_id` is another one than that of the Authorization header"
        );
        for lines in [
            &[][..],
            &["Bearer x"],
            &["Basic"],
            &["Basic b2Nj"],
            &["Basic !"],
        ] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(
                    read(lines, form(Some("occ_1"), None)).unwrap_err(),
                    @"client id and secret do not belong together, or the client was revoked"
                );
            }
        }
    }
}
