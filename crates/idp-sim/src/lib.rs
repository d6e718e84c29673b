//! Simulated identity providers that drive a real SCIM 2.0 endpoint over HTTP.
//!
//! A [`Directory`] says who works where. A [`Session`] plays one provider ([`IdpKind`]) towards
//! one endpoint ([`Target`]): it tests the connection, brings people and groups in step with the
//! directory, and makes single changes, each in the request shapes that provider is known for.
//!
//! ```no_run
//! # use rollcall_idp_sim::{Change, Directory, IdpKind, Options, Session, Target};
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let target = Target::new("http://127.0.0.1:8080/scim/v2/0199…", "rc_…");
//! let session = Session::connect(&target, IdpKind::Okta, Options::default()).await?;
//! println!("{}", session.sync(&Directory::sample()?).await);
//! session.change(Change::deactivate_user("nora.quill@northwind.example")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! This crate depends on nothing of the server, so it can be pointed at any other SCIM endpoint
//! and a fault of ours cannot hide in shared code.
//!
//! Real providers remember what they sent. A session does not: it asks the server before it
//! writes and sends only differences, so a second run over an unchanged directory only reads. An
//! endpoint that drops an attribute gets it again on every run, as it would from the provider.
//!
//! Requests are built by pure functions (`providers`), decided on in `steps`, and sent by
//! `transport`, which alone knows about time-outs and retries.

mod attribute;
mod change;
mod directory;
mod error;
mod in_flight;
mod journal;
mod matching;
mod operation;
mod percentile;
mod profile;
mod progress;
mod providers;
mod query;
mod report;
mod request;
#[cfg(test)]
mod scripted_server;
mod session;
#[cfg(test)]
mod session_tests;
mod simulation;
mod stable_id;
mod steps;
mod target;
mod transport;

pub use change::Change;
pub use directory::{Directory, DirectoryError, Group, Person};
pub use error::{Failure, SimulationError};
pub use journal::{Acknowledged, Journal};
pub use operation::{Method, Operation};
pub use progress::Progress;
pub use providers::{IdpKind, UnknownIdp};
pub use report::{OperationReport, Report};
pub use session::{Imported, Session};
pub use simulation::run;
pub use target::{Options, Target};
pub use transport::RetryPolicy;
