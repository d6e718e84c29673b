//! What is answered where no endpoint is: 404, or 405 for a path that takes other methods.
//!
//! Which paths there are comes from the API's own document, so a new endpoint is known here
//! without being told.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::api::openapi;
use crate::api::problem::Problem;

/// A documented path and its methods, in the order of the alphabet.
struct KnownPath {
    template: String,
    methods: Vec<&'static str>,
}

static KNOWN: LazyLock<Vec<KnownPath>> = LazyLock::new(|| {
    let document = openapi::document();
    let paths = document.paths.paths.into_iter();
    paths
        .map(|(template, item)| KnownPath {
            methods: openapi::methods(item),
            template,
        })
        .collect()
});

/// Answers a call that no endpoint took.
pub(super) async fn answer(req: HttpRequest) -> HttpResponse {
    let known = KNOWN.iter().find(|known| fits(&known.template, req.path()));
    let Some(known) = known else {
        return Problem::not_found("endpoint").error_response();
    };
    let allowed = known.methods.join(", ");
    let detail = format!("this path takes {allowed}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    let mut response = problem.error_response();
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// Whether a path is of a template such as `/v1/organizations/{org}`.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::http::Method;
    use actix_web::{App, test};

    use super::*;

    async fn asked(method: Method, path: &str) -> String {
        let app = test::init_service(App::new().configure(crate::api::configure)).await;
        let request = test::TestRequest::with_uri(path).method(method);
        let response = test::call_service(&app, request.to_request()).await;
        let mut text = response.status().to_string();
        for name in ["allow", "content-type"] {
            if let Some(value) = response.headers().get(name) {
                text.push_str(&format!("\n{name}: {}", value.to_str().unwrap()));
            }
        }
        let body = to_bytes(response.into_body()).await.unwrap();
        format!("{text}\n{}", String::from_utf8(body.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn a_wrong_method_is_answered_with_the_right_ones() {
        insta::assert_snapshot!(asked(Method::PUT, "/v1/organizations/acme").await, @r#"
        405 Method Not Allowed
        allow: DELETE, GET, PATCH
        content-type: application/problem+json
        {"type":"about:blank","title":"Method Not Allowed","status":405,"code":"method_not_allowed","detail":"this path takes DELETE, GET, PATCH"}
        "#);
    }

    #[actix_web::test]
    async fn an_unknown_path_is_a_problem() {
        insta::assert_snapshot!(asked(Method::GET, "/v1/organisations").await, @r#"
        404 Not Found
        content-type: application/problem+json
        {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is no such endpoint"}
        "#);
    }

    #[actix_web::test]
    async fn the_document_is_served_without_a_key() {
        let answer = asked(Method::GET, "/v1/openapi.json").await;
        let document = openapi::openapi_document();
        assert_eq!(
            answer,
            format!("200 OK\ncontent-type: application/json\n{document}")
        );
    }
}
