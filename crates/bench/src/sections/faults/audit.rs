//! What was acknowledged, compared with what is stored and what was told.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use reqwest::Method;
use rollcall_idp_sim::{self as idp, Options, Target};
use serde_json::Value;

use super::push::{OfTenant, Pushed, directory, kind};
use crate::servers::process::Gateway;
use crate::sizes::Sizes;
use crate::tenant::{Tenant, text};

/// Events on a page of the feed.
const PAGE: usize = 500;

/// What does not fit.
#[derive(Default)]
pub(super) struct Audit {
    /// Writes that were acknowledged and whose resource is not there, or older.
    pub(super) lost: usize,
    /// Changes that were told not once, but never or more often.
    pub(super) wrong_events: usize,
    /// Tenants whose directory is not what their provider pushed.
    pub(super) incomplete: usize,
    /// Events that were read.
    pub(super) events: usize,
}

impl Audit {
    pub(super) async fn of(
        replica: &Gateway,
        tenants: &[Tenant],
        pushed: &Pushed,
        sizes: &Sizes,
    ) -> anyhow::Result<Self> {
        let mut audit = Self::default();
        let people = directory(sizes)?;
        for (number, (tenant, of_tenant)) in tenants.iter().zip(&pushed.0).enumerate() {
            let tenant = tenant.at(replica.url())?;
            audit.compare(replica, &tenant, of_tenant).await?;
            // A provider that finds everything as it should be has nothing to write.
            let target = Target::new(&tenant.base, &tenant.token);
            let again = idp::run(&target, kind(number), &people, Options::default()).await?;
            if again.writes() > 0 || !again.is_clean() {
                audit.incomplete += 1;
            }
        }
        Ok(audit)
    }

    async fn compare(
        &mut self,
        replica: &Gateway,
        tenant: &Tenant,
        of_tenant: &OfTenant,
    ) -> anyhow::Result<()> {
        let events = history(replica, tenant).await?;
        self.events += events.len();
        let told = count_by_user(&events)?;
        let mut versions = BTreeMap::new();
        for write in &of_tenant.journal {
            let id = write.id.as_deref().context("a write has an id")?;
            let kind = write.path.split('/').nth(1).context("a path has a kind")?;
            let path = format!("/{kind}/{id}");
            let (status, body) = tenant.ask(Method::GET, &path, None).await?;
            ensure!(status == 200 || status == 404, "{path}: {status} {body}");
            if status == 404 {
                self.lost += 1;
                continue;
            }
            let now = version(&text(&serde_json::from_str(&body)?, "/meta/version")?)?;
            let then = write.etag.as_deref().map(version).transpose()?;
            if then.is_some_and(|then| then > now) {
                self.lost += 1;
            }
            if kind == "Users" {
                versions.insert(id.to_owned(), now);
            }
        }
        // Each version of a user was made by one write, which is told by one event.
        for (id, version) in versions {
            if told.get(&id) != Some(&version) {
                self.wrong_events += 1;
            }
        }
        Ok(())
    }
}

/// Every event of the tenant's organization. Their sequence has no gap, or the run ends.
async fn history(replica: &Gateway, tenant: &Tenant) -> anyhow::Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!(
            "/v1/events?organization={}&limit={PAGE}{after}",
            tenant.organization
        );
        let page = replica.manage(Method::GET, &path, None).await?;
        let found = page["data"].as_array().context("a page has events")?;
        if found.is_empty() {
            break;
        }
        events.extend(found.iter().cloned());
        after = format!("&after={}", text(&page, "/next_cursor")?);
    }
    for (number, event) in (1_u64..).zip(&events) {
        ensure!(event["sequence"] == number, "no event {number}: {event}");
    }
    Ok(events)
}

/// How often something of each user was told.
fn count_by_user(events: &[Value]) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut told = BTreeMap::new();
    for event in events {
        let kind = text(event, "/type")?;
        if kind.starts_with("user.") {
            *told.entry(text(event, "/data/user/id")?).or_default() += 1;
        }
    }
    Ok(told)
}

fn version(etag: &str) -> anyhow::Result<u64> {
    Ok(etag.trim_start_matches("W/").trim_matches('"').parse()?)
}
