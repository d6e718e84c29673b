//! `/console/organizations/{org}/policy`: changing the rules, and seeing beforehand whom they would
//! hit.
//!
//! Rules are proposed, looked at and then saved: the page that tells what they would do holds them in
//! the form that saves them, and so nothing is stored before.

mod form;
mod outlook;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_orgs::OrgsError;
use rollcall_orgs::policies;
use rollcall_store::{OrgHandle, StoredPolicy};

use self::form::Proposal;
use self::outlook::Outlook;
use super::{frame_of, page_of};
use crate::answer::{self, Answer};
use crate::assets;
use crate::operator::form_parts::{Group, Part, blame, fields};
use crate::operator::{Deed, Frame, Operator};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/organizations/{org}/policy", web::get().to(show))
        .route("/organizations/{org}/policy", web::post().to(save))
        .route(
            "/organizations/{org}/policy/preview",
            web::post().to(preview),
        );
}

#[derive(Template)]
#[template(path = "operator/policy.html")]
struct PolicyPage {
    frame: Frame,
    /// Where the form is sent.
    here: String,
    /// The page of the organization.
    back: String,
    slug: String,
    /// Which rules those of the form are meant to replace.
    seen: String,
    groups: Vec<Group>,
    /// What the rules of the form would do.
    outlook: Option<Outlook>,
    /// What was refused, if it is no field's fault.
    wrong: Option<String>,
}

impl PolicyPage {
    fn new(operator: &Operator, org: &OrgHandle, held: &StoredPolicy, proposal: &Proposal) -> Self {
        let back = page_of(org);
        Self {
            frame: frame_of(operator, org, t::POLICY),
            here: format!("{back}/policy"),
            back,
            slug: org.organization().slug.to_string(),
            seen: seen(held),
            groups: proposal.groups(),
            outlook: None,
            wrong: None,
        }
    }

    fn refused(mut self, error: OrgsError) -> Answer {
        self.wrong = blame(fields(&mut self.groups), error)?;
        answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
    }
}

/// What stands for the rules that were there when a form was made.
fn seen(held: &StoredPolicy) -> String {
    held.updated_at.map(|at| at.to_string()).unwrap_or_default()
}

async fn show(operator: Operator, org: web::Path<String>) -> Answer {
    operator.changes()?;
    let org = operator.organization(&org).await?;
    let held = org.policy().await?;
    let proposal = Proposal::from(&held.policy);
    answer::page(&PolicyPage::new(&operator, &org, &held, &proposal))
}

/// Tells what the proposed rules would do, and changes nothing.
async fn preview(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let proposal: Proposal = deed.form()?;
    let held = org.policy().await?;
    let mut page = PolicyPage::new(&deed, &org, &held, &proposal);
    let proposed = match proposal.read() {
        Ok(proposed) => proposed,
        Err(refused) => return page.refused(refused),
    };
    if seen(&held) != proposal.seen {
        page.wrong = Some(t::POLICY_MOVED.to_owned());
    }
    page.outlook = Some(Outlook::of(&org, &held.policy, &proposed, &proposal).await?);
    answer::page(&page)
}

async fn save(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let proposal: Proposal = deed.form()?;
    let held = org.policy().await?;
    let page = PolicyPage::new(&deed, &org, &held, &proposal);
    let proposed = match proposal.read() {
        Ok(proposed) => proposed,
        Err(refused) => return page.refused(refused),
    };
    if seen(&held) != proposal.seen {
        return preview_again(page, (&org, &held), &proposal).await;
    }
    if !outlook::dangers(&held.policy, &proposed).is_empty() {
        deed.confirmed(org.organization().slug.as_str())?;
    }
    match policies::replace(&org, &proposed, proposal.force, deed.origin()).await {
        Ok(_) => deed.done(t::POLICY_SAVED, &page_of(&org)).await,
        Err(refused) => page.refused(refused),
    }
}

/// The rules are others than those that somebody has looked at: they have to look once more.
async fn preview_again(
    mut page: PolicyPage,
    (org, held): (&OrgHandle, &StoredPolicy),
    proposal: &Proposal,
) -> Answer {
    let proposed = proposal.read()?;
    page.wrong = Some(t::POLICY_MOVED.to_owned());
    page.outlook = Some(Outlook::of(org, &held.policy, &proposed, proposal).await?);
    answer::page_with(StatusCode::CONFLICT, &page)
}
