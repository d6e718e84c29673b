//! Settings of SCIM connections.

step!(
    // `revision` grows with each change of what requests are read by, so that a process can tell
    // whether what it remembers of a connection still holds.
    "alter table scim_connections add column settings text not null default '{}'",
    "alter table scim_connections add column revision {int} not null default 0",
);
