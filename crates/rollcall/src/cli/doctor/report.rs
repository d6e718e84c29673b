//! What was found, a line for each finding.

use std::io;
use std::process::ExitCode;

use serde::Serialize;

use crate::output;

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warning,
    Failed,
}

impl Status {
    const fn shown(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    status: Status,
    found: String,
    mend: Option<String>,
}

/// The findings. As text, each is printed when it is made: one that takes long says what it waits for by
/// what is not there yet.
pub(super) struct Report {
    json: bool,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) const fn new(json: bool) -> Self {
        Self {
            json,
            findings: Vec::new(),
        }
    }

    /// All is well.
    pub(super) fn ok(&mut self, check: &'static str, found: impl Into<String>) -> io::Result<()> {
        self.add(check, Status::Ok, found.into(), None)
    }

    /// It works, and somebody should look at it.
    pub(super) fn warning(
        &mut self,
        check: &'static str,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> io::Result<()> {
        self.add(check, Status::Warning, found.into(), Some(mend.into()))
    }

    /// It does not work.
    pub(super) fn failed(
        &mut self,
        check: &'static str,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> io::Result<()> {
        self.add(check, Status::Failed, found.into(), Some(mend.into()))
    }

    fn add(
        &mut self,
        check: &'static str,
        status: Status,
        found: String,
        mend: Option<String>,
    ) -> io::Result<()> {
        if !self.json {
            let mend = mend
                .as_deref()
                .map(|mend| format!(". {}", capitalized(mend)));
            output::line(format_args!(
                "{:<8} {check}: {}{}",
                status.shown(),
                // One line is one finding, whatever an error message holds.
                found.replace('\n', " "),
                mend.unwrap_or_default()
            ))?;
        }
        self.findings.push(Finding {
            check,
            status,
            found,
            mend,
        });
        Ok(())
    }

    /// Prints what is still to be printed. The exit code is 1 if something failed.
    pub(super) fn end(self) -> anyhow::Result<ExitCode> {
        if self.json {
            output::line(serde_json::to_string_pretty(&self.findings)?)?;
        }
        let failed = |finding: &Finding| finding.status == Status::Failed;
        Ok(if self.findings.iter().any(failed) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
