//! The form of an SSO connection, to add one and to change one.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{OidcProvider, SamlProvider, SsoConnection, SsoProvider};
use rollcall_orgs::sso_connections::{self, ProviderInput, SsoConnectionInput, SsoConnectionPatch};
use rollcall_store::OrgHandle;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Opened, page_of_sso};
use crate::answer::{self, Answer, Field};
use crate::operator::form_page::FormPage;
use crate::operator::form_parts::{Check, Group, Part};
use crate::operator::organization::{frame_of, page_of};
use crate::operator::table::Tab;
use crate::operator::{Deed, Frame, Operator, given};
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
        )
        .route(
            "/organizations/{org}/sso-connections/{sso}/edit",
            web::get().to(edit),
        )
        .route(
            "/organizations/{org}/sso-connections/{sso}/edit",
            web::post().to(save),
        );
}

/// What the form holds. Of the fields of the other protocol nothing is read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Held {
    name: String,
    protocol: String,
    issuer: String,
    client_id: String,
    client_secret: String,
    external_id_claim: String,
    metadata_xml: String,
    idp_entity_id: String,
    sso_url: String,
    certificate: String,
    trust_email: bool,
}

impl Held {
    fn of(connection: &SsoConnection) -> Self {
        let held = Self {
            name: connection.name.clone(),
            trust_email: connection.trust_email,
            ..Self::default()
        };
        match &connection.provider {
            SsoProvider::Oidc(oidc) => Self {
                protocol: OIDC.to_owned(),
                issuer: oidc.issuer.clone(),
                client_id: oidc.client_id.clone(),
                external_id_claim: oidc.external_id_claim.clone().unwrap_or_default(),
                ..held
            },
            SsoProvider::Saml(saml) => Self {
                protocol: SAML.to_owned(),
                idp_entity_id: saml.idp_entity_id.clone(),
                sso_url: saml.sso_url.clone(),
                certificate: shown(saml).to_owned(),
                ..held
            },
        }
    }

    fn provider(&self) -> ProviderInput {
        if self.protocol != SAML {
            return ProviderInput::Oidc {
                issuer: self.issuer.trim().to_owned(),
                client_id: self.client_id.trim().to_owned(),
                client_secret: given(&self.client_secret).map(SecretString::from),
                external_id_claim: given(&self.external_id_claim).map(str::to_owned),
            };
        }
        match given(&self.metadata_xml) {
            Some(metadata) => ProviderInput::SamlMetadata {
                metadata_xml: metadata.to_owned(),
            },
            None => ProviderInput::SamlFields {
                idp_entity_id: self.idp_entity_id.trim().to_owned(),
                sso_url: self.sso_url.trim().to_owned(),
                certificates: vec![self.certificate.clone()],
            },
        }
    }

    /// Whether the form was sent with the provider that it was shown with. A SAML provider may have
    /// more certificates than the form shows; they stay as long as nothing else is said.
    fn keeps(&self, provider: &SsoProvider) -> bool {
        match provider {
            SsoProvider::Saml(saml) => {
                self.protocol == SAML
                    && given(&self.metadata_xml).is_none()
                    && self.idp_entity_id.trim() == saml.idp_entity_id
                    && self.sso_url.trim() == saml.sso_url
                    && self.certificate.trim() == shown(saml)
            }
            SsoProvider::Oidc(OidcProvider { .. }) => false,
        }
    }
}

const OIDC: &str = "oidc";
const SAML: &str = "saml";

/// The certificate that the form shows.
fn shown(saml: &SamlProvider) -> &str {
    saml.certificates.first().map_or("", String::as_str)
}

/// What the form to add one and the form to change one differ in.
struct About {
    frame: Frame,
    /// The address of the form itself.
    path: String,
    action: String,
    back: String,
    lead: &'static str,
    secret_help: &'static str,
    button: &'static str,
}

impl About {
    fn new_one(operator: &Operator, org: &OrgHandle) -> Self {
        let base = page_of(org);
        Self {
            frame: frame_of(operator, org, t::NEW_SSO),
            path: format!("{base}/sso-connections/new"),
            action: format!("{base}/sso-connections"),
            back: base,
            lead: t::NEW_SSO_LEAD,
            secret_help: t::CLIENT_SECRET_HELP,
            button: t::CREATE_SSO,
        }
    }

    fn known(operator: &Operator, opened: &Opened) -> Self {
        let path = format!("{}/edit", opened.base);
        Self {
            frame: opened
                .frame(operator)
                .titled(t::EDIT_SSO)
                .below(&opened.connection.name, &opened.base),
            action: path.clone(),
            path,
            back: opened.base.clone(),
            lead: t::EDIT_SSO_LEAD,
            secret_help: t::CLIENT_SECRET_KEPT,
            button: t::SAVE,
        }
    }
}

/// The form, for one protocol.
fn form(about: About, held: &Held) -> FormPage {
    let is_saml = held.protocol == SAML;
    let name = Field::text("name", t::NAME, t::SSO_NAME_HELP).required();
    let of_protocol = if is_saml {
        saml_fields(held)
    } else {
        oidc_fields(held, about.secret_help)
    };
    let fields = [name.holding(&held.name)].into_iter().chain(of_protocol);
    let others = [
        Part::Check(Check {
            name: "trust_email",
            label: t::TRUST_EMAIL,
            help: t::TRUST_EMAIL_HELP,
            on: held.trust_email,
        }),
        Part::Hidden("protocol", if is_saml { SAML } else { OIDC }),
    ];
    let tab = |protocol, says, here| Tab {
        href: format!("{}?protocol={protocol}", about.path),
        says,
        here,
    };
    FormPage {
        tabs: vec![
            tab(OIDC, t::PROTOCOL_OIDC, !is_saml),
            tab(SAML, t::PROTOCOL_SAML, is_saml),
        ],
        groups: Group::only(fields.map(Part::from).chain(others)),
        frame: about.frame,
        lead: about.lead,
        action: about.action,
        back: about.back,
        button: about.button,
        wrong: None,
    }
}

fn oidc_fields(held: &Held, secret_help: &'static str) -> Vec<Field> {
    let (claim, claim_help) = (t::EXTERNAL_ID_CLAIM, t::EXTERNAL_ID_CLAIM_HELP);
    vec![
        Field::text("issuer", t::ISSUER, t::ISSUER_HELP)
            .required()
            .holding(&held.issuer),
        Field::text("client_id", t::CLIENT_ID, "")
            .required()
            .holding(&held.client_id),
        // What was typed is not sent back.
        Field::text("client_secret", t::CLIENT_SECRET, secret_help).of_kind("password"),
        Field::text("external_id_claim", claim, claim_help).holding(&held.external_id_claim),
    ]
}

fn saml_fields(held: &Held) -> Vec<Field> {
    vec![
        Field::text("metadata_xml", t::METADATA, t::METADATA_HELP)
            .of_kind("textarea")
            .holding(&held.metadata_xml),
        Field::text("idp_entity_id", t::ENTITY_ID, t::ENTITY_ID_HELP).holding(&held.idp_entity_id),
        Field::text("sso_url", t::SSO_URL, "").holding(&held.sso_url),
        Field::text("certificate", t::CERTIFICATE, t::CERTIFICATE_HELP).holding(&held.certificate),
    ]
}

/// Which of the two forms is wanted.
#[derive(Default, Deserialize)]
struct Wanted {
    protocol: Option<String>,
}

async fn new(operator: Operator, org: web::Path<String>, wanted: web::Query<Wanted>) -> Answer {
    operator.changes()?;
    let org = operator.organization(&org).await?;
    let held = Held {
        protocol: wanted.into_inner().protocol.unwrap_or_default(),
        ..Held::default()
    };
    answer::page(&form(About::new_one(&operator, &org), &held))
}

async fn create(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let held: Held = deed.form()?;
    let input = SsoConnectionInput {
        name: held.name.clone(),
        provider: held.provider(),
        trust_email: held.trust_email,
        enabled: true,
    };
    let key = &deed.shared.options.sealing_key;
    match sso_connections::create(&org, key, input, deed.origin()).await {
        Ok(made) => {
            let next = page_of_sso(&org, made.id);
            deed.done(&t::sso_created(&made.name), &next).await
        }
        Err(refused) => form(About::new_one(&deed.operator, &org), &held).refused(refused),
    }
}

async fn edit(
    operator: Operator,
    path: web::Path<(String, String)>,
    wanted: web::Query<Wanted>,
) -> Answer {
    operator.changes()?;
    let opened = Opened::of(&operator, &path).await?;
    let mut held = Held::of(&opened.connection);
    if let Some(protocol) = wanted.into_inner().protocol {
        held.protocol = protocol;
    }
    answer::page(&form(About::known(&operator, &opened), &held))
}

async fn save(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    let held: Held = deed.form()?;
    let keeps = held.keeps(&opened.connection.provider);
    let patch = SsoConnectionPatch {
        name: Some(held.name.clone()),
        provider: (!keeps).then(|| held.provider()),
        enabled: None,
        trust_email: Some(held.trust_email),
    };
    let (key, id) = (&deed.shared.options.sealing_key, opened.connection.id);
    match sso_connections::change(&opened.org, key, id, patch, deed.origin()).await {
        Ok(changed) => deed.done(&t::saved(&changed.name), &opened.base).await,
        Err(refused) => form(About::known(&deed.operator, &opened), &held).refused(refused),
    }
}
