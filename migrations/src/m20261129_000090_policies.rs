//! The policy of each organization, and who waits for a seat.

step!(
    // No row: the default policy. `guarded` says that it looks at what identity providers write, so
    // that the one statement of a plain write can ask for it.
    "create table organization_policies (
        org_id     {uuid} not null primary key,
        body       text   not null,
        guarded    {bool} not null,
        updated_at {int}  not null,
        foreign key (org_id) references organizations (id) on delete cascade
    ) {strict}",
    // Active users that have no seat yet.
    "create table waiting_users (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        user_id            {uuid} not null,
        since              {int}  not null,
        primary key (org_id, scim_connection_id, user_id),
        foreign key (org_id, scim_connection_id, user_id)
            references users (org_id, scim_connection_id, id) on delete cascade
    ) {by_org}",
    "create index waiting_users_by_time on waiting_users (org_id, since, user_id)",
    "{postgres} create statistics {part:waiting_users}_tenant (dependencies)
        on org_id, scim_connection_id from {part:waiting_users}",
    // Kept beside the sequence, because whatever changes it takes a number there anyway.
    "alter table event_sequences add column active_users {int} not null default 0",
    "update event_sequences set active_users = (
        select count(*) from users where users.org_id = event_sequences.org_id and users.active)",
);
