//! An endpoint: a path and the methods it knows.
//!
//! Endpoints are data before they are mounted, so that the list of all of them, which the
//! isolation test goes through, is the list that is served.

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route};

use super::failure::ScimFailure;

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

    /// Adds a method with its handler. What GET answers, HEAD answers without the body
    /// (RFC 9110 §9.3.2), which the server leaves away.
    pub(super) fn on<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        if method == Method::GET {
            let route = web::get().to(handler.clone());
            self.routes.push((method, route));
            self.routes.push((Method::HEAD, web::head().to(handler)));
        } else {
            let route = web::method(method.clone()).to(handler);
            self.routes.push((method, route));
        }
        self
    }

    /// Each method with the path. HEAD goes wherever GET does.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, &'static str)> {
        let path = self.path;
        self.routes
            .iter()
            .filter(|(method, _)| method != Method::HEAD)
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
            });
        config.service(resource.default_service(web::to(move |req: HttpRequest| {
            let allowed = allowed.clone();
            async move {
                if req.method() == Method::OPTIONS {
                    return Ok(HttpResponse::NoContent()
                        .insert_header((ALLOW, allowed))
                        .finish());
                }
                Err(ScimFailure::Method { allowed })
            }
        })));
    }
}
