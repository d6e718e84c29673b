//! `/console/organizations/{org}/scim-connections/new`

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{IdpKind, SsoConnection, SsoConnectionId};
use rollcall_orgs::scim_connections;
use rollcall_store::OrgHandle;
use serde::Deserialize;

use super::{all, frame_of, page_of};
use crate::answer::{self, Answer, Field, PageError};
use crate::operator::connection::secret_page;
use crate::operator::form_page::FormPage;
use crate::operator::form_parts::{Choice, Group, Part};
use crate::operator::{Deed, Operator, path_id};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(
            "/organizations/{org}/scim-connections/new",
            web::get().to(new),
        )
        .route(
            "/organizations/{org}/scim-connections",
            web::post().to(create),
        );
}

#[derive(Default, Deserialize)]
struct New {
    name: String,
    sso: String,
    idp: String,
}

fn form(operator: &Operator, org: &OrgHandle, sso: Vec<SsoConnection>, held: New) -> FormPage {
    let base = page_of(org);
    let mut idps = vec![(String::new(), t::IDP_UNKNOWN.to_owned())];
    idps.extend(IdpKind::ALL.map(|idp| (idp.to_string(), t::idp(Some(idp)).to_owned())));
    FormPage {
        frame: frame_of(operator, org, t::NEW_SCIM),
        lead: t::NEW_SCIM_LEAD,
        action: format!("{base}/scim-connections"),
        back: base,
        tabs: Vec::new(),
        groups: Group::only([
            Part::Field(
                Field::text("name", t::NAME, t::SCIM_NAME_HELP)
                    .required()
                    .holding(held.name),
            ),
            Part::Choice(Choice {
                name: "sso",
                label: t::SSO_CONNECTION,
                help: t::SCIM_SSO_HELP,
                value: held.sso,
                options: sso
                    .into_iter()
                    .map(|sso| (sso.id.to_string(), sso.name))
                    .collect(),
            }),
            Part::Choice(Choice {
                name: "idp",
                label: t::IDP,
                help: t::IDP_HELP,
                value: held.idp,
                options: idps,
            }),
        ]),
        button: t::CREATE_SCIM,
        wrong: None,
    }
}

async fn new(operator: Operator, org: web::Path<String>) -> Answer {
    operator.changes()?;
    let org = operator.organization(&org).await?;
    let sso = org.list_sso_connections(all()).await?.items;
    answer::page(&form(&operator, &org, sso, New::default()))
}

async fn create(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let held: New = deed.form()?;
    let sso: SsoConnectionId = path_id(&held.sso)?;
    let idp = match held.idp.as_str() {
        "" => None,
        named => {
            let known = named.parse::<IdpKind>();
            Some(known.map_err(|unknown| PageError::BadForm(unknown.to_string()))?)
        }
    };
    match scim_connections::create(&org, &held.name, sso, idp, deed.origin()).await {
        Ok((connection, issued)) => secret_page(&deed.operator, &org, &connection, &issued),
        Err(refused) => {
            let sso = org.list_sso_connections(all()).await?.items;
            form(&deed.operator, &org, sso, held).refused(refused)
        }
    }
}
