//! Whether the hosts of webhook endpoints are reached from this machine. Nothing is sent to them.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_model::PageRequest;
use rollcall_store::Store;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use super::report::Report;

const CHECK: &str = "webhooks";

/// How many endpoints are looked at.
const MOST: u64 = 50;

/// How long a host may take to be found and to take a connection.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn check(report: &mut Report, store: &Store) -> anyhow::Result<()> {
    let page = PageRequest {
        after: None,
        limit: MOST,
    };
    let Ok(endpoints) = store.list_webhook_endpoints(None, page).await else {
        // A schema that is not there yet, which was said.
        return Ok(());
    };
    let sent_to = endpoints.items.iter().filter(|it| it.paused.is_none());
    let hosts: BTreeSet<(String, u16)> = sent_to.filter_map(|it| host_of(&it.url)).collect();
    if hosts.is_empty() {
        report.ok(CHECK, "there is no endpoint that anything is sent to")?;
        return Ok(());
    }
    let number = hosts.len();
    let mut asked = JoinSet::new();
    for (host, port) in hosts {
        asked.spawn(async move {
            let connected = timeout(PATIENCE, TcpStream::connect((host.as_str(), port))).await;
            let reached = connected.is_ok_and(|connected| connected.is_ok());
            (!reached).then_some(host)
        });
    }
    let mut missed: Vec<String> = asked.join_all().await.into_iter().flatten().collect();
    missed.sort();
    if missed.is_empty() {
        report.ok(
            CHECK,
            format!("all {number} hosts of endpoints take connections"),
        )?;
    } else {
        report.warning(
            CHECK,
            format!("{} of {number} hosts are not reached: {}", missed.len(), missed.join(", ")),
            "see whether this machine may connect to the outside and DNS knows them; a host that is \
             down itself is its owner's",
        )?;
    }
    Ok(())
}

fn host_of(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    Some((host, url.port_or_known_default()?))
}
