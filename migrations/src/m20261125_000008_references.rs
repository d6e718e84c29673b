//! Groups in groups, managers, and references to what does not exist yet.

step!(
    // Beside `group_members` and not in it: the previous release reads that table as users.
    "create table group_groups (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        group_id           {uuid} not null,
        member_id          {uuid} not null,
        primary key (org_id, scim_connection_id, group_id, member_id),
        foreign key (org_id, scim_connection_id, group_id)
            references groups (org_id, scim_connection_id, id) on delete cascade,
        foreign key (org_id, scim_connection_id, member_id)
            references groups (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create index group_groups_by_member
        on group_groups (org_id, scim_connection_id, member_id, group_id)",
    // Links of managers who exist. A user that was written by an earlier release gets its row
    // when its manager is written again.
    "create table user_managers (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        user_id            {uuid} not null,
        manager_id         {uuid} not null,
        primary key (org_id, scim_connection_id, user_id),
        foreign key (org_id, scim_connection_id, user_id)
            references users (org_id, scim_connection_id, id) on delete cascade,
        foreign key (org_id, scim_connection_id, manager_id)
            references users (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create index user_managers_by_manager
        on user_managers (org_id, scim_connection_id, manager_id, user_id)",
    // Who waits: a group for a member, or a user for a manager; the other column is null.
    "create table parked_references (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        id                 {uuid} not null,
        group_id           {uuid},
        user_id            {uuid},
        value              text   not null,
        member_kind        text,
        created_at         {int}  not null,
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id, group_id)
            references groups (org_id, scim_connection_id, id) on delete cascade,
        foreign key (org_id, scim_connection_id, user_id)
            references users (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create unique index parked_references_by_group
        on parked_references (org_id, scim_connection_id, group_id, value)",
    "create unique index parked_references_by_user
        on parked_references (org_id, scim_connection_id, user_id)",
    "create index parked_references_by_value
        on parked_references (org_id, scim_connection_id, value)",
    // Grows with each reference that is parked, so that whoever creates a resource can tell
    // whether anything was parked since it looked.
    "alter table directory_counts add column parkings {int} not null default 0",
);
