//! Organizations and their login providers.

step!(
    "create table organizations (
        id          {uuid} not null primary key,
        slug        text   not null unique,
        name        text   not null,
        external_id text   unique,
        created_at  {int}  not null,
        updated_at  {int}  not null
    ) {strict}",
    "create table sso_connections (
        org_id        {uuid} not null references organizations (id) on delete cascade,
        id            {uuid} not null,
        name          text   not null,
        provider      text   not null,
        client_secret {bytes},
        created_at    {int}  not null,
        updated_at    {int}  not null,
        primary key (org_id, id)
    ) {strict}",
);
