//! An installation that runs, and a terminal beside it for commands that speak to its management API.

use std::process::Command;

use crate::rollcall::{Folder, Server};

/// The API key that it has from the start.
pub(crate) const KEY: &str = "rck_a-key-for-the-tests-of-commands";

pub(crate) struct Installation {
    /// Where it and the commands run.
    pub(crate) folder: Folder,
    pub(crate) server: Server,
}

impl Installation {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// One with more settings, as variables.
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut serve = folder.command(&["serve"]);
        serve
            .env("ROLLCALL_LISTEN", "127.0.0.1:0")
            .env("ROLLCALL_ADMIN_KEY", KEY)
            .envs(settings.iter().copied());
        let server = Server::start(serve);
        Self { folder, server }
    }

    /// A command that knows where the installation is, and its key.
    pub(crate) fn api_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.command(arguments);
        command
            .env("ROLLCALL_API_URL", self.server.url())
            .env("ROLLCALL_API_KEY", KEY);
        command
    }
}
