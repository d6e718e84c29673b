//! What an endpoint that does not answer costs another: the lag of webhooks to one that answers at
//! once, alone and beside one that stalls.
//!
//! Both are sent every event of the same tenant. The lag of a webhook is counted from the moment its
//! identity provider sent the request that it tells of, so the write is part of it. Both situations
//! alternate, and the quantile is taken over the lags of all rounds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::bench::Bench;
use crate::database::Kind;
use crate::load::{Answer, Load, Script};
use crate::result::{Cell, Figure, SectionResult, Table};
use crate::servers::process::Gateway;
use crate::servers::receiver::{Arrival, Receiver};
use crate::tenant::text;
use crate::workloads::Directory;

/// The most that the 99th percentile of the lag may grow.
const TARGET: f64 = 1.1;

/// How often each situation is measured. The round before the first one warms everything up.
const ROUNDS: usize = 8;

/// How long each situation lasts.
const SITUATION: Duration = Duration::from_secs(8);

/// Connections of the identity provider, and from one request of each to its next.
const CONNECTIONS: usize = 4;
const EVERY: Duration = Duration::from_millis(40);

/// How long the endpoint that stalls is waited for: its attempts end, and are made again, many times
/// in a situation.
const STALLED_SECONDS: u64 = 2;

/// When a webhook does not come any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures on PostgreSQL; nothing if that is left out.
///
/// # Errors
///
/// A server cannot be started, a request is refused, or a webhook does not come.
pub async fn measure(env: &Bench) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("webhooks");
    if !env.kinds().contains(&Kind::Postgres) {
        return Ok(result);
    }
    env.say("webhooks: an endpoint beside one that stalls");
    let scratch = env.scratch(Kind::Postgres).await?;
    let loopback = [("ROLLCALL_OUTBOUND__ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8")];
    let gateway = env.gateway(scratch.url(), &loopback).await?;
    let mut product = Product::new(&gateway).await?;
    product.situation(false).await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.extend(product.situation(false).await?);
        beside.extend(product.situation(true).await?);
    }
    product.receiver.stop().await?;
    gateway.stop().await?;
    scratch.remove().await?;

    alone.sort_unstable();
    beside.sort_unstable();
    let ratio = quantile(&beside, 0.99) / quantile(&alone, 0.99);
    result.figures.push(
        Figure::new(
            "99th percentile of the lag of webhooks beside an endpoint that stalls to alone",
            ratio,
            "×",
        )
        .at_most(TARGET),
    );
    let row = |name: &str, lags: &[Duration]| {
        let milliseconds = |part| Cell::Number(quantile(lags, part) * 1_000.0);
        vec![
            name.into(),
            Cell::Number(lags.len() as f64),
            milliseconds(0.5),
            milliseconds(0.9),
            milliseconds(0.99),
        ]
    };
    let columns = ["endpoint", "webhooks", "median ms", "p90 ms", "p99 ms"];
    result.tables.push(Table {
        title: "From the request of an identity provider to its webhook".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: vec![row("alone", &alone), row("beside one that stalls", &beside)],
    });
    Ok(result)
}

/// The value that this part of the sorted lags does not exceed, in seconds.
fn quantile(lags: &[Duration], part: f64) -> f64 {
    let last = lags.len().saturating_sub(1);
    let index = (last as f64 * part).round() as usize;
    lags.get(index).map_or(0.0, Duration::as_secs_f64)
}

/// A tenant whose users are made, and the product that is told.
struct Product<'g> {
    gateway: &'g Gateway,
    directory: Arc<Directory>,
    receiver: Receiver,
    begin: Instant,
}

impl<'g> Product<'g> {
    async fn new(gateway: &'g Gateway) -> anyhow::Result<Self> {
        let product = Self {
            gateway,
            directory: Arc::new(Directory::empty(gateway.tenant("Followed").await?)?),
            receiver: Receiver::start().await?,
            begin: Instant::now(),
        };
        let url = product.receiver.that_answers();
        product.endpoint(json!({ "url": url })).await?;
        Ok(product)
    }

    /// Makes an endpoint of users; its path.
    async fn endpoint(&self, mut body: Value) -> anyhow::Result<String> {
        body["types"] = json!(["user.created"]);
        let path = "/v1/webhook-endpoints";
        let made = self.gateway.manage(Method::POST, path, Some(&body)).await?;
        Ok(format!("{path}/{}", text(&made, "/id")?))
    }

    /// Makes users for a while, beside an endpoint that stalls or not, until all their webhooks have
    /// come; their lags.
    async fn situation(&mut self, beside: bool) -> anyhow::Result<Vec<Duration>> {
        let stalled = if beside {
            let url = self.receiver.that_stalls();
            let body = json!({ "url": url, "timeout_seconds": STALLED_SECONDS });
            Some(self.endpoint(body).await?)
        } else {
            None
        };
        let script = Hiring {
            directory: Arc::clone(&self.directory),
            begin: self.begin,
        };
        let load = Load {
            connections: CONNECTIONS,
            time: SITUATION,
            every: Some(EVERY),
        };
        let address = self.directory.address();
        let sent = load.send(address, |_| script.clone()).await?.requests();
        let mut lags = Vec::with_capacity(sent);
        while lags.len() < sent {
            let arrival = timeout(PATIENCE, self.receiver.next()).await;
            let arrival = arrival.with_context(|| {
                let missing = sent - lags.len();
                format!("{missing} of {sent} webhooks do not come")
            })?;
            lags.push(self.lag(&arrival?)?);
        }
        if let Some(path) = stalled {
            self.gateway.manage(Method::DELETE, &path, None).await?;
        }
        Ok(lags)
    }

    /// How long after its request a webhook came.
    fn lag(&self, arrival: &Arrival) -> anyhow::Result<Duration> {
        let event: Value = serde_json::from_slice(&arrival.body)?;
        let sent = text(&event, "/data/user/displayName")?;
        let sent = self.begin + Duration::from_micros(sent.parse()?);
        Ok(arrival.at.duration_since(sent))
    }
}

/// Makes one user after the other, each with the moment of its request as its name.
#[derive(Clone)]
struct Hiring {
    directory: Arc<Directory>,
    begin: Instant,
}

impl Script for Hiring {
    fn next(&mut self, request: &mut Vec<u8>) -> bool {
        let name = format!("new{}@example.com", self.directory.fresh());
        let sent = self.begin.elapsed().as_micros().to_string();
        let body = json!({ "userName": name, "displayName": sent }).to_string();
        self.directory.write_with(request, "POST", "/Users", &body);
        true
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        answer.expect(&[201])
    }
}
