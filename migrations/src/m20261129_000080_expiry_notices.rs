//! What was told of the end of SCIM tokens.

step!(
    // How many days were left at the last notice, 0 when it had expired; null before the first. It
    // is written in the transaction of the notice's event, so that no two processes tell the same.
    "alter table scim_tokens add column notice_days {int}",
);
