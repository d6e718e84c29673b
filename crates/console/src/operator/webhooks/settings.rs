//! What is set for an endpoint; pausing, testing and replaying it, its secrets, and its end.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::WebhookEndpoint;
use rollcall_orgs::{OrgsError, webhooks};
use rollcall_store::{ReplayRange, WebhookEndpointChange};
use serde::Deserialize;

use super::form::secret_page;
use super::{LIST, address, endpoint, state, tabs, types_of};
use crate::answer::{self, Answer, Danger, Field, PageError, When};
use crate::assets;
use crate::operator::form_parts::{blame, event_type, number};
use crate::operator::table::Tab;
use crate::operator::{Deed, Frame, Operator, Place};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/webhooks/{endpoint}/settings", web::get().to(show))
        .route("/webhooks/{endpoint}/pause", web::post().to(pause))
        .route("/webhooks/{endpoint}/resume", web::post().to(resume))
        .route("/webhooks/{endpoint}/secret", web::post().to(rotate))
        .route("/webhooks/{endpoint}/test", web::post().to(test))
        .route("/webhooks/{endpoint}/replay", web::post().to(replay))
        .route("/webhooks/{endpoint}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "operator/webhook.html")]
struct Settings {
    frame: Frame,
    tabs: Vec<Tab>,
    base: String,
    id: String,
    /// Kind of the badge, what it says, and more of it.
    state: (&'static str, &'static str, String),
    paused: bool,
    facts: Vec<(&'static str, String)>,
    /// The organization that it belongs to, and where its page is.
    organization: Option<(String, String)>,
    /// Since when each secret signs, and until when.
    secrets: Vec<(When, Option<When>)>,
    replay: Vec<Field>,
    delete: Danger,
    wrong: Option<String>,
}

async fn settings(
    operator: &Operator,
    endpoint: &WebhookEndpoint,
    replay: &Replay,
) -> Result<Settings, PageError> {
    let store = operator.store();
    let now = store.clock().now();
    let base = address(endpoint.id);
    let frame = Frame::new(operator, Place::Webhooks, &endpoint.url).below(t::WEBHOOKS, LIST);
    let secrets = endpoint.secrets.iter().map(|secret| {
        let made = When::new(secret.created_at, now);
        (made, When::maybe(secret.expires_at, now))
    });
    let organization = endpoint.organization_id.map(|id| id.to_string());
    Ok(Settings {
        frame,
        tabs: tabs(endpoint.id, true),
        id: endpoint.id.to_string(),
        state: state(endpoint, now),
        paused: endpoint.paused.is_some(),
        facts: facts(endpoint),
        organization: organization.map(|id| {
            let page = format!("/console/organizations/{id}");
            (id, page)
        }),
        secrets: secrets.collect(),
        replay: replay.fields(store.feed_end().await?),
        delete: Danger {
            id: "confirm-delete".to_owned(),
            title: t::DELETE_WEBHOOK,
            action: format!("{base}/delete"),
            does: t::DELETE_WEBHOOK_DOES.to_owned(),
            name: endpoint.url.clone(),
            button: t::DELETE_WEBHOOK,
        },
        base,
        wrong: None,
    })
}

fn facts(endpoint: &WebhookEndpoint) -> Vec<(&'static str, String)> {
    let order = if endpoint.ordered { t::ON } else { t::OFF };
    vec![
        (
            t::DESCRIPTION,
            endpoint.description.clone().unwrap_or_default(),
        ),
        (t::TYPES, types_of(endpoint.types.as_deref())),
        (t::ORDERED, order.to_owned()),
        (t::IN_FLIGHT, t::number(endpoint.max_in_flight.into())),
        (t::TIMEOUT, t::seconds(endpoint.timeout.as_secs())),
    ]
}

async fn show(operator: Operator, path: web::Path<String>) -> Answer {
    let endpoint = endpoint(&operator, &path).await?;
    answer::page(&settings(&operator, &endpoint, &Replay::default()).await?)
}

async fn pause(deed: Deed, path: web::Path<String>) -> Answer {
    switch(&deed, &path, false, t::WEBHOOK_PAUSED).await
}

async fn resume(deed: Deed, path: web::Path<String>) -> Answer {
    switch(&deed, &path, true, t::WEBHOOK_RESUMED).await
}

async fn switch(deed: &Deed, named: &str, enabled: bool, says: &str) -> Answer {
    let endpoint = endpoint(deed, named).await?;
    let change = WebhookEndpointChange {
        enabled: Some(enabled),
        ..WebhookEndpointChange::default()
    };
    let options = &deed.shared.options;
    let tools = (&options.store, &options.destinations);
    webhooks::change(tools, deed.bound_to(), endpoint.id, change, deed.origin()).await?;
    deed.done(says, &format!("{}/settings", address(endpoint.id)))
        .await
}

#[derive(Deserialize)]
struct Rotation {
    /// For how many seconds the secret of before signs along.
    overlap: u64,
}

async fn rotate(deed: Deed, path: web::Path<String>) -> Answer {
    let endpoint = endpoint(&deed, &path).await?;
    let Rotation { overlap } = deed.form()?;
    let options = &deed.shared.options;
    let tools = (&options.store, &*options.sealing_key);
    let overlap = Duration::from_secs(overlap);
    let within = deed.bound_to();
    let issued =
        webhooks::rotate_secret(tools, within, endpoint.id, overlap, deed.origin()).await?;
    secret_page(&deed, &issued)
}

async fn test(deed: Deed, path: web::Path<String>) -> Answer {
    let endpoint = endpoint(&deed, &path).await?;
    let of = endpoint.organization_id;
    let queued = deed
        .store()
        .queue_webhook_test(endpoint.id, of, deed.origin());
    let delivery = queued.await?;
    let next = format!("{}/{}", address(endpoint.id), delivery.id);
    deed.done(t::WEBHOOK_TESTED, &next).await
}

/// Which events are sent again.
#[derive(Default, Deserialize)]
struct Replay {
    after: String,
    #[serde(default)]
    up_to: String,
    /// Names of types with commas between them.
    #[serde(default)]
    types: String,
}

impl Replay {
    fn fields(&self, end: u64) -> Vec<Field> {
        let number = |name, label, help| Field::text(name, label, help).of_kind("number");
        let up_to = if self.after.is_empty() {
            end.to_string()
        } else {
            self.up_to.clone()
        };
        vec![
            number("after", t::REPLAY_AFTER, t::REPLAY_AFTER_HELP)
                .required()
                .holding(&self.after),
            number("up_to", t::REPLAY_UP_TO, t::REPLAY_UP_TO_HELP).holding(up_to),
            Field::text("types", t::REPLAY_TYPES, t::REPLAY_TYPES_HELP).holding(&self.types),
        ]
    }

    /// The range that it means.
    ///
    /// # Errors
    ///
    /// A field holds nothing of the kind.
    fn range(&self) -> Result<ReplayRange, OrgsError> {
        let invalid = |field, reason: String| OrgsError::Invalid { field, reason };
        let after: Option<u64> = number("after", &self.after)?;
        let after = after.ok_or_else(|| invalid("after", "is missing".to_owned()))?;
        let up_to: Option<u64> = number("up_to", &self.up_to)?;
        if up_to.is_some_and(|up_to| up_to < after) {
            return Err(invalid("up_to", "lies before the first".to_owned()));
        }
        let names = self.types.split([',', ' ']).filter(|name| !name.is_empty());
        Ok(ReplayRange {
            after,
            up_to,
            types: names.map(event_type).collect::<Result<_, _>>()?,
        })
    }
}

async fn replay(deed: Deed, path: web::Path<String>) -> Answer {
    let endpoint = endpoint(&deed, &path).await?;
    let wanted: Replay = deed.form()?;
    let range = match wanted.range() {
        Ok(range) => range,
        Err(refused) => {
            let mut page = settings(&deed, &endpoint, &wanted).await?;
            page.wrong = blame(&mut page.replay, refused)?;
            return answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let of = endpoint.organization_id;
    let store = deed.store();
    let queued = store.replay_to_webhook(endpoint.id, of, &range, deed.origin());
    let says = t::replayed(queued.await?);
    deed.done(&says, &address(endpoint.id)).await
}

async fn delete(deed: Deed, path: web::Path<String>) -> Answer {
    let endpoint = endpoint(&deed, &path).await?;
    deed.confirmed(&endpoint.url)?;
    webhooks::delete(deed.store(), deed.bound_to(), endpoint.id, deed.origin()).await?;
    deed.done(&t::webhook_deleted(&endpoint.url), LIST).await
}
