//! The statements themselves: bound to the tenant, and without a word that a client wrote.

use rollcall_scim::Catalog;
use sea_orm::{DbBackend, QueryTrait, Statement};
use uuid::Uuid;

use super::*;
use rollcall_model::{OrgId, ScimConnectionId};

const NASTY: &str = "o'brien\"; drop table users; --";

/// The page after a place, in an order of users.
fn page_after(backend: DbBackend, by: &str, last: &SearchKey) -> Statement {
    let catalog = Catalog::core();
    let sort = Sort::parse(catalog.user(), Some(by), None)
        .unwrap()
        .unwrap();
    let target = Target {
        backend,
        org_id: OrgId::from_uuid(Uuid::from_u128(1)),
        connection_id: ScimConnectionId::from_uuid(Uuid::from_u128(2)),
        kind: catalog.user(),
        table: Table::Users,
    };
    let rows = users::Entity::find()
        .filter(users::Column::OrgId.eq(target.org_id.as_uuid()))
        .filter(users::Column::ScimConnectionId.eq(target.connection_id.as_uuid()));
    let key = target.sort_key(&sort).unwrap();
    let after = key.after(last, Among::After(Uuid::from_u128(3)), users::Column::Id);
    key.order_part(rows.filter(after), users::Column::Id, true)
        .build(backend)
}

#[test]
fn keys_are_bound_and_never_part_of_a_statement() {
    for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
        for by in [
            "userName",
            "title",
            "name.givenName",
            "emails.value",
            "meta.version",
        ] {
            let last = SearchKey::Text(NASTY.to_owned());
            let statement = page_after(backend, by, &last);
            assert!(!statement.sql.contains("brien"), "{}", statement.sql);
            assert!(
                statement.sql.contains("\"users\".\"org_id\" = "),
                "{}",
                statement.sql
            );
            let values = statement.values.unwrap();
            let bound = values.0.iter().filter(|value| **value == NASTY.into());
            assert!(bound.count() >= 2, "{by}");
        }
    }
}

#[test]
fn text_is_sorted_by_code_points_on_postgres_and_ids_break_ties() {
    let last = SearchKey::Text("amy".to_owned());
    let sql = page_after(DbBackend::Postgres, "userName", &last).sql;
    let (_, order) = sql.split_once(" ORDER BY ").unwrap();
    insta::assert_snapshot!(order, @r#"("user_name_key" collate "C") ASC, "users"."id" ASC"#);
    let sql = page_after(DbBackend::Sqlite, "title", &last).sql;
    let (_, order) = sql.split_once(" ORDER BY ").unwrap();
    insta::assert_snapshot!(order, @r#"json_extract("users"."search", '$."title"') ASC, "users"."id" ASC"#);
}

#[test]
fn a_key_of_another_kind_finds_nothing_and_is_no_error() {
    let last = SearchKey::Text("amy".to_owned());
    for by in ["meta.created", "active"] {
        let sql = page_after(DbBackend::Postgres, by, &last).sql;
        assert!(!sql.contains("created_at\" >"), "{sql}");
    }
}
