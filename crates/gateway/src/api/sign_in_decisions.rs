//! `/v1/organizations/{org}/sign-in-decisions`

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use rollcall_model::{
    Identity, RoleName, RoleSource, ScimConnectionId, SignInReason, SsoConnectionId, UserRole,
};
use rollcall_orgs::sign_in::{self, Claim, Decision};
use rollcall_store::{OrgHandle, Person};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::Answer;
use crate::api::fields::{self, Members};
use crate::api::post::Post;
use crate::api::problem::Problem;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(decide_sign_in);
}

/// Somebody who asks to come in: by an `id_token`, or as an `identity` that the product has verified.
#[derive(Deserialize, ToSchema)]
#[schema(as = SignIn)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    /// The SSO connection that the person signed in with.
    #[schema(value_type = String, example = "sso_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    sso_connection_id: SsoConnectionId,
    /// The id token that the provider gave out for the product: the way of OpenID Connect.
    #[schema(value_type = Option<String>, write_only)]
    id_token: Option<SecretString>,
    /// The `nonce` that the sign-in began with; then the token must hold it.
    nonce: Option<String>,
    /// The person, as the product has verified it: the way of SAML.
    #[schema(value_type = Option<IdentityBody>)]
    identity: Option<Members>,
}

/// A person as a login provider names it.
#[derive(Deserialize, ToSchema)]
#[schema(as = Identity)]
#[serde(deny_unknown_fields)]
struct IdentityBody {
    /// What the provider calls the person for good: `sub`, or the SAML `NameID`.
    subject: String,
    /// The e-mail address.
    email: Option<String>,
    /// Whether the provider says that the address is the person's own; false if it is absent.
    #[serde(default)]
    email_verified: bool,
    /// What the person's `externalId` in SCIM is; the subject if it is absent.
    external_id: Option<String>,
    /// The name for people.
    name: Option<String>,
}

impl From<IdentityBody> for Identity {
    fn from(body: IdentityBody) -> Self {
        Self {
            external_id: body.external_id.or_else(|| Some(body.subject.clone())),
            subject: body.subject,
            email: body.email,
            email_verified: body.email_verified,
            name: body.name,
        }
    }
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInDecision)]
struct DecisionBody {
    /// `allow` or `deny`.
    #[schema(value_type = String, example = "allow")]
    decision: &'static str,
    /// Why, as a word that never changes; see docs/sign-in-decisions.md.
    #[schema(value_type = String, example = "provisioned_active")]
    reason: SignInReason,
    /// A sentence for the person.
    message: &'static str,
    /// Whether to make an account, if there is none of this person yet.
    create_account: bool,
    /// The user that the person is; absent if nobody provisioned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user: Option<SignInUserBody>,
    /// The role of a new account: the default one. Absent if there is a user, which has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    default_role: Option<RoleName>,
}

/// A group that a user is in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInGroup)]
struct SignInGroupBody {
    /// The SCIM id.
    id: String,
    /// `displayName`.
    display_name: String,
}

/// A user as a sign-in sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInUser)]
struct SignInUserBody {
    /// The SCIM id: a plain UUID.
    #[schema(example = "0190a5e4-5c1d-7d0a-9f3b-2f6d1c8e4b7a")]
    id: String,
    /// The SCIM connection that provisioned it.
    #[schema(value_type = String, example = "scim_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    scim_connection_id: ScimConnectionId,
    /// `userName`.
    #[schema(required = true)]
    user_name: Option<String>,
    /// `externalId`.
    #[schema(required = true)]
    external_id: Option<String>,
    /// `displayName`.
    #[schema(required = true)]
    display_name: Option<String>,
    /// Whether the account may be used.
    active: bool,
    /// The role of the user.
    #[schema(value_type = String, example = "member")]
    role: RoleName,
    /// What gives it: `manual`, `attribute`, `group` or `default`; see the role explanation for more.
    #[schema(value_type = String, example = "group")]
    role_source: RoleSource,
    /// The SCIM id of the group that gives the role; absent if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    role_group_id: Option<String>,
    /// The groups that it is in, through other groups too.
    groups: Vec<SignInGroupBody>,
    /// What the attribute mappings of its SCIM connection make of its attributes, by the product's names.
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

impl SignInUserBody {
    fn new(person: Person, role: UserRole, attributes: Map<String, Value>) -> Self {
        let resource = &person.user.resource;
        let groups = person.groups.into_iter().map(|group| SignInGroupBody {
            id: group.id.to_scim(),
            display_name: group.display_name,
        });
        Self {
            id: person.user.id.to_scim(),
            scim_connection_id: person.scim_connection_id,
            user_name: resource.user_name().map(str::to_owned),
            external_id: resource.external_id().map(str::to_owned),
            display_name: resource.display_name().map(str::to_owned),
            active: resource.active(),
            role: role.role,
            role_source: role.source,
            role_group_id: role.group.map(|group| group.to_scim()),
            groups: groups.collect(),
            attributes,
        }
    }
}

impl DecisionBody {
    async fn new(org: &OrgHandle, decision: Decision) -> Result<Self, Problem> {
        let (reason, role) = (decision.reason, decision.role());
        let is_new = reason.allows() && decision.person.is_none();
        let user = match decision.person {
            Some(person) => {
                let attributes = attributes(org, &person).await?;
                Some(SignInUserBody::new(person, role, attributes))
            }
            None => None,
        };
        Ok(Self {
            decision: if reason.allows() { "allow" } else { "deny" },
            reason,
            message: reason.message(),
            create_account: decision.create_account,
            user,
            default_role: is_new.then_some(decision.default_role),
        })
    }
}

/// The user's attributes by the names that the product has for them.
async fn attributes(org: &OrgHandle, person: &Person) -> Result<Map<String, Value>, Problem> {
    let connection = org.open_connection(person.scim_connection_id).await?;
    let found = connection.map(|of| of.product_attributes(&person.user.resource));
    let values = found.map(|found| found.values).unwrap_or_default();
    Ok(values.into_iter().collect())
}

/// Decide a sign-in
///
/// Asks whether a person may come in, as whom, and why. The decision is of this moment and is written to
/// the audit log; ask anew at each sign-in, and without an `Idempotency-Key`, which would repeat the
/// decision of an earlier moment.
#[utoipa::path(
    tag = "Sign-in",
    request_body = SignInBody,
    responses((status = 200, description = "The decision", body = DecisionBody)),
)]
#[post("/organizations/{org}/sign-in-decisions")]
async fn decide_sign_in(
    post: Post<SignInBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let org = path.into_inner();
    post.answer(async move |caller, body| {
        let org = caller.organization(&org).await?;
        let sso = body.sso_connection_id;
        let claim = match (body.id_token, body.identity) {
            (Some(token), None) => {
                let (clients, nonce) = (&caller.app.oidc, body.nonce.as_deref());
                sign_in::verify_id_token(&org, clients, sso, &token, nonce).await?
            }
            (None, Some(members)) => {
                let identity: IdentityBody =
                    fields::read(members).map_err(|error| error.within("identity"))?;
                Claim::Person(identity.into())
            }
            (None, None) | (Some(_), Some(_)) => {
                let detail = "send either `id_token` or `identity`";
                return Err(Problem::invalid("identity", detail));
            }
        };
        let decision = sign_in::decide(&org, sso, &claim, caller.origin()).await?;
        Answer::changed(&DecisionBody::new(&org, decision).await?)
    })
    .await
}
