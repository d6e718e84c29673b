//! What a gateway is compared with: the database alone, and an HTTP server that does nothing.

pub mod bare;
pub mod creation;
pub mod pgbench;
