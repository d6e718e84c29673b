//! `/portal/setup/…`: from the choice of a provider to a connection with its address and token.
//!
//! What was chosen is in the addresses, so that the browser's way back works and nothing is kept
//! that nobody comes back to. What a step changes is a form that leads to the next one.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{self, Path, Query, ServiceConfig};
use askama::Template;
use rollcall_model::{IdpKind, PageRequest, PortalFormId, SsoConnectionId, SsoProvider};
use rollcall_orgs::sso_connections::{self, ProviderInput, SsoConnectionInput};
use rollcall_orgs::{OrgsError, scim_connections};
use secrecy::SecretString;
use serde::Deserialize;

use super::frame::{Frame, Place};
use super::guide::{GuidePage, Secret};
use super::visitor::{Sent, Visitor};
use crate::answer::{self, Answer, Field, PageError, see_other};
use crate::assets;
use crate::text as t;
use crate::text::guides::{self, Guide};
use crate::text::portal as p;

/// How many login providers can be chosen from. Nobody has as many.
const MOST_SSO: u64 = 50;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/setup", web::get().to(choose))
        .route("/setup/{idp}", web::get().to(choose_sso))
        .route("/setup/{idp}/sso", web::post().to(add_sso))
        .route("/setup/{idp}/name", web::get().to(name))
        .route("/setup/{idp}/connection", web::post().to(create));
}

fn guide(named: &str) -> Result<&'static Guide, PageError> {
    let kind: IdpKind = named.parse().map_err(|_| PageError::NotFound)?;
    let guide = guides::of(Some(kind));
    (guide.kind == kind)
        .then_some(guide)
        .ok_or(PageError::NotFound)
}

/// One line of what is done, what is being done, and what comes.
pub(super) struct Step {
    pub(super) says: &'static str,
    pub(super) state: &'static str,
}

/// The steps of the way, of which one is being done.
pub(super) fn steps(now: usize) -> Vec<Step> {
    let state = |index: usize| match index.cmp(&now) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    let steps = p::STEPS.into_iter().enumerate();
    let step = |(index, says)| Step {
        says,
        state: state(index),
    };
    steps.map(step).collect()
}

#[derive(Template)]
#[template(path = "portal/choose.html")]
struct Choose {
    frame: Frame,
    steps: Vec<Step>,
    guides: [&'static Guide; 7],
}

async fn choose(visitor: Visitor) -> Answer {
    answer::page(&Choose {
        frame: Frame::new(&visitor, p::CHOOSE),
        steps: steps(0),
        guides: guides::ALL,
    })
}

struct Sso {
    id: SsoConnectionId,
    name: String,
    about: String,
}

#[derive(Template)]
#[template(path = "portal/sso.html")]
struct ChooseSso {
    frame: Frame,
    steps: Vec<Step>,
    guide: &'static Guide,
    known: Vec<Sso>,
    /// Which of the two forms is open.
    protocol: &'static str,
    wrong: Option<String>,
    name: Field,
    issuer: Field,
    client_id: Field,
    client_secret: Field,
    saml_name: Field,
    metadata: String,
}

/// A login provider that is to be added.
#[derive(Default, Deserialize)]
struct NewSso {
    #[serde(default)]
    protocol: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    issuer: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
    #[serde(default)]
    metadata: String,
}

async fn sso_page(
    visitor: &Visitor,
    guide: &'static Guide,
    given: NewSso,
    wrong: Option<String>,
) -> Result<ChooseSso, PageError> {
    let page = PageRequest {
        after: None,
        limit: MOST_SSO,
    };
    let known = visitor.org.list_sso_connections(page).await?.items;
    let known = known.into_iter().map(|sso| Sso {
        id: sso.id,
        name: sso.name,
        about: match sso.provider {
            SsoProvider::Oidc(oidc) => format!("OpenID Connect · {}", oidc.issuer),
            SsoProvider::Saml(saml) => format!("SAML · {}", saml.idp_entity_id),
        },
    });
    let is_saml = given.protocol == "saml";
    let name = if given.name.is_empty() {
        guide.name.to_owned()
    } else {
        given.name
    };
    Ok(ChooseSso {
        frame: Frame::new(visitor, p::SSO),
        steps: steps(1),
        guide,
        known: known.collect(),
        protocol: match (&wrong, is_saml) {
            (None, _) => "",
            (Some(_), true) => "saml",
            (Some(_), false) => "oidc",
        },
        wrong,
        saml_name: Field {
            name: "name",
            ..Field::text("saml-name", p::SSO_NAME, "")
                .required()
                .holding(name.as_str())
        },
        name: Field::text("name", p::SSO_NAME, "")
            .required()
            .holding(name),
        issuer: Field {
            kind: "url",
            ..Field::text("issuer", p::ISSUER, p::ISSUER_HELP)
        }
        .required()
        .holding(given.issuer),
        client_id: Field::text("client_id", p::CLIENT_ID, p::CLIENT_ID_HELP)
            .required()
            .holding(given.client_id),
        // What was typed is not sent back: a secret stands on no page but that of its first showing.
        client_secret: Field {
            kind: "password",
            ..Field::text("client_secret", p::CLIENT_SECRET, p::CLIENT_SECRET_HELP)
        },
        metadata: given.metadata,
    })
}

async fn choose_sso(visitor: Visitor, idp: Path<String>) -> Answer {
    let page = sso_page(&visitor, guide(&idp)?, NewSso::default(), None).await?;
    answer::page(&page)
}

fn provider(given: &NewSso) -> ProviderInput {
    if given.protocol == "saml" {
        return ProviderInput::SamlMetadata {
            metadata_xml: given.metadata.clone(),
        };
    }
    let secret = given.client_secret.trim();
    ProviderInput::Oidc {
        issuer: given.issuer.trim().to_owned(),
        client_id: given.client_id.trim().to_owned(),
        client_secret: (!secret.is_empty()).then(|| SecretString::from(secret)),
        external_id_claim: None,
    }
}

async fn add_sso(sent: Sent, idp: Path<String>) -> Answer {
    let guide = guide(&idp)?;
    let given: NewSso = sent.form()?;
    let input = SsoConnectionInput {
        name: given.name.clone(),
        provider: provider(&given),
        trust_email: false,
        enabled: true,
    };
    let key = &sent.shared.options.sealing_key;
    match sso_connections::create(&sent.org, key, input, sent.origin()).await {
        Ok(sso) => Ok(see_other(&format!(
            "/portal/setup/{idp}/name?sso={}",
            sso.id
        ))),
        Err(error) => {
            let wrong = p::wrong(&PageError::refusal(error)?);
            let page = sso_page(&sent, guide, given, Some(wrong)).await?;
            answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

#[derive(Template)]
#[template(path = "portal/name.html")]
struct NamePage {
    frame: Frame,
    steps: Vec<Step>,
    guide: &'static Guide,
    sso: SsoConnectionId,
    sso_name: String,
    name: Field,
    form: PortalFormId,
}

async fn name_page(
    visitor: &Visitor,
    guide: &'static Guide,
    sso: SsoConnectionId,
    name: String,
    wrong: Option<String>,
) -> Result<NamePage, PageError> {
    let found = visitor.org.find_sso_connection(sso).await?;
    let found = found.ok_or(PageError::NotFound)?;
    Ok(NamePage {
        frame: Frame::new(visitor, p::NAME),
        steps: steps(2),
        guide,
        sso,
        sso_name: found.name,
        name: Field {
            wrong,
            ..Field::text("name", p::CONNECTION_NAME, p::CONNECTION_NAME_HELP)
                .required()
                .holding(name)
        },
        form: PortalFormId::new(visitor.org.clock()),
    })
}

#[derive(Deserialize)]
struct Chosen {
    sso: SsoConnectionId,
}

async fn name(visitor: Visitor, idp: Path<String>, query: Query<Chosen>) -> Answer {
    let guide = guide(&idp)?;
    let name = p::suggested_name(guide);
    answer::page(&name_page(&visitor, guide, query.sso, name, None).await?)
}

#[derive(Deserialize)]
struct NewConnection {
    sso: SsoConnectionId,
    name: String,
}

/// Creates the connection and shows its token, in this answer only: it leads to no other page, and
/// is a deed once, however often the browser sends it again.
async fn create(sent: Sent, idp: Path<String>, req: HttpRequest) -> Answer {
    let guide = guide(&idp)?;
    let given: NewConnection = sent.form()?;
    if !sent.is_first().await? {
        return Ok(see_other("/portal?done=once"));
    }
    let kind = Some(guide.kind);
    let created =
        scim_connections::create(&sent.org, &given.name, given.sso, kind, sent.origin()).await;
    let (connection, issued) = match created {
        Ok(created) => created,
        Err(error @ OrgsError::NoSuchReference { .. }) => return Err(error.into()),
        Err(error) => {
            let wrong = Some(p::wrong(&PageError::refusal(error)?));
            let page = name_page(&sent, guide, given.sso, given.name, wrong).await?;
            return answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let mut frame = Frame::of(&sent, &connection, Place::Guide).after(&req);
    frame.tabs.clear();
    let secret = Secret::new(&issued);
    let page = GuidePage::new(&sent, frame, &connection, Some(secret)).await?;
    answer::page_with(StatusCode::CREATED, &page)
}
