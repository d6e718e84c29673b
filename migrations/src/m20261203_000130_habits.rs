//! What is usual for a SCIM connection, and which reasons for attention were told of it.

step!(
    // Beside the connection and not in it, so that what is written each minute does not touch a row
    // that every request reads. `learned` is for the program alone; what a condition over all connections
    // needs has a column.
    "create table scim_connection_habits (
        org_id               {uuid} not null,
        scim_connection_id   {uuid} not null,
        learned              text   not null,
        active_until         {int}  not null,
        quiet_from           {int},
        auth_failing_since   {int},
        errors_rising_since  {int},
        primary key (org_id, scim_connection_id),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {strict}",
    // A set of reasons as a number. `attention_told` is still written for the previous release.
    "alter table scim_connections add column attention_reasons {int} not null default 0",
    "update scim_connections set attention_reasons = 1 where attention_told",
);
