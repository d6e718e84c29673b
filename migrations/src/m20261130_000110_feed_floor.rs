//! How far the feed was cut off at its beginning, because its oldest events were kept long enough.
//!
//! It also keeps positions from being given twice when no event is left.

step!(
    "create table feed_floor (
        name       text  not null primary key,
        removed_to {int} not null
    ) {strict}",
    "insert into feed_floor (name, removed_to) values ('all', 0)",
);
