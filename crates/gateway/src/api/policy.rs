//! `/v1/organizations/{org}/policy`

use std::str::FromStr;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, put};
use rollcall_model::{
    OrgId, Policy, ProvisioningDomains, RoleName, SeatLimit, Timestamp, UserId, WhenFull,
};
use rollcall_orgs::policies;
use rollcall_store::{OrgHandle, Seats, StoredPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::body::Patch;
use crate::api::caller::Caller;
use crate::api::fields;
use crate::api::policy_preview::PreviewBody;
use crate::api::problem::Problem;
use crate::api::query;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(get_policy)
        .service(replace_policy)
        .service(preview_policy);
}

/// The rules of an organization. What a request does not name has its default.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyRules)]
#[serde(deny_unknown_fields, default)]
struct RulesBody {
    /// Whether accounts come from SCIM only: whoever was not provisioned is denied at sign-in. Can be
    /// switched on only while a SCIM connection is connected, unless forced.
    restrict_account_creation_to_scim: bool,
    /// Whether a sign-in may make the account of somebody who was not provisioned; true by default.
    just_in_time_provisioning: bool,
    /// The roles there are, from the one that may do most to the one that may do least.
    roles: Vec<String>,
    /// The role of whoever has been given none: one of `roles`, and not `owner`.
    #[schema(example = "member")]
    default_role: String,
    /// Users, by their SCIM ids, that SCIM may not deactivate, delete or demote.
    protected_users: Vec<String>,
    /// Whether the last active `owner` must stay one.
    last_owner_protection: bool,
    /// How many people may have an account; `null` for any number.
    #[schema(required = true)]
    seat_limit: Option<SeatLimitBody>,
    /// Whether a sign-in is matched to a user by an e-mail address that nobody has verified.
    unverified_email_linking: bool,
    /// Which e-mail addresses users may be provisioned with: `any`, or those of `verified` domains.
    #[schema(value_type = String, example = "any")]
    provisioning_domains: ProvisioningDomains,
}

/// How many people may have an account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = SeatLimit)]
#[serde(deny_unknown_fields)]
struct SeatLimitBody {
    /// How many.
    seats: u32,
    /// What becomes of whoever is provisioned when all are taken: `refuse` (the default), or `wait`.
    #[serde(default)]
    #[schema(value_type = String, example = "refuse")]
    when_full: WhenFull,
}

impl Default for RulesBody {
    fn default() -> Self {
        Policy::default().into()
    }
}

impl From<Policy> for RulesBody {
    fn from(policy: Policy) -> Self {
        Self {
            restrict_account_creation_to_scim: policy.restrict_account_creation_to_scim,
            just_in_time_provisioning: policy.just_in_time_provisioning,
            roles: policy.roles.into_iter().map(String::from).collect(),
            default_role: policy.default_role.into(),
            protected_users: policy
                .protected_users
                .iter()
                .map(|id| id.to_scim())
                .collect(),
            last_owner_protection: policy.last_owner_protection,
            seat_limit: policy.seat_limit.map(|limit| SeatLimitBody {
                seats: limit.seats,
                when_full: limit.when_full,
            }),
            unverified_email_linking: policy.unverified_email_linking,
            provisioning_domains: policy.provisioning_domains,
        }
    }
}

impl RulesBody {
    fn read(self) -> Result<Policy, Problem> {
        let role = |field: &str, name: &str| {
            let reason = |reason| Problem::invalid(field, format!("`{field}`: {reason}"));
            RoleName::from_str(name).map_err(reason)
        };
        let user = |text: &String| {
            let reason = || format!("`protected_users`: `{text}` is not the SCIM id of a user");
            UserId::from_scim(text).ok_or_else(|| Problem::invalid("protected_users", reason()))
        };
        let roles = self.roles.iter().map(|name| role("roles", name));
        Ok(Policy {
            restrict_account_creation_to_scim: self.restrict_account_creation_to_scim,
            just_in_time_provisioning: self.just_in_time_provisioning,
            roles: roles.collect::<Result<_, _>>()?,
            default_role: role("default_role", &self.default_role)?,
            protected_users: self
                .protected_users
                .iter()
                .map(user)
                .collect::<Result<_, _>>()?,
            last_owner_protection: self.last_owner_protection,
            seat_limit: self.seat_limit.map(|limit| SeatLimit {
                seats: limit.seats,
                when_full: limit.when_full,
            }),
            unverified_email_linking: self.unverified_email_linking,
            provisioning_domains: self.provisioning_domains,
        })
    }
}

/// The rules of an organization, and how its seats are taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
struct PolicyBody {
    /// Whose they are.
    #[schema(value_type = String, example = "org_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    organization_id: OrgId,
    #[serde(flatten)]
    rules: RulesBody,
    /// How the seats are taken, whether or not there is a limit.
    seats: SeatsBody,
    /// When the rules were last changed; `null` while they are the default ones.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    updated_at: Option<Timestamp>,
}

/// How the seats of an organization are taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Seats)]
pub(super) struct SeatsBody {
    /// How many are taken: by active users that do not wait, and by accounts that sign-ins made.
    taken: u64,
    /// Active users.
    active_users: u64,
    /// Active users that wait for a seat.
    waiting_users: u64,
    /// Accounts that sign-ins made, of people whom nobody has provisioned.
    sign_in_accounts: u64,
}

impl From<Seats> for SeatsBody {
    fn from(seats: Seats) -> Self {
        Self {
            taken: seats.taken(),
            active_users: seats.active_users,
            waiting_users: seats.waiting_users,
            sign_in_accounts: seats.sign_in_accounts,
        }
    }
}

impl PolicyBody {
    async fn new(org: &OrgHandle, stored: StoredPolicy) -> Result<Self, Problem> {
        Ok(Self {
            organization_id: org.org_id(),
            rules: stored.policy.into(),
            seats: org.seats().await?.into(),
            updated_at: stored.updated_at,
        })
    }
}

/// Get the policy
#[utoipa::path(
    tag = "Policy",
    responses((status = 200, description = "The rules", body = PolicyBody)),
)]
#[get("/organizations/{org}/policy")]
async fn get_policy(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let stored = org.policy().await?;
    answer::ok(&PolicyBody::new(&org, stored).await?)
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReplaceQuery {
    /// Whether accounts may be restricted to SCIM although no SCIM connection is connected.
    #[serde(default, deserialize_with = "fields::from_text")]
    #[param(value_type = Option<bool>)]
    force: Option<bool>,
}

/// Replace the policy
///
/// As a whole: what is not named gets its default. It holds for every request that begins afterwards, on
/// every replica.
#[utoipa::path(
    tag = "Policy",
    params(ReplaceQuery),
    request_body = RulesBody,
    responses(
        (status = 200, description = "The rules as they are now", body = PolicyBody),
        (status = 409, description = "Nobody could get an account: no SCIM connection is connected. Or \
            a role that is gone from `roles` is somebody's"),
    ),
)]
#[put("/organizations/{org}/policy")]
async fn replace_policy(
    put: Patch<RulesBody>,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = put;
    let query: ReplaceQuery = query::read(&req)?;
    let org = caller.organization(&path).await?;
    let policy = change.read()?;
    let stored =
        policies::replace(&org, &policy, query.force == Some(true), caller.origin()).await?;
    answer::ok(&PolicyBody::new(&org, stored).await?)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PreviewQuery {
    /// The proposed rules, as the JSON object that would be put.
    policy: String,
}

/// See whom a policy would hit
///
/// Before it is saved: who would be blocked at sign-in, whose role would change, and what would keep it
/// from being saved. Nothing is changed.
#[utoipa::path(
    tag = "Policy",
    params(PreviewQuery),
    responses((status = 200, description = "What it would do", body = PreviewBody)),
)]
#[get("/organizations/{org}/policy/preview")]
async fn preview_policy(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query: PreviewQuery = query::read(&req)?;
    let org = caller.organization(&path).await?;
    let proposed: Value = serde_json::from_str(&query.policy)
        .map_err(|error| Problem::invalid("policy", format!("`policy` is not JSON: {error}")))?;
    let Value::Object(members) = proposed else {
        return Err(Problem::invalid("policy", "`policy` must be a JSON object"));
    };
    let rules: RulesBody = fields::read(members).map_err(|error| error.within("policy"))?;
    let preview = policies::preview(&org, &rules.read()?).await?;
    answer::ok(&PreviewBody::from(preview))
}
