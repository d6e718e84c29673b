//! `/v1/organizations/{org}/portal-links`

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use rollcall_model::{PortalLink, PortalLinkId, Timestamp};
use rollcall_orgs::portal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::caller::{Caller, path_id};
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{ListBody, ListQuery};

const WHAT: &str = "portal link";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_portal_link)
        .service(list_portal_links)
        .service(get_portal_link)
        .service(revoke_portal_link);
}

/// A link to the setup portal, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PortalLink)]
struct PortalLinkBody {
    /// Its id.
    #[schema(value_type = String, example = "plk_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: PortalLinkId,
    /// What it is in now: `open`, `used`, `expired` or `revoked`.
    #[schema(example = "open")]
    state: &'static str,
    /// Where the portal leads back to.
    #[schema(required = true, example = "https://app.example.com/settings")]
    return_url: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when on it opens nothing.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When somebody opened the portal with it, which can be done once.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    used_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    revoked_at: Option<Timestamp>,
}

impl PortalLinkBody {
    fn new(link: PortalLink, now: Timestamp) -> Self {
        Self {
            state: link.state(now).as_str(),
            id: link.id,
            return_url: link.return_url,
            created_at: link.created_at,
            expires_at: link.expires_at,
            used_at: link.used_at,
            revoked_at: link.revoked_at,
        }
    }
}

/// A link to the setup portal in the one answer that shows it whole.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedPortalLink)]
struct IssuedPortalLinkBody {
    #[serde(flatten)]
    link: PortalLinkBody,
    /// The address to hand to the customer's IT admin, shown this once: `null` when the answer is
    /// repeated. Whoever has it can open the portal of this organization.
    #[schema(value_type = Option<String>, required = true)]
    url: (),
}

/// A new link to the setup portal.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewPortalLink)]
#[serde(deny_unknown_fields)]
struct NewPortalLinkBody {
    /// For how long it can be opened, in seconds, 60 to 2592000 (30 days); 86400 (a day) if absent.
    /// The session that it opens lasts for four hours.
    expires_in_seconds: Option<u64>,
    /// Where the portal leads back to: an `https` address, and one of `portal.return_origins` if there
    /// are any.
    #[schema(example = "https://app.example.com/settings")]
    return_url: Option<String>,
}

/// Make a portal link
///
/// It opens the setup portal of this organization once. The address is shown in this answer only.
#[utoipa::path(
    tag = "Portal links",
    request_body = NewPortalLinkBody,
    responses((status = 201, description = "The link", body = IssuedPortalLinkBody)),
)]
#[post("/organizations/{org}/portal-links")]
async fn create_portal_link(
    post: Post<NewPortalLinkBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let org = path.into_inner();
    post.answer(async move |caller, body| {
        let org = caller.organization(&org).await?;
        let settings = &caller.app.settings;
        let issued = portal::create_link(
            &org,
            body.expires_in_seconds,
            body.return_url.as_deref(),
            &settings.portal_return_origins,
            caller.origin(),
        )
        .await?;
        let url = issued.url(&settings.public_url);
        let now = issued.link.created_at;
        let created = IssuedPortalLinkBody {
            link: PortalLinkBody::new(issued.link, now),
            url: (),
        };
        Ok(Answer::created(&created)?.showing("/url", &url))
    })
    .await
}

/// List portal links
///
/// Oldest first, those that open nothing any more too, without their secrets.
#[utoipa::path(
    tag = "Portal links",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<PortalLinkBody>)),
)]
#[get("/organizations/{org}/portal-links")]
async fn list_portal_links(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let page = caller.page(&req)?;
    let page = org.list_portal_links(page).await?;
    let now = org.clock().now();
    answer::page(page, |link| PortalLinkBody::new(link, now))
}

/// Get a portal link
#[utoipa::path(
    tag = "Portal links",
    responses((status = 200, description = "The link", body = PortalLinkBody)),
)]
#[get("/organizations/{org}/portal-links/{plk}")]
async fn get_portal_link(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, plk) = path.into_inner();
    let org = caller.organization(&org).await?;
    let link = org.find_portal_link(path_id(&plk, WHAT)?).await?;
    let link = link.ok_or_else(|| Problem::not_found(WHAT))?;
    answer::ok(&PortalLinkBody::new(link, org.clock().now()))
}

/// Revoke a portal link
///
/// It opens nothing from now on, and a session that was opened with it ends. It stays in the list.
#[utoipa::path(
    tag = "Portal links",
    responses((status = 204, description = "It is revoked")),
)]
#[delete("/organizations/{org}/portal-links/{plk}")]
async fn revoke_portal_link(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, plk) = path.into_inner();
    let org = caller.organization(&org).await?;
    portal::revoke_link(&org, path_id(&plk, WHAT)?, caller.origin()).await?;
    Ok(answer::no_content())
}
