//! Sessions of operators of the vendor in the console.
//!
//! A row goes with the API key that it was opened with, so it does not outlive what it stands on.

step!(
    // `digest` is SHA-256 of what the cookie holds, and `flash` what the next page is to say once.
    "create table page_sessions (
        digest       {bytes} not null primary key,
        api_key_id   {uuid}  not null references api_keys (id) on delete cascade,
        flash        text,
        created_at   {int}   not null,
        last_seen_at {int}   not null,
        expires_at   {int}   not null
    ) {strict}",
    "create index page_sessions_by_key on page_sessions (api_key_id)",
    "create index page_sessions_by_end on page_sessions (expires_at)",
);
