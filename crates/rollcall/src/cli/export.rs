//! `rollcall export`: writes the set-up of an installation as a file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use rollcall_declare::ExportOptions;
use tempfile::NamedTempFile;

use super::installation::Installation;
use super::progress::organizations;
use crate::output;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    /// The file to write; without it, standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write values that are the default too
    #[arg(long)]
    with_defaults: bool,
}

/// Writes the file. One that is there is replaced once the new one is complete.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let api = arguments.installation.api()?;
    let options = ExportOptions {
        only: arguments.installation.organizations.clone(),
        with_defaults: arguments.with_defaults,
        concurrency: arguments.installation.concurrency(),
    };
    let bar = organizations("Read");
    let told = || bar.inc(1);
    let Some(path) = &arguments.output else {
        rollcall_declare::export(&api, &options, output::text, told).await?;
        return Ok(ExitCode::SUCCESS);
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let cannot = || format!("cannot write {}", path.display());
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    let write = |text: &str| file.write_all(text.as_bytes());
    rollcall_declare::export(&api, &options, write, told).await?;
    file.persist(path).with_context(cannot)?;
    bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}
