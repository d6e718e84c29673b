//! How often a user or group of a connection was removed or brought back.
//!
//! While this number stands still, what is in a list keeps its place: what is new comes at the end.

step!("alter table directory_counts add column rearranged {int} not null default 0");
