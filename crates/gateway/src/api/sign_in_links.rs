//! `/v1/organizations/{org}/sign-in-links`

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get};
use rollcall_model::{LinkedBy, SignInLink, SsoConnectionId, Timestamp, UserId};
use rollcall_orgs::sign_in;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::{Caller, path_id};
use crate::api::fields::from_text;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_sign_in_links)
        .service(delete_sign_in_link);
}

/// Who a subject of a login provider is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInLink)]
pub(super) struct SignInLinkBody {
    /// The login provider.
    #[schema(value_type = String, example = "sso_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    sso_connection_id: SsoConnectionId,
    /// What it calls the person: `sub`, or the SAML `NameID`.
    subject: String,
    /// The user's SCIM id; `null` for an account that a sign-in made.
    #[schema(required = true)]
    user_id: Option<String>,
    /// The address that the person came with when the link was made.
    #[schema(required = true)]
    email: Option<String>,
    /// How the two were found to be one: `external_id`, `verified_email`, `unverified_email` or
    /// `just_in_time`.
    #[schema(value_type = String, example = "external_id")]
    linked_by: LinkedBy,
    /// When the person first came in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the link was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<SignInLink> for SignInLinkBody {
    fn from(link: SignInLink) -> Self {
        Self {
            sso_connection_id: link.sso_connection_id,
            subject: link.subject,
            user_id: link.user.map(|(_, user)| user.to_scim()),
            email: link.email,
            linked_by: link.linked_by,
            created_at: link.created_at,
            updated_at: link.updated_at,
        }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LinksQuery {
    /// Those of one user only, by its SCIM id.
    user: Option<String>,
    /// At most this many items; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before; from the start of the list if it is not given.
    after: Option<String>,
}

/// List sign-in links
///
/// Who the subjects of the login providers are, in the order of SSO connections and subjects.
#[utoipa::path(
    tag = "Sign-in",
    params(LinksQuery),
    responses((status = 200, description = "A page", body = ListBody<SignInLinkBody>)),
)]
#[get("/organizations/{org}/sign-in-links")]
async fn list_sign_in_links(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let query: LinksQuery = query::read(&req)?;
    let user = |text: &str| {
        let reason = || Problem::invalid("user", "`user` must be the SCIM id of a user");
        UserId::from_scim(text).ok_or_else(reason)
    };
    let user = query.user.as_deref().map(user).transpose()?;
    let max_page = caller.app.settings.limits.max_page;
    let page = query::page(query.limit, query.after.as_deref(), max_page)?;
    let page = org.list_sign_in_links(user, page).await?;
    answer::page(page, SignInLinkBody::from)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SubjectQuery {
    /// What the login provider calls the person.
    subject: String,
}

/// Remove a sign-in link
///
/// The next sign-in of that subject looks for the user anew: for when the login provider gave a person
/// another subject, or a link was made with the wrong account. The seat of an account that a sign-in
/// made is free again.
#[utoipa::path(
    tag = "Sign-in",
    params(SubjectQuery),
    responses((status = 204, description = "It is gone")),
)]
#[delete("/organizations/{org}/sso-connections/{sso}/sign-in-links")]
async fn delete_sign_in_link(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, sso) = path.into_inner();
    let query: SubjectQuery = query::read(&req)?;
    let org = caller.organization(&org).await?;
    let sso = path_id(&sso, "SSO connection")?;
    sign_in::unlink(&org, sso, &query.subject, caller.origin()).await?;
    Ok(answer::no_content())
}
