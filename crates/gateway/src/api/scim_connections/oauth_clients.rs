//! `/v1/organizations/{org}/scim-connections/{scim}/oauth-clients`

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use rollcall_model::{OauthClient, OauthClientId, Timestamp};
use rollcall_orgs::oauth::clients;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::scopes::{self, ScopeName};
use crate::api::answer::{self, Answer};
use crate::api::caller::{Caller, path_id};
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{ListBody, ListQuery};
use crate::oauth::token_url;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_oauth_client)
        .service(list_oauth_clients)
        .service(revoke_oauth_client);
}

/// An OAuth client without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OauthClient)]
struct ClientBody {
    /// Its id, which is also its `client_id`.
    #[schema(value_type = String, example = "occ_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: OauthClientId,
    /// Its name for people.
    name: String,
    /// The first characters of the secret, to tell clients apart.
    prefix: String,
    /// What it may do at most; an access token may be asked for with fewer.
    scopes: Vec<ScopeName>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When one of its access tokens was last used; up to a few seconds behind.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    last_used_at: Option<Timestamp>,
    /// When somebody revoked it.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    revoked_at: Option<Timestamp>,
}

impl From<OauthClient> for ClientBody {
    fn from(client: OauthClient) -> Self {
        Self {
            id: client.id,
            name: client.name,
            prefix: client.prefix,
            scopes: scopes::names(client.scopes),
            created_at: client.created_at,
            last_used_at: client.last_used_at,
            revoked_at: client.revoked_at,
        }
    }
}

/// An OAuth client in the one answer that shows its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedOauthClient)]
struct IssuedClientBody {
    #[serde(flatten)]
    client: ClientBody,
    /// What it calls itself; the same as `id`.
    #[schema(value_type = String, example = "occ_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    client_id: OauthClientId,
    /// The secret, shown this once: `null` when the answer is repeated.
    #[schema(value_type = Option<String>, required = true)]
    client_secret: (),
    /// Where it gets its access tokens.
    token_url: String,
}

/// A new OAuth client.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewOauthClient)]
#[serde(deny_unknown_fields)]
struct NewClientBody {
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// What it may do at most; everything if absent. Who may write may read the same.
    scopes: Option<Vec<ScopeName>>,
}

/// Make an OAuth client
///
/// For an identity provider that fetches its access tokens by the client credentials grant. The
/// secret is shown in this answer only.
#[utoipa::path(
    tag = "OAuth clients",
    request_body = NewClientBody,
    responses((status = 201, description = "The client", body = IssuedClientBody)),
)]
#[post("/organizations/{org}/scim-connections/{scim}/oauth-clients")]
async fn create_oauth_client(
    post: Post<NewClientBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    post.answer(async move |caller, body| {
        let (org, connection) = caller.connection(&org, &scim).await?;
        let scopes = scopes::chosen(None, body.scopes)?;
        let issued =
            clients::create(&org, &connection, &body.name, scopes, caller.origin()).await?;
        let shown = IssuedClientBody {
            client_id: issued.client.id,
            client: issued.client.into(),
            client_secret: (),
            token_url: token_url(&caller.app.settings),
        };
        Ok(Answer::created(&shown)?.showing("/client_secret", issued.secret.expose()))
    })
    .await
}

/// List OAuth clients
///
/// Oldest first, revoked ones too, without their secrets.
#[utoipa::path(
    tag = "OAuth clients",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<ClientBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/oauth-clients")]
async fn list_oauth_clients(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let page = caller.page(&req)?;
    let page = connection.list_oauth_clients(page).await?;
    answer::page(page, ClientBody::from)
}

/// Revoke an OAuth client
///
/// At once, with every access token it was given. It stays in the list.
#[utoipa::path(
    tag = "OAuth clients",
    responses((status = 204, description = "It is refused from now on")),
)]
#[delete("/organizations/{org}/scim-connections/{scim}/oauth-clients/{occ}")]
async fn revoke_oauth_client(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, occ) = path.into_inner();
    let (org, connection) = caller.connection(&org, &scim).await?;
    let id = path_id(&occ, "OAuth client")?;
    clients::revoke(&org, connection.connection_id(), id, caller.origin()).await?;
    Ok(answer::no_content())
}
