//! An endpoint: a path and the methods it knows.
//!
//! Endpoints are data before they are mounted, so that the list of all of them, which the
//! isolation test goes through, is the list that is served.
//!
//! A handler that panics costs its client a 500 and nobody else anything: without the net that is
//! put around it here, the connection would break off without an answer.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Route};
use futures_util::FutureExt;

use super::failure::ScimFailure;
use super::tenant::Tenant;

/// What a handler comes to.
type Answer = Result<HttpResponse, ScimFailure>;

/// A handler whose panics are failures.
#[derive(Clone)]
struct Caught<F>(F);

impl<F, Args> Handler<Args> for Caught<F>
where
    F: Handler<Args, Output = Answer>,
    Args: 'static,
{
    type Output = Answer;
    type Future = Pin<Box<dyn Future<Output = Answer>>>;

    fn call(&self, args: Args) -> Self::Future {
        // What the handler held is gone; what it shares with others is behind locks that put up
        // with a panic, and its transaction is rolled back.
        let work = AssertUnwindSafe(self.0.call(args)).catch_unwind();
        Box::pin(work.map(|done| done.unwrap_or(Err(ScimFailure::Panicked))))
    }
}

/// The path of the endpoint that a request was for, which the request carries from where it is
/// handled on. The framework would find the pattern by matching all of them again.
#[derive(Clone, Copy)]
pub(crate) struct EndpointPath(&'static str);

impl EndpointPath {
    /// The path below the base address, such as `/Users/{id}`; `None` if there is no such endpoint.
    pub(crate) fn of(req: &HttpRequest) -> Option<&'static str> {
        req.app_data::<Self>().map(|path| path.0)
    }

    /// Whether the request is a query by POST, which changes nothing (RFC 7644 §3.4.3).
    pub(crate) fn is_search(req: &HttpRequest) -> bool {
        Self::of(req).is_some_and(|path| path.ends_with("/.search"))
    }
}

/// A path below the base address, with its methods.
pub(super) struct Endpoint {
    path: &'static str,
    routes: Vec<(Method, Route)>,
}

impl Endpoint {
    pub(super) const fn at(path: &'static str) -> Self {
        Self {
            path,
            routes: Vec::new(),
        }
    }

    /// Adds a method with its handler. What takes GET takes HEAD too (RFC 9110 §9.3.2).
    pub(super) fn on<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        if method == Method::GET {
            let route = web::method(method.clone()).to(Caught(handler.clone()));
            self.routes.push((method, route));
            return self.on(Method::HEAD, handler);
        }
        let route = web::method(method.clone()).to(Caught(handler));
        self.routes.push((method, route));
        self
    }

    /// Each method with the path. HEAD is left out: it is GET, with its handler.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, &'static str)> {
        let path = self.path;
        self.routes
            .iter()
            .filter(|(method, _)| *method != Method::HEAD)
            .map(move |(method, _)| (method.to_string(), path))
    }

    /// Mounts it: any other method is 405, and OPTIONS tells which there are.
    pub(super) fn mount(self, config: &mut ServiceConfig) {
        let names: Vec<&str> = self
            .routes
            .iter()
            .map(|(method, _)| method.as_str())
            .collect();
        let allowed = names.join(", ");
        let resource = self
            .routes
            .into_iter()
            .fold(web::resource(self.path), |resource, (_, route)| {
                resource.route(route)
            })
            .app_data(EndpointPath(self.path));
        config.service(resource.default_service(web::to(move |req: HttpRequest| {
            let allowed = allowed.clone();
            async move {
                if req.method() == Method::OPTIONS {
                    return Ok(HttpResponse::NoContent()
                        .insert_header((ALLOW, allowed))
                        .finish());
                }
                // For the request log of the connection, if the token is one; the answer is the same.
                let _ = Tenant::extract(&req).await;
                Err(ScimFailure::Method { allowed })
            }
        })));
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test};

    use super::*;

    async fn panics() -> Answer {
        panic!("a secret that must not be told")
    }

    #[actix_web::test]
    async fn a_panic_is_answered_with_a_scim_error_that_does_not_tell_it() {
        let mount = |config: &mut ServiceConfig| {
            Endpoint::at("/x").on(Method::GET, panics).mount(config);
        };
        let app = test::init_service(App::new().configure(mount)).await;
        for _ in 0..2 {
            let request = test::TestRequest::with_uri("/x").to_request();
            let answer = test::call_service(&app, request).await;
            assert_eq!(answer.status().as_u16(), 500);
            let body = test::read_body(answer).await;
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["status"], "500");
            assert!(!body.to_string().contains("secret"), "{body}");
        }
    }
}
