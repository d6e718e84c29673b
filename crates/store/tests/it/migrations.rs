//! The schema.

use std::sync::Arc;

use rollcall_model::SystemClock;
use rollcall_store::Store;
use rollcall_testkit::{TestDatabase, on_each_database};
use sea_orm::{ConnectionTrait, Statement};

use crate::fixture::Fixture;

/// Tables that are found before the organization is known, or that belong to no organization.
const WITHOUT_TENANT: [&str; 25] = [
    "organizations",
    "routing_tokens",
    "routing_oauth_clients",
    "oauth_signing_keys",
    "routing_connections",
    "routing_domains",
    "routing_portal_links",
    "routing_portal_sessions",
    "events",
    "feed_floor",
    "feed_consumers",
    "feed_sinks",
    "audit_log",
    "installation",
    "access_changes",
    "access_change_count",
    "api_keys",
    "idempotency_keys",
    "webhook_endpoints",
    "webhook_secrets",
    "webhook_deliveries",
    "webhook_attempts",
    "page_sessions",
    "spent_sign_ins",
    "seaql_migrations",
];

/// The table that a partition is of; any other table itself.
fn whole(table: &str) -> &str {
    match table.rsplit_once("_p") {
        Some((whole, number)) if number.parse::<u32>().is_ok() => whole,
        _ => table,
    }
}

/// The first column of each index of a database, as `table.index` and column.
async fn indexes(database: &TestDatabase) -> Vec<(String, String, String)> {
    let raw = database.raw().await;
    let sql = if database.url().starts_with("sqlite") {
        "select m.name as tbl, l.name as idx, i.name as col
         from sqlite_master m
         join pragma_index_list(m.name) l
         join pragma_index_info(l.name) i on i.seqno = 0
         where m.type = 'table'"
    } else {
        "select t.relname::text as tbl, c.relname::text as idx, a.attname::text as col
         from pg_index x
         join pg_class c on c.oid = x.indexrelid
         join pg_class t on t.oid = x.indrelid
         join pg_namespace n on n.oid = t.relnamespace and n.nspname = 'public'
         join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]"
    };
    let statement = Statement::from_string(raw.get_database_backend(), sql);
    let rows = raw.query_all_raw(statement).await.unwrap();
    raw.close().await.unwrap();
    rows.iter()
        .map(|row| {
            (
                row.try_get("", "tbl").unwrap(),
                row.try_get("", "idx").unwrap(),
                row.try_get("", "col").unwrap(),
            )
        })
        .collect()
}

on_each_database! {
    async fn every_index_of_a_tenant_table_begins_with_the_organization(database: TestDatabase) {
        let indexes = indexes(&database).await;
        assert!(indexes.len() > 20, "{indexes:?}");
        for (table, index, column) in indexes {
            if !WITHOUT_TENANT.contains(&whole(&table)) {
                assert_eq!(column, "org_id", "{index} on {table}");
            }
        }
    }

    async fn migrating_again_changes_nothing(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        assert_eq!(fixture.store.pending_migrations().await.unwrap(), 0);
        fixture.store.migrate().await.unwrap();
        assert_eq!(fixture.store.pending_migrations().await.unwrap(), 0);
    }
}

#[test]
fn ten_replicas_that_start_at_once_migrate_once() {
    rollcall_testkit::block_on(async {
        let database = TestDatabase::empty_postgres("").await;
        let replicas: Vec<_> = (0..10)
            .map(|_| {
                let mut options = database.options();
                options.max_connections = 2;
                tokio::spawn(async move {
                    let store = Store::connect(&options, Arc::new(SystemClock))
                        .await
                        .unwrap();
                    store.migrate().await.unwrap();
                    store.pending_migrations().await.unwrap()
                })
            })
            .collect();
        for replica in replicas {
            assert_eq!(replica.await.unwrap(), 0);
        }
        let raw = database.raw().await;
        let sql = "select count(*) as steps, count(distinct version) as versions
            from seaql_migrations";
        let statement = Statement::from_string(raw.get_database_backend(), sql);
        let row = raw.query_one_raw(statement).await.unwrap().unwrap();
        let count = |column| row.try_get::<i64>("", column).unwrap();
        assert_eq!(count("steps"), count("versions"));
        raw.close().await.unwrap();
    });
}

#[cfg(unix)]
#[test]
fn a_new_sqlite_file_is_readable_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    rollcall_testkit::block_on(async {
        let database = TestDatabase::sqlite().await;
        let path = database.url().trim_start_matches("sqlite://");
        let path = path.split('?').next().unwrap();
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    });
}

#[test]
fn postgres_is_told_of_each_tenant_table_that_a_connection_has_one_organization() {
    rollcall_testkit::block_on(async {
        let database = TestDatabase::postgres().await;
        let raw = database.raw().await;
        let sql = "select t.relname::text as tbl, exists (
                select 1 from pg_statistic_ext s
                where s.stxrelid = t.oid and 'f' = any(s.stxkind)
                    and o.attnum = any(s.stxkeys) and c.attnum = any(s.stxkeys)
            ) as told
            from pg_class t
            join pg_attribute o on o.attrelid = t.oid and o.attname = 'org_id'
            join pg_attribute c on c.attrelid = t.oid and c.attname = 'scim_connection_id'
            join pg_index i on i.indrelid = t.oid and i.indisprimary and i.indnkeyatts > 2
            where t.relkind in ('r', 'p') and not t.relispartition
                and o.attnum = any(i.indkey) and c.attnum = any(i.indkey)";
        let statement = Statement::from_string(raw.get_database_backend(), sql);
        let rows = raw.query_all_raw(statement).await.unwrap();
        raw.close().await.unwrap();
        assert!(rows.len() > 5);
        for row in rows {
            let table: String = row.try_get("", "tbl").unwrap();
            assert!(row.try_get::<bool>("", "told").unwrap(), "{table}");
        }
    });
}
