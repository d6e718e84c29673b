//! Whether the server is reached by the addresses that customers were given: DNS, TLS, and that it is
//! Rollcall that answers there.
//!
//! It is asked as an identity provider asks, by name and with the roots of the system, from this
//! machine: a firewall that keeps others out is not seen from here. While no server runs on this machine,
//! that nobody answers is no fault.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::tls::TlsInfo;
use reqwest::{Client, Response, redirect};
use rollcall_model::RequestId;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

use super::certificate;
use super::report::Report;
use crate::config::Config;

const CHECK: &str = "public URL";
const HOSTS: &str = "base domain";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn check(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let runs_here = is_open(config.listen).await;
    let Some(public) = config.public_url.as_deref() else {
        check_unset(report, config)?;
        return Ok(());
    };
    ask(report, CHECK, public, runs_here).await?;
    if let Some(domain) = &config.base_domain {
        // Any name below it must do, so one is asked that nobody has made by hand.
        let name = format!("doctor-{:08x}.{domain}", rand::random::<u32>());
        let mut url = Url::parse(public)?;
        url.set_path("");
        if url.set_host(Some(&name)).is_ok() {
            ask(report, HOSTS, url.as_str().trim_end_matches('/'), runs_here).await?;
        }
    }
    Ok(())
}

fn check_unset(report: &mut Report, config: &Config) -> io::Result<()> {
    if config.behind_proxy || config.listen.ip().is_unspecified() {
        return report.failed(
            CHECK,
            "`public_url` is not set, so endpoint URLs begin with an address that customers cannot reach",
            "set it to what your proxy or load balancer is reached by, such as \
             https://provisioning.example.com",
        );
    }
    report.ok(CHECK, "none is set; the server is reached at `listen` only")
}

/// Whether something listens at an address of this machine.
async fn is_open(listen: SocketAddr) -> bool {
    let mut address = listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
    connected.is_ok_and(|connected| connected.is_ok())
}

async fn ask(
    report: &mut Report,
    check: &'static str,
    base: &str,
    runs_here: bool,
) -> anyhow::Result<()> {
    let url = Url::parse(base)?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    if let Err(error) = resolved(host.trim_matches(['[', ']']), port).await {
        let mend = if check == HOSTS {
            "make a wildcard record in DNS that points where `public_url` does"
        } else {
            "make a record in DNS for it"
        };
        report.failed(check, format!("{host} has no address: {error}"), mend)?;
        return Ok(());
    }
    let client = Client::builder()
        .timeout(PATIENCE)
        .tls_info(true)
        .redirect(redirect::Policy::none())
        .build()?;
    let asked = format!("{base}/scim/v2/ServiceProviderConfig");
    match client.get(&asked).send().await {
        Ok(answer) => {
            let info = answer.extensions().get::<TlsInfo>().cloned();
            tell_answer(report, check, base, &answer, runs_here)?;
            if let Some(der) = info.as_ref().and_then(TlsInfo::peer_certificate) {
                certificate::tell_days(report, check, host, der)?;
            }
        }
        Err(error) => tell_error(report, check, base, &error, runs_here)?,
    }
    Ok(())
}

async fn resolved(host: &str, port: u16) -> Result<(), String> {
    match timeout(PATIENCE, lookup_host((host, port))).await {
        Ok(Ok(mut addresses)) => addresses
            .next()
            .map(drop)
            .ok_or_else(|| "no record".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("DNS did not answer in time".to_owned()),
    }
}

fn tell_error(
    report: &mut Report,
    check: &'static str,
    base: &str,
    error: &reqwest::Error,
    runs_here: bool,
) -> io::Result<()> {
    let why = root_of(error);
    let about_tls = why.to_lowercase().contains("certificate");
    if about_tls {
        return report.failed(
            check,
            format!("the certificate at {base} is not accepted: {why}"),
            "serve one for that name, with the whole chain, from an authority that systems know",
        );
    }
    let found = format!("nobody answers at {base}: {why}");
    if runs_here {
        let mend =
            "see where the name points (DNS), and that the proxy and the firewall let HTTPS in";
        report.failed(check, found, mend)
    } else {
        report.warning(
            check,
            found,
            "no server runs on this machine now: start it and look again",
        )
    }
}

/// What is at the bottom of an error, which says more than that a request failed.
fn root_of(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn tell_answer(
    report: &mut Report,
    check: &'static str,
    base: &str,
    answer: &Response,
    runs_here: bool,
) -> io::Result<()> {
    let status = answer.status();
    if is_ours(answer) {
        return report.ok(check, format!("Rollcall answers at {base}"));
    }
    if matches!(status.as_u16(), 502..=504) && !runs_here {
        return report.warning(
            check,
            format!("the proxy at {base} answers {status}"),
            "no server runs on this machine now: start it and look again",
        );
    }
    let mend = if status.is_redirection() {
        "identity providers do not follow redirects: set `public_url` to where it leads"
    } else {
        "point the name, or the path in the proxy, to Rollcall; `/scim` has to arrive there with its \
         path as it is"
    };
    report.failed(
        check,
        format!("something else answers at {base} ({status})"),
        mend,
    )
}

/// Nobody may ask without a token, and only Rollcall refuses with a request id of its own.
fn is_ours(answer: &Response) -> bool {
    let id = answer.headers().get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok());
    answer.status().as_u16() == 401 && id.is_some_and(|id| id.parse::<RequestId>().is_ok())
}
