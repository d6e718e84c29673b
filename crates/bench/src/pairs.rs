//! The pairs that are measured.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::database::{Kind, Scratch};
use crate::measure::{Measurement, Side, in_turns, timed};
use crate::server::{Server, Tenant, text};
use crate::sizes::{PAGE, Sizes};

/// Measures every pair on one database. `say` is told what is under way.
///
/// # Errors
///
/// A server cannot be started, or a request is refused.
pub async fn measure(
    kind: Kind,
    postgres: Option<&str>,
    sizes: &Sizes,
    say: impl Fn(&str),
) -> anyhow::Result<Vec<Measurement>> {
    let database = match kind {
        Kind::Sqlite => "SQLite",
        Kind::Postgres => "PostgreSQL",
    };
    let to_measurement = |name: &str, sides: [String; 2], times: (Duration, Duration)| {
        let [large, small] = sides;
        Measurement {
            name: name.to_owned(),
            database,
            large,
            small,
            large_micros: times.0.as_secs_f64() * 1e6,
            small_micros: times.1.as_secs_f64() * 1e6,
            rounds: sizes.rounds,
        }
    };

    let scratch = Scratch::make(kind, postgres).await?;
    let server = Server::start(scratch.url()).await?;
    say(&format!(
        "{database}: {} users of one tenant",
        sizes.directory
    ));
    let tenant = server.tenant("Directory", sizes.directory).await?;
    let large = tenant.group("Large", sizes.large_group).await?;
    let small = tenant.group("Small", sizes.small_group).await?;
    server.settle().await?;
    say(&format!("{database}: one member more"));
    let members = to_measurement(
        "one member more",
        [sizes.large_group, sizes.small_group].map(|size| format!("a group of {size}")),
        one_member_more(&tenant, sizes, &large, &small).await?,
    );
    say(&format!("{database}: the next page"));
    let pages = to_measurement(
        "next page by cursor",
        [
            format!("at the end of {}", sizes.directory),
            "at the beginning".to_owned(),
        ],
        next_page(&tenant, sizes).await?,
    );
    server.stop().await?;
    scratch.remove().await?;

    let total = sizes.tenants * sizes.users_per_tenant;
    say(&format!(
        "{database}: {total} users of {} tenants",
        sizes.tenants
    ));
    let many = Scratch::make(kind, postgres).await?;
    let few = Scratch::make(kind, postgres).await?;
    let large = Server::start(many.url()).await?;
    let small = Server::start(few.url()).await?;
    let mut tenants = Vec::new();
    for number in 0..sizes.tenants {
        let name = format!("Tenant {number}");
        tenants.push(large.tenant(&name, sizes.users_per_tenant).await?);
    }
    let alone = small.tenant("Alone", sizes.few).await?;
    large.settle().await?;
    small.settle().await?;
    say(&format!("{database}: look-ups by userName"));
    let look_ups = to_measurement(
        "look-up by userName",
        [
            format!("among {total} of {} tenants", sizes.tenants),
            format!("among {}", sizes.few),
        ],
        look_up(&tenants, &alone, sizes).await?,
    );
    large.stop().await?;
    small.stop().await?;
    many.remove().await?;
    few.remove().await?;
    Ok(vec![members, pages, look_ups])
}

/// Adds a user to the one group and to the other; takes it out again when the time has stopped.
async fn one_member_more(
    tenant: &Tenant,
    sizes: &Sizes,
    large: &str,
    small: &str,
) -> anyhow::Result<(Duration, Duration)> {
    // Those behind the last member of the large group.
    let newcomers = sizes.large_group..sizes.directory;
    in_turns(sizes.rounds, |side| {
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
    for number in 2..sizes.directory / PAGE {
        let body = tenant.get(&page(&cursor)).await?;
        cursor = text(&body, "/nextCursor")?;
        if number == 2 {
            first.clone_from(&cursor);
        }
    }
    let [large, small] = &[page(&cursor), page(&first)];
    in_turns(sizes.rounds, |side| async move {
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
    in_turns(sizes.rounds, |side| async move {
        let (tenant, users) = match side {
            Side::Large => {
                let tenant = fastrand::choice(many).context("there are tenants")?;
                (tenant, sizes.users_per_tenant)
            }
            Side::Small => (few, sizes.few),
        };
        let number = fastrand::u64(..users);
        let (body, time) = timed(tenant.get(&by_user_name(number))).await?;
        ensure!(
            body["Resources"][0]["userName"] == Tenant::user_name(number),
            "another user was found: {body}"
        );
        Ok(time)
    })
    .await
}

fn by_user_name(number: u64) -> String {
    let name = Tenant::user_name(number);
    format!("/Users?filter=userName%20eq%20%22{name}%22")
}

fn patch(operation: Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [operation],
    })
}
