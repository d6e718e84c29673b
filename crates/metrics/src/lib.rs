//! Every metric of Rollcall, defined once, and how its traces leave the process ([`traces`]).
//!
//! [`Metrics`] takes a registry and there are no statics, so two servers in one process, or two
//! tests, never share a number. Callers say what happened (`request_answered`,
//! `quirk_applied`); metric names and label names stay in this crate.
//!
//! Labels are enums ([`Operation`], [`Outcome`], …) or fixed words of the code ([`Words`]), so the
//! number of series is known before the first request. An organization is never a label: thousands
//! of customers would be thousands of copies of each series. Their numbers are in the request log.
//! Only whoever sets `metrics.connections` has series of single connections
//! ([`Metrics::set_each_connection`]).
//!
//! The table in the operator's manual is [`markdown`], made from the same definitions.

mod counted;
mod definition;
mod gauged;
mod labels;
mod manual;
mod metrics;
pub mod traces;

#[cfg(test)]
mod tests;

pub use definition::{Description, Kind};
pub use gauged::EachConnection;
pub use labels::{
    Area, Attention, AuthenticationFailure, Budget, ConnectionState, Operation, Outcome,
    PausedBecause, QueryKind, SpanEnd, StaleNotice, TokenEnd, TurnRefused, UserState,
    WebhookOutcome,
};
pub use manual::markdown;
pub use metrics::{Metrics, MetricsError, UNKNOWN_IDP, Words, descriptions};
