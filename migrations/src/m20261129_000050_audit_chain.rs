//! What the audit log says beyond "who did what", and the chain that shows whether it was touched.
//!
//! Rows of before this step have no `number`: they are not in the chain, since nothing could vouch for
//! them (docs/decisions/0016-audit-chain.md). The head of each chain stands beside the sequence that
//! every write takes anyway, so that the chain costs no lock of its own.

step!(
    "alter table audit_log add column detail text",
    "alter table audit_log add column number {int}",
    "alter table audit_log add column hash {bytes}",
    "alter table event_sequences add column audit_number {int} not null default 0",
    "alter table event_sequences add column audit_hash {bytes}",
    "create unique index audit_log_by_number on audit_log (org_id, number)
        where number is not null",
    // For the log of all organizations, newest first.
    "create index audit_log_by_id on audit_log (id)",
);
