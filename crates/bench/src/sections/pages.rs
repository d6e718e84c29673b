//! Pages of the console and of the setup portal that list the users of a large directory: how long
//! one takes at the beginning, in the middle and at the end of the list, and found by a search.
//!
//! Whoever looks at a page waits for its HTML, so that is what is timed: one client, over HTTP, with
//! the session of an operator or of a customer's admin.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use rollcall_model::UserId;
use serde_json::json;

use crate::bench::Bench;
use crate::database::Kind;
use crate::load::{Answer, Connection, Load, Script};
use crate::result::{Figure, SectionResult, Table};
use crate::seed::{Seeder, user_name};
use crate::servers::process::Gateway;
use crate::sizes::Sizes;
use crate::tenant::text;
use crate::workloads::Directory;

/// The most that the median of a page may take, in milliseconds.
const TARGET: f64 = 50.0;

/// How long a page is asked for before it counts.
const WARM_UP: Duration = Duration::from_millis(300);

/// How many users stand on a page.
const ON_A_PAGE: u64 = 50;

/// Measures on PostgreSQL; nothing if that is left out.
///
/// # Errors
///
/// A server cannot be started, or a page is not what it must be.
pub async fn measure(env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("pages");
    if !env.kinds().contains(&Kind::Postgres) {
        return Ok(result);
    }
    let [users, _] = sizes.growth_users;
    env.say(&format!("pages: {users} users of one connection"));
    let scratch = env.scratch(Kind::Postgres).await?;
    let (cluster, database) = scratch.server().context("a database on a server")?;
    cluster.wait_for_disk(false).await?;
    let gateway = env.gateway(scratch.url(), &[]).await?;
    let seeder = Seeder::open(scratch.url()).await?;
    let tenant = gateway.tenant("Large").await?;
    let directory = seeder.directory(tenant, users, &[]).await?;
    seeder.settle().await?;
    seeder.close().await?;
    cluster.run(database, "vacuum analyze").await?;
    cluster.wait_for_disk(true).await?;

    let columns = ["page", "median ms", "p99 ms", "KiB", "pages/s"];
    let mut table = Table {
        title: format!("HTML of a page of {users} users, one client"),
        columns: columns.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    let pages = [
        of_console(&gateway, &directory).await?,
        of_portal(&gateway, &directory).await?,
    ];
    for (name, page) in pages.concat() {
        env.say(&format!("pages: {name}"));
        let bytes = page.bytes(directory.address()).await?;
        let script = |_| page.clone();
        Load::closed(1, WARM_UP)
            .send(directory.address(), script)
            .await?;
        let load = Load::closed(1, Duration::from_secs(sizes.round_seconds));
        let found = load.send(directory.address(), script).await?;
        let median = found.quantile(0.5) / 1_000.0;
        let figure = format!("{name} of {users} users, median");
        result
            .figures
            .push(Figure::new(figure, median, "ms").at_most(TARGET));
        table.rows.push(vec![
            name.as_str().into(),
            median.into(),
            (found.quantile(0.99) / 1_000.0).into(),
            (bytes as f64 / 1_024.0).into(),
            found.rate().into(),
        ]);
    }
    result.tables.push(table);
    gateway.stop().await?;
    scratch.remove().await?;
    Ok(result)
}

/// Places in a list: a name, the number of the user before the page, and that of one on it.
///
/// Copies are in the order of their numbers, and their original comes behind all of them.
fn places(users: u64) -> [(&'static str, Option<u64>, u64); 3] {
    [
        ("first page", None, 1),
        ("page in the middle", Some(users / 2), users / 2 + 1),
        ("last page", Some(users - ON_A_PAGE + 1), users - 1),
    ]
}

/// The query for the page after a user.
fn query(directory: &Directory, after: Option<u64>) -> anyhow::Result<String> {
    let Some(number) = after else {
        return Ok(String::new());
    };
    let id = UserId::from_scim(&directory.id(number)).context("the id of a user")?;
    Ok(format!("?after={id}"))
}

async fn of_console(
    gateway: &Gateway,
    directory: &Directory,
) -> anyhow::Result<Vec<(String, Page)>> {
    let tenant = &directory.tenant;
    let form = format!("key={}", tenant.api_key);
    let cookie = enter(directory.address(), "/console/sign-in", &form).await?;
    let (organization, connection) = (&tenant.organization, &tenant.connection);
    let list = format!("/console/organizations/{organization}/scim-connections/{connection}/users");
    let page = |path: &str, number| Page::new(gateway, path, &cookie, directory.id(number));
    let mut pages = Vec::new();
    for (place, after, shown) in places(directory.users) {
        let path = format!("{list}{}", query(directory, after)?);
        pages.push((format!("console: {place}"), page(&path, shown)));
    }
    let found = directory.users / 2;
    let path = format!("{list}?q={}", user_name(found).replace('@', "%40"));
    pages.push(("console: user found by name".to_owned(), page(&path, found)));
    Ok(pages)
}

async fn of_portal(
    gateway: &Gateway,
    directory: &Directory,
) -> anyhow::Result<Vec<(String, Page)>> {
    let tenant = &directory.tenant;
    let path = format!("/v1/organizations/{}/portal-links", tenant.organization);
    let link = gateway
        .manage(Method::POST, &path, Some(&json!({})))
        .await?;
    let link: url::Url = text(&link, "/url")?.parse()?;
    let cookie = enter(directory.address(), link.path(), "").await?;
    let list = format!("/portal/connections/{}/users", tenant.connection);
    let mut pages = Vec::new();
    for (place, after, shown) in places(directory.users) {
        let path = format!("{list}{}", query(directory, after)?);
        let page = Page::new(gateway, &path, &cookie, user_name(shown));
        pages.push((format!("portal: {place}"), page));
    }
    Ok(pages)
}

/// Sends the form that begins a session; the cookie of it.
async fn enter(address: SocketAddr, path: &str, form: &str) -> anyhow::Result<String> {
    let length = form.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    );
    let mut connection = Connection::open(address).await?;
    let answer = connection.exchange(request.as_bytes()).await?;
    answer.expect(&[303])?;
    let head = String::from_utf8_lossy(answer.head).into_owned();
    let cookie = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("set-cookie").then_some(value)
    });
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    Ok(cookie.context("a session has a cookie")?.trim().to_owned())
}

/// One page, asked for again and again.
#[derive(Clone)]
struct Page {
    request: Vec<u8>,
    /// What stands on it.
    shows: String,
}

impl Page {
    fn new(gateway: &Gateway, path: &str, cookie: &str, shows: String) -> Self {
        let host = gateway.url().trim_start_matches("http://");
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n");
        Self {
            request: request.into_bytes(),
            shows,
        }
    }

    /// How long its HTML is.
    async fn bytes(&self, address: SocketAddr) -> anyhow::Result<usize> {
        let mut connection = Connection::open(address).await?;
        let answer = connection.exchange(&self.request).await?;
        self.check(&answer)?;
        Ok(answer.body.len())
    }

    fn check(&self, answer: &Answer<'_>) -> anyhow::Result<()> {
        answer.expect(&[200])?;
        let shows = answer.text().contains(&self.shows);
        ensure!(shows, "a page does not show {}", self.shows);
        Ok(())
    }
}

impl Script for Page {
    fn next(&mut self, request: &mut Vec<u8>) -> bool {
        request.extend_from_slice(&self.request);
        true
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        self.check(answer)
    }
}
