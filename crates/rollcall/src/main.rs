//! The `rollcall` binary: command line, configuration, wiring.
//!
//! | module | what it is |
//! | --- | --- |
//! | `cli` | one file or folder for each command |
//! | `config` | what an operator can set |
//! | `wiring` | from a configuration to a server that runs |
//! | `logging`, `output`, `signals` | what a process says, and what it is told |

mod cli;
mod config;
mod logging;
mod output;
mod signals;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}
