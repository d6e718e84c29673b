//! Schemas that are added to one connection, and what no schema knows.

step!(
    // `urn_key` is the URN in lower case: URNs are compared so.
    "create table scim_schemas (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        urn_key            text   not null,
        resource_type      text   not null,
        required           {bool} not null,
        document           text   not null,
        created_at         {int}  not null,
        updated_at         {int}  not null,
        primary key (org_id, scim_connection_id, urn_key),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {strict}",
    // Values of custom attributes whose schema wants them unique. The primary key is what lets
    // only one of two requests at the same time have a value. Exactly one of the two ids is
    // there, and takes the row with it when it goes.
    "create table unique_values (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        resource_type      text   not null,
        path               text   not null,
        value_key          text   not null,
        user_id            {uuid},
        group_id           {uuid},
        primary key (org_id, scim_connection_id, resource_type, path, value_key),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade,
        foreign key (org_id, scim_connection_id, user_id)
            references users (org_id, scim_connection_id, id) on delete cascade,
        foreign key (org_id, scim_connection_id, group_id)
            references groups (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create index unique_values_by_user
        on unique_values (org_id, scim_connection_id, user_id)",
    "create index unique_values_by_group
        on unique_values (org_id, scim_connection_id, group_id)",
    // What the identity provider sent and no schema of the connection knows, as a JSON object;
    // null if there is nothing.
    "alter table users add column unmapped text",
    "alter table groups add column unmapped text",
);
