//! The form of every answer below a SCIM address: what the framework says becomes a SCIM error, and
//! a success is named with the JSON type that the client asked for.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;

use super::accept::{self, Wish};
use super::failure::{MEDIA_TYPE, ScimFailure};
use crate::request_log::capture;

/// The type of an answer to a client that does not know SCIM's own.
const PLAIN_JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Gives an answer its form.
pub(super) async fn shape(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let plain = accept::wish(req.headers()) == Wish::PlainJson;
    let mut answer = next.call(req).await?.map_into_boxed_body();
    let is_scim = answer
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|of| of == MEDIA_TYPE);
    let status = answer.status();
    if plain && is_scim && status.is_success() {
        answer.headers_mut().insert(CONTENT_TYPE, PLAIN_JSON);
    }
    // Such as a path that its handler cannot be called with.
    if !is_scim && (status.is_client_error() || status.is_server_error()) {
        let (req, _) = answer.into_parts();
        return Ok(ServiceResponse::from_err(
            ScimFailure::Framework(status),
            req,
        ));
    }
    Ok(capture::answered(answer))
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, error, test, web};

    use super::*;

    #[actix_web::test]
    async fn what_the_framework_refuses_is_a_scim_error() {
        let refuses = || async {
            Err::<HttpResponse, Error>(error::ErrorUriTooLong("a text of the framework"))
        };
        let app = App::new().service(
            web::scope("/scim")
                .route("/long", web::get().to(refuses))
                .wrap(from_fn(shape)),
        );
        let app = test::init_service(app).await;
        for (path, status) in [("/scim/long", 414), ("/scim/nowhere", 404)] {
            let request = test::TestRequest::with_uri(path).to_request();
            let answer = test::call_service(&app, request).await;
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(answer.headers().get(CONTENT_TYPE).unwrap(), MEDIA_TYPE);
            let body = to_bytes(answer.into_body()).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["status"], status.to_string());
            assert!(!body.to_string().contains("a text of the framework"));
        }
    }
}
