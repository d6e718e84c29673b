//! Bodies in and out.
//!
//! A body is read after the request was let in: what an unknown sender says is not looked at,
//! and cannot be answered with anything but 401.

use std::pin::pin;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LOCATION, CONTENT_TYPE, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use futures_util::{Stream, StreamExt};
use rollcall_scim::json;
use serde_json::Value;
use tracing::{Instrument, debug_span};

use super::failure::{MEDIA_TYPE, ScimFailure};
use super::tenant::Tenant;
use crate::announced;
use crate::request_log::capture;
use crate::stream::BrokenOff;

/// Reads a JSON body within the limits (RFC 7644 §3.1), and waits until it is the request's turn.
pub(super) async fn read(
    tenant: &Tenant,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<Value, ScimFailure> {
    let limit = tenant.app.settings.limits.max_body_bytes;
    read_up_to(limit, tenant, req, payload).await
}

/// As [`read`], of a body that has a limit of its own, in bytes.
pub(super) async fn read_up_to(
    limit: usize,
    tenant: &Tenant,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<Value, ScimFailure> {
    let limits = &tenant.app.settings.limits;
    check_media_type(req)?;
    if announced::length(req).is_some_and(|length| length > limit) {
        return Err(ScimFailure::TooLarge { limit });
    }
    let collected = tokio::time::timeout(limits.request_body_timeout, collect(payload, limit));
    let collected = pin!(collected)
        .instrument(debug_span!("scim.read_body"))
        .await;
    let body = collected.map_err(|_| ScimFailure::TooSlow)??.freeze();
    let content = capture::content(&tenant.app.settings.request_log, tenant.settings());
    capture::asked(req, content, &body);
    let body = json::parse_to_depth(&body, limits.max_nesting)?;
    json::check_texts(&body, limits.max_string_bytes)?;
    tenant.take_turn().await?;
    Ok(body)
}

async fn collect(mut payload: web::Payload, limit: usize) -> Result<web::BytesMut, ScimFailure> {
    let mut body = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ScimFailure::CutOff)?;
        if body.len() + chunk.len() > limit {
            return Err(ScimFailure::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Both JSON types are taken, and none at all; some clients send nothing else.
fn check_media_type(req: &HttpRequest) -> Result<(), ScimFailure> {
    let Some(header) = req.headers().get(CONTENT_TYPE) else {
        return Ok(());
    };
    let header = header.to_str().map_err(|_| ScimFailure::MediaType)?;
    let mut parts = header.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let known = matches!(
        essence.as_str(),
        "" | "application/scim+json" | "application/json"
    );
    let utf_8 = parts.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim_matches('"');
        !name.eq_ignore_ascii_case("charset") || value.eq_ignore_ascii_case("utf-8")
    });
    if known && utf_8 {
        Ok(())
    } else {
        Err(ScimFailure::MediaType)
    }
}

/// An answer that carries a document which is no resource.
pub(super) fn document(document: &Value) -> HttpResponse {
    text(document.to_string())
}

/// The same of a document that is text already.
pub(super) fn text(document: String) -> HttpResponse {
    HttpResponse::Ok().content_type(MEDIA_TYPE).body(document)
}

/// The same of a document that is written while it is sent.
pub(super) fn streamed(
    document: impl Stream<Item = Result<web::Bytes, BrokenOff>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(MEDIA_TYPE)
        .streaming(document)
}

/// An answer that carries one resource. Its address and version are those of its `meta`.
pub(super) struct ResourceAnswer {
    pub(super) status: StatusCode,
    pub(super) location: String,
    /// `None` if no answer of this connection tells a version.
    pub(super) version: Option<String>,
}

impl ResourceAnswer {
    fn head(&self) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(self.status);
        answer.insert_header((LOCATION, self.location.as_str()));
        if let Some(version) = &self.version {
            answer.insert_header((ETAG, version.as_str()));
        }
        answer
    }

    /// With the resource as it is to be shown.
    pub(super) fn with(self, resource: &Value) -> HttpResponse {
        self.with_text(resource.to_string())
    }

    /// The same of a resource that is text already.
    pub(super) fn with_text(self, resource: String) -> HttpResponse {
        self.head()
            .insert_header((CONTENT_LOCATION, self.location.as_str()))
            .content_type(MEDIA_TYPE)
            .body(resource)
    }

    /// With the resource as it is written, whose length nobody knows yet.
    pub(super) fn streamed(
        self,
        body: impl Stream<Item = Result<web::Bytes, BrokenOff>> + 'static,
    ) -> HttpResponse {
        self.head()
            .insert_header((CONTENT_LOCATION, self.location.as_str()))
            .content_type(MEDIA_TYPE)
            .streaming(body)
    }

    /// Without a body. If that is because the client has it, with all that tells which it is
    /// (RFC 9110 §15.4.5).
    pub(super) fn empty(self) -> HttpResponse {
        let mut head = self.head();
        if self.status == StatusCode::NOT_MODIFIED {
            head.insert_header((CONTENT_LOCATION, self.location.as_str()));
        }
        head.finish()
    }
}
