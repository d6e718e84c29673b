//! Sessions of people who came to the pages: operators of the vendor, and admins of customers.
//!
//! The row of an operator goes with the API key that it was opened with, and that of a customer's
//! admin with the organization, so neither outlives what it stands on.

step!(
    // `digest` is SHA-256 of what the cookie holds. Of `api_key_id` and `org_id` one is set. `data`
    // is what the pages of the kind remember, and `flash` what the next page is to say once.
    "create table page_sessions (
        digest       {bytes} not null primary key,
        api_key_id   {uuid}  references api_keys (id) on delete cascade,
        org_id       {uuid}  references organizations (id) on delete cascade,
        data         text,
        flash        text,
        created_at   {int}   not null,
        last_seen_at {int}   not null,
        expires_at   {int}   not null
    ) {strict}",
    "create index page_sessions_by_key on page_sessions (api_key_id) where api_key_id is not null",
    "create index page_sessions_by_org on page_sessions (org_id) where org_id is not null",
    "create index page_sessions_by_end on page_sessions (expires_at)",
);
