//! Whoever asks what a connection serves.
//!
//! Discovery needs no token where the path names the connection (RFC 7643 §5 wants a client to
//! be able to find out how to authenticate). A host does not name a connection but an
//! organization, and by a name that can be guessed, so answers to it would list the customers; a
//! host and the token alone need the token. Whoever sends an `Authorization` header is held to it.
//!
//! A visitor without a token leaves no trace: nothing is connected or used by it. A connection
//! that is not there, not enabled or not open answers as any request without a token is answered.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use rollcall_model::ScimSettings;
use rollcall_orgs::authentication;
use rollcall_scim::Catalog;
use rollcall_store::PublicConnection;

use super::failure::ScimFailure;
use super::tenant::{Seen, Tenant, base};
use crate::address;
use crate::state::{self, AppState};

/// Proof that a request may learn what a connection serves, and no more.
pub(super) struct Visitor {
    pub(super) app: web::Data<AppState>,
    /// What the locations of the discovery documents begin with.
    pub(super) base: String,
    known_by: KnownBy,
}

enum KnownBy {
    Token(Box<Tenant>),
    Address(Box<PublicConnection>),
}

impl Visitor {
    /// The schemas of the connection.
    pub(super) fn catalog(&self) -> &Catalog {
        match &self.known_by {
            KnownBy::Token(tenant) => tenant.catalog(),
            KnownBy::Address(connection) => connection.catalog(),
        }
    }

    /// What was chosen for the connection.
    pub(super) fn settings(&self) -> &ScimSettings {
        match &self.known_by {
            KnownBy::Token(tenant) => tenant.settings(),
            KnownBy::Address(connection) => connection.settings(),
        }
    }

    async fn let_in(req: &HttpRequest) -> Result<Self, ScimFailure> {
        let app = state::of(req);
        if let Some(open) = without_token(req, &app).await? {
            return Ok(Self {
                base: base(&app.settings, open.connection_id()),
                app,
                known_by: KnownBy::Address(Box::new(open)),
            });
        }
        let tenant = Tenant::extract(req).await?;
        Ok(Self {
            app: tenant.app.clone(),
            base: tenant.base.clone(),
            known_by: KnownBy::Token(Box::new(tenant)),
        })
    }
}

/// The connection that a request without a token may ask about.
async fn without_token(
    req: &HttpRequest,
    app: &AppState,
) -> Result<Option<PublicConnection>, ScimFailure> {
    if req.headers().contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let Ok(address) = address::of(req, &app.settings) else {
        return Ok(None);
    };
    req.extensions_mut().insert(Seen::Nobody);
    Ok(authentication::open_to_all(&app.store, &address).await?)
}

impl FromRequest for Visitor {
    type Error = ScimFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ScimFailure>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { Self::let_in(&req).await })
    }
}
