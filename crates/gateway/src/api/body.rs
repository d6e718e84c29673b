//! JSON bodies of management calls.
//!
//! A body is read after its caller is known: nothing of an unknown sender is looked at. Only JSON
//! that says so is taken, so that no form of a web page can make a call.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use crate::announced;
use crate::api::caller::Caller;
use crate::api::fields;
use crate::api::problem::Problem;
use crate::settings::Limits;

/// An authenticated PATCH call with its body. A POST takes [`Post`](crate::api::post::Post).
pub(crate) struct Patch<T> {
    /// Who calls.
    pub(crate) caller: Caller,
    /// What it wants changed.
    pub(crate) change: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Patch<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let caller = Caller::extract(&req).await?;
            let bytes = read(&req, payload, &caller.app.settings.limits).await?;
            let change = parse(&bytes)?;
            Ok(Self { caller, change })
        })
    }
}

/// The body of a call that has nothing to say: `{}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Reads a body within the limits that says it is JSON.
pub(crate) async fn read(
    req: &HttpRequest,
    payload: Payload,
    limits: &Limits,
) -> Result<Bytes, Problem> {
    let limit = limits.max_body_bytes;
    let is_json = req
        .mime_type()
        .ok()
        .flatten()
        .is_some_and(|mime| mime.essence_str() == "application/json");
    if !is_json {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send the body with `Content-Type: application/json`",
        ));
    }
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("the body is longer than {limit} bytes"),
        )
    };
    if announced::length(req).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut payload = payload;
    let payload = web::Payload::from_request(req, &mut payload)
        .await
        .map_err(|_| cut_off())?;
    let collected = payload.to_bytes_limited(limit);
    let Ok(collected) = tokio::time::timeout(limits.request_body_timeout, collected).await else {
        return Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "the body took too long to arrive",
        ));
    };
    match collected {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(cut_off()),
        Err(_) => Err(too_large()),
    }
}

fn cut_off() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "incomplete_body",
        "the body ended before it was complete",
    )
}

/// Reads a body into the struct of its call.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde_json's own message ends with line and column, and quotes nothing of the body.
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            format!("the body is not JSON: {error}"),
        )
    })?;
    match value {
        Value::Object(members) => Ok(fields::read(members)?),
        _ => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not_an_object",
            "the body must be a JSON object",
        )),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        #[expect(dead_code, reason = "only refusals are looked at")]
        name: String,
    }

    fn refusal(body: &str) -> String {
        parse::<Named>(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn malformed_json_is_answered_with_line_and_column() {
        insta::assert_snapshot!(
            refusal("{\n  \"name\": \"a\",\n}"),
            @"400 Bad Request malformed_json: the body is not JSON: trailing comma at line 3 column 1"
        );
        insta::assert_snapshot!(
            refusal(""),
            @"400 Bad Request malformed_json: the body is not JSON: EOF while parsing a value at line 1 column 0"
        );
    }

    #[test]
    fn a_wrong_field_is_422_and_named() {
        insta::assert_snapshot!(
            refusal(r#"{"name": 1}"#),
            @"422 Unprocessable Entity invalid_field: `name` is not valid: invalid type: integer `1`, expected a string"
        );
        insta::assert_snapshot!(
            refusal("[]"),
            @"422 Unprocessable Entity not_an_object: the body must be a JSON object"
        );
    }

    async fn refused(content_type: &str, limit: usize) -> String {
        let (req, payload) = TestRequest::post()
            .insert_header(("content-type", content_type))
            .set_payload("{\"name\": \"a\"}")
            .to_http_parts();
        let limits = Limits {
            max_body_bytes: limit,
            ..Limits::default()
        };
        read(&req, payload, &limits).await.unwrap_err().to_string()
    }

    #[actix_web::test]
    async fn a_form_is_no_body() {
        insta::assert_snapshot!(
            refused("application/x-www-form-urlencoded", 100).await,
            @"415 Unsupported Media Type unsupported_media_type: send the body with `Content-Type: application/json`"
        );
    }

    #[actix_web::test]
    async fn a_body_longer_than_the_limit_is_refused() {
        insta::assert_snapshot!(
            refused("application/json; charset=utf-8", 10).await,
            @"413 Payload Too Large body_too_large: the body is longer than 10 bytes"
        );
    }
}
