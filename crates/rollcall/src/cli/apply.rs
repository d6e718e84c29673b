//! `rollcall apply`: brings an installation to what a file says of it.
//!
//! The plan is shown first, and nothing is done before somebody agreed to it, at a terminal or with
//! `--yes`. What is taken away has to be typed.

use std::io::{BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use rollcall_declare::{Action, Failure, File, Options, Outcome, Plan, Shown, to_be_typed};
use serde_json::json;

use super::installation::Installation;
use super::progress::organizations;
use crate::output;

/// `--dry-run` ends with it if there is something to do. A wrong argument ends with 2, in every command.
const CHANGES: u8 = 3;

#[derive(Args)]
pub(super) struct Arguments {
    /// The file; `-` is standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    installation: Installation,
    /// Show the plan and do nothing; ends with 0 if there is nothing to do, and with 3 if there is
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Answer as JSON; needs --yes or --dry-run
    #[arg(long)]
    json: bool,
    /// Delete what organizations of the file have and the file has not
    #[arg(long)]
    prune: bool,
    /// Delete organizations that the file has not, with everything in them
    #[arg(long, requires = "prune", conflicts_with = "organizations")]
    prune_organizations: bool,
    /// Restrict accounts to SCIM although people have accounts and no SCIM connection is connected
    #[arg(long)]
    force: bool,
    /// Leave client secrets to be set later whose variable or file is not there
    #[arg(long)]
    secrets_later: bool,
    /// Send every client secret that the file refers to, also where there is one
    #[arg(long)]
    renew_secrets: bool,
    /// Go on with other organizations after a failure
    #[arg(long)]
    keep_going: bool,
}

/// Shows the plan, asks, and does it.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.json && !arguments.yes && !arguments.dry_run {
        bail!("--json asks nothing: give --yes or --dry-run too");
    }
    let api = arguments.installation.api()?;
    let file = read(&arguments)?;
    let options = options(&arguments);
    let bar = organizations("Compared");
    let plan = rollcall_declare::make(&api, &file, &options, || bar.inc(1)).await;
    bar.finish_and_clear();
    let plan = plan.with_context(|| format!("cannot compare with {}", api.url()))?;
    let name = arguments.file.display().to_string();
    if !arguments.json {
        output::line(Shown {
            plan: &plan,
            file: &name,
        })?;
    }
    let problems = plan.problems().count();
    if arguments.dry_run || problems > 0 || plan.is_empty() {
        if arguments.json {
            output::line(json!({ "plan": plan }))?;
        }
        return Ok(if problems > 0 {
            ExitCode::FAILURE
        } else if plan.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(CHANGES)
        });
    }
    if !arguments.yes {
        if !std::io::stdin().is_terminal() {
            bail!(
                "nothing was done: nobody can be asked here, so say --yes, or --dry-run for the plan alone"
            );
        }
        let deletes_alone = plan.count(Action::Delete) == plan.steps().count();
        agree(to_be_typed(&plan), deletes_alone, api.url(), ask)?;
    }
    let bar = organizations("Applied");
    let how = (&options, arguments.keep_going);
    let outcome = rollcall_declare::apply(&api, &file, &plan, how, || bar.inc(1)).await;
    bar.finish_and_clear();
    tell(&arguments, &plan, outcome)
}

fn options(arguments: &Arguments) -> Options {
    Options {
        prune: arguments.prune,
        prune_organizations: arguments.prune_organizations,
        only: arguments.installation.organizations.clone(),
        force: arguments.force,
        secrets_later: arguments.secrets_later,
        renew_secrets: arguments.renew_secrets,
        concurrency: arguments.installation.concurrency(),
    }
}

fn read(arguments: &Arguments) -> anyhow::Result<File> {
    let path = &arguments.file;
    let name = path.display();
    let (text, folder) = if path == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.context("cannot read standard input")?;
        (text, Path::new("."))
    } else {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        (text, path.parent().unwrap_or(Path::new(".")))
    };
    let file = File::read(&text, folder).map_err(|error| anyhow!("{name}, {error}"))?;
    for wanted in &arguments.installation.organizations {
        if !file.slugs().any(|slug| slug == wanted) {
            bail!("{name} has no organization `{wanted}`");
        }
    }
    Ok(file)
}

/// Asks whether the plan shall be done. What is taken away has to be typed.
fn agree(
    typed: Vec<(String, String)>,
    deletes_alone: bool,
    url: &str,
    mut ask: impl FnMut(&str) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    for (what, name) in typed {
        if ask(&format!("Type `{name}` to agree to {what}: "))? != name {
            bail!("nothing was done");
        }
    }
    if !deletes_alone {
        let question = format!("Do it, at {url}? [y/N] ");
        if !matches!(ask(&question)?.as_str(), "y" | "Y" | "yes") {
            bail!("nothing was done");
        }
    }
    Ok(())
}

fn ask(question: &str) -> anyhow::Result<String> {
    output::text(question)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// Says what was done, and what was not.
fn tell(arguments: &Arguments, plan: &Plan, outcome: Outcome) -> anyhow::Result<ExitCode> {
    let failed = !outcome.failures.is_empty();
    if arguments.json {
        let failures = outcome.failures.iter().map(|failure| {
            json!({
                "organization": failure.organization, "step": failure.step, "done": failure.done,
                "reason": reason(failure),
            })
        });
        let failures: Vec<_> = failures.collect();
        output::line(json!({
            "plan": plan,
            "result": { "done": outcome.done, "failures": failures, "not_begun": outcome.not_begun },
        }))?;
    } else {
        let all = plan.steps().count();
        output::line(format!("Done: {} of {all}.", outcome.done))?;
        for failure in &outcome.failures {
            output::line(describe(failure))?;
        }
        if outcome.not_begun > 0 {
            output::line(format!(
                "Organizations that were not begun: {}.",
                outcome.not_begun
            ))?;
        }
        if failed {
            output::line("What was done stays. Apply the file again, and it goes on from there.")?;
        }
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn describe(failure: &Failure) -> String {
    let place = match &failure.organization {
        Some(slug) => format!("organization {slug}"),
        None => "the installation".to_owned(),
    };
    let step = match &failure.step {
        Some(step) => format!(" at its {step}, after {} steps", failure.done),
        None => String::new(),
    };
    format!("Failed: {place}{step}: {}", reason(failure))
}

/// The reason with what is beneath it.
fn reason(failure: &Failure) -> String {
    rollcall_model::chain(&failure.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether these answers are agreement, and what was asked.
    fn asked(deletions: &[&str], deletes_alone: bool, answers: &[&str]) -> (bool, String) {
        let (mut asked, mut answers) = (String::new(), answers.iter());
        let typed = deletions
            .iter()
            .map(|name| (format!("its end ({name})"), (*name).to_owned()));
        let agreed = agree(typed.collect(), deletes_alone, "http://here", |question| {
            asked.push_str(question);
            Ok((*answers.next().unwrap_or(&"")).to_owned())
        });
        (agreed.is_ok(), asked)
    }

    #[test]
    fn what_is_made_or_changed_needs_a_yes() {
        let question = "Do it, at http://here? [y/N] ".to_owned();
        assert_eq!(asked(&[], false, &["y"]), (true, question));
        for answer in ["", "no", "acme"] {
            assert!(!asked(&[], false, &[answer]).0);
        }
    }

    #[test]
    fn what_is_deleted_has_to_be_typed() {
        let question = "Type `acme` to agree to its end (acme): ".to_owned();
        assert_eq!(asked(&["acme"], true, &["acme"]), (true, question));
        for wrong in ["y", "", "acm"] {
            assert!(!asked(&["acme"], true, &[wrong]).0);
        }
        assert!(!asked(&["acme"], false, &["acme"]).0);
        assert!(asked(&["acme"], false, &["acme", "yes"]).0);
        assert!(!asked(&["acme", "other"], true, &["acme"]).0);
    }
}
