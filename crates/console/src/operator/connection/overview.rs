//! The first page of a SCIM connection: its state, addresses and tokens; switching it off and
//! deleting it.

use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::ConnectionState;
use rollcall_orgs::scim_connections::{self, ScimConnectionPatch};

use super::activity::{self, Bar};
use super::secret::{endpoint_url, other_urls};
use super::{Opened, Part, tokens};
use crate::answer::{self, Answer, Danger, Field, When};
use crate::assets;
use crate::operator::organization::page_of;
use crate::operator::organizations::kind_of;
use crate::operator::table::{Cell, Tab, Table};
use crate::operator::{Deed, Frame, Operator};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("", web::get().to(show))
        .route("/enable", web::post().to(enable))
        .route("/disable", web::post().to(disable))
        .route("/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "operator/connection.html")]
struct Overview {
    frame: Frame,
    tabs: Vec<Tab>,
    heading: String,
    base: String,
    id: String,
    kind: &'static str,
    state: &'static str,
    reasons: Vec<String>,
    waiting: bool,
    users: String,
    groups: String,
    requests: String,
    failures: String,
    bars: Vec<Bar>,
    chart_says: String,
    /// Name, id on the page and address.
    urls: Vec<(&'static str, &'static str, String)>,
    facts: Vec<(&'static str, String)>,
    first_request: Option<When>,
    last_request: Option<When>,
    created: When,
    table: Table,
    token_fields: Vec<Field>,
    enabled: bool,
    disable: Danger,
    delete: Danger,
}

async fn show(operator: Operator, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    let now = opened.org.clock().now();
    let connection = &opened.connection;
    let state = connection.state();
    let since = activity::since(now);
    let hours = opened.handle.requests_by_hour(since).await?;
    let requests: u64 = hours.iter().map(|hour| hour.requests).sum();
    let failures: u64 = hours.iter().map(|hour| hour.failures).sum();
    let (host, token_only) = other_urls(&operator.shared, &opened.org);
    let by_path = endpoint_url(&operator.shared, connection);
    let mut urls = vec![(t::BY_PATH, "url-path", by_path)];
    urls.extend(host.map(|url| (t::BY_HOST, "url-host", url)));
    urls.push((t::BY_TOKEN, "url-token", token_only));
    let sso = opened
        .org
        .find_sso_connection(connection.sso_connection_id)
        .await?;
    answer::page(&Overview {
        frame: opened.frame(&operator),
        tabs: opened.tabs(Part::Overview),
        heading: connection.name.clone(),
        id: connection.id.to_string(),
        kind: kind_of(state),
        state: t::state(state),
        reasons: connection.attention().iter().map(t::attention).collect(),
        waiting: state == ConnectionState::AwaitingFirstRequest,
        users: t::number(connection.users),
        groups: t::number(connection.groups),
        requests: t::number(requests),
        failures: t::number(failures),
        bars: activity::bars(&hours, since),
        chart_says: t::chart_says(requests, failures),
        urls,
        facts: vec![
            (t::IDP, t::idp(connection.idp).to_owned()),
            (t::RECOGNISED, t::idp(connection.recognised_idp).to_owned()),
            (
                t::SSO_CONNECTION,
                sso.map_or_else(String::new, |sso| sso.name),
            ),
        ],
        first_request: When::maybe(connection.first_request_at, now),
        last_request: When::maybe(connection.last_request_at, now),
        created: When::new(connection.created_at, now),
        table: tokens::table(&operator, &opened, now).await?,
        token_fields: tokens::fields(),
        enabled: connection.enabled,
        disable: danger(&opened, "disable", (t::DISABLE, t::DISABLE_DOES)),
        delete: danger(&opened, "delete", (t::DELETE_SCIM, t::DELETE_SCIM_DOES)),
        base: opened.base,
    })
}

fn danger(opened: &Opened, path: &str, (title, does): (&'static str, &'static str)) -> Danger {
    Danger {
        id: format!("confirm-{path}"),
        title,
        action: format!("{}/{path}", opened.base),
        does: does.to_owned(),
        name: opened.connection.name.clone(),
        button: title,
    }
}

async fn enable(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    switch(&deed, &Opened::of(&deed, &path).await?, true).await
}

async fn disable(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    deed.confirmed(&opened.connection.name)?;
    switch(&deed, &opened, false).await
}

async fn switch(deed: &Deed, opened: &Opened, enabled: bool) -> Answer {
    let patch = ScimConnectionPatch {
        enabled: Some(enabled),
        ..ScimConnectionPatch::default()
    };
    let id = opened.connection.id;
    scim_connections::change(&opened.org, id, patch, deed.origin()).await?;
    let says = if enabled { t::ENABLED } else { t::DISABLED_NOW };
    deed.done(says, &opened.base).await
}

async fn delete(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    let name = &opened.connection.name;
    deed.confirmed(name)?;
    let id = opened.connection.id;
    scim_connections::delete(&opened.org, id, Some(name), deed.origin()).await?;
    deed.done(&t::scim_deleted(name), &page_of(&opened.org))
        .await
}
