//! SCIM connections, their tokens, and the tables that find them before the tenant is known.

step!(
    "create table scim_connections (
        org_id            {uuid} not null,
        id                {uuid} not null,
        name              text   not null,
        sso_connection_id {uuid} not null,
        idp               text,
        enabled           {bool} not null,
        first_request_at  {int},
        last_request_at   {int},
        recognised_idp    text,
        created_at        {int}  not null,
        updated_at        {int}  not null,
        primary key (org_id, id),
        foreign key (org_id) references organizations (id) on delete cascade,
        foreign key (org_id, sso_connection_id) references sso_connections (org_id, id)
    ) {strict}",
    "create index scim_connections_by_sso on scim_connections (org_id, sso_connection_id)",
    "create table scim_tokens (
        org_id             {uuid}  not null,
        scim_connection_id {uuid}  not null,
        id                 {uuid}  not null,
        name               text    not null,
        prefix             text    not null,
        created_at         {int}   not null,
        expires_at         {int}   not null,
        last_used_at       {int},
        revoked_at         {int},
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {strict}",
    // How many users and groups a connection has. Kept in the transaction that adds or removes
    // one, because counting 100,000 rows for every `totalResults` takes 10 ms.
    "create table directory_counts (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        users              {int}  not null,
        groups             {int}  not null,
        primary key (org_id, scim_connection_id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {strict}",
    "create table routing_tokens (
        digest             {bytes} not null primary key,
        org_id             {uuid}  not null,
        scim_connection_id {uuid}  not null,
        token_id           {uuid}  not null,
        foreign key (org_id, scim_connection_id, token_id)
            references scim_tokens (org_id, scim_connection_id, id) on delete cascade
    ) {strict}",
    "create index routing_tokens_by_token
        on routing_tokens (org_id, scim_connection_id, token_id)",
    "create table routing_connections (
        scim_connection_id {uuid} not null primary key,
        org_id             {uuid} not null,
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {strict}",
    "create index routing_connections_by_org
        on routing_connections (org_id, scim_connection_id)",
);
