//! A gateway as a process of its own: the real binary, started as an operator starts it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use rand::rngs::SysRng;
use reqwest::Method;
use rollcall_orgs::secret::{ApiKeySecret, SealingKey};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{signal, usage};
use crate::tenant::{Tenant, text};

/// How long a start may take, with the migrations of an empty database.
const START: Duration = Duration::from_secs(60);

/// How often one that starts is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// How many organizations are made at the same time.
const AT_A_TIME: usize = 8;

/// What every gateway on one database has to share.
#[derive(Clone)]
pub struct Secrets {
    admin_key: String,
    secret_key: String,
}

impl Secrets {
    /// New ones.
    ///
    /// # Errors
    ///
    /// The operating system has no randomness to give.
    pub fn generate() -> anyhow::Result<Self> {
        let secret_key = SealingKey::generate(&mut SysRng)?;
        Ok(Self {
            admin_key: ApiKeySecret::generate(&mut SysRng)?.expose().to_owned(),
            secret_key: secret_key.expose_secret().to_owned(),
        })
    }
}

/// The binary and what it is started with.
#[derive(Clone)]
pub struct Program {
    /// Where `rollcall` is.
    pub path: PathBuf,
    /// What gateways of this run share.
    pub secrets: Secrets,
}

/// A gateway that runs. Dropped, it is killed.
pub struct Gateway {
    child: Child,
    pid: u32,
    url: String,
    key: String,
    time_to_ready: Duration,
    client: reqwest::Client,
    /// Its working directory, with its log in it.
    folder: TempDir,
}

impl Gateway {
    /// Starts `rollcall serve` on a database, on a free port of 127.0.0.1 unless `ROLLCALL_LISTEN`
    /// is in `environment`, and waits until `/readyz` says yes. Its log goes to a file at the
    /// level of production. It sees no variables but these.
    ///
    /// # Errors
    ///
    /// It ends, or is not ready in time; the error holds the end of its log.
    pub async fn start(
        program: &Program,
        database_url: &str,
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("log");
        let mut command = Command::new(&program.path);
        command
            .arg("serve")
            .current_dir(folder.path())
            .env_clear()
            .env("ROLLCALL_LISTEN", "127.0.0.1:0")
            .env("ROLLCALL_DATABASE_URL", database_url)
            .env("ROLLCALL_ADMIN_KEY", &program.secrets.admin_key)
            .env("ROLLCALL_SECRET_KEY", &program.secrets.secret_key)
            // Limits are kept count of, as in production, and are too high to be met.
            .env("ROLLCALL_RATE_LIMITS__READS_PER_SECOND", "100000")
            .env("ROLLCALL_RATE_LIMITS__WRITES_PER_SECOND", "100000")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .kill_on_drop(true);
        let begin = Instant::now();
        let mut child = command.spawn().with_context(|| {
            let path = program.path.display();
            format!("cannot start {path}: build it, or say where it is with --rollcall")
        })?;
        let pid = child.id().context("a process that runs has an id")?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(60))
            .build()?;
        let ready = async {
            let url = listening_url(&mut child).await?;
            until_ready(&client, &url).await?;
            anyhow::Ok(url)
        };
        let url = match timeout(START, ready).await {
            Ok(Ok(url)) => url,
            Ok(Err(error)) => return Err(error.context(end_of_log(&log))),
            Err(_) => bail!("not ready in {} s: {}", START.as_secs(), end_of_log(&log)),
        };
        Ok(Self {
            child,
            pid,
            url,
            key: program.secrets.admin_key.clone(),
            time_to_ready: begin.elapsed(),
            client,
            folder,
        })
    }

    /// Where it listens: `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How long it took from the start of the process to its first yes at `/readyz`.
    #[must_use]
    pub const fn time_to_ready(&self) -> Duration {
        self.time_to_ready
    }

    /// The id of the process.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// CPU time since the start, user and system, in microseconds.
    ///
    /// # Errors
    ///
    /// It does not run any more.
    pub fn cpu_micros(&self) -> anyhow::Result<u64> {
        usage::cpu_micros(self.pid)
    }

    /// Its memory in RAM, in bytes.
    ///
    /// # Errors
    ///
    /// It does not run any more.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        usage::resident_bytes(self.pid)
    }

    /// The last lines of its log.
    #[must_use]
    pub fn end_of_log(&self) -> String {
        end_of_log(&self.folder.path().join("log"))
    }

    /// Everything it has logged.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("log"))?)
    }

    /// Stops it with SIGTERM and waits for its end.
    ///
    /// # Errors
    ///
    /// It had ended before, does not end, or says that it ended badly.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        signal::send("TERM", self.pid)?;
        let status = timeout(signal::PATIENCE, self.child.wait())
            .await
            .context("the gateway does not stop")??;
        ensure!(status.success(), "{status}: {}", self.end_of_log());
        Ok(())
    }

    /// Kills it with SIGKILL and waits for its end.
    ///
    /// # Errors
    ///
    /// It had ended before.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// One request to the management API; the body of its answer.
    ///
    /// # Errors
    ///
    /// It is refused.
    pub async fn manage(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.url))
            .bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {body}");
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&body)?)
    }

    /// The page of `/metrics`.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        let page = self.client.get(format!("{}/metrics", self.url)).send();
        Ok(page.await?.error_for_status()?.text().await?)
    }

    /// Makes an organization with a SCIM connection and its token.
    ///
    /// # Errors
    ///
    /// A request is refused.
    pub async fn tenant(&self, name: &str) -> anyhow::Result<Tenant> {
        let make =
            async |path: String, body: Value| self.manage(Method::POST, &path, Some(&body)).await;
        let organization = make("/v1/organizations".to_owned(), json!({ "name": name })).await?;
        let organization = text(&organization, "/id")?;
        let path = format!("/v1/organizations/{organization}");
        let oidc = json!({ "issuer": "https://login.example.com", "client_id": "bench" });
        let sign_in = json!({ "name": "Sign-in", "protocol": "oidc", "oidc": oidc });
        let sso = make(format!("{path}/sso-connections"), sign_in).await?;
        let sso = text(&sso, "/id")?;
        let directory = json!({ "name": "Directory", "sso_connection_id": sso });
        let connection = make(format!("{path}/scim-connections"), directory).await?;
        Ok(Tenant {
            client: self.client.clone(),
            organization,
            sso,
            api_key: self.key.clone(),
            connection: text(&connection, "/id")?,
            base: text(&connection, "/endpoint_url")?,
            token: text(&connection, "/token/secret")?,
            token_id: text(&connection, "/token/id")?,
        })
    }
}

impl Gateway {
    /// Makes many organizations, each with a SCIM connection and its token, several at a time.
    ///
    /// # Errors
    ///
    /// A request is refused.
    pub async fn tenants(&self, name: &str, how_many: u64) -> anyhow::Result<Vec<Tenant>> {
        stream::iter(0..how_many)
            .map(async |number| self.tenant(&format!("{name} {number}")).await)
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await
    }
}

/// Reads what the process prints until it says where it listens.
async fn listening_url(child: &mut Child) -> anyhow::Result<String> {
    const SAYS: &str = "Rollcall is listening on ";
    let out = child.stdout.take().context("its output is piped")?;
    let mut lines = BufReader::new(out).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(url) = line.strip_prefix(SAYS) {
            return Ok(url.to_owned());
        }
    }
    let status = child.wait().await?;
    bail!("the gateway ended before it listened: {status}")
}

async fn until_ready(client: &reqwest::Client, url: &str) -> anyhow::Result<()> {
    loop {
        let answer = client.get(format!("{url}/readyz")).send().await?;
        if answer.status().is_success() {
            return Ok(());
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

fn end_of_log(path: &Path) -> String {
    let log = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
