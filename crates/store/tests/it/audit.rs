//! The audit log: what it says of changes, and that nobody can touch it unseen.

use std::collections::BTreeSet;

use rollcall_model::{
    ApiKeyId, ApiKeyRole, AuditChain, AuditHash, AuditHead, OrgRef, PageRequest, Slug,
};
use rollcall_store::{
    AuditFault, AuditQuery, AuditReport, NewApiKey, OrgHandle, OrganizationChange,
};
use rollcall_testkit::{TestDatabase, on_each_database};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::fixture::{Fixture, user};

/// An organization with ten rows in its log, and where its chain ends.
async fn log_of_ten(database: &TestDatabase) -> (Fixture, AuditHead) {
    let fixture = Fixture::on(database).await;
    let org = fixture.organization("Acme").await;
    let connection = fixture.connection(&org, 1).await;
    for name in ["amy", "bob", "cat", "dan", "eve"] {
        let request = fixture.request();
        let done = connection.insert_user_at_once(request, &user(name)).await;
        if done.unwrap().is_none() {
            let mut tx = connection.begin(request).await.unwrap();
            tx.insert_user(user(name)).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
    rename(&fixture, &org, "Acme 2").await;
    let head = org.audit_head().await.unwrap();
    assert_eq!(head.number, 10);
    (fixture, head)
}

async fn acme(fixture: &Fixture) -> OrgHandle {
    let slug: Slug = "acme".parse().unwrap();
    let named = OrgRef::Slug(slug);
    let org = fixture.store.open_organization(&named).await;
    org.unwrap().unwrap()
}

async fn rename(fixture: &Fixture, org: &OrgHandle, name: &str) {
    let mut tx = org.begin(fixture.origin()).await.unwrap();
    let change = OrganizationChange {
        name: Some(name.to_owned()),
        ..OrganizationChange::default()
    };
    tx.change_organization(change).await.unwrap();
    tx.commit().await.unwrap();
}

async fn run(database: &TestDatabase, sql: &[&str]) {
    let raw = database.raw().await;
    for sql in sql {
        raw.execute_unprepared(sql).await.unwrap();
    }
    raw.close().await.unwrap();
}

async fn verify(fixture: &Fixture, noted: &[AuditHead]) -> AuditReport {
    fixture
        .store
        .verify_audit_log(None, noted, |_| ())
        .await
        .unwrap()
}

/// The faults with the numbers of their rows.
async fn faults(fixture: &Fixture, noted: &[AuditHead]) -> Vec<(Option<u64>, AuditFault)> {
    let report = verify(fixture, noted).await;
    let faults = report.findings.iter();
    faults
        .map(|finding| (finding.number, finding.fault))
        .collect()
}

on_each_database! {
    async fn a_log_that_nobody_touched_is_whole(database: TestDatabase) {
        let (fixture, head) = log_of_ten(&database).await;
        let report = verify(&fixture, &[head]).await;
        assert_eq!(report, AuditReport { chains: 1, rows: 10, ..AuditReport::default() });
    }

    async fn a_row_that_was_changed_is_named(database: TestDatabase) {
        let (fixture, _) = log_of_ten(&database).await;
        for sql in [
            "update audit_log set actor = 'key_somebody_else' where number = 4",
            "update audit_log set at = at + 1000000 where number = 7",
            "update audit_log set detail = '{\"after\":{}}' where number = 10",
        ] {
            run(&database, &[sql]).await;
        }
        let changed = |number| (Some(number), AuditFault::Changed);
        assert_eq!(faults(&fixture, &[]).await, [changed(4), changed(7), changed(10)]);
    }

    async fn a_row_that_was_removed_is_named(database: TestDatabase) {
        let (fixture, _) = log_of_ten(&database).await;
        run(&database, &["delete from audit_log where number in (1, 5, 6)"]).await;
        assert_eq!(
            faults(&fixture, &[]).await,
            [
                (Some(1), AuditFault::Removed { through: 1 }),
                (Some(5), AuditFault::Removed { through: 6 }),
            ]
        );
    }

    async fn two_rows_in_each_others_place_are_named(database: TestDatabase) {
        for (one, other) in [(4, 5), (4, 6), (3, 9), (9, 10), (1, 2)] {
            // The rows with their hashes, and the rows without them.
            let (fixture, _) = log_of_ten(&database).await;
            let moved = |from: i64, to: i64| {
                format!("update audit_log set number = {to} where number = {from}")
            };
            run(&database, &[&moved(other, -1), &moved(one, other), &moved(-1, one)]).await;
            let with = other.unsigned_abs();
            let swapped = [(Some(one.unsigned_abs()), AuditFault::Swapped { with })];
            assert_eq!(faults(&fixture, &[]).await, swapped, "with hashes");

            let hashes = format!(
                "update audit_log set hash =
                    (select hash from aside where aside.number = {one} + {other} - audit_log.number)
                where number in ({one}, {other})"
            );
            let aside = "create table aside as select number, hash from audit_log";
            run(&database, &[aside, &hashes, "drop table aside"]).await;
            assert_eq!(faults(&fixture, &[]).await, swapped, "without hashes");
            run(&database, &["delete from audit_log", "delete from event_sequences",
                "delete from organizations"]).await;
        }
    }

    async fn a_tail_that_was_cut_off_is_named(database: TestDatabase) {
        let (fixture, head) = log_of_ten(&database).await;
        run(&database, &["delete from audit_log where number > 8"]).await;
        let cut = [(Some(9), AuditFault::Truncated { through: 10 })];
        assert_eq!(faults(&fixture, &[]).await, cut);

        // With a head to match, only a head that was kept elsewhere tells.
        run(&database, &[
            "update event_sequences set audit_number = 8, audit_hash =
                (select hash from audit_log where number = 8)",
        ]).await;
        assert_eq!(faults(&fixture, &[]).await, []);
        assert_eq!(faults(&fixture, &[head]).await, cut);

        run(&database, &["delete from audit_log", "delete from event_sequences"]).await;
        assert_eq!(faults(&fixture, &[]).await, []);
        assert_eq!(
            faults(&fixture, &[head]).await,
            [(Some(1), AuditFault::Truncated { through: 10 })]
        );
    }

    async fn a_row_past_the_chain_is_named(database: TestDatabase) {
        let (fixture, _) = log_of_ten(&database).await;
        run(&database, &["insert into audit_log (org_id, id, at, actor, action, target, request_id)
            select org_id, request_id, at + 1, actor, action, target, request_id from audit_log
            where number = 10"]).await;
        assert_eq!(faults(&fixture, &[]).await, [(None, AuditFault::Unchained)]);
    }

    async fn rows_of_before_the_chain_are_counted(database: TestDatabase) {
        let (fixture, _) = log_of_ten(&database).await;
        run(&database, &["insert into audit_log (org_id, id, at, actor, action, target, request_id)
            select org_id, request_id, at - 1, actor, action, target, request_id from audit_log
            where number = 1"]).await;
        let report = verify(&fixture, &[]).await;
        assert_eq!((report.rows_before_chains, report.findings.len()), (1, 0));
    }

    async fn a_head_that_does_not_fit_its_rows_is_named(database: TestDatabase) {
        let (fixture, head) = log_of_ten(&database).await;
        run(&database, &["update event_sequences set audit_hash =
            (select hash from audit_log where number = 9)"]).await;
        assert_eq!(faults(&fixture, &[head]).await, [(Some(10), AuditFault::WrongHead)]);
        run(&database, &["update event_sequences set audit_number = 9"]).await;
        assert_eq!(faults(&fixture, &[]).await, [(Some(10), AuditFault::BehindHead)]);
    }

    async fn a_log_that_was_written_anew_differs_from_what_was_noted(database: TestDatabase) {
        let (fixture, head) = log_of_ten(&database).await;
        let noted = AuditHead { hash: AuditHash([7; 32]), ..head };
        assert_eq!(faults(&fixture, &[noted]).await, [(Some(10), AuditFault::NotAsNoted)]);
        let earlier = AuditHead { number: 3, ..noted };
        assert_eq!(faults(&fixture, &[earlier]).await, [(Some(3), AuditFault::NotAsNoted)]);
    }

    async fn thirty_two_writers_leave_one_chain_without_a_gap(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let connection = fixture.connection(&org, 1).await;
        let writers: Vec<_> = (0..32)
            .map(|writer| {
                let (connection, org) = (connection.clone(), org.clone());
                let (request, origin) = (fixture.request(), fixture.origin());
                tokio::spawn(async move {
                    for number in 0..3 {
                        let name = format!("user-{writer}-{number}");
                        let at_once = connection.insert_user_at_once(request, &user(&name)).await;
                        if at_once.unwrap().is_none() {
                            let mut tx = connection.begin(request).await.unwrap();
                            tx.insert_user(user(&name)).await.unwrap();
                            tx.commit().await.unwrap();
                        }
                        // Two rows in one transaction, and one without an event.
                        let mut tx = connection.begin(request).await.unwrap();
                        for part in ["a", "b"] {
                            tx.insert_user(user(&format!("{name}-{part}"))).await.unwrap();
                        }
                        tx.commit().await.unwrap();
                        let mut tx = org.begin(origin).await.unwrap();
                        tx.note("sign_in.denied", "nobody", json!({ "reason": "test" }));
                        tx.commit().await.unwrap();
                    }
                })
            })
            .collect();
        // Looked at meanwhile: writers are no intruders.
        let meanwhile = verify(&fixture, &[]).await;
        assert_eq!(meanwhile.findings, []);
        for writer in writers {
            writer.await.unwrap();
        }
        let report = verify(&fixture, &[]).await;
        assert_eq!(report.findings, []);
        assert_eq!(report.rows, 4 + 32 * 3 * 4);
        assert_eq!(org.audit_head().await.unwrap().number, report.rows);
    }

    async fn the_log_of_a_deleted_organization_stays_whole(database: TestDatabase) {
        let (fixture, _) = log_of_ten(&database).await;
        let org = acme(&fixture).await;
        let mut tx = org.begin(fixture.origin()).await.unwrap();
        tx.delete_organization().await.unwrap();
        tx.commit().await.unwrap();

        let report = verify(&fixture, &[]).await;
        assert_eq!((report.rows, report.findings.len()), (12, 0));
        let page = PageRequest { after: None, limit: 1 };
        let last = fixture.store.list_audit_log(&AuditQuery::default(), page).await.unwrap();
        assert_eq!(last.items[0].organization_id, Some(org.org_id()));
        let only = fixture.store.verify_audit_log(Some(org.org_id()), &[], |_| ());
        assert_eq!(only.await.unwrap(), report);
    }

    async fn api_keys_stand_in_the_chain_of_the_installation(database: TestDatabase) {
        let (fixture, _) = log_of_ten(&database).await;
        for digest in 1..=2 {
            let new = NewApiKey {
                id: ApiKeyId::new(fixture.clock.as_ref()),
                name: format!("key {digest}"),
                prefix: "rck_abc".to_owned(),
                digest: [digest; 32],
            role: ApiKeyRole::Admin,
            organization_id: None,
            };
            fixture.store.insert_api_key(new, fixture.origin()).await.unwrap();
        }
        let heads = fixture.store.list_audit_heads(None, 10).await.unwrap();
        let of_organization = |head: &AuditHead| (head.organization_id.is_some(), head.number);
        let numbers: Vec<_> = heads.iter().map(of_organization).collect();
        assert_eq!(numbers, [(false, 2), (true, 10)]);
        let rest = fixture.store.list_audit_heads(Some(AuditChain(None)), 10).await.unwrap();
        assert_eq!(rest, heads[1..]);
        assert_eq!(verify(&fixture, &heads).await.findings, []);

        let page = PageRequest { after: None, limit: 20 };
        let all = fixture.store.list_audit_log(&AuditQuery::default(), page).await.unwrap();
        assert_eq!(all.items.len(), 12);
    }

    async fn a_change_says_what_was_there_before(database: TestDatabase) {
        let (fixture, _) = log_of_ten(&database).await;
        let org = acme(&fixture).await;
        let page = PageRequest { after: None, limit: 4 };
        let first = org.list_audit_log(&AuditQuery::default(), page).await.unwrap();
        let newest = &first.items[0];
        assert_eq!(
            newest.detail,
            Some(json!({ "before": { "name": "Acme" }, "after": { "name": "Acme 2" } }))
        );
        assert_eq!(first.items[1].detail, None, "a push is told by its event");

        let mut numbers: Vec<_> = first.items.iter().map(|row| row.number).collect();
        let mut next = first.next;
        while let Some(after) = next {
            let page = PageRequest { after: Some(after), limit: 4 };
            let page = org.list_audit_log(&AuditQuery::default(), page).await.unwrap();
            numbers.extend(page.items.iter().map(|row| row.number));
            next = page.next;
        }
        let expected: Vec<_> = (1..=10).rev().map(Some).collect();
        assert_eq!(numbers, expected);

        let query = AuditQuery { action: Some("user.created".to_owned()), ..AuditQuery::default() };
        let page = PageRequest { after: None, limit: 10 };
        let pushed = org.list_audit_log(&query, page).await.unwrap();
        let actions: BTreeSet<_> = pushed.items.iter().map(|row| row.action.as_str()).collect();
        assert_eq!((pushed.items.len(), actions.len()), (5, 1));
    }
}
