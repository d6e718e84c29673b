//! `--journal FILE`: one JSON line for each acknowledged write.
//!
//! Each line is handed to the operating system at once and in one piece, so whoever kills either
//! side can read afterwards what the endpoint had promised until then.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use rollcall_idp_sim::{Acknowledged, Journal};
use serde_json::json;

/// A journal that is appended to.
pub(super) struct JournalFile {
    path: PathBuf,
    /// The file, or why it took a line no more.
    file: Mutex<io::Result<File>>,
}

impl JournalFile {
    /// Opens a file to append to, or makes it.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write the journal {}", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(Ok(file)),
        })
    }

    /// Ends the journal, and says whether it holds everything.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let file = self
            .file
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        file.with_context(|| format!("the journal {} is incomplete", self.path.display()))?;
        Ok(())
    }
}

impl Journal for JournalFile {
    fn acknowledged(&self, write: Acknowledged) {
        let line = json!({
            "method": write.method.to_string(),
            "path": write.path,
            "id": write.id,
            "etag": write.etag,
            "status": write.status,
        });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(open) = file.as_mut()
            && let Err(error) = open.write_all(format!("{line}\n").as_bytes())
        {
            *file = Err(error);
        }
    }
}
