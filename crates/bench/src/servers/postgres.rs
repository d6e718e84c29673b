//! A PostgreSQL server with its own cluster, which waits for the disk at each commit as a
//! production server does.
//!
//! It is started as a child and not through `pg_ctl`, so that its process and those below it are
//! known: their CPU time is part of the result.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use tempfile::TempDir;

use super::account::Account;
use super::{signal, usage};

/// How long the server may take until it takes connections.
const START: Duration = Duration::from_secs(60);

/// How often one that starts is asked.
const ASK_EVERY: Duration = Duration::from_millis(5);

/// The superuser.
const USER: &str = "rollcall";

/// What differs from the defaults. `fsync`, `full_page_writes` and `synchronous_commit` do not: they
/// are on.
const SETTINGS: [&str; 9] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "shared_buffers=256MB",
    "max_connections=200",
    // Checkpoints in the middle of a measurement would be noise.
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "random_page_cost=1.1",
    "log_min_messages=fatal",
    // Whole statements of the gateway can be read from the list of its sessions.
    "track_activity_query_size=16384",
];

/// A server with its cluster. Dropped, both are gone.
pub struct Cluster {
    bin: PathBuf,
    account: Option<Account>,
    folder: TempDir,
    port: u16,
    password: String,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts its server on a free port of 127.0.0.1. `bin` is the folder of
    /// the programs.
    ///
    /// # Errors
    ///
    /// A program is missing or fails.
    pub async fn start(bin: &Path) -> anyhow::Result<Self> {
        let account = Account::for_servers()?;
        let folder = Account::folder(account)?;
        // Some programs may be linked into another folder, and others not.
        let server = bin.join("postgres").canonicalize().with_context(|| {
            let bin = bin.display();
            format!("there is no PostgreSQL in {bin}")
        })?;
        let bin = server.parent().unwrap_or(bin);
        let password = format!("{:032x}", fastrand::u128(..));
        let mut cluster = Self {
            bin: bin.to_owned(),
            account,
            folder,
            port: 0,
            password,
            server: None,
        };
        cluster.initialise()?;
        cluster.port = free_port()?;
        cluster.start_again().await?;
        Ok(cluster)
    }

    fn initialise(&self) -> anyhow::Result<()> {
        let password = self.folder.path().join("password");
        // The folder is closed to everybody else.
        fs::File::create(&password)?.write_all(self.password.as_bytes())?;
        Account::give(self.account, &password)?;
        let output = self
            .command("initdb")
            .arg("--pgdata")
            .arg(self.data())
            .arg("--pwfile")
            .arg(&password)
            .args(["--username", USER, "--encoding", "UTF8", "--locale", "C"])
            .args(["--auth-host", "scram-sha-256", "--auth-local", "reject"])
            .output()
            .with_context(|| format!("cannot run initdb of {}", self.bin.display()))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "initdb failed: {complaint}");
        Ok(())
    }

    /// A program of the server, as the account that it runs as.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Account::command(self.account, &self.bin.join(program));
        command.stdin(Stdio::null());
        command
    }

    /// A temporary folder that its programs can read.
    ///
    /// # Errors
    ///
    /// There is no room.
    pub fn folder(&self) -> anyhow::Result<TempDir> {
        Account::folder(self.account)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the server again on its port, after it was stopped, and gives the time until it
    /// took connections.
    ///
    /// # Errors
    ///
    /// It runs, or does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<Duration> {
        ensure!(self.server.is_none(), "PostgreSQL runs already");
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data());
        command.args(["-p", &self.port.to_string()]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let log = fs::File::options()
            .append(true)
            .create(true)
            .open(self.log())?;
        let begin = Instant::now();
        let server = command
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("cannot start PostgreSQL")?;
        self.server = Some(server);
        while begin.elapsed() < START {
            if let Ok(connection) = self.connect("postgres").await {
                connection.close().await?;
                return Ok(begin.elapsed());
            }
            if let Some(status) = self.server.as_mut().and_then(|it| it.try_wait().ok()?) {
                bail!("PostgreSQL ended ({status}): {}", self.said());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        bail!("PostgreSQL does not take connections: {}", self.said())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Stops the server as if it had crashed ("immediate" mode, SIGQUIT): open transactions are lost,
    /// connections are cut, and the next start recovers from the log of writes.
    ///
    /// # Errors
    ///
    /// It does not run, or does not stop.
    pub fn stop_immediately(&mut self) -> anyhow::Result<()> {
        let mut server = self.server.take().context("PostgreSQL does not run")?;
        signal::send("QUIT", server.id())?;
        server.wait()?;
        Ok(())
    }

    /// The URL of one of its databases, as the superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let Self { port, password, .. } = self;
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}")
    }

    /// What programs of PostgreSQL need to know of it: variables for their environment.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("PGHOST", "127.0.0.1".to_owned()),
            ("PGPORT", self.port.to_string()),
            ("PGUSER", USER.to_owned()),
            ("PGPASSWORD", self.password.clone()),
        ]
    }

    /// A connection of its own to one of its databases.
    ///
    /// # Errors
    ///
    /// The server does not take it.
    pub async fn connect(&self, database: &str) -> anyhow::Result<DatabaseConnection> {
        let mut options = ConnectOptions::new(self.url(database));
        options
            .max_connections(1)
            .connect_timeout(Duration::from_secs(5))
            .acquire_timeout(Duration::from_secs(5))
            .sqlx_logging(false);
        Ok(Database::connect(options).await?)
    }

    /// Runs statements on one of its databases.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn run(&self, database: &str, sql: &str) -> anyhow::Result<()> {
        let connection = self.connect(database).await?;
        connection.execute_unprepared(sql).await?;
        Ok(connection.close().await?)
    }

    /// Asks for one text.
    ///
    /// # Errors
    ///
    /// The server refuses, or there is none.
    pub async fn ask(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let connection = self.connect(database).await?;
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await?;
        let row = row.with_context(|| format!("no row: {sql}"))?;
        let text = row.try_get_by_index(0)?;
        connection.close().await?;
        Ok(text)
    }

    /// Lets the server skip the disk while a directory is filled, or waits for the disk again.
    /// Nothing is measured in between.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn wait_for_disk(&self, wait: bool) -> anyhow::Result<()> {
        let value = if wait { "on" } else { "off" };
        self.run("postgres", &format!("alter system set fsync = {value}"))
            .await?;
        self.run("postgres", "select pg_reload_conf()").await?;
        while self.ask("postgres", "show fsync").await? != value {
            tokio::time::sleep(ASK_EVERY).await;
        }
        if wait {
            self.run("postgres", "checkpoint").await?;
        }
        Ok(())
    }

    /// CPU time of the server and all its processes since it was started, in microseconds.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn cpu_micros(&self) -> anyhow::Result<u64> {
        let server = self.server.as_ref().context("PostgreSQL does not run")?;
        usage::family_cpu_micros(server.id())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Its files are thrown away, so there is nothing to shut down in order.
        if self.server.is_some() && self.stop_immediately().is_err() {
            let said = "a PostgreSQL server of this run did not stop";
            let _ = writeln!(std::io::stderr().lock(), "bench: {said}");
        }
    }
}

/// A port of 127.0.0.1 that nobody listens on at the moment.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Ok(TcpListener::bind(any)?.local_addr()?.port())
}
