//! Webhooks: where events are sent, and the queue of what is to be sent there.
//!
//! The queue refers to nothing by foreign keys: placing events would lock every endpoint, and an
//! endpoint with a million rows would be deleted in one transaction. Rows whose endpoint is gone
//! are removed in small steps (docs/decisions/0022-webhook-queue.md).

step!(
    // `org_id` is null for an endpoint of the installation. `types` is null for every type, else a
    // list with a comma before and behind each name. `paused_at` stops sending, not queueing.
    // `failures` are those in a row, `failing_since` is when the first of them was.
    "create table webhook_endpoints (
        id              {uuid} not null primary key,
        org_id          {uuid} references organizations (id) on delete cascade,
        url             text   not null,
        description     text,
        types           text,
        ordered         {bool} not null,
        max_in_flight   {int}  not null,
        timeout_seconds {int}  not null,
        paused_at       {int},
        pause_reason    text,
        failures        {int}  not null default 0,
        failing_since   {int},
        resumed_at      {int}  not null,
        created_at      {int}  not null,
        updated_at      {int}  not null
    ) {strict}",
    "create index webhook_endpoints_by_org on webhook_endpoints (org_id)",
    // Sealed with the installation's secret key. One without an end is the current one.
    "create table webhook_secrets (
        endpoint_id {uuid}  not null references webhook_endpoints (id) on delete cascade,
        id          {uuid}  not null,
        sealed      {bytes} not null,
        created_at  {int}   not null,
        expires_at  {int},
        primary key (endpoint_id, id)
    ) {strict}",
    // `state` is `pending`, `delivered` or `failed`. A pending row that nobody sends has `due_at`; one
    // that somebody sends has `lease_until` instead. `body` is set where there is no event.
    "create table webhook_deliveries (
        endpoint_id      {uuid} not null,
        id               {uuid} not null,
        org_id           {uuid} not null,
        sequence         {int}  not null,
        event_id         {uuid} not null,
        position         {int}  not null,
        type             text   not null,
        occurred_at      {int}  not null,
        body             text,
        state            text   not null,
        attempts         {int}  not null,
        queued_at        {int}  not null,
        first_attempt_at {int},
        due_at           {int},
        lease_until      {int},
        finished_at      {int},
        primary key (endpoint_id, id)
    ) {strict}",
    "create index webhook_deliveries_due
        on webhook_deliveries (endpoint_id, due_at, position) where due_at is not null",
    "create index webhook_deliveries_in_order
        on webhook_deliveries (endpoint_id, org_id, sequence, id) where state = 'pending'",
    "create index webhook_deliveries_leased
        on webhook_deliveries (lease_until, endpoint_id) where lease_until is not null",
    "create index webhook_deliveries_by_state
        on webhook_deliveries (endpoint_id, state, id)",
    "create index webhook_deliveries_finished
        on webhook_deliveries (state, finished_at) where finished_at is not null",
    "create table webhook_attempts (
        endpoint_id {uuid} not null,
        delivery_id {uuid} not null,
        number      {int}  not null,
        at          {int}  not null,
        duration_ms {int}  not null,
        status      {int},
        error       text,
        response    text,
        primary key (endpoint_id, delivery_id, number),
        foreign key (endpoint_id, delivery_id)
            references webhook_deliveries (endpoint_id, id) on delete cascade
    ) {strict}",
);
