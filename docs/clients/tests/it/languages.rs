//! How a client of each language is started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A language that there is a client in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    Rust,
    Python,
    TypeScript,
}

/// A client that can be started.
pub(crate) struct Client {
    program: &'static str,
    source: Option<PathBuf>,
    /// Where its files are.
    pub(crate) folder: TempDir,
}

impl Language {
    /// Its client; `None` if the language is not on this machine.
    pub(crate) fn client(self) -> Option<Client> {
        let folder = tempfile::tempdir().unwrap();
        let (program, source) = match self {
            Self::Rust => (env!("CARGO_BIN_EXE_follower"), None),
            Self::Python => ("python3", Some(file("follower.py"))),
            Self::TypeScript => ("node", Some(folder.path().join("follower.mjs"))),
        };
        if source.is_some() {
            Command::new(program).arg("--version").output().ok()?;
        }
        if let (Self::TypeScript, Some(path)) = (self, &source) {
            // From 22.18 on Node.js takes types out by itself.
            let arguments = [file("tests/strip-types.mjs"), file("follower.ts")];
            let stripped = Command::new(program).args(arguments).output().unwrap();
            assert!(stripped.status.success(), "{stripped:?}");
            std::fs::write(path, stripped.stdout).unwrap();
        }
        Some(Client {
            program,
            source,
            folder,
        })
    }
}

impl Client {
    /// It, to be told what to do.
    pub(crate) fn command(&self, what: &str) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(&self.source)
            .arg(what)
            // The gateway is on this machine, whatever proxy it is told to use.
            .envs([("NO_PROXY", "*"), ("no_proxy", "*")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
