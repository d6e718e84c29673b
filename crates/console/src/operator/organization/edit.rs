//! `/console/organizations/{org}/edit`: name, slug and external id.

use actix_web::web::{self, ServiceConfig};
use rollcall_orgs::organizations::{self, OrganizationPatch};
use rollcall_store::OrgHandle;
use serde::Deserialize;

use super::{address, frame_of, page_of};
use crate::answer::{self, Answer, Field};
use crate::operator::form_page::FormPage;
use crate::operator::form_parts::Group;
use crate::operator::{Deed, Operator, given};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/organizations/{org}/edit", web::get().to(show))
        .route("/organizations/{org}/edit", web::post().to(save));
}

#[derive(Deserialize)]
struct Held {
    name: String,
    slug: String,
    #[serde(default)]
    external_id: String,
}

fn form(operator: &Operator, org: &OrgHandle, held: &Held) -> FormPage {
    let base = page_of(org);
    FormPage {
        frame: frame_of(operator, org, t::EDIT_ORGANIZATION),
        lead: t::EDIT_ORGANIZATION_LEAD,
        action: format!("{base}/edit"),
        back: base,
        tabs: Vec::new(),
        groups: Group::only([
            Field::text("name", t::NAME, t::ORGANIZATION_NAME_HELP)
                .required()
                .holding(&held.name),
            Field::text("slug", t::SLUG, t::SLUG_CHANGE_HELP)
                .required()
                .holding(&held.slug),
            Field::text("external_id", t::EXTERNAL_ID, t::EXTERNAL_ID_HELP)
                .holding(&held.external_id),
        ]),
        button: t::SAVE,
        wrong: None,
    }
}

async fn show(operator: Operator, org: web::Path<String>) -> Answer {
    operator.changes()?;
    let org = operator.organization(&org).await?;
    let organization = org.organization();
    let held = Held {
        name: organization.name.clone(),
        slug: organization.slug.to_string(),
        external_id: organization.external_id.clone().unwrap_or_default(),
    };
    answer::page(&form(&operator, &org, &held))
}

async fn save(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let held: Held = deed.form()?;
    let patch = OrganizationPatch {
        name: Some(held.name.clone()),
        slug: Some(held.slug.trim().to_owned()),
        external_id: Some(given(&held.external_id).map(str::to_owned)),
    };
    match organizations::change(&org, patch, deed.origin()).await {
        Ok(changed) => {
            deed.done(&t::saved(&changed.name), &address(&changed))
                .await
        }
        Err(refused) => form(&deed.operator, &org, &held).refused(refused),
    }
}
