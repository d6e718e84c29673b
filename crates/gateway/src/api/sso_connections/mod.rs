//! `/v1/organizations/{org}/sso-connections`

mod provider;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use rollcall_model::{OrgId, SsoConnection, SsoConnectionId, SsoProvider, Timestamp};
use rollcall_orgs::sso_connections;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::body::Patch;
use crate::api::caller::{Caller, path_id};
use crate::api::fields::{Members, present};
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody, ListQuery};
use provider::{OidcBody, OidcInput, Protocol, SamlBody, SamlInput};

const WHAT: &str = "SSO connection";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_sso_connection)
        .service(list_sso_connections)
        .service(get_sso_connection)
        .service(change_sso_connection)
        .service(delete_sso_connection);
}

/// A login provider of an organization. It never holds a secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SsoConnection)]
struct SsoConnectionBody {
    /// Its id.
    #[schema(value_type = String, example = "sso_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: SsoConnectionId,
    /// Whose it is.
    #[schema(value_type = String, example = "org_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    organization_id: OrgId,
    /// Its name for people.
    name: String,
    /// What people sign in with.
    protocol: Protocol,
    /// The provider, if it speaks OpenID Connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oidc: Option<OidcBody>,
    /// The provider, if it speaks SAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    saml: Option<SamlBody>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl SsoConnectionBody {
    fn new(organization_id: OrgId, connection: SsoConnection) -> Self {
        let (protocol, oidc, saml) = match connection.provider {
            SsoProvider::Oidc(oidc) => (Protocol::Oidc, Some(oidc.into()), None),
            SsoProvider::Saml(saml) => (Protocol::Saml, None, Some(saml.into())),
        };
        Self {
            id: connection.id,
            organization_id,
            name: connection.name,
            protocol,
            oidc,
            saml,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
        }
    }
}

/// A new login provider: `oidc` or `saml`, as `protocol` says.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewSsoConnection)]
#[serde(deny_unknown_fields)]
struct NewSsoConnectionBody {
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// What people sign in with.
    protocol: Protocol,
    /// The provider, if it speaks OpenID Connect.
    #[schema(value_type = Option<OidcInput>)]
    oidc: Option<Members>,
    /// The provider, if it speaks SAML.
    #[schema(value_type = Option<SamlInput>)]
    saml: Option<Members>,
}

/// What is to change about a login provider. What is absent stays; a provider is replaced as a
/// whole, but a client secret that is not sent again stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = SsoConnectionChange)]
#[serde(deny_unknown_fields)]
struct SsoConnectionChangeBody {
    /// A new name.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// What people sign in with; told from `oidc` or `saml` if absent.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    protocol: Option<Protocol>,
    /// A new provider that speaks OpenID Connect.
    #[schema(value_type = Option<OidcInput>)]
    oidc: Option<Members>,
    /// A new provider that speaks SAML.
    #[schema(value_type = Option<SamlInput>)]
    saml: Option<Members>,
}

/// Add a login provider
#[utoipa::path(
    tag = "SSO connections",
    request_body = NewSsoConnectionBody,
    responses((status = 201, description = "The SSO connection", body = SsoConnectionBody)),
)]
#[post("/organizations/{org}/sso-connections")]
async fn create_sso_connection(
    post: Post<NewSsoConnectionBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let org = path.into_inner();
    post.answer(async move |caller, body| {
        let org = caller.organization(&org).await?;
        let provider = provider::read_new(body.protocol, body.oidc, body.saml)?;
        let key = &caller.app.sealing_key;
        let connection =
            sso_connections::create(&org, key, &body.name, provider, caller.origin()).await?;
        Answer::created(&SsoConnectionBody::new(org.org_id(), connection))
    })
    .await
}

/// List login providers
///
/// Oldest first.
#[utoipa::path(
    tag = "SSO connections",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<SsoConnectionBody>)),
)]
#[get("/organizations/{org}/sso-connections")]
async fn list_sso_connections(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let query: ListQuery = query::read(&req)?;
    let page = query.page(caller.app.settings.limits.max_page)?;
    let page = org.list_sso_connections(page).await?;
    answer::ok(&ListBody::from_page(page, |connection| {
        SsoConnectionBody::new(org.org_id(), connection)
    }))
}

/// Get a login provider
#[utoipa::path(
    tag = "SSO connections",
    responses((status = 200, description = "The SSO connection", body = SsoConnectionBody)),
)]
#[get("/organizations/{org}/sso-connections/{sso}")]
async fn get_sso_connection(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, sso) = path.into_inner();
    let org = caller.organization(&org).await?;
    let found = org.find_sso_connection(path_id(&sso, WHAT)?).await?;
    let connection = found.ok_or_else(|| Problem::not_found(WHAT))?;
    answer::ok(&SsoConnectionBody::new(org.org_id(), connection))
}

/// Change a login provider
#[utoipa::path(
    tag = "SSO connections",
    request_body = SsoConnectionChangeBody,
    responses(
        (status = 200, description = "The SSO connection as it is now", body = SsoConnectionBody),
    ),
)]
#[patch("/organizations/{org}/sso-connections/{sso}")]
async fn change_sso_connection(
    patch: Patch<SsoConnectionChangeBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = patch;
    let (org, sso) = path.into_inner();
    let org = caller.organization(&org).await?;
    let connection = sso_connections::change(
        &org,
        &caller.app.sealing_key,
        path_id(&sso, WHAT)?,
        change.name.as_deref(),
        provider::read_change(change.protocol, change.oidc, change.saml)?,
        caller.origin(),
    )
    .await?;
    answer::ok(&SsoConnectionBody::new(org.org_id(), connection))
}

/// Remove a login provider
///
/// Only one that no SCIM connection is linked to.
#[utoipa::path(
    tag = "SSO connections",
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "A SCIM connection is linked to it"),
    ),
)]
#[delete("/organizations/{org}/sso-connections/{sso}")]
async fn delete_sso_connection(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, sso) = path.into_inner();
    let org = caller.organization(&org).await?;
    sso_connections::delete(&org, path_id(&sso, WHAT)?, caller.origin()).await?;
    Ok(answer::no_content())
}
