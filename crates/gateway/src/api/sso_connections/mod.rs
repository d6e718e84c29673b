//! `/v1/organizations/{org}/sso-connections`

mod check;
pub(super) mod provider;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use rollcall_model::{OrgId, SsoConnection, SsoConnectionId, SsoProvider, Timestamp};
use rollcall_orgs::sso_connections::{self, SsoConnectionInput, SsoConnectionPatch};
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
        .service(delete_sso_connection)
        .service(check::check_sso_connection);
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
    /// Whether people may sign in with it.
    enabled: bool,
    /// Whether addresses of the organization's verified domains count as verified although the
    /// provider does not say so.
    trust_email: bool,
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
            enabled: connection.enabled,
            trust_email: connection.trust_email,
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
    /// Whether addresses of the organization's verified domains count as verified although the
    /// provider does not say so: for a provider that only the customer's admins give addresses out
    /// with. False if absent.
    #[serde(default)]
    trust_email: bool,
    /// Whether people may sign in with it; true if absent.
    enabled: Option<bool>,
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
    /// Whether people may sign in with it. A sign-in with one that is switched off is denied.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    enabled: Option<bool>,
    /// Whether addresses of verified domains count as verified.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    trust_email: Option<bool>,
}

/// Where linked SCIM connections go.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeleteQuery {
    /// The SSO connection that takes over the SCIM connections that are linked to this one.
    #[param(value_type = Option<String>)]
    move_scim_connections_to: Option<SsoConnectionId>,
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
        let input = SsoConnectionInput {
            name: body.name,
            provider,
            trust_email: body.trust_email,
            enabled: body.enabled.unwrap_or(true),
        };
        let connection = sso_connections::create(&org, key, input, caller.origin()).await?;
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
    let page = caller.page(&req)?;
    let page = org.list_sso_connections(page).await?;
    answer::page(page, |connection| {
        SsoConnectionBody::new(org.org_id(), connection)
    })
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
        SsoConnectionPatch {
            name: change.name,
            provider: provider::read_change(change.protocol, change.oidc, change.saml)?,
            enabled: change.enabled,
            trust_email: change.trust_email,
        },
        caller.origin(),
    )
    .await?;
    answer::ok(&SsoConnectionBody::new(org.org_id(), connection))
}

/// Remove a login provider
///
/// With it goes what is known of who signed in with it. SCIM connections that are linked to it are
/// never touched without being told: the answer names them, and `move_scim_connections_to` links
/// them to another SSO connection.
#[utoipa::path(
    tag = "SSO connections",
    params(DeleteQuery),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "SCIM connections are linked to it"),
    ),
)]
#[delete("/organizations/{org}/sso-connections/{sso}")]
async fn delete_sso_connection(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, sso) = path.into_inner();
    let org = caller.organization(&org).await?;
    let id = path_id(&sso, WHAT)?;
    // What is not there is missing, whatever the call says beside.
    let found = org.find_sso_connection(id).await?;
    found.ok_or_else(|| Problem::not_found(WHAT))?;
    let query: DeleteQuery = query::read(&req)?;
    let move_to = query.move_scim_connections_to;
    sso_connections::delete(&org, id, move_to, caller.origin()).await?;
    Ok(answer::no_content())
}
