//! `pgbench` doing the statements of a workload, on the same tables of the same database: what the
//! database alone reaches.
//!
//! Its statements are prepared once, and go over as many connections as the gateway has clients.
//! There is a script for each tenant, with the tenant's ids as constants: `pgbench` takes one at
//! random for each transaction.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use rollcall_model::{Clock, OrgId, ScimConnectionId, SystemClock, UserId};
use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;
use tokio::process::Command;

use crate::servers::postgres::Cluster;
use crate::workloads::{Directory, Workload};

/// What one run found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Transactions in a second.
    pub rate: f64,
    /// How many there were.
    pub transactions: u64,
}

/// A database with the statements of one workload.
pub struct Pgbench<'a> {
    cluster: &'a Cluster,
    database: &'a str,
    folder: TempDir,
    scripts: usize,
    template: String,
    directories: &'a [Directory],
    variables: Vec<(&'static str, String)>,
}

/// The statements that a workload cannot do without; `None` if there is no such comparison.
#[must_use]
pub const fn script(workload: Workload) -> Option<&'static str> {
    match workload {
        Workload::GetUser => Some(include_str!("../../pgbench/get_user.sql")),
        Workload::LookupByUsername => Some(include_str!("../../pgbench/lookup_by_username.sql")),
        Workload::CreateUser => Some(include_str!("../../pgbench/create_user.sql")),
        Workload::PatchActive => Some(include_str!("../../pgbench/patch_active.sql")),
        _ => None,
    }
}

/// The script of the very select that the gateway sends for a workload, as the server has it from
/// the gateway, which must have sent it just now; `None` if the workload is no read of a user.
///
/// # Errors
///
/// No session of the database has sent it.
pub async fn same_select(
    cluster: &Cluster,
    database: &str,
    workload: Workload,
) -> anyhow::Result<Option<String>> {
    let (column, key) = match workload {
        Workload::GetUser => (
            "id",
            "('{id_prefix}' || lpad(to_hex(:n::bigint), 12, '0'))::uuid",
        ),
        Workload::LookupByUsername => (
            "user_name_key",
            "'user-' || lpad(:n::text, 7, '0') || '@example.com'",
        ),
        _ => return Ok(None),
    };
    let sent = format!(
        "select query from pg_stat_activity
         where datname = '{database}' and query like 'select%u.{column} = $3' limit 1"
    );
    let select = cluster.ask(database, &sent).await;
    let select = select.context("the select of the gateway")?;
    let select = select
        .replace("$1", "'{org}'")
        .replace("$2", "'{connection}'")
        .replace("$3", key);
    Ok(Some(format!("\\set n random(1, :users - 1)\n{select};\n")))
}

impl<'a> Pgbench<'a> {
    /// Prepares a script on a database that has these directories.
    ///
    /// # Errors
    ///
    /// The database has no user to take the values from.
    pub async fn prepare(
        cluster: &'a Cluster,
        database: &'a str,
        directories: &'a [Directory],
        template: String,
    ) -> anyhow::Result<Self> {
        let first = directories.first().context("a directory")?;
        Ok(Self {
            cluster,
            database,
            folder: cluster.folder()?,
            scripts: directories.len(),
            template,
            directories,
            variables: variables(cluster, database, first).await?,
        })
    }

    /// Runs it with so many clients, for whole seconds.
    ///
    /// # Errors
    ///
    /// `pgbench` is missing or fails, or a transaction does.
    pub async fn run(&self, clients: usize, seconds: u64) -> anyhow::Result<Found> {
        // New ids in each run.
        let new_prefix = prefix(&UserId::new(&SystemClock).to_scim());
        let mut command = Command::from(self.cluster.command("pgbench"));
        command
            .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1"])
            .args([
                "--client",
                &clients.to_string(),
                "--time",
                &seconds.to_string(),
            ])
            .args(["-D", "i=0"])
            .envs(self.cluster.environment())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for (name, value) in &self.variables {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        for (number, directory) in self.directories.iter().enumerate().take(self.scripts) {
            let tenant = &directory.tenant;
            let text = self
                .template
                .replace("{org}", &uuid_of(&tenant.organization)?)
                .replace("{connection}", &uuid_of(&tenant.connection)?)
                .replace("{id_prefix}", directory.id_prefix())
                .replace("{new_prefix}", &new_prefix);
            let path = self.folder.path().join(format!("{number}.sql"));
            fs::write(&path, text)?;
            command.arg("--file").arg(path);
        }
        command.arg(self.database);
        let patience = Duration::from_secs(seconds + 60);
        let output = tokio::time::timeout(patience, command.output())
            .await
            .context("pgbench does not end")?
            .context("cannot run pgbench: it comes with PostgreSQL's own programs")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench failed: {complaint}");
        let text = String::from_utf8_lossy(&output.stdout);
        read(&text).with_context(|| format!("what pgbench says: {text}\n{complaint}"))
    }
}

/// The values that a gateway would write, as it wrote them for the first user.
async fn variables(
    cluster: &Cluster,
    database: &str,
    directory: &Directory,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let connection = cluster.connect(database).await?;
    let sql = format!(
        "select u.body, u.search::text as search, coalesce(u.display_name_key, ''), e.data
        from users u join events e on e.org_id = u.org_id and e.type = 'user.created'
        where u.org_id = '{}' and u.id = '{}' order by e.sequence limit 1",
        uuid_of(&directory.tenant.organization)?,
        directory.id(0),
    );
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?;
    let row = row.context("the first user of a directory, with its event")?;
    let text = |index| row.try_get_by_index::<String>(index);
    let variables = vec![
        ("body", text(0)?),
        ("search", text(1)?),
        ("display_name", text(2)?),
        ("data", text(3)?),
        ("actor", directory.tenant.connection.clone()),
        ("target", directory.id(0)),
        ("now", SystemClock.now().unix_micros().to_string()),
        ("users", directory.users.to_string()),
    ];
    connection.close().await?;
    Ok(variables)
}

/// The first ten bytes of a UUID.
fn prefix(uuid: &str) -> String {
    uuid.get(..24).unwrap_or(uuid).to_owned()
}

/// The UUID that the text form of an id stands for.
fn uuid_of(id: &str) -> anyhow::Result<String> {
    let uuid = match id.parse::<OrgId>() {
        Ok(id) => id.as_uuid(),
        Err(_) => id
            .parse::<ScimConnectionId>()
            .map_err(|reason| anyhow!("{id}: {reason}"))?
            .as_uuid(),
    };
    Ok(uuid.to_string())
}

/// Reads the summary that `pgbench` prints.
fn read(text: &str) -> anyhow::Result<Found> {
    let after = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()
    };
    let failed = after("number of failed transactions: ").unwrap_or("0");
    ensure!(failed == "0", "{failed} transactions failed");
    Ok(Found {
        rate: after("tps = ").context("no rate")?.parse()?,
        transactions: after("number of transactions actually processed: ")
            .context("no count")?
            .parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "\
pgbench (15.18)
transaction type: multiple scripts
number of clients: 8
number of transactions actually processed: 53000
number of failed transactions: 0 (0.000%)
latency average = 0.302 ms
initial connection time = 21.063 ms
tps = 26412.351206 (without initial connection time)
SQL script 1: 0.sql
 - 6625 transactions (12.5% of total, tps = 3301.0)
";

    #[test]
    fn the_summary_of_a_run_is_read() {
        let found = read(SUMMARY).unwrap();
        assert_eq!(found.transactions, 53_000);
        assert!((found.rate - 26_412.351_206).abs() < 1e-9);
    }

    #[test]
    fn a_run_with_failed_transactions_is_refused() {
        let failed = SUMMARY.replace("failed transactions: 0", "failed transactions: 3");
        assert!(read(&failed).is_err());
    }
}
