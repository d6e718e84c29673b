//! How far those who follow events say that they are, and how far the process is that fills a
//! Redis stream.

step!(
    // Of the whole installation.
    "create table feed_consumers (
        name            text  not null primary key,
        position        {int} not null,
        furthest        {int} not null,
        created_at      {int} not null,
        acknowledged_at {int} not null,
        went_back_at    {int}
    ) {strict}",
    "create table org_feed_consumers (
        org_id          {uuid} not null references organizations (id) on delete cascade,
        name            text  not null,
        position        {int} not null,
        furthest        {int} not null,
        created_at      {int} not null,
        acknowledged_at {int} not null,
        went_back_at    {int},
        primary key (org_id, name)
    ) {strict}",
    // `holder` is the process that may add to it until `held_until`.
    "create table feed_sinks (
        name       text  not null primary key,
        position   {int} not null,
        holder     text  not null,
        held_until {int} not null
    ) {strict}",
);
