//! `/portal/policy`: the switch that lets nobody in whom the identity provider has not sent.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::{Policy, SignInLink};
use rollcall_orgs::policies::{self, Preview};
use serde::Deserialize;

use super::frame::Frame;
use super::visitor::{Sent, Visitor};
use crate::answer::{self, Answer, PageError, see_other};
use crate::assets;
use crate::text as t;
use crate::text::portal as p;

/// How many of those whom it would block are named.
const NAMED: usize = 20;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/policy", web::get().to(show))
        .route("/policy", web::post().to(change));
}

struct Blocked {
    who: String,
    since: String,
}

#[derive(Template)]
#[template(path = "portal/policy.html")]
struct PolicyPage {
    frame: Frame,
    /// Whether it is on.
    on: bool,
    /// How many people would be denied.
    total: u64,
    blocked: Vec<Blocked>,
    /// How many of them are not named.
    more: u64,
    /// What keeps it from being switched on.
    problems: Vec<String>,
}

impl From<SignInLink> for Blocked {
    fn from(link: SignInLink) -> Self {
        Self {
            who: link.email.unwrap_or(link.subject),
            since: p::day(link.created_at),
        }
    }
}

async fn policy_page(visitor: &Visitor, problem: Option<String>) -> Result<PolicyPage, PageError> {
    let policy = visitor.org.policy().await?.policy;
    let on = policy.restrict_account_creation_to_scim;
    let proposed = Policy {
        restrict_account_creation_to_scim: true,
        ..policy
    };
    let Preview {
        blocked: total,
        mut first_blocked,
        problems,
        ..
    } = policies::preview(&visitor.org, &proposed).await?;
    first_blocked.truncate(NAMED);
    let named = u64::try_from(first_blocked.len()).unwrap_or(u64::MAX);
    let problems = problems.into_iter().map(p::policy_problem);
    Ok(PolicyPage {
        frame: Frame {
            in_policy: true,
            ..Frame::new(visitor, p::POLICY)
        },
        on,
        total,
        blocked: first_blocked.into_iter().map(Blocked::from).collect(),
        more: total.saturating_sub(named),
        problems: problem.into_iter().chain(problems).collect(),
    })
}

async fn show(visitor: Visitor, req: HttpRequest) -> Answer {
    let mut page = policy_page(&visitor, None).await?;
    page.frame = page.frame.after(&req);
    answer::page(&page)
}

#[derive(Deserialize)]
struct Switch {
    on: bool,
    #[serde(default)]
    confirm: String,
}

/// Switches it on or off. The rest of the policy is the vendor's and stays as it is.
async fn change(sent: Sent) -> Answer {
    let Switch { on, confirm } = sent.form()?;
    let name = &sent.org.organization().name;
    if on && confirm.trim() != name.trim() {
        return Err(PageError::BadForm(t::unconfirmed(name)));
    }
    let policy = Policy {
        restrict_account_creation_to_scim: on,
        ..sent.org.policy().await?.policy
    };
    match policies::replace(&sent.org, &policy, false, sent.origin()).await {
        Ok(_) if on => Ok(see_other("/portal/policy?done=restricted")),
        Ok(_) => Ok(see_other("/portal/policy?done=unrestricted")),
        Err(error) => {
            let said = PageError::refusal(error)?;
            let page = policy_page(&sent, None).await?;
            let page = match page.problems.is_empty() {
                true => policy_page(&sent, Some(p::wrong(&said))).await?,
                false => page,
            };
            answer::page_with(StatusCode::CONFLICT, &page)
        }
    }
}
