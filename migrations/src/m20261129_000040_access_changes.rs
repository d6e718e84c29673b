//! What changed of who may come in, in the order of commits, for processes that remember it.
//!
//! The number is taken from one row, whose lock is held until the commit: so a number that can be
//! read is of a change that can be read, and no lower one comes after it. A database that is restored, or
//! replaced by a standby that lagged behind, hands out numbers again; the stamp, which is random, tells.

step!(
    "create table access_changes (
        number {int} not null primary key,
        what   text  not null,
        stamp  {uuid} not null
    ) {strict}",
    "create table access_change_count (
        name text  not null primary key,
        last {int} not null
    ) {strict}",
    "insert into access_change_count (name, last) values ('all', 0)",
);
