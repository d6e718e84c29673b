//! A whole provisioning run in one call.

use crate::directory::Directory;
use crate::error::SimulationError;
use crate::providers::IdpKind;
use crate::report::Report;
use crate::session::Session;
use crate::target::{Options, Target};

/// Tests the connection and brings the endpoint in step with the directory.
///
/// Steps that the endpoint refuses are in [`Report::failed`]; the others are still made. A second
/// run over an unchanged directory only reads.
///
/// # Errors
///
/// When the connection test fails, or nothing could be sent at all.
pub async fn run(
    target: &Target,
    kind: IdpKind,
    directory: &Directory,
    options: Options<'_>,
) -> Result<Report, SimulationError> {
    Ok(Session::connect(target, kind, options)
        .await?
        .sync(directory)
        .await)
}
