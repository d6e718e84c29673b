//! Every metric of Rollcall, defined once, and how its traces leave the process ([`traces`]).
//!
//! [`Metrics`] takes a registry and there are no statics, so two servers in one process, or two
//! tests, never share a number. Callers say what happened (`request_answered`,
//! `quirk_applied`); metric names and label names stay in this crate.
//!
//! Labels are enums ([`Operation`], [`Outcome`], …), so the number of series is known before the
//! first request. An organization is never a label: thousands of customers would be thousands of
//! copies of each series. Their numbers are in the request log.
//!
//! The table in the operator's manual is [`markdown`], made from the same definitions.

mod definition;
mod labels;
mod metrics;
pub mod traces;

#[cfg(test)]
mod tests;

pub use definition::{Description, Kind};
pub use labels::{
    Attention, AuthenticationFailure, Budget, ConnectionState, Operation, Outcome, SpanEnd,
    StaleNotice, TokenEnd, WebhookOutcome,
};
pub use metrics::{Metrics, MetricsError, descriptions, markdown};
