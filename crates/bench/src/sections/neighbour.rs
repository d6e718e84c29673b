//! What a loud neighbour costs: a tenant that asks five times a second, alone and beside one that
//! sends users as fast as it can over 64 connections.
//!
//! The quiet tenant asks as an identity provider does when little happens: a look-up by name, then a
//! change. Both situations alternate, and the quantile is taken over the times of all rounds, since a
//! round has too few requests for one. It is measured with the limits that are shipped, and once more
//! without any, when the loud tenant is held by turns alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use reqwest::Method;
use serde_json::json;

use crate::bench::Bench;
use crate::database::Kind;
use crate::load::{Answer, Load, Outcome, Script};
use crate::result::{Cell, Figure, SectionResult, Table};
use crate::servers::process::Gateway;
use crate::tenant::{Tenant, text};

/// The most that the 99th percentile of the quiet tenant may grow.
const TARGET: f64 = 2.0;

/// How often each situation is measured.
const ROUNDS: usize = 5;

/// Connections of the loud tenant.
const LOUD_CONNECTIONS: usize = 64;

/// From one request of the quiet tenant to its next.
const QUIET_EVERY: Duration = Duration::from_millis(200);

/// How long each situation lasts.
const SITUATION: Duration = Duration::from_secs(12);

/// The time by which the loud one is ahead, so that it is under way when the quiet one begins.
const AHEAD: Duration = Duration::from_secs(1);

/// Measures on PostgreSQL; nothing if that is left out.
///
/// # Errors
///
/// A server cannot be started, or the quiet tenant is refused.
pub async fn measure(env: &Bench) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("neighbour");
    if !env.kinds().contains(&Kind::Postgres) {
        return Ok(result);
    }
    let shipped = [
        ("ROLLCALL_RATE_LIMITS__READS_PER_SECOND", "200"),
        ("ROLLCALL_RATE_LIMITS__WRITES_PER_SECOND", "100"),
    ];
    let off = [
        ("ROLLCALL_RATE_LIMITS__READS_PER_SECOND", "0"),
        ("ROLLCALL_RATE_LIMITS__WRITES_PER_SECOND", "0"),
    ];
    // Whoever switches limits off has chosen what a loud tenant may take.
    let cases = [
        ("limits as shipped", &shipped, Some(TARGET)),
        ("limits off", &off, None),
    ];
    let mut rows = Vec::new();
    for (name, environment, target) in cases {
        env.say(&format!("neighbour: {name}"));
        let scratch = env.scratch(Kind::Postgres).await?;
        let gateway = env.gateway(scratch.url(), environment).await?;
        let (alone, beside, loud) = rounds(&gateway).await?;
        gateway.stop().await?;
        scratch.remove().await?;
        let ratio = beside.quantile(0.99) / alone.quantile(0.99);
        let figure = Figure::new(
            format!("99th percentile of a quiet tenant beside a loud one to alone, {name}"),
            ratio,
            "×",
        );
        result.figures.push(match target {
            Some(most) => figure.at_most(most),
            None => figure,
        });
        for (who, outcome) in [
            ("quiet, alone", &alone),
            ("quiet, beside", &beside),
            ("loud", &loud),
        ] {
            rows.push(vec![
                name.into(),
                who.into(),
                Cell::Number(outcome.rate()),
                Cell::Number(outcome.quantile(0.5)),
                Cell::Number(outcome.quantile(0.99)),
                Cell::Text(in_words(&outcome.statuses)),
            ]);
        }
    }
    let columns = [
        "limits",
        "tenant",
        "requests/s",
        "median µs",
        "p99 µs",
        "statuses",
    ];
    result.tables.push(Table {
        title: "A quiet tenant beside a loud one".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    });
    Ok(result)
}

fn in_words(statuses: &BTreeMap<u16, u64>) -> String {
    let each: Vec<String> = statuses
        .iter()
        .map(|(status, count)| format!("{status}: {count}"))
        .collect();
    each.join(", ")
}

/// All rounds: the quiet tenant alone, beside the loud one, and the loud one.
async fn rounds(gateway: &Gateway) -> anyhow::Result<(Outcome, Outcome, Outcome)> {
    let quiet = gateway.tenant("Quiet").await?;
    let loud = gateway.tenant("Loud").await?;
    let body = json!({ "userName": "quiet@example.com" });
    let user = quiet.send(Method::POST, "/Users", Some(&body)).await?;
    let quiet_script = Quiet::new(&quiet, &text(&user, "/id")?)?;
    let address = quiet_script.address;
    let few = Load {
        connections: 1,
        time: SITUATION,
        every: Some(QUIET_EVERY),
    };
    let many = Load::closed(LOUD_CONNECTIONS, SITUATION + 2 * AHEAD);
    let (mut alone, mut beside, mut noise): (Outcome, Outcome, Outcome) = Default::default();
    for round in 0..ROUNDS {
        let script = quiet_script.clone();
        alone.join(few.send(address, |_| script.clone()).await?);
        let loud_script = Loud::new(&loud, round)?;
        let sending = many.send(address, |number| loud_script.of(number));
        let asking = async {
            tokio::time::sleep(AHEAD).await;
            few.send(address, |_| script.clone()).await
        };
        let (sent, asked) = tokio::try_join!(sending, asking)?;
        beside.join(asked);
        noise.join(sent);
    }
    Ok((alone, beside, noise))
}

/// The beginning of each request of a tenant.
fn address_of(tenant: &Tenant) -> anyhow::Result<(SocketAddr, String, String)> {
    let base: url::Url = tenant.base.parse()?;
    let addresses = base.socket_addrs(|| None)?;
    ensure!(!addresses.is_empty(), "{base} is no address");
    let head = format!(
        "host: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/scim+json\r\n",
        addresses[0], tenant.token
    );
    Ok((addresses[0], base.path().to_owned(), head))
}

fn write(request: &mut Vec<u8>, line: &str, head: &str, body: &str) {
    let length = body.len();
    let text = format!("{line} HTTP/1.1\r\n{head}content-length: {length}\r\n\r\n{body}");
    request.extend_from_slice(text.as_bytes());
}

/// Looks a user up, changes it, and so on.
#[derive(Clone)]
struct Quiet {
    address: SocketAddr,
    path: String,
    head: String,
    user: String,
    sent: u64,
}

impl Quiet {
    fn new(tenant: &Tenant, user: &str) -> anyhow::Result<Self> {
        let (address, path, head) = address_of(tenant)?;
        Ok(Self {
            address,
            path,
            head,
            user: user.to_owned(),
            sent: 0,
        })
    }
}

impl Script for Quiet {
    fn next(&mut self, request: &mut Vec<u8>) -> bool {
        self.sent += 1;
        let path = &self.path;
        if !self.sent.is_multiple_of(2) {
            let filter = "filter=userName%20eq%20%22quiet@example.com%22";
            write(
                request,
                &format!("GET {path}/Users?{filter}"),
                &self.head,
                "",
            );
        } else {
            let patch = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "replace", "path": "active", "value": self.sent.is_multiple_of(4) }],
            });
            let line = format!("PATCH {path}/Users/{}", self.user);
            write(request, &line, &self.head, &patch.to_string());
        }
        true
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        answer.expect(&[200])
    }
}

/// Sends one new user after the other, whatever the answer is.
#[derive(Clone)]
struct Loud {
    path: String,
    head: String,
    name: String,
    sent: u64,
}

impl Loud {
    fn new(tenant: &Tenant, round: usize) -> anyhow::Result<Self> {
        let (_, path, head) = address_of(tenant)?;
        Ok(Self {
            path,
            head,
            name: format!("loud-{round}"),
            sent: 0,
        })
    }

    fn of(&self, number: usize) -> Self {
        Self {
            name: format!("{}-{number}", self.name),
            ..self.clone()
        }
    }
}

impl Script for Loud {
    fn next(&mut self, request: &mut Vec<u8>) -> bool {
        self.sent += 1;
        let name = format!("{}-{}@example.com", self.name, self.sent);
        let body = json!({
            "userName": name,
            "active": true,
            "emails": [{ "value": name, "type": "work", "primary": true }],
        });
        let line = format!("POST {}/Users", self.path);
        write(request, &line, &self.head, &body.to_string());
        true
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        answer.expect(&[201, 429, 503])
    }
}
