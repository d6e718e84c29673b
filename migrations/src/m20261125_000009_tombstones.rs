//! What is left of deleted users and groups until it is purged.

step!(
    // A table of its own, and not a mark on `users`: what is deleted cannot show up in any query,
    // count or unique index of what is there. `name_key` is `userName` or `displayName`, caseless.
    "create table tombstones (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        id                 {uuid} not null,
        kind               text   not null,
        name_key           text   not null,
        external_id        text,
        version            {int}  not null,
        created_at         {int}  not null,
        updated_at         {int}  not null,
        deleted_at         {int}  not null,
        purge_at           {int}  not null,
        body               text   not null,
        unmapped           text,
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {by_org}",
    "create index tombstones_by_name
        on tombstones (org_id, scim_connection_id, kind, name_key)",
    "create index tombstones_by_external_id
        on tombstones (org_id, scim_connection_id, kind, external_id)",
    "create index tombstones_by_purge on tombstones (org_id, purge_at)",
);
