//! What a server is told by signals. This is the list of them:
//!
//! | signal | does |
//! | --- | --- |
//! | SIGTERM, SIGINT | the server stops: [`StopSignals`], heard by `cli::serve` |
//! | SIGHUP | files are read again: [`HangUps`]. `cli::serve` takes the log level from the configuration, `wiring` the certificate from its files. Each listens for itself, and hears every signal |

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT (Ctrl-C) and SIGTERM. From the moment this exists, they no longer end the process.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The operating system refuses a handler.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal, and names it.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// SIGHUP. From the moment this exists, it no longer ends the process.
pub(crate) struct HangUps(Signal);

impl HangUps {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The operating system refuses a handler.
    pub(crate) fn listen() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        // It has no end while the process lives.
        self.0.recv().await;
    }
}
