//! How long a start takes, and how much memory a gateway needs.

use std::time::Duration;

use super::installation::Installation;
use crate::bench::Bench;
use crate::measure::middle;
use crate::result::Figure;
use crate::seed::user_name;
use crate::sizes::Sizes;

/// The longest that a start may take, in milliseconds.
const START_TARGET: f64 = 300.0;

/// The most memory at rest and after every organization was there, in MiB.
const REST_TARGET: f64 = 40.0;
const TOUCHED_TARGET: f64 = 120.0;

/// How long a gateway is left alone before its memory is read.
const REST: Duration = Duration::from_secs(1);

/// Starts the gateway of an installation several times; then every organization reads one of its
/// users and looks for another. Gives back the installation with the last gateway.
pub(super) async fn measure(
    env: &Bench,
    mut installation: Installation,
    sizes: &Sizes,
) -> anyhow::Result<(Installation, Vec<Figure>)> {
    let mut starts = Vec::new();
    for _ in 0..sizes.rounds {
        installation = installation.restart(env).await?;
        starts.push(installation.gateway.time_to_ready().as_secs_f64() * 1e3);
    }
    tokio::time::sleep(REST).await;
    let at_rest = mebibytes(installation.gateway.resident_bytes()?);
    let mut connection = installation.connect().await?;
    let mut request = Vec::new();
    for directory in installation.directories.iter() {
        let name = user_name(1 % directory.users);
        for path in [
            format!("/Users/{}", directory.id(0)),
            format!("/Users?filter=userName%20eq%20%22{name}%22"),
        ] {
            request.clear();
            directory.write(&mut request, "GET", &path);
            connection.exchange(&request).await?.expect(&[200])?;
        }
    }
    let touched = mebibytes(installation.gateway.resident_bytes()?);
    let organizations = installation.directories.len();
    let figures = vec![
        Figure::new("time from start to ready", middle(starts), "ms").at_most(START_TARGET),
        Figure::new("memory at rest (RSS)", at_rest, "MiB").at_most(REST_TARGET),
        Figure::new(
            format!("memory after requests of {organizations} organizations"),
            touched,
            "MiB",
        )
        .at_most(TOUCHED_TARGET),
    ];
    Ok((installation, figures))
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1_024.0 * 1_024.0)
}
