//! The sections of a run: one module for each, with one function `measure`.

pub mod faults;
pub mod flatness;
pub mod growth;
pub mod neighbour;
pub mod pages;
pub mod replicas;
pub mod request_log;
pub mod requests;
mod sides;
pub mod traces;
pub mod webhooks;

use clap::ValueEnum;

use crate::bench::Bench;
use crate::result::SectionResult;
use crate::sizes::Sizes;

/// A section, by the name that `--only` takes. Measured in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Rates, latencies and CPU time, beside pgbench and a bare server
    Requests,
    /// A million users and ten thousand, ten thousand organizations and ten; memory and start
    Growth,
    /// Pairs of a large directory and a small one
    Flatness,
    /// Two gateways over one Redis: how soon a revocation arrives, and one limit over both
    Replicas,
    /// What identity providers see when something under the gateway breaks
    Faults,
    /// A quiet tenant beside a loud one
    Neighbour,
    /// Webhooks to one endpoint beside another that stalls
    Webhooks,
    /// Pages of the console and of the portal over a million users
    Pages,
    /// Requests with the request log and without it
    RequestLog,
    /// Requests with traces and without them
    Traces,
}

impl Section {
    /// Measures it.
    ///
    /// # Errors
    ///
    /// A server cannot be started, or answers what it must not.
    pub async fn measure(self, env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
        match self {
            Self::Requests => requests::measure(env, sizes).await,
            Self::Growth => growth::measure(env, sizes).await,
            Self::Flatness => flatness::measure(env, sizes).await,
            Self::Replicas => replicas::measure(env).await,
            Self::Faults => faults::measure(env, sizes).await,
            Self::Neighbour => neighbour::measure(env).await,
            Self::Webhooks => webhooks::measure(env).await,
            Self::Pages => pages::measure(env, sizes).await,
            Self::RequestLog => request_log::measure(env, sizes).await,
            Self::Traces => traces::measure(env, sizes).await,
        }
    }
}
