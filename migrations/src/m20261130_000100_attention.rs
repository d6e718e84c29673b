//! Whether it was told that a SCIM connection needs attention.

step!(
    // The last that was told, and when. Both are written in the transaction of the event, so that
    // no two processes tell the same.
    "alter table scim_connections add column attention_told {bool} not null default false",
    "alter table scim_connections add column attention_told_at {int}",
);
