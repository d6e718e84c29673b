//! What a PostgreSQL server has to be like, looked at before anything is written.
//!
//! A server that cannot be served from is refused with a sentence that says what to change; one
//! that works and will disappoint somebody later is warned of. Durability is only warned of: a
//! server for tests has good reasons to be without.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::error::StoreError;
use crate::options::StoreOptions;
use crate::pool::Pool;

/// The oldest server that the tests know: older ones are no longer mended by their makers.
const OLDEST_MAJOR: i32 = 14;

const FACTS: &str = "
    select
        current_setting('server_version_num')::int as number,
        current_setting('server_version') as version,
        current_setting('server_encoding') as encoding,
        pg_is_in_recovery() as standby,
        current_setting('transaction_read_only')::bool as read_only,
        current_setting('fsync')::bool as fsync,
        current_setting('full_page_writes')::bool as full_page_writes,
        current_setting('synchronous_commit') = 'on'
            and (select setting from pg_settings where name = 'statement_timeout') = $1
            as took_settings,
        current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int as connections,
        current_user::text as role,
        current_schema()::text as schema,
        coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create";

#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Facts {
    number: i32,
    version: String,
    encoding: String,
    standby: bool,
    read_only: bool,
    fsync: bool,
    full_page_writes: bool,
    took_settings: bool,
    connections: i32,
    role: String,
    schema: Option<String>,
    may_create: bool,
}

/// What was found out about the server of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerCheck {
    /// Which one it is, with its version, for people.
    pub server: String,
    /// Why it cannot be served from: sentences for the operator.
    pub refusals: Vec<String>,
    /// What will disappoint somebody: sentences for the operator.
    pub warnings: Vec<String>,
}

/// The library of SQLite is a part of this program, so there is nothing to find fault with.
pub(super) async fn check_sqlite(pool: &Pool) -> Result<ServerCheck, StoreError> {
    let version = "select sqlite_version() as version";
    let statement = Statement::from_string(pool.get_database_backend(), version);
    let version = match pool.query_one_raw(statement).await? {
        Some(row) => row.try_get::<String>("", "version")?,
        None => String::new(),
    };
    Ok(ServerCheck {
        server: format!("SQLite {version}"),
        ..ServerCheck::default()
    })
}

/// Asks a PostgreSQL server. `pending` is how many migrations it still needs.
pub(super) async fn check_postgres(
    pool: &Pool,
    options: &StoreOptions,
    pending: usize,
) -> Result<ServerCheck, StoreError> {
    let timeout = options.statement_timeout.as_millis().max(1).to_string();
    let statement =
        Statement::from_sql_and_values(pool.get_database_backend(), FACTS, [timeout.into()]);
    let Some(row) = pool.query_one_raw(statement).await? else {
        return Err(StoreError::corrupt("pg_settings", "", "no row"));
    };
    let facts = Facts::from_query_result(&row, "")?;
    Ok(judge(&facts, options.max_connections, pending))
}

fn judge(facts: &Facts, pool: u32, pending: usize) -> ServerCheck {
    let mut refusals = Vec::new();
    let mut warnings = Vec::new();
    if facts.number / 10_000 < OLDEST_MAJOR {
        refusals.push(format!(
            "PostgreSQL {} is too old: Rollcall needs {OLDEST_MAJOR} or later",
            facts.version
        ));
    }
    if facts.encoding != "UTF8" {
        refusals.push(format!(
            "the database stores text as {}, which does not hold every name: make one with \
             `create database … encoding 'UTF8' template template0`",
            facts.encoding
        ));
    }
    if facts.standby {
        refusals.push(
            "the server is a standby, which takes no writes: let `database_url` name the primary"
                .to_owned(),
        );
    } else if facts.read_only {
        refusals.push(format!(
            "transactions are read-only by default: set `default_transaction_read_only` to off \
             for the role {} and the database",
            facts.role
        ));
    }
    if pending > 0 && !facts.may_create {
        refusals.push(match &facts.schema {
            Some(schema) => format!(
                "the role {role} may not make tables in the schema {schema}: make it the owner of \
                 the database, or `grant create on schema {schema} to {role}`",
                role = facts.role
            ),
            None => format!(
                "no schema of the `search_path` of the role {} exists, so no table can be made",
                facts.role
            ),
        });
    }
    for (name, on) in [
        ("fsync", facts.fsync),
        ("full_page_writes", facts.full_page_writes),
    ] {
        if !on {
            warnings.push(format!(
                "`{name}` is off on the PostgreSQL server: a crash of its machine can destroy the \
                 database, changes that were answered included. Turn it on unless this is a test"
            ));
        }
    }
    if !facts.took_settings {
        warnings.push(
            "the server did not take the settings of our connections (`synchronous_commit`, \
             time-outs): a pooler in between ignores them. Use one that keeps sessions and passes \
             `options` on, or set them for the role with `alter role … set …`"
                .to_owned(),
        );
    }
    if i64::from(facts.connections) < i64::from(pool) {
        warnings.push(format!(
            "the server has {} connections for everybody, and `database.max_connections` lets this \
             process alone open {pool}",
            facts.connections
        ));
    }
    ServerCheck {
        server: format!("PostgreSQL {}", facts.version),
        refusals,
        warnings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Facts {
        Facts {
            number: 14_00_00,
            version: "14.0".to_owned(),
            encoding: "UTF8".to_owned(),
            standby: false,
            read_only: false,
            fsync: true,
            full_page_writes: true,
            took_settings: true,
            connections: 97,
            role: "rollcall".to_owned(),
            schema: Some("public".to_owned()),
            may_create: true,
        }
    }

    #[track_caller]
    fn refusal(facts: &Facts) -> String {
        let check = judge(facts, 10, 1);
        assert_eq!(check.warnings, Vec::<String>::new());
        assert_eq!(check.refusals.len(), 1);
        check.refusals[0].clone()
    }

    #[track_caller]
    fn warning(facts: &Facts, pool: u32) -> String {
        let check = judge(facts, pool, 1);
        assert_eq!(check.refusals, Vec::<String>::new());
        assert_eq!(check.warnings.len(), 1);
        check.warnings[0].clone()
    }

    #[test]
    fn a_good_server_is_taken_without_a_word() {
        let expected = ServerCheck {
            server: "PostgreSQL 14.0".to_owned(),
            ..ServerCheck::default()
        };
        assert_eq!(judge(&good(), 97, 1), expected);
    }

    #[test]
    fn a_server_that_cannot_be_served_from_is_refused() {
        let old = Facts {
            number: 13_00_22,
            version: "13.22".to_owned(),
            ..good()
        };
        insta::assert_snapshot!(refusal(&old), @"PostgreSQL 13.22 is too old: Rollcall needs 14 or later");
        let latin = Facts {
            encoding: "LATIN1".to_owned(),
            ..good()
        };
        insta::assert_snapshot!(refusal(&latin), @"the database stores text as LATIN1, which does not hold every name: make one with `create database … encoding 'UTF8' template template0`");
        let standby = Facts {
            standby: true,
            read_only: true,
            ..good()
        };
        insta::assert_snapshot!(refusal(&standby), @"the server is a standby, which takes no writes: let `database_url` name the primary");
    }

    #[test]
    fn the_right_to_make_tables_is_asked_for_only_if_some_are_missing() {
        let facts = Facts {
            may_create: false,
            ..good()
        };
        insta::assert_snapshot!(refusal(&facts), @"the role rollcall may not make tables in the schema public: make it the owner of the database, or `grant create on schema public to rollcall`");
        assert_eq!(judge(&facts, 10, 0).refusals, Vec::<String>::new());
        let nowhere = Facts {
            schema: None,
            ..facts
        };
        insta::assert_snapshot!(refusal(&nowhere), @"no schema of the `search_path` of the role rollcall exists, so no table can be made");
    }

    #[test]
    fn what_will_disappoint_is_warned_of() {
        let torn = Facts {
            full_page_writes: false,
            ..good()
        };
        insta::assert_snapshot!(warning(&torn, 10), @"`full_page_writes` is off on the PostgreSQL server: a crash of its machine can destroy the database, changes that were answered included. Turn it on unless this is a test");
        let pooled = Facts {
            took_settings: false,
            ..good()
        };
        insta::assert_snapshot!(warning(&pooled, 10), @"the server did not take the settings of our connections (`synchronous_commit`, time-outs): a pooler in between ignores them. Use one that keeps sessions and passes `options` on, or set them for the role with `alter role … set …`");
        insta::assert_snapshot!(warning(&good(), 98), @"the server has 97 connections for everybody, and `database.max_connections` lets this process alone open 98");
    }
}
