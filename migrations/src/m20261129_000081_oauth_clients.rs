//! OAuth clients of SCIM connections, and the keys that sign what they are given.

step!(
    "create table oauth_clients (
        org_id             {uuid}  not null,
        scim_connection_id {uuid}  not null,
        id                 {uuid}  not null,
        name               text    not null,
        prefix             text    not null,
        digest             {bytes} not null,
        access             text    not null,
        created_at         {int}   not null,
        last_used_at       {int},
        revoked_at         {int},
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {strict}",
    "{postgres} create statistics oauth_clients_tenant (dependencies)
        on org_id, scim_connection_id from oauth_clients",
    // Found by what a client calls itself, before the tenant is known.
    "create table routing_oauth_clients (
        client_id          {uuid}  not null primary key,
        org_id             {uuid}  not null,
        scim_connection_id {uuid}  not null,
        foreign key (org_id, scim_connection_id, client_id)
            references oauth_clients (org_id, scim_connection_id, id) on delete cascade
    ) {strict}",
    "create index routing_oauth_clients_by_client
        on routing_oauth_clients (org_id, scim_connection_id, client_id)",
    // Of the installation. `private_key` is sealed with its secret key.
    "create table oauth_signing_keys (
        id          {uuid}  not null primary key,
        public_key  {bytes} not null,
        private_key {bytes} not null,
        created_at  {int}   not null
    ) {strict}",
);
