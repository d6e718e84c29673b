//! What differs for benchmarks; see `copies`.

use uuid::Uuid;

use super::Dialect;

impl Dialect {
    /// A query for the `name` and `kind` of each column of the table `$1`.
    pub(crate) const fn columns_of_a_table(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "select name, type as kind from pragma_table_info($1)",
            Self::Postgres => {
                "select column_name::text as name, data_type::text as kind
                from information_schema.columns
                where table_schema = current_schema() and table_name = $1
                order by ordinal_position"
            }
        }
    }

    /// The first ten bytes of a UUID, with the number that `column` holds in the last six.
    pub(crate) fn numbered_uuid(&self, like: &Uuid, column: &str) -> String {
        let beginning = &like.simple().to_string()[..20];
        match self {
            Self::Sqlite { .. } => format!("unhex('{beginning}' || printf('%012x', {column}))"),
            Self::Postgres => {
                format!("cast('{beginning}' || lpad(to_hex({column}), 12, '0') as uuid)")
            }
        }
    }

    /// What a transaction that copies begins with. PostgreSQL plans the check of a foreign key once:
    /// while the table is empty, and so as a scan of all of it, for each of the many rows that follow.
    /// Copies of a row that is there point at what is there, so the checks are left out. Only a
    /// superuser may.
    pub(crate) const fn before_copies(&self) -> Option<&'static str> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres => Some(
                "set local session_replication_role = replica; set local statement_timeout = 0",
            ),
        }
    }

    /// A statement that brings what the planner knows up to date, if there is one that the
    /// database runs by itself.
    pub(crate) const fn settle(&self) -> Option<&'static str> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres => Some("set local statement_timeout = 0; analyze"),
        }
    }
}
