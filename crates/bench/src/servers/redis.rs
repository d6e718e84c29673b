//! A Redis server that can be killed and come back empty.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use super::postgres::free_port;
use super::{signal, usage};

/// How long the server may take until it answers.
const START: Duration = Duration::from_secs(20);

/// How often one that starts is asked.
const ASK_EVERY: Duration = Duration::from_millis(5);

/// A server that keeps nothing on disk. Dropped, it is killed.
pub struct Redis {
    folder: TempDir,
    port: u16,
    password: String,
    server: Option<Child>,
}

impl Redis {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// There is no `redis-server` on PATH, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        let mut redis = Self {
            folder: tempfile::tempdir()?,
            port: free_port()?,
            password: format!("{:032x}", fastrand::u128(..)),
            server: None,
        };
        redis.start_again()?;
        Ok(redis)
    }

    /// Its URL, with its password.
    #[must_use]
    pub fn url(&self) -> String {
        let Self { port, password, .. } = self;
        format!("redis://default:{password}@127.0.0.1:{port}/")
    }

    /// Starts it again on its port, empty, after it was killed.
    ///
    /// # Errors
    ///
    /// It runs, or does not start.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.server.is_none(), "Redis runs already");
        let configuration = self.write_configuration()?;
        let server = Command::new("redis-server")
            .arg(configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start redis-server: install Redis")?;
        self.server = Some(server);
        let begin = Instant::now();
        while begin.elapsed() < START {
            if self.answers() {
                return Ok(());
            }
            std::thread::sleep(ASK_EVERY);
        }
        bail!("Redis does not answer")
    }

    fn write_configuration(&self) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join("redis.conf");
        let text = format!(
            "port {}\nbind 127.0.0.1\nrequirepass {}\nsave \"\"\nappendonly no\ndir {}\n",
            self.port,
            self.password,
            self.folder.path().display(),
        );
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Whether the Redis that knows our password, and no other, answers on the port.
    fn answers(&self) -> bool {
        let asked = || -> std::io::Result<bool> {
            let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            connection.set_read_timeout(Some(START))?;
            write!(connection, "AUTH {}\r\n", self.password)?;
            let mut answer = [0; 3];
            connection.read_exact(&mut answer)?;
            Ok(&answer == b"+OK")
        };
        asked().unwrap_or(false)
    }

    /// Kills it with SIGKILL: whatever it held is gone.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let mut server = self.server.take().context("Redis does not run")?;
        server.kill()?;
        server.wait()?;
        Ok(())
    }

    /// Stops it from answering, with its connections open (SIGSTOP): a Redis that is slow.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn pause(&self) -> anyhow::Result<()> {
        signal::send("STOP", self.pid()?)
    }

    /// Lets it answer again.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn resume(&self) -> anyhow::Result<()> {
        signal::send("CONT", self.pid()?)
    }

    /// CPU time since its start, in microseconds.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn cpu_micros(&self) -> anyhow::Result<u64> {
        usage::cpu_micros(self.pid()?)
    }

    fn pid(&self) -> anyhow::Result<u32> {
        let server = self.server.as_ref().context("Redis does not run")?;
        Ok(server.id())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if self.server.is_some() {
            let _ = self.kill();
        }
    }
}
