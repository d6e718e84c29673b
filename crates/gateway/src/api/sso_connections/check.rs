//! `/v1/organizations/{org}/sso-connections/{sso}/check`

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use rollcall_orgs::sso_check::{self, Finding, Severity};
use serde::Serialize;
use utoipa::ToSchema;

use super::WHAT;
use crate::api::answer::Answer;
use crate::api::body::Nothing;
use crate::api::caller::path_id;
use crate::api::post::Post;
use crate::api::problem::Problem;

/// How bad a finding is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FindingSeverity)]
enum SeverityBody {
    /// Nobody can sign in.
    Error,
    /// It works, and may not for long or not as it was meant.
    Warning,
    /// Nothing is wrong.
    Info,
}

/// One thing that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Finding)]
struct FindingBody {
    /// How bad it is.
    severity: SeverityBody,
    /// A stable word for programs.
    #[schema(example = "issuer_mismatch")]
    code: &'static str,
    /// What is so, as a sentence.
    message: String,
    /// What to do about it; empty if nothing is.
    what_to_do: &'static str,
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        Self {
            severity: match finding.severity {
                Severity::Error => SeverityBody::Error,
                Severity::Warning => SeverityBody::Warning,
                Severity::Info => SeverityBody::Info,
            },
            code: finding.code,
            message: finding.message,
            what_to_do: finding.what_to_do,
        }
    }
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SsoConnectionCheck)]
struct CheckBody {
    /// Whether no finding is an error.
    ok: bool,
    /// What was found.
    findings: Vec<FindingBody>,
}

/// Check a login provider
///
/// Asks the provider now, and says in plain words what is wrong and what to do. Nothing is changed.
/// Send it without an `Idempotency-Key`, which would repeat the findings of an earlier moment.
#[utoipa::path(
    tag = "SSO connections",
    request_body = Nothing,
    responses((status = 200, description = "What was found", body = CheckBody)),
)]
#[post("/organizations/{org}/sso-connections/{sso}/check")]
pub(super) async fn check_sso_connection(
    post: Post<Nothing>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, sso) = path.into_inner();
    post.answer(async move |caller, _| {
        let org = caller.organization(&org).await?;
        let found = org.find_sso_connection(path_id(&sso, WHAT)?).await?;
        let connection = found.ok_or_else(|| Problem::not_found(WHAT))?;
        let now = org.clock().now();
        let findings = sso_check::check(&org, &connection, &caller.app.oidc, now).await?;
        Answer::changed(&CheckBody {
            ok: findings.iter().all(|it| it.severity != Severity::Error),
            findings: findings.into_iter().map(FindingBody::from).collect(),
        })
    })
    .await
}
