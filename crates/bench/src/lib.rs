//! Measures what must not grow with the size of a directory, on real servers.
//!
//! Each measurement is a pair: a request to something large and the same to something small. Both
//! are sent in turns by one client, so that whatever else the machine does meets both, and what
//! counts is the ratio of their medians. The server is a whole gateway in this process, on a database of
//! its own; users come from copies that the store makes of one real user, since a million POST
//! requests would take an hour.

pub mod database;
pub mod measure;
pub mod pairs;
pub mod report;
pub mod server;
pub mod sizes;
