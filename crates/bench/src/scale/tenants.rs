//! What identity providers see: their own directory, whole, and nothing of any other.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Installation, Longest, report};
use crate::seed::user_name;
use crate::tenant::{Tenant, text};
use crate::workloads::Directory;

/// Looks at some organizations: each finds its users and not those of the next one.
pub(super) async fn check_samples(installation: &Installation) -> anyhow::Result<()> {
    let (mut look_ups, mut pages) = (Longest::default(), Longest::default());
    let all = &installation.small;
    let step = (all.len() / installation.scale.samples).max(1);
    let pairs = all.iter().zip(all.iter().cycle().skip(1)).step_by(step);
    for (directory, other) in pairs {
        let tenant = &directory.tenant;
        let users = directory.users;
        let page = pages
            .of(tenant.get(&format!("/Users?count={users}")))
            .await?;
        let found: BTreeSet<String> = ids(&page)?.into_iter().collect();
        let expected: BTreeSet<String> = (0..users).map(|number| directory.id(number)).collect();
        ensure!(found == expected, "{}: not its users", tenant.organization);
        ensure!(page["totalResults"] == users, "{}", page["totalResults"]);

        let number = users / 2;
        let found = look_ups.of(look_up(tenant, number)).await?;
        ensure!(found == [directory.id(number)], "{found:?}");
        let theirs = format!("/Users/{}", other.id(number));
        let (status, _) = look_ups.of(tenant.ask(Method::GET, &theirs, None)).await?;
        ensure!(status == 404, "{status} for a user of another organization");
        let stranger = Tenant {
            token: other.tenant.token.clone(),
            ..tenant.clone()
        };
        let (status, _) = look_ups
            .of(stranger.ask(Method::GET, "/Users", None))
            .await?;
        ensure!(
            status == 401,
            "{status} for a token of another organization"
        );
    }
    report("page of an organization, the longest", pages.0)?;
    report("look-up in an organization, the longest", look_ups.0)
}

/// Looks at the large one: all of it is there, and each request takes no longer than elsewhere.
pub(super) async fn check_large(installation: &Installation) -> anyhow::Result<()> {
    let large = &installation.large;
    let mut look_ups = Longest::default();
    for number in [0, large.users / 3, large.users - 1] {
        let found = look_ups.of(look_up(&large.tenant, number)).await?;
        ensure!(found == [large.id(number)], "{found:?}");
    }
    report("look-up in the large organization, the longest", look_ups.0)?;
    walk(large).await?;
    deep_page(large).await?;
    membership(large).await
}

/// By cursor, everybody is met once.
async fn walk(large: &Directory) -> anyhow::Result<()> {
    let mut pages = Longest::default();
    let mut seen = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/Users?count=1000&attributes=userName&cursor={cursor}");
        let page = pages.of(large.tenant.get(&path)).await?;
        ensure!(
            page["totalResults"] == large.users,
            "{}",
            page["totalResults"]
        );
        for id in ids(&page)? {
            ensure!(seen.insert(id), "a walk met somebody twice");
        }
        match &page["nextCursor"] {
            Value::String(next) => cursor.clone_from(next),
            _ => break,
        }
    }
    ensure!(
        seen.len() as u64 == large.users,
        "a walk met {}",
        seen.len()
    );
    report("page of 1,000 by cursor, the longest", pages.0)
}

async fn deep_page(large: &Directory) -> anyhow::Result<()> {
    let mut pages = Longest::default();
    let last = large.users - 9;
    let path = format!("/Users?startIndex={last}&count=100");
    let page = pages.of(large.tenant.get(&path)).await?;
    ensure!(
        ids(&page)?.len() == 10,
        "the last page has {}",
        page["itemsPerPage"]
    );
    report("the last page by index", pages.0)
}

/// The last user joins the large group, is shown there, and leaves it again.
async fn membership(large: &Directory) -> anyhow::Result<()> {
    let mut changes = Longest::default();
    let (members, group) = large.groups.first().context("a group")?;
    let user = large.id(large.users - 1);
    let path = format!("/Groups/{group}");
    let remove = format!("members[value eq \"{user}\"]");
    let steps = [
        (
            json!({ "op": "add", "path": "members", "value": [{ "value": user }] }),
            members + 1,
        ),
        (json!({ "op": "remove", "path": remove }), *members),
    ];
    for (operation, expected) in steps {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [operation],
        });
        let change = large.tenant.send(Method::PATCH, &path, Some(&body));
        changes.of(change).await?;
        let shown = large.tenant.get(&path).await?;
        let shown = shown["members"].as_array().map_or(0, Vec::len);
        ensure!(
            shown as u64 == expected,
            "{shown} members and not {expected}"
        );
    }
    report(
        "change of a member of the large group, the longest",
        changes.0,
    )
}

/// The ids of whom a tenant finds under the name of a user of it.
async fn look_up(tenant: &Tenant, number: u64) -> anyhow::Result<Vec<String>> {
    let name = user_name(number);
    let path = format!("/Users?filter=userName%20eq%20%22{name}%22");
    ids(&tenant.get(&path).await?)
}

fn ids(page: &Value) -> anyhow::Result<Vec<String>> {
    let items = page["Resources"].as_array().context("a list")?;
    items.iter().map(|item| text(item, "/id")).collect()
}
