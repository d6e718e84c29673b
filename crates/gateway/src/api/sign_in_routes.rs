//! `/v1/sign-in-routes`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_model::{OrgId, PageRequest, SsoConnection, SsoConnectionId, SsoProvider};
use rollcall_orgs::domains::DomainName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::query;
use crate::api::sso_connections::provider::{OidcBody, Protocol};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(find_sign_in_route);
}

/// Whose way in is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RouteQuery {
    /// The e-mail address that somebody typed in.
    email: String,
}

/// The organization that an address leads to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInRouteOrganization)]
struct OrganizationBody {
    /// Its id.
    #[schema(value_type = String, example = "org_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: OrgId,
    /// Its slug.
    slug: String,
    /// Its name.
    name: String,
}

/// Where people of a SAML provider are sent to sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInRouteSaml)]
struct SamlRouteBody {
    /// The entity id.
    idp_entity_id: String,
    /// Where people are sent to sign in.
    sso_url: String,
}

/// An SSO connection to sign in with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInRouteConnection)]
struct ConnectionBody {
    /// Its id.
    #[schema(value_type = String, example = "sso_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: SsoConnectionId,
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
    saml: Option<SamlRouteBody>,
}

impl From<SsoConnection> for ConnectionBody {
    fn from(connection: SsoConnection) -> Self {
        let (protocol, oidc, saml) = match connection.provider {
            SsoProvider::Oidc(oidc) => (Protocol::Oidc, Some(oidc.into()), None),
            SsoProvider::Saml(saml) => {
                let saml = SamlRouteBody {
                    idp_entity_id: saml.idp_entity_id,
                    sso_url: saml.sso_url,
                };
                (Protocol::Saml, None, Some(saml))
            }
        };
        Self {
            id: connection.id,
            name: connection.name,
            protocol,
            oidc,
            saml,
        }
    }
}

/// How somebody signs in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInRoute)]
struct RouteBody {
    /// The organization that has verified the domain of the address.
    organization: OrganizationBody,
    /// That domain.
    domain: String,
    /// The SSO connections that are switched on: the one of the domain if it names one, or all.
    sso_connections: Vec<ConnectionBody>,
}

fn no_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_sign_in_route",
        "no organization with an SSO connection has verified the domain of that address",
    )
}

/// Find out how somebody signs in
///
/// Leads an e-mail address to the organization that has verified its domain, and to the SSO
/// connections to sign in with. It does not say whether there is such a person.
#[utoipa::path(
    tag = "Sign-in",
    params(RouteQuery),
    responses(
        (status = 200, description = "The way in", body = RouteBody),
        (status = 404, description = "There is none (`no_sign_in_route`)"),
    ),
)]
#[get("/sign-in-routes")]
async fn find_sign_in_route(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query: RouteQuery = query::read(&req)?;
    if !query.email.contains('@') {
        return Err(Problem::invalid(
            "email",
            "`email` is not an e-mail address",
        ));
    }
    let name = DomainName::of_address(&query.email).ok_or_else(no_route)?;
    let found = caller.app.store.find_verified_domain(name.as_str()).await?;
    let (org, domain) = found.ok_or_else(no_route)?;
    if !caller.may_see(org.org_id()) {
        return Err(no_route());
    }
    let connections = match domain.sso_connection_id {
        Some(id) => org.find_sso_connection(id).await?.into_iter().collect(),
        None => {
            let first = PageRequest {
                after: None,
                limit: caller.app.settings.limits.max_page,
            };
            org.list_sso_connections(first).await?.items
        }
    };
    let enabled = connections.into_iter().filter(|it| it.enabled);
    let connections: Vec<_> = enabled.map(ConnectionBody::from).collect();
    if connections.is_empty() {
        return Err(no_route());
    }
    let organization = org.organization();
    answer::ok(&RouteBody {
        organization: OrganizationBody {
            id: organization.id,
            slug: organization.slug.to_string(),
            name: organization.name.clone(),
        },
        domain: domain.name,
        sso_connections: connections,
    })
}
