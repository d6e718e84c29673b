//! Creating a user (RFC 7644 §3.3).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Resource;
use rollcall_store::{DirectoryTx, ShownUser};
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::limits;
use super::super::list::projection;
use super::super::prefer;
use super::super::render;
use super::super::tenant::Tenant;

/// `POST /Users`: 201 also where the settings of the connection bring somebody back, with the id
/// that the user had. Identity providers link the id of a 201 and nothing else.
#[instrument(level = "debug", name = "scim.users.create", skip_all)]
pub(super) async fn create_user(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&tenant, &req, payload).await?;
    projection.show_supplied(kind, &body);
    let resource = read(&tenant, body)?;

    let wants_groups = projection.wants("groups");
    let request_id = tenant.request_id();
    let shown = match tenant
        .handle
        .insert_user_at_once(request_id, &resource)
        .await?
    {
        Some(user) => ShownUser::alone(user),
        None => {
            let insert = async |tx: &mut DirectoryTx| {
                let user = tx.insert_user(resource.clone()).await?;
                // Somebody who waits for it, or who is brought back, may have it in groups.
                Ok(tx.show_user(&user, wants_groups).await?)
            };
            tenant.write(insert).await?
        }
    };

    let answer = render::user_answer(&tenant, StatusCode::CREATED, &shown.user);
    if !prefer::shows_resource(&req, true) {
        return Ok(answer.empty());
    }
    Ok(answer.with_text(render::user(&tenant, &shown, &projection)?))
}

/// Reads a user that is to be made.
pub(in crate::scim) fn read(tenant: &Tenant, body: Value) -> Result<Resource, ScimFailure> {
    let parsed = Resource::parse(tenant.catalog().user(), body)?;
    limits::check_attributes(tenant, None, &parsed.resource)?;
    tenant.note_quirks(&parsed.quirks);
    Ok(tenant.keep_system_attributes(None, parsed.resource))
}
