//! `/v1/organizations/{org}/users/{user}/role` and `/role-explanation`: a role given by hand, and
//! why a user has the role that it has.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, put};
use rollcall_model::{RoleSource, ScimConnectionId, Timestamp, UserId};
use rollcall_orgs::roles::{self, ExplainedRole};
use rollcall_store::{GroupGrant, ManualRole, RoleExplanation, SentRole};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::body::Patch;
use crate::api::caller::Caller;
use crate::api::problem::Problem;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(give_role)
        .service(take_role)
        .service(explain_role);
}

/// A role for a user, by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewManualRole)]
#[serde(deny_unknown_fields)]
struct NewManualRoleBody {
    /// A role of the policy, in any letter case.
    #[schema(example = "owner")]
    role: String,
    /// Why, for whoever asks later: 1 to 500 characters.
    #[schema(example = "Founder of the company")]
    reason: Option<String>,
}

/// A user's role, and why it is that one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoleExplanation)]
struct ExplanationBody {
    /// The user's SCIM id: a plain UUID.
    user_id: String,
    /// The SCIM connection that the user belongs to.
    #[schema(value_type = String)]
    scim_connection_id: ScimConnectionId,
    /// Its role.
    #[schema(example = "administrator")]
    role: String,
    /// What gives it: `manual`, `attribute`, `group` or `default`.
    #[schema(value_type = String, example = "group")]
    source: RoleSource,
    /// The same as a sentence.
    because: String,
    /// Everything that gives this user a role, what decides first.
    grants: Vec<GrantBody>,
}

/// Something that gives a user a role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoleGrant)]
struct GrantBody {
    /// `manual`, `attribute`, `group` or `default`.
    #[schema(value_type = String, example = "group")]
    source: RoleSource,
    /// The role; `null` if an attribute names none.
    #[schema(required = true)]
    role: Option<String>,
    /// Whether this is what the user has.
    decides: bool,
    /// Why it decides, or why it does not.
    because: String,
    #[serde(flatten)]
    detail: DetailBody,
}

/// What there is to say of one source.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = RoleGrantDetail)]
struct DetailBody {
    /// Of a role given by hand: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Of a role given by hand: by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_by: Option<String>,
    /// Of a role given by hand: when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    given_at: Option<Timestamp>,
    /// Of an attribute: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
    /// Of an attribute: its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Of a group: its SCIM id.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    /// Of a group: its `displayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    /// Of a group: the lowest number decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    precedence: Option<u32>,
}

/// A source with its place in the order, before it is known which one decides.
struct Grant {
    source: RoleSource,
    role: Option<String>,
    /// What it is, to begin a sentence.
    what: String,
    detail: DetailBody,
}

impl From<ManualRole> for Grant {
    fn from(given: ManualRole) -> Self {
        Self {
            source: RoleSource::Manual,
            what: format!("`{}` was given by hand", given.role),
            role: Some(given.role.into()),
            detail: DetailBody {
                reason: given.reason,
                given_by: Some(given.by),
                given_at: Some(given.at),
                ..DetailBody::default()
            },
        }
    }
}

impl From<SentRole> for Grant {
    fn from(sent: SentRole) -> Self {
        Self {
            source: RoleSource::Attribute,
            what: format!(
                "the identity provider sent `{}` as `{}`",
                sent.value, sent.path
            ),
            role: sent.role.map(String::from),
            detail: DetailBody {
                attribute: Some(sent.path),
                value: Some(sent.value),
                ..DetailBody::default()
            },
        }
    }
}

impl From<GroupGrant> for Grant {
    fn from(group: GroupGrant) -> Self {
        let (role, precedence) = (group.mapping.role, group.mapping.precedence);
        Self {
            source: RoleSource::Group,
            what: format!(
                "the group `{}` gives `{role}` with precedence {precedence}",
                group.display_name
            ),
            role: Some(role.into()),
            detail: DetailBody {
                group_id: Some(group.group_id.to_scim()),
                group_name: Some(group.display_name),
                precedence: Some(precedence),
                ..DetailBody::default()
            },
        }
    }
}

fn grants(explanation: RoleExplanation) -> Vec<GrantBody> {
    let mut all: Vec<Grant> = Vec::new();
    all.extend(explanation.manual.map(Grant::from));
    all.extend(explanation.attribute.map(Grant::from));
    all.extend(explanation.groups.into_iter().map(Grant::from));
    all.push(Grant {
        source: RoleSource::Default,
        what: format!("`{}` is the default role", explanation.default_role),
        role: Some(explanation.default_role.into()),
        detail: DetailBody::default(),
    });
    let mut winner: Option<RoleSource> = None;
    let bodies = all.into_iter().map(|grant| {
        let why = match (winner, grant.source) {
            _ if grant.role.is_none() => "which is no role of this organization, so it gives none",
            (None, RoleSource::Manual) => "which goes before everything else",
            (None, RoleSource::Attribute) => "and no role was given by hand",
            (None, RoleSource::Group) => "and neither by hand nor by an attribute was a role given",
            (None, RoleSource::Default) => "and nothing else gives a role",
            (Some(RoleSource::Manual), _) => "but what was given by hand goes before it",
            (Some(RoleSource::Attribute), _) => "but an attribute goes before it",
            (Some(RoleSource::Group), RoleSource::Group) => {
                "but a group with a lower precedence, or the same and a lower id, goes before it"
            }
            (Some(RoleSource::Group | RoleSource::Default), _) => "but a group goes before it",
        };
        let decides = grant.role.is_some() && winner.is_none();
        if decides {
            winner = Some(grant.source);
        }
        GrantBody {
            source: grant.source,
            role: grant.role,
            decides,
            because: format!("{}, {why}", grant.what),
            detail: grant.detail,
        }
    });
    bodies.collect()
}

impl ExplanationBody {
    fn new(id: UserId, explained: ExplainedRole) -> Self {
        let role = explained.explanation.role.clone();
        let grants = grants(explained.explanation);
        let decides = grants.iter().find(|grant| grant.decides);
        Self {
            user_id: id.to_scim(),
            scim_connection_id: explained.connection_id,
            role: role.role.into(),
            source: role.source,
            because: decides.map(|it| it.because.clone()).unwrap_or_default(),
            grants,
        }
    }
}

/// Give a user a role by hand
///
/// It goes before whatever the identity provider sends, and stays until it is taken away or the user
/// is deleted.
#[utoipa::path(
    tag = "Roles",
    request_body = NewManualRoleBody,
    responses((status = 200, description = "The role as it is now", body = ExplanationBody)),
)]
#[put("/organizations/{org}/users/{user}/role")]
async fn give_role(
    put: Patch<NewManualRoleBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = put;
    let (org, user) = path.into_inner();
    let org = caller.organization(&org).await?;
    let id = user_id(&user)?;
    let reason = change.reason.as_deref();
    roles::give(&org, id, &change.role, reason, caller.origin()).await?;
    answer::ok(&ExplanationBody::new(id, roles::explain(&org, id).await?))
}

/// Take away the role that a user was given by hand
#[utoipa::path(
    tag = "Roles",
    responses(
        (status = 204, description = "The user has what attributes and groups say"),
        (status = 404, description = "There is no such user, or it was given no role by hand"),
    ),
)]
#[delete("/organizations/{org}/users/{user}/role")]
async fn take_role(caller: Caller, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (org, user) = path.into_inner();
    let org = caller.organization(&org).await?;
    roles::take(&org, user_id(&user)?, caller.origin()).await?;
    Ok(answer::no_content())
}

/// Explain a user's role
///
/// With everything that gives the user one, and why it does or does not decide.
#[utoipa::path(
    tag = "Roles",
    responses((status = 200, description = "The role with its reasons", body = ExplanationBody)),
)]
#[get("/organizations/{org}/users/{user}/role-explanation")]
async fn explain_role(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = path.into_inner();
    let org = caller.organization(&org).await?;
    let id = user_id(&user)?;
    answer::ok(&ExplanationBody::new(id, roles::explain(&org, id).await?))
}

fn user_id(text: &str) -> Result<UserId, Problem> {
    UserId::from_scim(text).ok_or_else(|| Problem::not_found("user"))
}
