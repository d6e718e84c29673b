//! A PostgreSQL server that one test has for itself, to stop and to restart it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A running PostgreSQL server; it ends with this value.
///
/// It is set like a server that is meant to keep what it acknowledged: `fsync` and
/// `full_page_writes` are on.
pub struct OwnPostgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    password: String,
}

/// Who runs PostgreSQL where the tests are run by root, whom it refuses: somebody with fewer rights, as in
/// `scripts/with-services`. `None` where it runs as whoever runs the tests.
#[must_use]
pub fn server_user() -> Option<&'static str> {
    let says = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        output.status.success().then_some(output.stdout)
    };
    if says(&["-u"]).unwrap().trim_ascii() != b"0" {
        return None;
    }
    Some(if says(&["postgres"]).is_some() {
        "postgres"
    } else {
        "nobody"
    })
}

/// Where `initdb` and `pg_ctl` are.
fn programs() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres-bin");
    let output = Command::new(script).output().unwrap();
    assert!(output.status.success(), "no PostgreSQL is installed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

impl OwnPostgres {
    /// Makes a server and starts it.
    ///
    /// # Panics
    ///
    /// If that cannot be done; the message shows what the server said.
    #[must_use]
    pub fn start() -> Self {
        // Below the folder that everybody may enter: root's own may be closed to others.
        let folder = match server_user() {
            Some(_) => TempDir::new_in("/tmp").unwrap(),
            None => TempDir::new().unwrap(),
        };
        let password = format!("{:016x}", fastrand::u64(..));
        std::fs::write(folder.path().join("password"), &password).unwrap();
        if let Some(user) = server_user() {
            let owned = Command::new("chown")
                .args(["-R", user])
                .arg(folder.path())
                .status();
            assert!(owned.unwrap().success());
        }
        let mut server = Self {
            programs: programs(),
            folder,
            port: 0,
            password,
        };
        let (data, password) = (server.path("data"), server.path("password"));
        server.run(
            "initdb",
            &["--pgdata", &data, "--pwfile", &password, "--no-sync"],
            &[
                "--username=rollcall",
                "--auth=password",
                "--encoding=UTF8",
                "--locale=C",
            ],
        );
        server.port = free_port();
        server.begin();
        server
    }

    /// Starts it again after [`OwnPostgres::stop`], and waits until it takes connections.
    ///
    /// # Panics
    ///
    /// If it does not come up.
    pub fn begin(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=50",
            self.port
        );
        self.control("start", &["--options", &options]);
    }

    /// Stops it as a crash does: nobody is waited for, and every connection breaks.
    ///
    /// # Panics
    ///
    /// If it was not running.
    pub fn stop(&self) {
        self.control("stop", &["--mode=immediate"]);
    }

    /// URL of a superuser's connection to the database `postgres`, with its password.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.database_url("postgres")
    }

    /// The same connection to another database of this server.
    #[must_use]
    pub fn database_url(&self, database: &str) -> String {
        let Self { port, password, .. } = self;
        format!("postgres://rollcall:{password}@127.0.0.1:{port}/{database}")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn control(&self, verb: &str, more: &[&str]) {
        let (data, log) = (self.path("data"), self.path("log"));
        let usual = ["--pgdata", &data, "--log", &log, "--wait", "--silent"];
        self.run("pg_ctl", &[&[verb], &usual[..]].concat(), more);
    }

    fn run(&self, program: &str, arguments: &[&str], more: &[&str]) {
        let program = self.programs.join(program);
        let mut command = match server_user() {
            None => Command::new(&program),
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(&program);
                command
            }
        };
        // A server that inherits a pipe would keep it open.
        let status = command
            .args(arguments)
            .args(more)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        assert!(status.success(), "{} failed\n{log}", program.display());
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // A test may have stopped it already, and one that has failed is not to fail once more.
        let pid = std::fs::read_to_string(self.path("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
    }
}

/// A port of 127.0.0.1 that nobody listens on, below those that outgoing connections take.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(20_000..32_768))
        .find(free)
        .unwrap()
}
