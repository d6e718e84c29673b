//! `rollcall audit`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use rollcall_metrics::traces::Traces;
use rollcall_model::{AuditChain, AuditHash, AuditHead, OrgId, OrgRef};
use rollcall_store::{AuditFault, AuditFinding, AuditReport, Store};
use serde_json::json;

use super::ConfigFile;
use crate::{logging, output, wiring};

/// How many heads are read at once.
const PAGE: u64 = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Read the audit log and compute its chains of hashes again; fails if anything was touched
    Verify(VerifyArguments),
    /// Print where each chain ends, one in each line, to be kept where nobody of the database can write
    Head(HeadArguments),
}

#[derive(Args)]
pub(super) struct VerifyArguments {
    #[command(flatten)]
    common: Common,
    /// A head that was kept elsewhere: a file with lines of `rollcall audit head`, or, with
    /// `--organization`, NUMBER:HASH. Can be given more than once
    #[arg(long = "head", value_name = "FILE|NUMBER:HASH")]
    heads: Vec<String>,
}

#[derive(Args)]
pub(super) struct HeadArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    file: ConfigFile,
    /// Only the chain of this organization, by id or slug; by id even if it was deleted
    #[arg(long, value_name = "ORGANIZATION")]
    organization: Option<String>,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// Does what the command asks for.
pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Verify(arguments) => verify(arguments).await,
        Command::Head(arguments) => tell_heads(arguments).await,
    }
}

async fn verify(arguments: VerifyArguments) -> anyhow::Result<ExitCode> {
    let VerifyArguments { common, heads } = arguments;
    let store = open(&common).await?;
    let only = organization(&store, common.organization.as_deref()).await?;
    let mut noted = Vec::new();
    for given in &heads {
        noted.append(&mut read_heads(given, only)?);
    }
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("  {spinner} {pos} rows  {per_sec}  {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let report = store
        .verify_audit_log(only, &noted, |rows| bar.set_position(rows))
        .await;
    bar.finish_and_clear();
    let report = report.context("cannot read the audit log")?;
    store.close().await?;
    if common.json {
        output::line(json!(report))?;
    } else {
        tell(&report, &noted)?;
    }
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn tell_heads(arguments: HeadArguments) -> anyhow::Result<ExitCode> {
    let common = arguments.common;
    let store = open(&common).await?;
    let tell = |head: &AuditHead| {
        if common.json {
            output::line(json!(head))
        } else {
            output::line(head)
        }
    };
    match &common.organization {
        Some(named) => {
            let named: OrgRef = named.parse().context("`--organization`")?;
            let Some(org) = store.open_organization(&named).await? else {
                bail!("there is no such organization");
            };
            tell(&org.audit_head().await?)?;
        }
        None => {
            let mut last = None;
            loop {
                let heads = store.list_audit_heads(last, PAGE).await?;
                heads.iter().try_for_each(tell)?;
                match heads.last() {
                    Some(head) => last = Some(AuditChain(head.organization_id)),
                    None => break,
                }
            }
        }
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the database, which must have the schema of this release: nothing is changed here.
async fn open(common: &Common) -> anyhow::Result<Store> {
    let config = common.file.load()?;
    logging::init(&config.log, &Traces::off());
    let store = wiring::open(&config).await?;
    let pending = store.pending_migrations().await?;
    if pending > 0 {
        let database = wiring::describe(&config);
        bail!("{database} is {pending} migrations behind: run `rollcall migrate` first");
    }
    Ok(store)
}

/// The organization that is named; one that was deleted is known by its id only.
async fn organization(store: &Store, named: Option<&str>) -> anyhow::Result<Option<OrgId>> {
    let Some(named) = named else { return Ok(None) };
    match named.parse::<OrgRef>().context("`--organization`")? {
        OrgRef::Id(id) => Ok(Some(id)),
        slug @ OrgRef::Slug(_) => match store.open_organization(&slug).await? {
            Some(org) => Ok(Some(org.org_id())),
            None => {
                bail!("there is no organization `{named}`; one that was deleted has its id only")
            }
        },
    }
}

/// The heads of a `--head`.
fn read_heads(given: &str, only: Option<OrgId>) -> anyhow::Result<Vec<AuditHead>> {
    if let Some((number, hash)) = given.split_once(':')
        && let (Ok(number), Ok(hash)) = (number.parse(), hash.parse::<AuditHash>())
    {
        let Some(organization_id) = only else {
            bail!("`--head {given}` needs `--organization`; or give a file with its line");
        };
        return Ok(vec![AuditHead {
            organization_id: Some(organization_id),
            number,
            hash,
        }]);
    }
    let text = std::fs::read_to_string(Path::new(given))
        .with_context(|| format!("`--head {given}` is neither NUMBER:HASH nor a file"))?;
    let mut heads = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if !line.trim().is_empty() {
            let head: AuditHead = line
                .parse()
                .with_context(|| format!("{given}, line {number}"))?;
            heads.push(head);
        }
    }
    heads.retain(|head| only.is_none() || head.organization_id == only);
    Ok(heads)
}

fn tell(report: &AuditReport, noted: &[AuditHead]) -> anyhow::Result<()> {
    output::line(format!(
        "Read {} rows in {} chains.",
        report.rows, report.chains
    ))?;
    if report.rows_before_chains > 0 {
        output::line(format!(
            "{} rows are older than their chain; nothing vouches for them.",
            report.rows_before_chains
        ))?;
    }
    for finding in &report.findings {
        output::line(describe(finding))?;
    }
    if report.findings.is_empty() {
        output::line(match noted.len() {
            0 => {
                "Each row fits the one before it. Whether rows were cut off together with the head \
                 of their chain, only a head that was kept elsewhere can tell (`--head`)."
                    .to_owned()
            }
            heads => format!("Each row fits the one before it, and all {heads} given heads fit."),
        })?;
    }
    Ok(())
}

/// A finding as a sentence.
fn describe(finding: &AuditFinding) -> String {
    let chain = AuditChain(finding.organization_id);
    let row = finding.number.map(|number| format!(", row {number}"));
    let row = row.unwrap_or_default();
    let id = finding.id.map(|id| format!(" ({id})")).unwrap_or_default();
    let what = match finding.fault {
        AuditFault::Changed => "the row was changed: its content does not give its hash".to_owned(),
        AuditFault::Swapped { with } => format!("the row and row {with} were swapped"),
        AuditFault::Removed { through } if Some(through) == finding.number => {
            "the row was removed".to_owned()
        }
        AuditFault::Removed { through } => {
            format!("the rows from here through {through} were removed")
        }
        AuditFault::Truncated { through } => {
            format!("the log was cut off here; it went on to row {through}")
        }
        AuditFault::BehindHead => "there are rows from here on behind the head".to_owned(),
        AuditFault::WrongHead => "the head of the chain is not the hash of its last row".to_owned(),
        AuditFault::Unchained => "the row was added past the chain".to_owned(),
        AuditFault::NotAsNoted => {
            "the hash is not the one that was noted: rows up to here were written anew".to_owned()
        }
    };
    format!("{chain}{row}{id}: {what}")
}
