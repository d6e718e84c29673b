//! What the request log says beyond the head of a request.
//!
//! Bodies stand in a table of their own: a list of requests reads none, and most requests have none
//! kept. The indexes hold failures alone, since that is what a long log is searched for; a success
//! costs no more than its row. `category` is null in rows of the release before, and of a process of
//! that release that still runs.

step!(
    "alter table scim_requests add column filter text",
    "alter table scim_requests add column scim_type text",
    "alter table scim_requests add column quirks text",
    "alter table scim_requests add column category text",
    "alter table scim_requests add column reason text",
    // How many requests the row stands for.
    "alter table scim_requests add column times {int} not null default 1",
    // What the row and its content take, in bytes.
    "alter table scim_requests add column size {int} not null default 0",
    "create index scim_requests_failed on scim_requests (org_id, scim_connection_id, id)
        where category <> 'success'",
    "create index scim_requests_by_category
        on scim_requests (org_id, scim_connection_id, category, id)
        where category <> 'success'",
    "create table scim_request_contents (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        id                 {uuid} not null,
        request_body       text,
        request_bytes      {int},
        request_note       text,
        response_body      text,
        response_bytes     {int},
        response_note      text,
        primary key (org_id, scim_connection_id, id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {by_org}",
    "{postgres} create statistics {part:scim_request_contents}_tenant (dependencies)
        on org_id, scim_connection_id from {part:scim_request_contents}",
);
