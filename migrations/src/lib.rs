//! The schema, as forward-only steps that `serve` and `migrate` take by themselves.
//!
//! Each step is plain SQL, because a table is easiest to judge as the database will see it. The
//! few type names that differ between SQLite and PostgreSQL are written as `{uuid}`, `{int}`,
//! `{bytes}`, `{json}` and `{bool}`; `{strict}` ends a table that SQLite is to type-check,
//! `{by_org}` one that may be split as well (see [`partitions`]), and `{postgres}` begins a
//! statement that SQLite has no use for.
//!
//! Every tenant table and every index on one begins with `org_id`, so that partitioning by
//! organization (declarative, or a distributed PostgreSQL) needs no change of the model. What
//! must be found before the organization is known (a token's digest, a connection's id, a slug)
//! stands in small `routing_…` tables of its own; the global feed reads `events` by `position`.
//!
//! A step must leave the previous release able to work: add, never rename or drop, until the
//! release after.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub mod partitions;

/// Declares a step from its SQL.
macro_rules! step {
    ($($statement:literal),+ $(,)?) => {
        use sea_orm_migration::prelude::*;

        #[derive(DeriveMigrationName)]
        pub(crate) struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            // Whole or not at all, on SQLite too: a start that is cut off must be repeatable.
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }

            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                crate::run(manager, &[$($statement),+]).await
            }
        }
    };
}

mod m20261122_000001_organizations;
mod m20261122_000002_connections;
mod m20261122_000003_directory;
mod m20261122_000004_outbox;
mod m20261122_000005_management;
mod m20261125_000006_scim_settings;
mod m20261125_000007_custom_schemas;
mod m20261125_000008_references;
mod m20261125_000009_tombstones;
mod m20261125_000010_token_access;
mod m20261125_000020_sort_order;
mod m20261125_000021_look_ups;
mod m20261125_000030_tenant_statistics;
mod m20261125_000031_rearranged;
mod m20261129_000040_access_changes;
mod m20261129_000050_audit_chain;
mod m20261129_000051_api_key_roles;
mod m20261129_000052_oidc_callers;
mod m20261129_000060_domains;
mod m20261129_000070_roles;
mod m20261129_000071_attribute_mappings;
mod m20261129_000080_expiry_notices;
mod m20261129_000081_oauth_clients;
mod m20261129_000090_policies;
mod m20261129_000091_sign_in_links;
mod m20261130_000100_attention;
mod m20261130_000110_feed_floor;
mod m20261130_000111_consumers;
mod m20261130_000120_webhooks;
mod m20261201_000101_request_log;
mod m20261201_000110_page_sessions;
mod m20261201_000120_portal;
mod m20261202_000100_console_people;
mod m20261203_000120_event_traces;
mod m20261203_000130_habits;

/// The steps in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_organizations::Migration),
            Box::new(m20261122_000002_connections::Migration),
            Box::new(m20261122_000003_directory::Migration),
            Box::new(m20261122_000004_outbox::Migration),
            Box::new(m20261122_000005_management::Migration),
            Box::new(m20261125_000006_scim_settings::Migration),
            Box::new(m20261125_000007_custom_schemas::Migration),
            Box::new(m20261125_000008_references::Migration),
            Box::new(m20261125_000009_tombstones::Migration),
            Box::new(m20261125_000010_token_access::Migration),
            Box::new(m20261125_000020_sort_order::Migration),
            Box::new(m20261125_000021_look_ups::Migration),
            Box::new(m20261125_000030_tenant_statistics::Migration),
            Box::new(m20261125_000031_rearranged::Migration),
            Box::new(m20261129_000040_access_changes::Migration),
            Box::new(m20261129_000050_audit_chain::Migration),
            Box::new(m20261129_000051_api_key_roles::Migration),
            Box::new(m20261129_000052_oidc_callers::Migration),
            Box::new(m20261129_000060_domains::Migration),
            Box::new(m20261129_000070_roles::Migration),
            Box::new(m20261129_000071_attribute_mappings::Migration),
            Box::new(m20261129_000080_expiry_notices::Migration),
            Box::new(m20261129_000081_oauth_clients::Migration),
            Box::new(m20261129_000090_policies::Migration),
            Box::new(m20261129_000091_sign_in_links::Migration),
            Box::new(m20261130_000100_attention::Migration),
            Box::new(m20261130_000110_feed_floor::Migration),
            Box::new(m20261130_000111_consumers::Migration),
            Box::new(m20261130_000120_webhooks::Migration),
            Box::new(m20261201_000101_request_log::Migration),
            Box::new(m20261201_000110_page_sessions::Migration),
            Box::new(m20261201_000120_portal::Migration),
            Box::new(m20261202_000100_console_people::Migration),
            Box::new(m20261203_000120_event_traces::Migration),
            Box::new(m20261203_000130_habits::Migration),
        ]
    }
}

/// Runs the statements of one step on whichever database is there.
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let sqlite = manager.get_database_backend() == DbBackend::Sqlite;
    let types = if sqlite {
        [
            ("{uuid}", "blob"),
            ("{int}", "integer"),
            ("{bytes}", "blob"),
            ("{bool}", "integer"),
            ("{json}", "text"),
            ("{strict}", "strict"),
        ]
    } else {
        [
            ("{uuid}", "uuid"),
            ("{int}", "bigint"),
            ("{bytes}", "bytea"),
            ("{bool}", "boolean"),
            ("{json}", "jsonb"),
            ("{strict}", ""),
        ]
    };
    let partitions = partitions::chosen(manager.get_connection()).await?;
    for statement in statements {
        let statement = match statement.strip_prefix("{postgres}") {
            Some(_) if sqlite => continue,
            Some(statement) => statement,
            None => statement,
        };
        let strict = if sqlite { "strict" } else { "" };
        for sql in partitions::split(statement, partitions, strict) {
            let sql = types
                .iter()
                .fold(sql, |sql, (name, of)| sql.replace(name, of));
            manager.get_connection().execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}
