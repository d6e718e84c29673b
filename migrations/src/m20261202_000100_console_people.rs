//! Sessions of the console that people begin at the vendor's own OIDC issuer.
//!
//! What such a person may do was said by the token that the session began with, and by nothing
//! since, so it stands in the row. A session of an API key has no role of its own.

step!(
    "alter table page_sessions add column role text",
    "alter table page_sessions add column org_id {uuid}
        references organizations (id) on delete cascade",
    "create index page_sessions_by_organization on page_sessions (org_id)",
    // `digest` is SHA-256 of what the cookie of a sign-in holds: one that was used once.
    "create table spent_sign_ins (
        digest     {bytes} not null primary key,
        expires_at {int}   not null
    ) {strict}",
    "create index spent_sign_ins_by_end on spent_sign_ins (expires_at)",
);
