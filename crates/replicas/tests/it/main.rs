//! Replicas that share over a real Redis, and what becomes of them when it goes.

mod counts;
mod fixture;
mod limits;
mod outages;
mod stale;
