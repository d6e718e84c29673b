//! The body of a request for an access token (RFC 6749 §4.4.2).

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use secrecy::SecretString;
use url::form_urlencoded;

use super::failure::OauthFailure;

/// More than any client has to say.
const MAX_BYTES: usize = 16 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// What a client asks for.
#[derive(Default)]
pub(super) struct TokenForm {
    pub(super) grant_type: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<SecretString>,
}

/// Reads the body. Parameters that nobody knows are left alone; one that is there twice refuses the
/// request, and one without a value is as if it were not there (RFC 6749 §3.2).
pub(super) async fn read(
    req: &HttpRequest,
    mut payload: web::Payload,
) -> Result<TokenForm, OauthFailure> {
    let media_type = req.headers().get(CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    let is_form = media_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(FORM)
    });
    if !is_form {
        return Err(OauthFailure::InvalidRequest(
            "send the parameters as application/x-www-form-urlencoded",
        ));
    }
    let mut body = Vec::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|_| OauthFailure::InvalidRequest("the body was cut off"))?;
        if body.len() + part.len() > MAX_BYTES {
            return Err(OauthFailure::InvalidRequest("the body is too large"));
        }
        body.extend_from_slice(&part);
    }
    parse(&body)
}

fn parse(body: &[u8]) -> Result<TokenForm, OauthFailure> {
    let mut form = TokenForm::default();
    let mut secret = None;
    for (name, value) in form_urlencoded::parse(body) {
        let place = match name.as_ref() {
            "grant_type" => &mut form.grant_type,
            "scope" => &mut form.scope,
            "client_id" => &mut form.client_id,
            "client_secret" => &mut secret,
            _ => continue,
        };
        if value.is_empty() {
            continue;
        }
        if place.replace(value.into_owned()).is_some() {
            return Err(OauthFailure::InvalidRequest(
                "a parameter is there more than once",
            ));
        }
    }
    form.client_secret = secret.map(SecretString::from);
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stands_once_and_one_without_a_value_is_not_there() {
        let form = parse(b"grant_type=client_credentials&scope=&other=1&other=2").unwrap();
        assert_eq!(form.grant_type.as_deref(), Some("client_credentials"));
        assert!(form.scope.is_none() && form.client_id.is_none());
        assert!(parse(b"scope=users%3Aread&scope=x").is_err());
    }
}
