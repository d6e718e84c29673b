//! What a process has used, as Linux tells it in `/proc`.

use std::fs;
use std::process::Command;
use std::sync::LazyLock;

use anyhow::Context;

/// Clock ticks in a second, which is the unit of `/proc/…/stat`. A hundred on every Linux that
/// there is; asked for all the same.
static TICKS: LazyLock<u64> = LazyLock::new(|| {
    Command::new("getconf")
        .arg("CLK_TCK")
        .output()
        .ok()
        .and_then(|answer| String::from_utf8(answer.stdout).ok()?.trim().parse().ok())
        .filter(|ticks| *ticks > 0)
        .unwrap_or(100)
});

/// One line of `/proc/<pid>/stat`, as far as it is of use. Times are in ticks, of user and system
/// together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u64,
    /// Of children that have ended and were waited for.
    ended_children: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(line: &str) -> Option<Self> {
        // The name in the second field may hold spaces and brackets; nothing after it does.
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            own: number(11)? + number(12)?,
            ended_children: number(13)? + number(14)?,
        })
    }
}

fn micros(ticks: u64) -> u64 {
    ticks * 1_000_000 / *TICKS
}

/// CPU time of a process since it began, user and system, in microseconds. The kernel counts to
/// a hundredth of a second.
///
/// # Errors
///
/// There is no such process.
pub fn cpu_micros(pid: u32) -> anyhow::Result<u64> {
    let stat = Stat::of(pid).with_context(|| format!("there is no process {pid}"))?;
    Ok(micros(stat.own))
}

/// CPU time of a process and of all children that it has or had, in microseconds.
///
/// # Errors
///
/// There is no such process.
pub fn family_cpu_micros(pid: u32) -> anyhow::Result<u64> {
    let parent = Stat::of(pid).with_context(|| format!("there is no process {pid}"))?;
    let mut ticks = parent.own + parent.ended_children;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // One that has ended since the folder was read counts with its parent, the next time.
        if let Some(stat) = Stat::of(other)
            && stat.parent == pid
        {
            ticks += stat.own + stat.ended_children;
        }
    }
    Ok(micros(ticks))
}

/// Memory of a process that is in RAM (`VmRSS`), in bytes.
///
/// # Errors
///
/// There is no such process.
pub fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("there is no process {pid}"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .and_then(|kibibytes| kibibytes.trim().parse::<u64>().ok())
        .map(|kibibytes| kibibytes * 1_024)
        .context("the kernel does not tell VmRSS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_move_the_fields() {
        let line = "42 (a) (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 11 22 33 44 20 0 1 0 5 6";
        let expected = Stat {
            parent: 7,
            own: 33,
            ended_children: 77,
        };
        assert_eq!(Stat::parse(line), Some(expected));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000);
        assert!(cpu_micros(u32::MAX).is_err());
    }
}
