//! Users, groups and memberships: what identity providers push.

step!(
    // `search` holds the attributes in the form that filters are answered from, and `…_key`
    // columns the caseless form that values are compared by (RFC 7643 §2.2 and
    // docs/decisions/0002-storage-model.md); the value itself, as sent, is in `body`.
    "create table users (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        id                 {uuid} not null,
        user_name_key      text   not null,
        external_id        text,
        display_name_key   text,
        active             {bool} not null,
        version            {int}  not null,
        created_at         {int}  not null,
        updated_at         {int}  not null,
        body               text   not null,
        search             {json} not null,
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {by_org}",
    "create unique index users_by_user_name
        on users (org_id, scim_connection_id, user_name_key)",
    "create index users_by_external_id
        on users (org_id, scim_connection_id, external_id)",
    "create index users_by_display_name
        on users (org_id, scim_connection_id, display_name_key)",
    "create table user_emails (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        value_key          text   not null,
        user_id            {uuid} not null,
        primary key (org_id, scim_connection_id, value_key, user_id),
        foreign key (org_id, scim_connection_id, user_id)
            references users (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create index user_emails_by_user
        on user_emails (org_id, scim_connection_id, user_id)",
    "create table groups (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        id                 {uuid} not null,
        display_name       text   not null,
        display_name_key   text   not null,
        external_id        text,
        version            {int}  not null,
        created_at         {int}  not null,
        updated_at         {int}  not null,
        body               text   not null,
        search             {json} not null,
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {by_org}",
    "create index groups_by_display_name
        on groups (org_id, scim_connection_id, display_name_key)",
    "create index groups_by_external_id
        on groups (org_id, scim_connection_id, external_id)",
    "create table group_members (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        group_id           {uuid} not null,
        user_id            {uuid} not null,
        primary key (org_id, scim_connection_id, group_id, user_id),
        foreign key (org_id, scim_connection_id, group_id)
            references groups (org_id, scim_connection_id, id) on delete cascade,
        foreign key (org_id, scim_connection_id, user_id)
            references users (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create index group_members_by_user
        on group_members (org_id, scim_connection_id, user_id, group_id)",
);
