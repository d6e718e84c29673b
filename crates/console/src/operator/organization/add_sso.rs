//! `/console/organizations/{org}/sso-connections/new`

use actix_web::web::{self, ServiceConfig};
use rollcall_orgs::sso_connections::{self, ProviderInput, SsoConnectionInput};
use rollcall_store::OrgHandle;
use secrecy::SecretString;
use serde::Deserialize;

use super::page_of;
use crate::answer::{self, Answer, Field};
use crate::operator::form_page::{Choice, FormPage};
use crate::operator::{Deed, Frame, Operator, Place, given};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route(
            "/organizations/{org}/sso-connections/new",
            web::get().to(new),
        )
        .route(
            "/organizations/{org}/sso-connections",
            web::post().to(create),
        );
}

/// What the form holds. Of the fields of the other protocol nothing is read.
#[derive(Default, Deserialize)]
struct New {
    name: String,
    protocol: String,
    #[serde(default)]
    issuer: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
    #[serde(default)]
    idp_entity_id: String,
    #[serde(default)]
    sso_url: String,
    #[serde(default)]
    certificate: String,
}

fn form(operator: &Operator, org: &OrgHandle, held: &New) -> FormPage {
    let base = page_of(org);
    let frame = Frame::new(operator, Place::Organizations, t::NEW_SSO)
        .below(t::ORGANIZATIONS, "/console/organizations")
        .below(&org.organization().name, &base);
    let mut secret = Field::text("client_secret", t::CLIENT_SECRET, t::CLIENT_SECRET_HELP);
    secret.kind = "password";
    FormPage {
        frame,
        lead: t::NEW_SSO_LEAD,
        action: format!("{base}/sso-connections"),
        back: base,
        fields: vec![
            Field::text("name", t::NAME, t::SSO_NAME_HELP)
                .required()
                .holding(&held.name),
            Field::text("issuer", t::ISSUER, t::ISSUER_HELP).holding(&held.issuer),
            Field::text("client_id", t::CLIENT_ID, "").holding(&held.client_id),
            secret,
            Field::text("idp_entity_id", t::ENTITY_ID, t::ENTITY_ID_HELP)
                .holding(&held.idp_entity_id),
            Field::text("sso_url", t::SSO_URL, "").holding(&held.sso_url),
            Field::text("certificate", t::CERTIFICATE, t::CERTIFICATE_HELP)
                .holding(&held.certificate),
        ],
        choices: vec![Choice {
            name: "protocol",
            label: t::PROTOCOL,
            help: t::PROTOCOL_HELP,
            value: held.protocol.clone(),
            options: vec![
                ("oidc".to_owned(), "OIDC".to_owned()),
                ("saml".to_owned(), "SAML".to_owned()),
            ],
        }],
        button: t::CREATE_SSO,
        wrong: None,
    }
}

async fn new(operator: Operator, org: web::Path<String>) -> Answer {
    let org = operator.organization(&org).await?;
    answer::page(&form(&operator, &org, &New::default()))
}

async fn create(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let held: New = deed.form()?;
    let provider = if held.protocol == "saml" {
        ProviderInput::SamlFields {
            idp_entity_id: held.idp_entity_id.clone(),
            sso_url: held.sso_url.clone(),
            certificate: held.certificate.clone(),
        }
    } else {
        ProviderInput::Oidc {
            issuer: held.issuer.clone(),
            client_id: held.client_id.clone(),
            client_secret: given(&held.client_secret).map(SecretString::from),
            external_id_claim: None,
        }
    };
    let input = SsoConnectionInput {
        name: held.name.clone(),
        provider,
        trust_email: false,
    };
    let key = &deed.shared.options.sealing_key;
    match sso_connections::create(&org, key, input, deed.origin()).await {
        Ok(made) => deed.done(&t::sso_created(&made.name), &page_of(&org)).await,
        Err(refused) => form(&deed.operator, &org, &held).refused(refused),
    }
}
