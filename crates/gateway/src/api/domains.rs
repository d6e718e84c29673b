//! `/v1/organizations/{org}/domains`

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, patch, post};
use rollcall_model::{Domain, SsoConnectionId, Timestamp};
use rollcall_orgs::domains::{self, DomainName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::body::{Nothing, Patch};
use crate::api::caller::Caller;
use crate::api::fields::present;
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::ListBody;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(claim_domain)
        .service(list_domains)
        .service(get_domain)
        .service(change_domain)
        .service(verify_domain)
        .service(delete_domain);
}

/// Whether a domain is proven.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum DomainState {
    /// Claimed; the proof was not found yet.
    Pending,
    /// Proven.
    Verified,
}

/// The record in DNS that proves a domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DomainVerification)]
struct VerificationBody {
    /// Its name.
    #[schema(example = "_rollcall-challenge.acme.com")]
    record_name: String,
    /// Its type.
    #[schema(example = "TXT")]
    record_type: &'static str,
    /// Its text.
    #[schema(example = "rollcall-verification=4Vx1pB0mW3o8Hq2ZtL6yKc9sUe5jRfNa")]
    value: String,
}

/// A domain of an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
struct DomainBody {
    /// Its name: lower case, in ASCII.
    #[schema(example = "acme.com")]
    domain: String,
    /// Whether it is proven.
    state: DomainState,
    /// What has to stand in DNS. It may be removed once the domain is verified.
    verification: VerificationBody,
    /// The SSO connection that its people sign in with; null if any will do.
    #[schema(value_type = Option<String>)]
    sso_connection_id: Option<SsoConnectionId>,
    /// When it was claimed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the proof was found; null while it is pending.
    #[schema(value_type = Option<String>, format = DateTime)]
    verified_at: Option<Timestamp>,
}

impl From<Domain> for DomainBody {
    fn from(domain: Domain) -> Self {
        Self {
            state: match domain.verified_at {
                Some(_) => DomainState::Verified,
                None => DomainState::Pending,
            },
            verification: VerificationBody {
                record_name: domains::record_name(&domain.name),
                record_type: "TXT",
                value: domains::record_value(&domain),
            },
            domain: domain.name,
            sso_connection_id: domain.sso_connection_id,
            created_at: domain.created_at,
            verified_at: domain.verified_at,
        }
    }
}

/// A domain to claim.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewDomain)]
#[serde(deny_unknown_fields)]
struct NewDomainBody {
    /// Its name, in any letters and case. Public suffixes and public mail services are refused.
    #[schema(example = "acme.com")]
    domain: String,
    /// The SSO connection that its people sign in with.
    #[schema(value_type = Option<String>)]
    sso_connection_id: Option<SsoConnectionId>,
}

/// What is to change about a domain.
#[derive(Deserialize, ToSchema)]
#[schema(as = DomainChange)]
#[serde(deny_unknown_fields)]
struct DomainChangeBody {
    /// The SSO connection that its people sign in with; null if any will do.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    sso_connection_id: Option<Option<SsoConnectionId>>,
}

/// The domain of a path. A text that is no name names no domain.
fn named(text: &str) -> Result<DomainName, Problem> {
    DomainName::parse(text).map_err(|_| Problem::not_found("domain"))
}

/// Claim a domain
///
/// The answer says which TXT record proves it. Other organizations may claim the same domain; the
/// one that proves it first has it.
#[utoipa::path(
    tag = "Domains",
    request_body = NewDomainBody,
    responses(
        (status = 201, description = "The domain, pending", body = DomainBody),
        (status = 409, description = "It is claimed already, or there are too many"),
    ),
)]
#[post("/organizations/{org}/domains")]
async fn claim_domain(
    post: Post<NewDomainBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let org = path.into_inner();
    post.answer(async move |caller, body| {
        let org = caller.organization(&org).await?;
        let name = DomainName::parse(&body.domain)?;
        let sso = body.sso_connection_id;
        let domain = domains::claim(&org, &name, sso, caller.origin()).await?;
        Answer::created(&DomainBody::from(domain))
    })
    .await
}

/// List domains
///
/// All of them, by name; there are 100 at most.
#[utoipa::path(
    tag = "Domains",
    responses((status = 200, description = "Every domain", body = ListBody<DomainBody>)),
)]
#[get("/organizations/{org}/domains")]
async fn list_domains(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let domains = org.list_domains().await?;
    answer::ok(&ListBody::whole(
        domains.into_iter().map(DomainBody::from).collect(),
    ))
}

/// Get a domain
#[utoipa::path(
    tag = "Domains",
    responses((status = 200, description = "The domain", body = DomainBody)),
)]
#[get("/organizations/{org}/domains/{domain}")]
async fn get_domain(caller: Caller, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (org, domain) = path.into_inner();
    let org = caller.organization(&org).await?;
    let found = org.find_domain(named(&domain)?.as_str()).await?;
    let domain = found.ok_or_else(|| Problem::not_found("domain"))?;
    answer::ok(&DomainBody::from(domain))
}

/// Change a domain
#[utoipa::path(
    tag = "Domains",
    request_body = DomainChangeBody,
    responses((status = 200, description = "The domain as it is now", body = DomainBody)),
)]
#[patch("/organizations/{org}/domains/{domain}")]
async fn change_domain(
    patch: Patch<DomainChangeBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = patch;
    let (org, domain) = path.into_inner();
    let org = caller.organization(&org).await?;
    let name = named(&domain)?;
    let domain = match change.sso_connection_id {
        Some(sso) => domains::change(&org, &name, sso, caller.origin()).await?,
        None => org
            .find_domain(name.as_str())
            .await?
            .ok_or_else(|| Problem::not_found("domain"))?,
    };
    answer::ok(&DomainBody::from(domain))
}

/// Verify a domain
///
/// Looks for the TXT record in DNS. One that was found once need not stay. Send it without an
/// `Idempotency-Key`, or with a new one for each attempt.
#[utoipa::path(
    tag = "Domains",
    request_body = Nothing,
    responses(
        (status = 200, description = "The domain, verified", body = DomainBody),
        (status = 409, description = "The record is not there (`domain_not_verified`), or another \
            organization has verified the domain (`domain_taken`)"),
        (status = 503, description = "DNS does not answer"),
    ),
)]
#[post("/organizations/{org}/domains/{domain}/verify")]
async fn verify_domain(
    post: Post<Nothing>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, domain) = path.into_inner();
    post.answer(async move |caller, _| {
        let org = caller.organization(&org).await?;
        let (name, dns) = (named(&domain)?, &caller.app.dns);
        let domain = domains::verify(&org, dns.as_ref(), &name, caller.origin()).await?;
        Answer::changed(&DomainBody::from(domain))
    })
    .await
}

/// Give a domain up
///
/// Sign-ins are not led by it any more, and another organization may verify it.
#[utoipa::path(
    tag = "Domains",
    responses((status = 204, description = "It is gone")),
)]
#[delete("/organizations/{org}/domains/{domain}")]
async fn delete_domain(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, domain) = path.into_inner();
    let org = caller.organization(&org).await?;
    domains::delete(&org, &named(&domain)?, caller.origin()).await?;
    Ok(answer::no_content())
}
