//! `rollcall probe`: is the server of this configuration ready?
//!
//! For health checks in an image that holds nothing but the program. It asks the address of the
//! metrics if there is one, which is plain HTTP in any case: over TLS the name in the certificate would
//! not be that of the loopback address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use reqwest::{Client, Url, redirect};

use super::ConfigFile;
use crate::config::Config;
use crate::output;

/// Shorter than what usually waits for a health check.
const TIMEOUT: Duration = Duration::from_secs(4);

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Ask this address instead of that of the configuration, such as http://127.0.0.1:9090/healthz
    #[arg(long)]
    url: Option<Url>,
}

/// Says whether the server is ready, and fails if it is not.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let url = match arguments.url {
        Some(url) => url,
        None => address_of(&arguments.file.load()?)?,
    };
    let client = Client::builder()
        .timeout(TIMEOUT)
        // A proxy of the environment could not reach this machine.
        .no_proxy()
        .redirect(redirect::Policy::none())
        .build()
        .context("cannot make an HTTP client")?;
    let asked = client.get(url.clone()).send().await;
    let answer = asked.with_context(|| format!("nobody answers at {url}"))?;
    let status = answer.status();
    let said = answer.text().await.unwrap_or_default();
    if !status.is_success() {
        bail!("{url} answers {status}: {}", said.trim());
    }
    output::line(said.trim())?;
    Ok(ExitCode::SUCCESS)
}

/// Where the server of a configuration can be asked from the machine that it runs on.
fn address_of(config: &Config) -> anyhow::Result<Url> {
    let address = match config.metrics_listen {
        Some(address) => address,
        None if config.tls_files().is_some() => bail!(
            "the only address of this server speaks TLS. Set `metrics_listen` \
             (ROLLCALL_METRICS_LISTEN), or say with --url what to ask"
        ),
        None => config.listen,
    };
    let url = format!("http://{}/readyz", reachable(address));
    Url::parse(&url).with_context(|| format!("{url} is not a URL"))
}

/// The same address; "all addresses" is reached over the loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
