//! Who signs in as whom.

step!(
    // `user_id` is null for an account that a sign-in made. It refers to no row of `users`: who was
    // deleted must stay known as deleted.
    "create table sign_in_links (
        org_id             {uuid} not null,
        sso_connection_id  {uuid} not null,
        subject            text   not null,
        scim_connection_id {uuid},
        user_id            {uuid},
        email              text,
        linked_by          text   not null,
        created_at         {int}  not null,
        updated_at         {int}  not null,
        primary key (org_id, sso_connection_id, subject),
        foreign key (org_id, sso_connection_id)
            references sso_connections (org_id, id) on delete cascade
    ) {by_org}",
    "create unique index sign_in_links_by_user
        on sign_in_links (org_id, sso_connection_id, user_id) where user_id is not null",
    "create index sign_in_links_without_user
        on sign_in_links (org_id, sso_connection_id, subject) where user_id is null",
    "{postgres} create statistics {part:sign_in_links}_tenant (dependencies)
        on org_id, scim_connection_id from {part:sign_in_links}",
);
