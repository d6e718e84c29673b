//! Making and changing an endpoint.

use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{EventType, WebhookEndpoint};
use rollcall_orgs::{OrgsError, webhooks};
use rollcall_store::WebhookEndpointChange;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{LIST, address, endpoint, whose};
use crate::answer::{self, Answer, Field, PageError};
use crate::operator::connection::SecretPage;
use crate::operator::form_page::FormPage;
use crate::operator::form_parts::{Check, Group, Listed, Part, Several, event_type, number};
use crate::operator::{Deed, Frame, Operator, Place, given};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/webhooks", web::post().to(create))
        .route("/webhooks/new", web::get().to(new))
        .route("/webhooks/{endpoint}/change", web::get().to(edit))
        .route("/webhooks/{endpoint}/change", web::post().to(change));
}

/// What the form holds.
#[derive(Default, Deserialize)]
struct Held {
    url: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    max_in_flight: String,
    #[serde(default)]
    timeout_seconds: String,
    #[serde(default)]
    enabled: bool,
    /// The types that are ticked, which stand in the form more than once.
    #[serde(skip)]
    types: Vec<String>,
}

impl Held {
    fn of(deed: &Deed) -> Result<Self, PageError> {
        Ok(Self {
            types: deed.all("types"),
            ..deed.form()?
        })
    }

    /// What was chosen, but for the URL and whose it is.
    ///
    /// # Errors
    ///
    /// A field holds nothing that can be chosen.
    fn chosen(&self) -> Result<WebhookEndpointChange, OrgsError> {
        let types = self.types.iter().map(|name| event_type(name));
        let types = types.collect::<Result<Vec<_>, _>>()?;
        let timeout: Option<u64> = number("timeout_seconds", &self.timeout_seconds)?;
        Ok(WebhookEndpointChange {
            url: None,
            description: Some(given(&self.description).map(str::to_owned)),
            types: Some((!types.is_empty()).then_some(types)),
            ordered: Some(self.ordered),
            max_in_flight: number("max_in_flight", &self.max_in_flight)?,
            timeout: timeout.map(Duration::from_secs),
            enabled: Some(self.enabled),
        })
    }

    fn groups(&self, whose: Option<Part>) -> Vec<Group> {
        let mut where_to = vec![
            Part::Field(
                Field::text("url", t::WEBHOOK_URL, t::WEBHOOK_URL_HELP)
                    .of_kind("url")
                    .required()
                    .holding(&self.url),
            ),
            Part::Field(
                Field::text("description", t::DESCRIPTION, t::DESCRIPTION_HELP)
                    .holding(&self.description),
            ),
        ];
        where_to.extend(whose);
        vec![
            Group {
                legend: Some(t::WHERE_TO),
                parts: where_to,
            },
            Group {
                legend: Some(t::WHAT_IS_SENT),
                parts: vec![Part::Several(self.boxes())],
            },
            Group {
                legend: Some(t::HOW_IT_IS_SENT),
                parts: self.manner(),
            },
        ]
    }

    fn boxes(&self) -> Several {
        let option = |kind: &EventType| Listed {
            value: kind.as_str(),
            help: kind.description(),
            on: self.types.iter().any(|it| it == kind.as_str()),
        };
        Several {
            name: "types",
            label: t::TYPES,
            help: t::TYPES_HELP,
            options: EventType::ALL.iter().map(option).collect(),
        }
    }

    fn manner(&self) -> Vec<Part> {
        vec![
            Part::Check(Check {
                name: "ordered",
                label: t::ORDERED,
                help: t::ORDERED_HELP,
                on: self.ordered,
            }),
            Part::Field(
                Field::text("max_in_flight", t::IN_FLIGHT, t::IN_FLIGHT_HELP)
                    .of_kind("number")
                    .holding(&self.max_in_flight),
            ),
            Part::Field(
                Field::text("timeout_seconds", t::TIMEOUT, t::TIMEOUT_HELP)
                    .of_kind("number")
                    .holding(&self.timeout_seconds),
            ),
            Part::Check(Check {
                name: "enabled",
                label: t::SENDS,
                help: t::SENDS_HELP,
                on: self.enabled,
            }),
        ]
    }
}

impl From<&WebhookEndpoint> for Held {
    fn from(endpoint: &WebhookEndpoint) -> Self {
        let types = endpoint.types.iter().flatten();
        Self {
            url: endpoint.url.clone(),
            organization: String::new(),
            description: endpoint.description.clone().unwrap_or_default(),
            ordered: endpoint.ordered,
            max_in_flight: endpoint.max_in_flight.to_string(),
            timeout_seconds: endpoint.timeout.as_secs().to_string(),
            enabled: endpoint.paused.is_none(),
            types: types.map(|kind| kind.as_str().to_owned()).collect(),
        }
    }
}

/// The form for a new endpoint. A key that is bound to an organization makes those of that one only.
fn form_of_new(operator: &Operator, held: &Held) -> FormPage {
    let whose = operator.bound_to().is_none().then(|| {
        let field = Field::text(
            "organization",
            t::ORGANIZATION,
            t::WEBHOOK_ORGANIZATION_HELP,
        );
        Part::Field(field.holding(&held.organization))
    });
    let frame = Frame::new(operator, Place::Webhooks, t::NEW_WEBHOOK);
    FormPage {
        frame: frame.below(t::WEBHOOKS, LIST),
        lead: t::NEW_WEBHOOK_LEAD,
        tabs: Vec::new(),
        action: LIST.to_owned(),
        back: LIST.to_owned(),
        groups: held.groups(whose),
        button: t::CREATE_WEBHOOK,
        wrong: None,
    }
}

/// The form for one that is there.
fn form_of(operator: &Operator, endpoint: &WebhookEndpoint, held: &Held) -> FormPage {
    let base = address(endpoint.id);
    let frame = Frame::new(operator, Place::Webhooks, t::CHANGE_WEBHOOK)
        .below(t::WEBHOOKS, LIST)
        .below(&endpoint.url, &base);
    FormPage {
        frame,
        lead: t::CHANGE_WEBHOOK_LEAD,
        tabs: Vec::new(),
        action: format!("{base}/change"),
        back: format!("{base}/settings"),
        groups: held.groups(None),
        button: t::SAVE,
        wrong: None,
    }
}

async fn new(operator: Operator, query: web::Query<Of>) -> Answer {
    operator.changes()?;
    let held = Held {
        organization: query.into_inner().organization,
        enabled: true,
        ..Held::default()
    };
    answer::page(&form_of_new(&operator, &held))
}

/// Whose endpoint it shall be.
#[derive(Deserialize)]
struct Of {
    #[serde(default)]
    organization: String,
}

async fn create(deed: Deed) -> Answer {
    let held = Held::of(&deed)?;
    let form = form_of_new(&deed, &held);
    let chosen = match held.chosen() {
        Ok(chosen) => chosen,
        Err(refused) => return form.refused(refused),
    };
    let organization = match whose(&deed, &held.organization).await {
        Ok(organization) => organization,
        Err(PageError::NotFound) => {
            return form.refused(OrgsError::NoSuchReference {
                field: "organization",
            });
        }
        Err(other) => return Err(other),
    };
    let options = &deed.shared.options;
    let tools = (&options.store, &*options.sealing_key, &options.destinations);
    let url = held.url.trim().to_owned();
    match webhooks::create(tools, organization, (url, chosen), deed.origin()).await {
        Ok(issued) => secret_page(&deed, &issued),
        Err(refused) => form.refused(refused),
    }
}

/// Shows the secret of an endpoint, this once.
pub(super) fn secret_page(operator: &Operator, issued: &webhooks::IssuedSecret) -> Answer {
    let endpoint = &issued.endpoint;
    let frame = Frame::new(operator, Place::Webhooks, t::WEBHOOK_SECRET_MADE);
    let next = format!("{}/settings", address(endpoint.id));
    answer::page(&SecretPage {
        frame: frame
            .below(t::WEBHOOKS, LIST)
            .below(&endpoint.url, address(endpoint.id)),
        heading: t::WEBHOOK_SECRET_MADE,
        values: vec![
            (t::WEBHOOK_URL, "webhook-url", &endpoint.url),
            (
                t::WEBHOOK_SECRET,
                "webhook-secret",
                issued.secret.expose_secret(),
            ),
        ],
        next,
    })
}

async fn edit(operator: Operator, path: web::Path<String>) -> Answer {
    operator.changes()?;
    let endpoint = endpoint(&operator, &path).await?;
    answer::page(&form_of(&operator, &endpoint, &Held::from(&endpoint)))
}

async fn change(deed: Deed, path: web::Path<String>) -> Answer {
    let endpoint = endpoint(&deed, &path).await?;
    let held = Held::of(&deed)?;
    let form = form_of(&deed, &endpoint, &held);
    let mut chosen = match held.chosen() {
        Ok(chosen) => chosen,
        Err(refused) => return form.refused(refused),
    };
    chosen.url = Some(held.url.trim().to_owned());
    if held.types == Held::from(&endpoint).types {
        // A type that a later release knows is not in the form, and stays.
        chosen.types = None;
    }
    let options = &deed.shared.options;
    let tools = (&options.store, &options.destinations);
    let within = deed.bound_to();
    match webhooks::change(tools, within, endpoint.id, chosen, deed.origin()).await {
        Ok(changed) => {
            let next = format!("{}/settings", address(changed.id));
            deed.done(t::WEBHOOK_CHANGED, &next).await
        }
        Err(refused) => form.refused(refused),
    }
}
