//! Who database servers run as. PostgreSQL refuses to run as root.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use tempfile::TempDir;

/// An account of this machine with few rights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// Whom servers are to run as: nobody else, unless this process is root's.
    pub(crate) fn for_servers() -> anyhow::Result<Option<Self>> {
        // Who the process is, without a system call of our own.
        let own = std::fs::metadata("/proc/self").context("this needs Linux: there is no /proc")?;
        if own.uid() != 0 {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd")?;
        let find = |name| accounts.lines().find_map(|line| Self::of_line(line, name));
        find("postgres")
            .or_else(|| find("nobody"))
            .context("root needs an account `postgres` or `nobody` to run a database as")
            .map(Some)
    }

    fn of_line(line: &str, name: &str) -> Option<Self> {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        Some(Self {
            user: fields.nth(1)?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }

    /// A command that runs as this account, if there is one.
    pub(crate) fn command(account: Option<Self>, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The folder that this process stands in may be closed to others.
        command.current_dir("/");
        if let Some(Self { user, group }) = account {
            command.uid(user).gid(group);
        }
        command
    }

    /// A temporary folder that the account can use.
    pub(crate) fn folder(account: Option<Self>) -> anyhow::Result<TempDir> {
        let Some(account) = account else {
            return Ok(tempfile::tempdir()?);
        };
        // Root's own TMPDIR may lie where others cannot go.
        let folder = tempfile::Builder::new()
            .prefix("rollcall-bench.")
            .tempdir_in(PathBuf::from("/tmp"))?;
        Self::give(Some(account), folder.path())?;
        Ok(folder)
    }

    /// Gives a file to the account.
    pub(crate) fn give(account: Option<Self>, path: &Path) -> anyhow::Result<()> {
        if let Some(Self { user, group }) = account {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_its_line() {
        let line = "postgres:x:104:111:PostgreSQL administrator:/var/lib/postgresql:/bin/bash";
        let account = Account::of_line(line, "postgres").unwrap();
        assert_eq!((account.user, account.group), (104, 111));
        assert!(Account::of_line(line, "nobody").is_none());
    }
}
