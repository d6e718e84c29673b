//! API keys, remembered idempotent answers, and the log of what identity providers asked.

step!(
    // What belongs to the installation as a whole, by name.
    "create table installation (
        name  text    not null primary key,
        value {bytes} not null
    ) {strict}",
    "create table api_keys (
        id           {uuid}  not null primary key,
        name         text    not null,
        prefix       text    not null,
        digest       {bytes} not null unique,
        created_at   {int}   not null,
        last_used_at {int}
    ) {strict}",
    "create table idempotency_keys (
        api_key_id      {uuid}  not null references api_keys (id) on delete cascade,
        idempotency_key text    not null,
        request_digest  {bytes} not null,
        status          {int},
        body            text,
        created_at      {int}   not null,
        primary key (api_key_id, idempotency_key)
    ) {strict}",
    "create index idempotency_keys_by_age on idempotency_keys (created_at)",
    "create table scim_requests (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        id                 {uuid} not null,
        at                 {int}  not null,
        method             text   not null,
        route              text   not null,
        status             {int}  not null,
        outcome            text   not null,
        idp                text,
        duration_micros    {int}  not null,
        detail             text,
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {by_org}",
);
