//! Compression of long answers, for clients that take it.
//!
//! Only what is read is compressed: lists and resources, in JSON. An answer that shows a secret (a
//! new token, a new API key) comes of a POST, and pages hold forms with secrets of their own; next
//! to text that somebody else chose, the length of a compressed answer would tell the secret bit
//! by bit (BREACH). Short answers are not worth the work: below a few packets nothing arrives
//! sooner.

use actix_http::encoding::Encoder;
use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AcceptEncoding, CONTENT_TYPE, ContentEncoding, Encoding, Header, HeaderValue, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;

use crate::scim::EndpointPath;
use crate::state;

const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");

/// Compresses an answer if that is worth it and allowed.
pub(crate) async fn compress(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let from = state::of(req.request()).settings.limits.compress_from_bytes;
    let mut answer = next.call(req).await?;
    if from == 0 || !is_read(&answer) || !is_long(&answer, from) {
        return Ok(answer.map_into_boxed_body());
    }
    if takes_gzip(&answer) {
        // It also adds `Vary`.
        return Ok(answer.map_body(|head, body| {
            BoxBody::new(Encoder::response(ContentEncoding::Gzip, head, body))
        }));
    }
    answer.headers_mut().append(VARY, ACCEPT_ENCODING);
    Ok(answer.map_into_boxed_body())
}

/// Whether it is JSON that was asked for by a method that changes nothing.
fn is_read<B>(answer: &ServiceResponse<B>) -> bool {
    let req = answer.request();
    let reads = match *req.method() {
        Method::GET | Method::HEAD => true,
        Method::POST => EndpointPath::is_search(req),
        _ => false,
    };
    let kind = answer.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let json = matches!(
        essence,
        "application/json" | "application/scim+json" | "application/x-ndjson"
    );
    reads && json && answer.status() == StatusCode::OK
}

fn is_long(answer: &ServiceResponse<impl MessageBody>, from: usize) -> bool {
    match answer.response().body().size() {
        BodySize::Sized(bytes) => bytes >= from as u64,
        BodySize::Stream => true,
        BodySize::None => false,
    }
}

fn takes_gzip<B>(answer: &ServiceResponse<B>) -> bool {
    let Ok(accepted) = AcceptEncoding::parse(answer.request()) else {
        return false;
    };
    let gzip = Encoding::gzip();
    accepted.negotiate([&gzip, &Encoding::identity()].into_iter()) == Some(gzip.clone())
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::http::header;
    use actix_web::test::TestRequest;

    use super::*;

    fn takes(accept: Option<&str>) -> bool {
        let mut req = TestRequest::default();
        if let Some(accept) = accept {
            req = req.insert_header((header::ACCEPT_ENCODING, accept));
        }
        takes_gzip(&req.to_srv_response(HttpResponse::Ok().finish()))
    }

    #[test]
    fn gzip_is_for_those_who_say_so() {
        for accept in ["gzip", "gzip, deflate, br", "br;q=0.5, gzip;q=0.8"] {
            assert!(takes(Some(accept)), "{accept}");
        }
        for accept in [
            "identity",
            "gzip;q=0",
            "br",
            "",
            "deflate",
            "gzip;q=0.1, identity;q=0.9",
        ] {
            assert!(!takes(Some(accept)), "{accept}");
        }
        assert!(!takes(None));
    }
}
