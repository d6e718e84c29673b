//! The Redis server of a test run, and servers that a test starts and kills itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::url_of_service;

/// Names the variable that holds the URL of the Redis server, with its password.
pub const REDIS_URL_VARIABLE: &str = "ROLLCALL_TEST_REDIS_URL";

/// URL of the Redis server that `scripts/with-services` started, with its password.
///
/// All tests of a run share the server: a test takes keys that no other test takes.
///
/// # Panics
///
/// If the tests were started without `scripts/with-services`.
pub fn redis_url() -> String {
    url_of_service(REDIS_URL_VARIABLE, "a Redis server").into()
}

/// How long a server may take to start.
const DEADLINE: Duration = Duration::from_secs(30);

/// A Redis server of one test, without a password, that keeps nothing when it ends.
#[derive(Debug)]
pub struct OwnRedis {
    address: SocketAddr,
    server: Option<Child>,
    folder: TempDir,
    /// The files of certificate and key, if it speaks TLS and nothing else.
    tls: Option<[PathBuf; 2]>,
}

impl OwnRedis {
    /// Starts a server on a free port.
    ///
    /// # Panics
    ///
    /// If `redis-server` is not installed or does not answer.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts a server that speaks TLS and nothing else, with files of certificate and key.
    ///
    /// # Panics
    ///
    /// If `redis-server` is not installed, cannot speak TLS, or does not take connections.
    #[must_use]
    pub fn start_tls(certificate: &Path, key: &Path) -> Self {
        Self::start_with(Some([certificate.to_owned(), key.to_owned()]))
    }

    fn start_with(tls: Option<[PathBuf; 2]>) -> Self {
        // Another process may take the port in between; then the next one is tried.
        for _ in 0..10 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut redis = Self {
                address: free.local_addr().unwrap(),
                server: None,
                folder: TempDir::new().unwrap(),
                tls: tls.clone(),
            };
            drop(free);
            if redis.launch() {
                return redis;
            }
        }
        panic!("redis-server did not start on any of ten ports");
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() {
            "rediss"
        } else {
            "redis"
        };
        format!("{scheme}://{}/", self.address)
    }

    /// Starts it again, empty, after [`Self::kill`].
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn start_again(&mut self) {
        assert!(
            self.launch(),
            "redis-server did not start at {}",
            self.address
        );
    }

    /// Ends it at once.
    ///
    /// # Panics
    ///
    /// If it had ended already.
    pub fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    /// Has it keep its connections and answer nothing, until [`Self::resume`].
    pub fn hang(&self) {
        self.signal("-STOP");
    }

    /// Has it go on after [`Self::hang`].
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.server.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Whether the server came up.
    fn launch(&mut self) -> bool {
        let port = self.address.port().to_string();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1"]);
        match &self.tls {
            None => command.args(["--port", &port]),
            Some([certificate, key]) => command
                .args(["--port", "0", "--tls-port", &port])
                .args(["--tls-auth-clients", "no", "--tls-cert-file"])
                .arg(certificate)
                .arg("--tls-key-file")
                .arg(key)
                .arg("--tls-ca-cert-file")
                .arg(certificate),
        };
        let mut server = command
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start redis-server, is it on PATH? {error}"));
        let begun = Instant::now();
        while begun.elapsed() < DEADLINE {
            if server.try_wait().unwrap().is_some() {
                return false;
            }
            if self.answers() {
                self.server = Some(server);
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        server.kill().unwrap();
        server.wait().unwrap();
        false
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect_timeout(&self.address, DEADLINE) else {
            return false;
        };
        if self.tls.is_some() {
            // Whether it speaks TLS is for the test to find out.
            return true;
        }
        let mut answer = [0; 7];
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let asked = stream
            .write_all(b"PING\r\n")
            .and_then(|()| stream.read_exact(&mut answer));
        asked.is_ok() && answer == *b"+PONG\r\n"
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // It may have ended already.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
