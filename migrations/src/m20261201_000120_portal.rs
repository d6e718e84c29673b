//! Links to the setup portal, and the sessions that they are exchanged for.

step!(
    "create table portal_links (
        org_id     {uuid} not null references organizations (id) on delete cascade,
        id         {uuid} not null,
        return_url text,
        created_at {int}  not null,
        expires_at {int}  not null,
        used_at    {int},
        revoked_at {int},
        primary key (org_id, id)
    ) {strict}",
    "create table portal_sessions (
        org_id     {uuid} not null,
        id         {uuid} not null,
        link_id    {uuid} not null,
        created_at {int}  not null,
        expires_at {int}  not null,
        primary key (org_id, id),
        foreign key (org_id, link_id) references portal_links (org_id, id) on delete cascade
    ) {strict}",
    "create index portal_sessions_by_link on portal_sessions (org_id, link_id)",
    // Forms that a session has sent, each of which is taken once.
    "create table portal_forms (
        org_id     {uuid} not null,
        session_id {uuid} not null,
        form       {uuid} not null,
        primary key (org_id, session_id, form),
        foreign key (org_id, session_id) references portal_sessions (org_id, id) on delete cascade
    ) {strict}",
    // Found by the SHA-256 of a secret, before the organization is known.
    "create table routing_portal_links (
        digest  {bytes} not null primary key,
        org_id  {uuid}  not null,
        link_id {uuid}  not null,
        foreign key (org_id, link_id) references portal_links (org_id, id) on delete cascade
    ) {strict}",
    "create index routing_portal_links_by_link on routing_portal_links (org_id, link_id)",
    "create table routing_portal_sessions (
        digest     {bytes} not null primary key,
        org_id     {uuid}  not null,
        session_id {uuid}  not null,
        foreign key (org_id, session_id) references portal_sessions (org_id, id) on delete cascade
    ) {strict}",
    "create index routing_portal_sessions_by_session
        on routing_portal_sessions (org_id, session_id)",
);
