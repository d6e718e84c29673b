//! `/v1/organizations/{org}/scim-connections`, its tokens, and what the identity provider did
//! there.

mod attribute_mappings;
mod body;
mod deleted;
mod directory;
mod oauth_clients;
mod parked_references;
mod requests;
mod schema_proposal;
mod schemas;
mod scopes;
mod tokens;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use rollcall_model::{RoleAttribute, ScimConnectionId, ScimSettingsChange};
use rollcall_orgs::scim_connections::{self, ScimConnectionPatch};
use rollcall_replicas::Recent;
use rollcall_scim::{AttrPath, Catalog, value_path};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::body::Patch;
use crate::api::caller::{Caller, path_id};
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{self, ConfirmQuery, ListBody, ListQuery};
use body::{
    CreatedScimConnectionBody, NewScimConnectionBody, ScimConnectionBody, ScimConnectionChangeBody,
};
use tokens::IssuedTokenBody;

const WHAT: &str = "SCIM connection";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_scim_connection)
        .service(list_scim_connections)
        .service(get_scim_connection)
        .service(change_scim_connection)
        .service(delete_scim_connection)
        .configure(tokens::configure)
        .configure(oauth_clients::configure)
        .configure(directory::configure)
        .configure(deleted::configure)
        .configure(schemas::configure)
        .configure(attribute_mappings::configure)
        .configure(schema_proposal::configure)
        .configure(parked_references::configure)
        .configure(requests::configure);
}

/// Add a SCIM connection
///
/// It comes with its first token, whose secret is shown in this answer only, unless `first_token`
/// says that none is wanted.
#[utoipa::path(
    tag = "SCIM connections",
    request_body = NewScimConnectionBody,
    responses(
        (status = 201, description = "The SCIM connection", body = CreatedScimConnectionBody),
    ),
)]
#[post("/organizations/{org}/scim-connections")]
async fn create_scim_connection(
    post: Post<NewScimConnectionBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let org = path.into_inner();
    post.answer(async move |caller, body| {
        let org = caller.organization(&org).await?;
        let (idp, sso) = (body.idp.map(Into::into), body.sso_connection_id);
        let (name, origin) = (&body.name, caller.origin());
        let (connection, issued) = if body.first_token.unwrap_or(true) {
            let made = scim_connections::create(&org, name, sso, idp, origin).await?;
            (made.0, Some(made.1))
        } else {
            let made = scim_connections::create_without_token(&org, name, sso, idp, origin);
            (made.await?, None)
        };
        let recent = recent_of(&caller, &[connection.id]).await.next();
        let created = CreatedScimConnectionBody {
            connection: ScimConnectionBody::new(
                &caller.app.settings,
                org.organization(),
                connection,
                recent,
            ),
            token: issued
                .as_ref()
                .map(|it| IssuedTokenBody::from(it.token.clone())),
        };
        let answer = Answer::created(&created)?;
        Ok(match issued {
            Some(issued) => answer.showing("/token/secret", issued.secret.expose()),
            None => answer,
        })
    })
    .await
}

/// List SCIM connections
///
/// Oldest first.
#[utoipa::path(
    tag = "SCIM connections",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<ScimConnectionBody>)),
)]
#[get("/organizations/{org}/scim-connections")]
async fn list_scim_connections(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let page = caller.page(&req)?;
    let page = org.list_scim_connections(page).await?;
    let ids: Vec<_> = page.items.iter().map(|connection| connection.id).collect();
    let mut recent = recent_of(&caller, &ids).await;
    answer::page(page, |connection| {
        ScimConnectionBody::new(
            &caller.app.settings,
            org.organization(),
            connection,
            recent.next(),
        )
    })
}

/// Get a SCIM connection
#[utoipa::path(
    tag = "SCIM connections",
    responses((status = 200, description = "The SCIM connection", body = ScimConnectionBody)),
)]
#[get("/organizations/{org}/scim-connections/{scim}")]
async fn get_scim_connection(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let org = caller.organization(&org).await?;
    let connection = scim_connections::find(&org, path_id(&scim, WHAT)?).await?;
    let recent = recent_of(&caller, &[connection.id]).await.next();
    answer::ok(&ScimConnectionBody::new(
        &caller.app.settings,
        org.organization(),
        connection,
        recent,
    ))
}

/// Change a SCIM connection
///
/// A disabled connection keeps its users, groups and tokens, and takes no requests.
#[utoipa::path(
    tag = "SCIM connections",
    request_body = ScimConnectionChangeBody,
    responses(
        (status = 200, description = "The SCIM connection as it is now", body = ScimConnectionBody),
    ),
)]
#[patch("/organizations/{org}/scim-connections/{scim}")]
async fn change_scim_connection(
    patch: Patch<ScimConnectionChangeBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = patch;
    let (org, scim) = path.into_inner();
    let (org, handle) = caller.connection(&org, &scim).await?;
    let change = ScimConnectionPatch::from(change);
    if let Some(settings) = &change.settings {
        check_sensitive(handle.catalog(), settings)?;
        check_role_attribute(handle.catalog(), settings)?;
    }
    let id = handle.connection_id();
    let connection = scim_connections::change(&org, id, change, caller.origin()).await?;
    let recent = recent_of(&caller, &[connection.id]).await.next();
    answer::ok(&ScimConnectionBody::new(
        &caller.app.settings,
        org.organization(),
        connection,
        recent,
    ))
}

/// What connections were asked lately, in their order; nothing while it cannot be told.
async fn recent_of(
    caller: &Caller,
    ids: &[ScimConnectionId],
) -> impl Iterator<Item = Recent> + use<> {
    let app = &caller.app;
    let recent = app.replicas.recent(ids, app.store.clock().now()).await;
    recent.into_iter().flatten()
}

/// Refuses to guard an attribute that no resource has: whoever mistypes a name would believe that
/// it is kept out of URLs.
fn check_sensitive(catalog: &Catalog, settings: &ScimSettingsChange) -> Result<(), Problem> {
    let is_known = |name: &str| {
        catalog.resource_types().iter().any(|kind| {
            let path = AttrPath::parse(name, &kind.urns());
            path.is_ok_and(|path| kind.resolve(&path).is_some())
        })
    };
    let named = settings.sensitive_attributes();
    match named.iter().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(unknown) => {
            let detail = format!("no schema of this connection has an attribute `{unknown}`");
            Err(Problem::invalid("settings.sensitive_attributes", detail))
        }
    }
}

/// Refuses a path that can name nobody's role. An attribute that no schema has may still be sent.
fn check_role_attribute(catalog: &Catalog, settings: &ScimSettingsChange) -> Result<(), Problem> {
    match settings.role_attribute() {
        RoleAttribute::Auto | RoleAttribute::None => Ok(()),
        RoleAttribute::Path(path) => value_path::check(catalog.user(), &path)
            .map_err(|error| Problem::invalid("settings.role_attribute", error.detail)),
    }
}

/// Delete a SCIM connection
///
/// With its tokens, users and groups. One event tells it, not one for each user.
#[utoipa::path(
    tag = "SCIM connections",
    params(ConfirmQuery),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "`confirm` is not its name"),
    ),
)]
#[delete("/organizations/{org}/scim-connections/{scim}")]
async fn delete_scim_connection(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let org = caller.organization(&org).await?;
    let query: ConfirmQuery = query::read(&req)?;
    let confirm = query.confirm.as_deref();
    scim_connections::delete(&org, path_id(&scim, WHAT)?, confirm, caller.origin()).await?;
    Ok(answer::no_content())
}
