//! What identity providers see when something under the gateway breaks.
//!
//! Simulated providers push the directories of many tenants into two replicas over one PostgreSQL,
//! which waits for the disk, and one Redis. In the middle one thing fails. The providers try again
//! as real ones do, keep a journal of every write that was acknowledged, and must come to a clean
//! end; then everything in the journal is looked up. Each fault has servers of its own.

mod audit;
mod balancer;
mod push;

use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::Method;
use serde_json::json;

use self::audit::Audit;
use self::balancer::Balancer;
use self::push::push;
use crate::bench::Bench;
use crate::result::{Figure, SectionResult, Table};
use crate::servers::postgres::Cluster;
use crate::servers::process::Gateway;
use crate::servers::redis::Redis;
use crate::sizes::Sizes;
use crate::tenant::Tenant;

/// How soon after a fault is mended everything has to work again.
const RECOVERY_SECONDS: f64 = 5.0;

/// How long a recovery is waited for before it counts as none.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a replica is tried that does not work yet.
const TRY_EVERY: Duration = Duration::from_millis(10);

/// How long Redis is away.
const REDIS_AWAY: Duration = Duration::from_secs(1);

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Redis,
    Postgres,
    Replica,
}

impl Fault {
    const ALL: [Self; 3] = [Self::Redis, Self::Postgres, Self::Replica];

    const fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis killed and started empty",
            Self::Postgres => "PostgreSQL restarted, immediate mode",
            Self::Replica => "one of two replicas killed",
        }
    }
}

/// An installation that is to be broken.
struct Installation {
    cluster: Cluster,
    redis: Redis,
    replicas: Vec<Gateway>,
    balancer: Balancer,
}

/// Breaks each thing once.
///
/// # Errors
///
/// A server cannot be started, or answers what nobody understands.
pub async fn measure(env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("faults");
    let mut table = Table {
        title: format!(
            "{} tenants of {} people each, in the middle of their first sync",
            sizes.fault_tenants, sizes.fault_people
        ),
        columns: [
            "fault",
            "requests",
            "writes acknowledged",
            "events",
            "seconds",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: Vec::new(),
    };
    for fault in Fault::ALL {
        env.say(&format!("faults: {}", fault.name()));
        let begin = Instant::now();
        let mut installation = Installation::start(env).await?;
        let tenants = installation.tenants(sizes).await?;
        let enough = sizes.fault_tenants * sizes.fault_people / 3;
        let url = installation.balancer.url().to_owned();
        let broken = async |enough: &tokio::sync::Notify| {
            enough.notified().await;
            installation.suffer(fault).await
        };
        let (pushed, recovery) = push(&url, &tenants, sizes, enough, broken).await?;
        let replica = installation.replicas.first().context("one is left")?;
        let audit = Audit::of(replica, &tenants, &pushed, sizes).await?;
        let errors = installation.errors().await? + pushed.server_errors();
        let count = |what: &str, value: usize| {
            let value = u32::try_from(value).unwrap_or(u32::MAX);
            Figure::new(format!("{}: {what}", fault.name()), value.into(), "").at_most(0.0)
        };
        result.figures.extend([
            count("acknowledged writes lost", audit.lost),
            count("events missing or told twice", audit.wrong_events),
            count("tenants left incomplete", audit.incomplete),
            count("answers 500", errors),
            count("failures after retries", pushed.failures()),
            Figure::new(
                format!("{}: recovery", fault.name()),
                recovery.as_secs_f64(),
                "s",
            )
            .at_most(RECOVERY_SECONDS),
        ]);
        let cell = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX)).into();
        table.rows.push(vec![
            fault.name().into(),
            cell(pushed.requests()),
            cell(pushed.acknowledged()),
            cell(audit.events),
            begin.elapsed().as_secs_f64().into(),
        ]);
        installation.stop().await?;
    }
    result.tables.push(table);
    Ok(result)
}

impl Installation {
    async fn start(env: &Bench) -> anyhow::Result<Self> {
        let cluster = env.new_cluster().await?;
        cluster.run("postgres", "create database rollcall").await?;
        let redis = env.new_redis()?;
        let (database, redis_url) = (cluster.url("rollcall"), redis.url());
        let environment = [("ROLLCALL_REDIS_URL", redis_url.as_str())];
        let mut replicas = Vec::new();
        for _ in 0..2 {
            replicas.push(env.gateway(&database, &environment).await?);
        }
        let balancer = Balancer::start(replicas.iter().map(Gateway::url)).await?;
        Ok(Self {
            cluster,
            redis,
            replicas,
            balancer,
        })
    }

    async fn tenants(&self, sizes: &Sizes) -> anyhow::Result<Vec<Tenant>> {
        let replica = self.replicas.first().context("there are two")?;
        let mut tenants = Vec::new();
        for number in 0..sizes.fault_tenants {
            tenants.push(replica.tenant(&format!("Tenant {number}")).await?);
        }
        Ok(tenants)
    }

    /// Breaks something and mends it, and tells how long after that it took until every replica
    /// that runs took a write again. A replica is not mended: there the time begins with its death.
    async fn suffer(&mut self, fault: Fault) -> anyhow::Result<Duration> {
        match fault {
            Fault::Redis => {
                self.redis.kill()?;
                tokio::time::sleep(REDIS_AWAY).await;
                self.redis.start_again()?;
            }
            Fault::Postgres => {
                self.cluster.stop_immediately()?;
                self.cluster.start_again().await?;
            }
            Fault::Replica => {
                let replica = self.replicas.pop().context("there are two")?;
                replica.kill().await?;
            }
        }
        let mended = Instant::now();
        for (number, replica) in self.replicas.iter().enumerate() {
            until_it_writes(replica, number).await?;
        }
        Ok(mended.elapsed())
    }

    /// How many requests the replicas that run have answered with a fault of their own.
    async fn errors(&self) -> anyhow::Result<usize> {
        let mut errors = 0;
        for replica in &self.replicas {
            for line in replica.metrics().await?.lines() {
                let counts = ["rollcall_requests_total{", "rollcall_api_requests_total{"];
                if counts.iter().any(|name| line.starts_with(name))
                    && line.contains("outcome=\"error\"")
                {
                    let count = line.rsplit_once(' ').context("a line has a value")?.1;
                    errors += count.parse::<usize>()?;
                }
            }
        }
        Ok(errors)
    }

    async fn stop(self) -> anyhow::Result<()> {
        drop(self.balancer);
        for replica in self.replicas {
            replica.stop().await?;
        }
        Ok(())
    }
}

/// Tries to make an organization until it is made.
async fn until_it_writes(replica: &Gateway, number: usize) -> anyhow::Result<()> {
    let body = json!({ "name": format!("Probe of replica {number}") });
    let begin = Instant::now();
    loop {
        let made = replica
            .manage(Method::POST, "/v1/organizations", Some(&body))
            .await;
        match made {
            Ok(_) => return Ok(()),
            Err(error) if begin.elapsed() > PATIENCE => {
                return Err(error.context("a replica does not recover"));
            }
            // A commit whose answer was lost: the write was made all the same.
            Err(error) if error.to_string().contains(": 409 ") => return Ok(()),
            Err(_) => tokio::time::sleep(TRY_EVERY).await,
        }
    }
}
