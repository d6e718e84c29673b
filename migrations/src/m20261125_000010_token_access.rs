//! What SCIM tokens may do.

step!(
    // Those that were there before could do everything. `read`, `write`, or a word of a later
    // release, which allows nothing.
    "alter table scim_tokens add column access text not null default 'write'",
);
