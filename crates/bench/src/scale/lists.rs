//! What the vendor reads: the page of metrics, and lists of the management API.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::Value;

use super::{Installation, Longest, report};
use crate::tenant::text;

/// Items on a page of the management API.
const PAGE: usize = 500;

pub(super) async fn check(installation: &Installation) -> anyhow::Result<()> {
    metrics(installation).await?;
    organizations(installation).await?;
    users(installation).await?;
    events(installation).await
}

/// The gauges are exact: they are counted or kept, never guessed.
async fn metrics(installation: &Installation) -> anyhow::Result<()> {
    let scale = installation.scale;
    let mut longest = Longest::default();
    let page = longest.of(installation.gateway.metrics()).await?;
    let users = scale.organizations * scale.users + scale.large + 1;
    for (name, expected) in [
        ("rollcall_organizations", scale.organizations + 2),
        ("rollcall_users{state=\"active\"}", users),
        ("rollcall_groups", 1),
    ] {
        let line = format!("{name} {expected}");
        let found = page
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        ensure!(found == Some(&line), "{found:?} and not {line}");
    }
    report("page of metrics", longest.0)
}

async fn organizations(installation: &Installation) -> anyhow::Result<()> {
    let (ids, longest) = walk(installation, "/v1/organizations").await?;
    let expected = installation.scale.organizations + 2;
    let unique: BTreeSet<&String> = ids.iter().collect();
    let found = (ids.len() as u64, unique.len() as u64);
    ensure!(
        found == (expected, expected),
        "{found:?} organizations, not {expected}"
    );
    report("page of organizations, the longest", longest.0)
}

async fn users(installation: &Installation) -> anyhow::Result<()> {
    let tenant = &installation.large.tenant;
    let (organization, connection) = (&tenant.organization, &tenant.connection);
    let path = format!("/v1/organizations/{organization}/scim-connections/{connection}/users");
    let (ids, longest) = walk(installation, &path).await?;
    let unique: BTreeSet<&String> = ids.iter().collect();
    ensure!(
        unique.len() as u64 == installation.scale.large,
        "{} users",
        unique.len()
    );
    report("page of users, the longest", longest.0)
}

async fn events(installation: &Installation) -> anyhow::Result<()> {
    let mut longest = Longest::default();
    let path = format!("/v1/events?limit={PAGE}");
    let manage = installation.gateway.manage(Method::GET, &path, None);
    let page = longest.of(manage).await?;
    let events = page["data"].as_array().map_or(0, Vec::len);
    let least = PAGE.min(usize::try_from(installation.scale.organizations)?);
    ensure!(events >= least, "{events} events");
    report("page of events", longest.0)
}

/// The ids of a whole list.
async fn walk(installation: &Installation, path: &str) -> anyhow::Result<(Vec<String>, Longest)> {
    let (mut ids, mut longest) = (Vec::new(), Longest::default());
    let mut after = String::new();
    loop {
        let page = format!("{path}?limit={PAGE}{after}");
        let page = installation.gateway.manage(Method::GET, &page, None);
        let page = longest.of(page).await?;
        let items = page["data"].as_array().context("a page has items")?;
        for item in items {
            ids.push(text(item, "/id")?);
        }
        match &page["next_cursor"] {
            Value::String(cursor) => after = format!("&after={cursor}"),
            _ => return Ok((ids, longest)),
        }
    }
}
