//! Replays what identity providers send, against a running SCIM endpoint.
//!
//! `idp/cases.jsonl` holds the request sequences of Okta, Entra ID and others, with what a
//! server must answer. The file belongs to a format of its own, described in [`Case`] and the
//! types below it; it is data, so that a case can be added without touching code.
//!
//! Requests leave as the file writes them: paths keep their `+`, `%22`, stray `&` and doubled
//! slashes, and a header that a provider does not send is not sent. That is why the client here
//! stands directly on hyper's connection, below anything that would normalise a URL or add a
//! header of its own.
//!
//! A case deletes what it created, also when it fails, so cases can share one SCIM connection.

mod case;
mod client;
mod matcher;
mod percent;
mod run;
mod step;
mod substitute;

pub use case::{Case, Expectation, Step, Tier, cases};
pub use client::Endpoint;
pub use run::{Outcome, replay};
