//! Events and the audit log: written in the transaction of the change that they tell of.

step!(
    // The last sequence number of each organization. Survives the organization, as its events do.
    "create table event_sequences (
        org_id {uuid} not null primary key,
        last   {int}  not null
    ) {strict}",
    // `position` is given after the commit, by one assigner at a time: a number taken inside the
    // transaction could be seen after a higher one (docs/decisions/0005-event-order.md).
    "create table events (
        org_id             {uuid} not null,
        sequence           {int}  not null,
        id                 {uuid} not null,
        type               text   not null,
        scim_connection_id {uuid},
        occurred_at        {int}  not null,
        actor              text   not null,
        request_id         {uuid} not null,
        data               text   not null,
        position           {int},
        primary key (org_id, sequence)
    ) {by_org}",
    "create unique index {part:events}_by_position
        on {part:events} (position) where position is not null",
    "create index events_by_org_position
        on events (org_id, position) where position is not null",
    "create index events_in_outbox on events (org_id, sequence) where position is null",
    "create table audit_log (
        org_id     {uuid} not null,
        id         {uuid} not null,
        at         {int}  not null,
        actor      text   not null,
        action     text   not null,
        target     text   not null,
        request_id {uuid} not null,
        primary key (org_id, id)
    ) {by_org}",
);
