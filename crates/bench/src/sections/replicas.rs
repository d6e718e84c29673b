//! Two gateways over one PostgreSQL and one Redis: how soon one refuses what the other took back, and
//! whether a limit is one limit.
//!
//! A time begins with the answer of the gateway that revoked, and ends with the first refusal of the
//! other, which is asked without pause meanwhile and has let the token in just before. Without
//! Redis the bound is that of what a gateway remembers ([`BOUND_MILLIS`]).

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::Method;
use serde_json::json;

use crate::bench::Bench;
use crate::database::Kind;
use crate::result::{Figure, SectionResult};
use crate::servers::process::Gateway;
use crate::servers::redis::Redis;
use crate::tenant::{Tenant, text};

/// How often each change is measured while all is well.
const REVOCATIONS: usize = 50;

/// How often while Redis is killed, and while it hangs.
const OUTAGES: usize = 20;

/// How long the limit is driven.
const LIMIT_SECONDS: u64 = 12;

/// The median that a change may take to the other gateway, in milliseconds.
const SOON_MILLIS: f64 = 100.0;

/// What the manual promises whatever fails, in milliseconds.
const BOUND_MILLIS: f64 = 5_000.0;

/// When waiting for a refusal makes no sense any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// The limit that is driven, in requests each second. As many can be saved up.
const PER_SECOND: u32 = 50;

/// How far what is let in may be from the limit, in per cent.
const DEVIATION: f64 = 5.0;

/// How many clients each gateway has while the limit is driven.
const CLIENTS: usize = 4;

/// How often one that waits looks again.
const ASK_EVERY: Duration = Duration::from_millis(5);

/// Two gateways of one installation.
struct Pair {
    one: Gateway,
    two: Gateway,
    redis: Redis,
    /// At the first gateway.
    here: Tenant,
    /// The same tenant at the second one.
    there: Tenant,
}

/// Measures everything on PostgreSQL; nothing if that is left out.
///
/// # Errors
///
/// A server cannot be started, or answers what it must not.
pub async fn measure(env: &Bench) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("replicas");
    if !env.kinds().contains(&Kind::Postgres) {
        return Ok(result);
    }
    let say = |what: &str| env.say(&format!("replicas: {what}"));
    let scratch = env.scratch(Kind::Postgres).await?;
    let redis = env.new_redis()?;
    let url = redis.url();
    let environment = [
        ("ROLLCALL_REDIS_URL", url.as_str()),
        ("ROLLCALL_RATE_LIMITS__BURST_SECONDS", "1"),
    ];
    let one = env.gateway(scratch.url(), &environment).await?;
    let two = env.gateway(scratch.url(), &environment).await?;
    let here = one.tenant("Replicated").await?;
    let there = here.at(two.url())?;
    let mut pair = Pair {
        one,
        two,
        redis,
        here,
        there,
    };
    pair.until_shared().await?;

    say(&format!("{} revocations", REVOCATIONS));
    let mut times = Vec::new();
    for _ in 0..REVOCATIONS {
        times.push(pair.revoke().await?);
    }
    report(&mut result, "a token is revoked", &mut times, true)?;

    say(&format!("{} connections switched off", REVOCATIONS));
    times.clear();
    for _ in 0..REVOCATIONS {
        times.push(pair.disable().await?);
    }
    report(&mut result, "a connection is disabled", &mut times, true)?;

    say(&format!("{} revocations while Redis dies", OUTAGES));
    times.clear();
    for _ in 0..OUTAGES {
        times.push(pair.revoke_as_redis_dies().await?);
    }
    report(
        &mut result,
        "a token is revoked as Redis is killed",
        &mut times,
        false,
    )?;

    say(&format!("{} revocations while Redis hangs", OUTAGES));
    times.clear();
    for _ in 0..OUTAGES {
        times.push(pair.revoke_as_redis_hangs().await?);
    }
    report(
        &mut result,
        "a token is revoked as Redis hangs",
        &mut times,
        false,
    )?;

    say("a limit driven over both");
    pair.drive(LIMIT_SECONDS, &mut result).await?;

    pair.one.stop().await?;
    pair.two.stop().await?;
    scratch.remove().await?;
    Ok(result)
}

/// Median and maximum of how long the other gateway went on.
fn report(
    result: &mut SectionResult,
    what: &str,
    times: &mut [Duration],
    soon: bool,
) -> anyhow::Result<()> {
    times.sort_unstable();
    let millis = |time: &Duration| time.as_secs_f64() * 1e3;
    let median = times.get(times.len() / 2).context("nothing was measured")?;
    let last = times.last().context("nothing was measured")?;
    let name = |which| format!("{what}, until the other gateway refuses it: {which}");
    let median = Figure::new(name("median"), millis(median), "ms");
    result.figures.push(if soon {
        median.at_most(SOON_MILLIS)
    } else {
        median
    });
    let last = Figure::new(name("maximum"), millis(last), "ms");
    result.figures.push(last.at_most(BOUND_MILLIS));
    Ok(())
}

impl Pair {
    /// Waits until both gateways say that Redis answers.
    async fn until_shared(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        for gateway in [&self.one, &self.two] {
            while gateway.manage(Method::GET, "/readyz", None).await?["redis"] != "answers" {
                ensure!(begun.elapsed() < PATIENCE, "Redis does not answer");
                tokio::time::sleep(ASK_EVERY).await;
            }
        }
        Ok(())
    }

    fn path(&self) -> String {
        let Tenant {
            organization,
            connection,
            ..
        } = &self.here;
        format!("/v1/organizations/{organization}/scim-connections/{connection}")
    }

    /// A token of its own, which the second gateway has let in, and the path that revokes it.
    async fn token(&self) -> anyhow::Result<(Tenant, String)> {
        let path = format!("{}/tokens", self.path());
        let body = json!({ "name": "One use" });
        let token = self.one.manage(Method::POST, &path, Some(&body)).await?;
        let tenant = Tenant {
            token: text(&token, "/secret")?,
            ..self.there.clone()
        };
        tenant.get("/Users?count=1").await?;
        Ok((tenant, format!("{path}/{}", text(&token, "/id")?)))
    }

    async fn revoke(&self) -> anyhow::Result<Duration> {
        let (tenant, path) = self.token().await?;
        self.one.manage(Method::DELETE, &path, None).await?;
        until_refused(&tenant, 401).await
    }

    async fn disable(&self) -> anyhow::Result<Duration> {
        self.there.get("/Users?count=1").await?;
        self.switch(false).await?;
        let time = until_refused(&self.there, 403).await?;
        self.switch(true).await?;
        let begun = Instant::now();
        while self.there.ask(Method::GET, "/Users?count=1", None).await?.0 != 200 {
            ensure!(begun.elapsed() < PATIENCE, "it stays switched off");
        }
        Ok(time)
    }

    async fn switch(&self, enabled: bool) -> anyhow::Result<()> {
        let body = json!({ "enabled": enabled });
        let path = self.path();
        let switched = self.one.manage(Method::PATCH, &path, Some(&body));
        switched.await.map(drop)
    }

    async fn revoke_as_redis_dies(&mut self) -> anyhow::Result<Duration> {
        let (tenant, path) = self.token().await?;
        self.redis.kill()?;
        // It has forgotten the token by now, and remembers it again.
        tenant.get("/Users?count=1").await?;
        self.one.manage(Method::DELETE, &path, None).await?;
        let time = until_refused(&tenant, 401).await?;
        self.redis.start_again()?;
        self.until_shared().await?;
        Ok(time)
    }

    async fn revoke_as_redis_hangs(&self) -> anyhow::Result<Duration> {
        let (tenant, path) = self.token().await?;
        self.redis.pause()?;
        tenant.get("/Users?count=1").await?;
        self.one.manage(Method::DELETE, &path, None).await?;
        let time = until_refused(&tenant, 401).await?;
        self.redis.resume()?;
        self.until_shared().await?;
        Ok(time)
    }

    /// Asks both gateways as fast as they answer, against a limit of [`PER_SECOND`].
    async fn drive(&self, seconds: u64, result: &mut SectionResult) -> anyhow::Result<()> {
        let limits = json!({ "reads_per_second": PER_SECOND });
        let body = json!({ "settings": { "rate_limits": limits } });
        self.one
            .manage(Method::PATCH, &self.path(), Some(&body))
            .await?;
        // Both know the limit, and what this took was given back.
        for tenant in [&self.here, &self.there] {
            until_limited(tenant).await?;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;

        let begun = Instant::now();
        let end = begun + Duration::from_secs(seconds);
        let clients = (0..2 * CLIENTS).map(|number| {
            let tenant = if number % 2 == 0 {
                &self.here
            } else {
                &self.there
            };
            tokio::spawn(ask_until(tenant.clone(), end))
        });
        let clients: Vec<_> = clients.collect();
        let (mut let_in, mut refused) = (0.0, 0.0);
        for client in clients {
            let (own_let_in, own_refused) = client.await??;
            let_in += own_let_in;
            refused += own_refused;
        }
        // What was saved up is that of one second.
        let expected = f64::from(PER_SECOND) * (begun.elapsed().as_secs_f64() + 1.0);
        let what = format!("{PER_SECOND} requests/s over both gateways for {seconds} s");
        let figure =
            |which: &str, value, unit: &str| Figure::new(format!("{what}: {which}"), value, unit);
        result.figures.extend([
            figure("let in", let_in, "requests"),
            figure("refused", refused, "requests"),
            figure("expected, with what was saved up", expected, "requests"),
            figure("deviation", (let_in / expected - 1.0).abs() * 100.0, "%").at_most(DEVIATION),
        ]);
        Ok(())
    }
}

/// Asks until the answer is a refusal; how long that took.
async fn until_refused(tenant: &Tenant, refusal: u16) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    loop {
        let (status, body) = tenant.ask(Method::GET, "/Users?count=1", None).await?;
        match status {
            _ if status == refusal => return Ok(begun.elapsed()),
            200 => ensure!(begun.elapsed() < PATIENCE, "it is never refused"),
            _ => bail!("{status} {body}"),
        }
    }
}

/// Asks until the limit is known.
async fn until_limited(tenant: &Tenant) -> anyhow::Result<()> {
    let begun = Instant::now();
    let policy = format!("\"reads\";q={PER_SECOND};w=1");
    loop {
        let request = tenant.client.get(format!("{}/Users?count=1", tenant.base));
        let answer = request.bearer_auth(&tenant.token).send().await?;
        let told = answer.headers().get("ratelimit-policy");
        if told.is_some_and(|told| *told == policy.as_str()) {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "the limit does not arrive");
    }
}

/// How many requests were let in and how many refused for their number, until the time is over.
async fn ask_until(tenant: Tenant, end: Instant) -> anyhow::Result<(f64, f64)> {
    let (mut let_in, mut refused) = (0.0, 0.0);
    while Instant::now() < end {
        let (status, body) = tenant.ask(Method::GET, "/Users?count=1", None).await?;
        match status {
            200 => let_in += 1.0,
            429 => refused += 1.0,
            _ => bail!("{status} {body}"),
        }
    }
    Ok((let_in, refused))
}
