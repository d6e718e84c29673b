//! The processes that are measured: gateways, PostgreSQL and Redis, each of its own and gone
//! afterwards. And the product that webhooks are sent to.
//!
//! A gateway in the process of its client would share its CPU time and memory, so that neither could
//! be told. All listen on loopback only.

pub mod account;
mod own;
pub mod postgres;
pub mod process;
pub mod receiver;
pub mod redis;
pub mod signal;
pub mod sink;
pub mod usage;
