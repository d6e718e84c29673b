//! Roles of users, and the groups that give one.

step!(
    // A row for each user that was given a role; without one, a user has the default role. `role`
    // and `source` follow from the other columns and from the groups that the user is in.
    "create table user_roles (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        user_id            {uuid} not null,
        attribute_role     text,
        manual_role        text,
        manual_reason      text,
        manual_by          text,
        manual_at          {int},
        role               text   not null,
        source             text   not null,
        source_group_id    {uuid},
        primary key (org_id, scim_connection_id, user_id),
        foreign key (org_id, scim_connection_id, user_id)
            references users (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create index user_roles_by_role on user_roles (org_id, role)",
    "{postgres} create statistics {part:user_roles}_tenant (dependencies)
        on org_id, scim_connection_id from {part:user_roles}",
    // In the row that every change of members holds and reads anyway.
    "alter table groups add column role text",
    "alter table groups add column role_precedence {int}",
    "create index groups_by_role on groups (org_id, id) where role is not null",
    // What a group gives comes back with it.
    "alter table tombstones add column role text",
    "alter table tombstones add column role_precedence {int}",
);
