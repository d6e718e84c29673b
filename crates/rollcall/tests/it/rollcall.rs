//! Runs the binary in an empty folder, with nothing of this machine's settings.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;

/// An empty folder to run the binary in.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The names of the files in it, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The binary with these arguments, and this folder for everything it may write.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("TMPDIR", self.0.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

/// What a run wrote to standard output.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a run wrote to standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server that runs until it is stopped, or its test fails.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What it has said on standard output.
    pub(crate) said: String,
}

impl Server {
    /// Starts `serve` or `demo`, and waits until it listens.
    pub(crate) fn start(command: Command) -> Self {
        Self::launch(command, Stdio::null())
    }

    /// As [`Self::start`], with the log in a file.
    pub(crate) fn start_with_log(command: Command, log: &Path) -> Self {
        Self::launch(command, File::create(log).unwrap().into())
    }

    fn launch(mut command: Command, log: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self {
            child,
            stdout,
            said: String::new(),
        };
        server.wait_for_line("Rollcall is listening on ");
        server
    }

    /// Waits for a line that begins like this, and returns its rest.
    pub(crate) fn wait_for_line(&mut self, beginning: &str) -> String {
        loop {
            let line = self.said.len();
            let read = self.stdout.read_line(&mut self.said).unwrap();
            assert_ne!(read, 0, "it ended: {}", self.said);
            if let Some(rest) = self.said[line..].strip_prefix(beginning) {
                return rest.trim().to_owned();
            }
        }
    }

    /// The URL in the last line.
    pub(crate) fn url(&self) -> &str {
        self.said.split_whitespace().next_back().unwrap()
    }

    /// Sends a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let (signal, pid) = (format!("-{name}"), self.child.id().to_string());
        let sent = Command::new("kill").args([signal, pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended, and says whether it ended well.
    pub(crate) fn wait(mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// Sends SIGTERM, waits, and says whether it ended well.
    pub(crate) fn stop(self) -> bool {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
