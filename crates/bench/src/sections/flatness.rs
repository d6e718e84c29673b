//! What must not grow with the size of a directory: a request to something large, and the same to
//! something small.
//!
//! Both are sent in turns by one client, so that whatever else the machine does meets both, and
//! what counts is the ratio of their medians.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::database::Kind;
use crate::measure::{Side, in_turns, timed};
use crate::result::{Figure, SectionResult, Table};
use crate::seed::{Seeder, user_name};
use crate::sizes::{PAGE, Sizes};
use crate::tenant::{Tenant, text};

/// The most that something large may cost, as a multiple of something small.
const TARGET: f64 = 1.3;

/// Measures every pair on every database.
///
/// # Errors
///
/// A server cannot be started, or a request is refused.
pub async fn measure(env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("flatness");
    let mut table = Table {
        title: format!("Medians of {} requests, in µs", sizes.pairs),
        columns: ["request", "database", "large", "µs", "small", "µs"]
            .map(str::to_owned)
            .to_vec(),
        rows: Vec::new(),
    };
    for &kind in env.kinds() {
        let mut add = |name: &str, sides: [String; 2], times: (Duration, Duration)| {
            let [large, small] = [times.0, times.1].map(|time| time.as_secs_f64() * 1e6);
            let named = format!("{name}, {}", kind.name());
            let ratio = Figure::new(named, large / small, "×").at_most(TARGET);
            result.figures.push(ratio);
            let [large_side, small_side] = sides;
            table.rows.push(vec![
                name.into(),
                kind.name().into(),
                large_side.as_str().into(),
                large.into(),
                small_side.as_str().into(),
                small.into(),
            ]);
        };
        one_directory(env, kind, sizes, &mut add).await?;
        many_tenants(env, kind, sizes, &mut add).await?;
    }
    result.tables.push(table);
    Ok(result)
}

/// Takes in a pair: its name, what large and small are, and the medians of both.
type Add<'a> = dyn FnMut(&str, [String; 2], (Duration, Duration)) + 'a;

async fn one_directory(
    env: &Bench,
    kind: Kind,
    sizes: &Sizes,
    add: &mut Add<'_>,
) -> anyhow::Result<()> {
    let scratch = env.scratch(kind).await?;
    let server = env.gateway(scratch.url(), &[]).await?;
    let seeder = Seeder::open(scratch.url()).await?;
    let say = |what: &str| env.say(&format!("flatness, {}: {what}", kind.name()));
    say(&format!("{} users of one tenant", sizes.flat_directory));
    let tenant = server.tenant("Directory").await?;
    seeder.fill(&tenant, sizes.flat_directory).await?;
    let large = seeder.group(&tenant, "Large", sizes.large_group).await?;
    let small = seeder.group(&tenant, "Small", sizes.small_group).await?;
    seeder.settle().await?;
    seeder.close().await?;
    say("one member more");
    add(
        "one member more",
        [sizes.large_group, sizes.small_group].map(|size| format!("a group of {size}")),
        one_member_more(&tenant, sizes, &large, &small).await?,
    );
    say("the next page");
    add(
        "next page by cursor",
        [
            format!("at the end of {}", sizes.flat_directory),
            "at the beginning".to_owned(),
        ],
        next_page(&tenant, sizes).await?,
    );
    server.stop().await?;
    scratch.remove().await
}

async fn many_tenants(
    env: &Bench,
    kind: Kind,
    sizes: &Sizes,
    add: &mut Add<'_>,
) -> anyhow::Result<()> {
    let total = sizes.flat_tenants * sizes.flat_users_per_tenant;
    let say = |what: &str| env.say(&format!("flatness, {}: {what}", kind.name()));
    say(&format!("{total} users of {} tenants", sizes.flat_tenants));
    let (many, few) = (env.scratch(kind).await?, env.scratch(kind).await?);
    let large = env.gateway(many.url(), &[]).await?;
    let small = env.gateway(few.url(), &[]).await?;
    let seeder = Seeder::open(many.url()).await?;
    let mut tenants = Vec::new();
    for number in 0..sizes.flat_tenants {
        let tenant = large.tenant(&format!("Tenant {number}")).await?;
        seeder.fill(&tenant, sizes.flat_users_per_tenant).await?;
        tenants.push(tenant);
    }
    seeder.settle().await?;
    seeder.close().await?;
    let seeder = Seeder::open(few.url()).await?;
    let alone = small.tenant("Alone").await?;
    seeder.fill(&alone, sizes.few).await?;
    seeder.settle().await?;
    seeder.close().await?;
    say("look-ups by userName");
    add(
        "look-up by userName",
        [
            format!("among {total} of {} tenants", sizes.flat_tenants),
            format!("among {}", sizes.few),
        ],
        look_up(&tenants, &alone, sizes).await?,
    );
    for (server, scratch) in [(large, many), (small, few)] {
        server.stop().await?;
        scratch.remove().await?;
    }
    Ok(())
}

/// Adds a user to the one group and to the other; takes it out again when the time has stopped.
async fn one_member_more(
    tenant: &Tenant,
    sizes: &Sizes,
    large: &str,
    small: &str,
) -> anyhow::Result<(Duration, Duration)> {
    // Those behind the last member of the large group.
    let newcomers = sizes.large_group..sizes.flat_directory;
    in_turns(sizes.pairs, |side| {
        let number = fastrand::u64(newcomers.clone());
        async move {
            let group = match side {
                Side::Large => large,
                Side::Small => small,
            };
            let user = tenant.get(&by_user_name(number)).await?;
            let id = text(&user, "/Resources/0/id")?;
            let path = format!("/Groups/{group}");
            let add = json!({ "op": "add", "path": "members", "value": [{ "value": id }] });
            let remove = json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
            let add = patch(add);
            let (_, time) = timed(tenant.send(Method::PATCH, &path, Some(&add))).await?;
            tenant
                .send(Method::PATCH, &path, Some(&patch(remove)))
                .await?;
            Ok(time)
        }
    })
    .await
}

/// Asks for a page by cursor: the second one, and the last but one, both of which are full.
async fn next_page(tenant: &Tenant, sizes: &Sizes) -> anyhow::Result<(Duration, Duration)> {
    let page = |cursor: &str| format!("/Users?count={PAGE}&cursor={cursor}");
    let mut cursor = String::new();
    let mut first = String::new();
    for number in 2..sizes.flat_directory / PAGE {
        let body = tenant.get(&page(&cursor)).await?;
        cursor = text(&body, "/nextCursor")?;
        if number == 2 {
            first.clone_from(&cursor);
        }
    }
    let [large, small] = &[page(&cursor), page(&first)];
    in_turns(sizes.pairs, |side| async move {
        let path = match side {
            Side::Large => large,
            Side::Small => small,
        };
        let (body, time) = timed(tenant.get(path)).await?;
        let items = body["Resources"].as_array().map_or(0, Vec::len);
        ensure!(items as u64 == PAGE, "a page of {items} users");
        Ok(time)
    })
    .await
}

/// Looks for a user that is there, each time another one.
async fn look_up(
    many: &[Tenant],
    few: &Tenant,
    sizes: &Sizes,
) -> anyhow::Result<(Duration, Duration)> {
    in_turns(sizes.pairs, |side| async move {
        let (tenant, users) = match side {
            Side::Large => {
                let tenant = fastrand::choice(many).context("there are tenants")?;
                (tenant, sizes.flat_users_per_tenant)
            }
            Side::Small => (few, sizes.few),
        };
        let number = fastrand::u64(..users);
        let (body, time) = timed(tenant.get(&by_user_name(number))).await?;
        ensure!(
            body["Resources"][0]["userName"] == user_name(number),
            "another user was found: {body}"
        );
        Ok(time)
    })
    .await
}

fn by_user_name(number: u64) -> String {
    let name = user_name(number);
    format!("/Users?filter=userName%20eq%20%22{name}%22")
}

fn patch(operation: Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [operation],
    })
}
