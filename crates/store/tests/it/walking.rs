//! A walk by position while others write: nobody who was there all the time is missed, and nobody
//! comes twice.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rollcall_model::UserId;
use rollcall_scim::{Catalog, Sort};
use rollcall_store::{ConnectionHandle, DirectoryQuery, Position};
use rollcall_testkit::on_each_database;
use serde_json::json;

use crate::fixture::{Fixture, resource};

const PEOPLE: usize = 60;
const WALKS: usize = 12;

/// What others do between two pages.
#[derive(Clone, Debug)]
enum Write {
    Insert { title: Option<&'static str> },
    Delete { whom: usize },
    Change { whom: usize, nickname: u32 },
}

fn title() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![
        None,
        Some("Clerk"),
        Some("clerk"),
        Some("Élève"),
        Some("Zar"),
    ])
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = prop_oneof![
        title().prop_map(|title| Write::Insert { title }),
        any::<usize>().prop_map(|whom| Write::Delete { whom }),
        (any::<usize>(), any::<u32>())
            .prop_map(|(whom, nickname)| Write::Change { whom, nickname }),
    ];
    prop::collection::vec(write, 0..5)
}

/// Those who are there, in an order in which a random number can name one of them.
struct Town<'a> {
    fixture: &'a Fixture,
    handle: &'a ConnectionHandle,
    people: Vec<UserId>,
    born: usize,
}

impl Town<'_> {
    async fn apply(&mut self, write: &Write) {
        self.fixture.clock.advance_millis(1);
        let mut tx = self.handle.begin(self.fixture.request()).await.unwrap();
        match write {
            Write::Insert { title } => {
                self.born += 1;
                // Names in no order, so that newcomers appear anywhere in a sorted list.
                let name = format!("{:03}-{}", self.born * 37 % 101, self.born);
                let body = json!({ "userName": name, "title": title });
                self.people
                    .push(tx.insert_user(resource(body)).await.unwrap().id);
            }
            Write::Delete { .. } | Write::Change { .. } if self.people.is_empty() => {}
            Write::Delete { whom } => {
                let id = self.people.swap_remove(whom % self.people.len());
                tx.delete_user(id).await.unwrap();
            }
            Write::Change { whom, nickname } => {
                let id = self.people[whom % self.people.len()];
                let user = tx.lock_user(id).await.unwrap().unwrap();
                let mut body = serde_json::Value::Object(user.resource.attributes().clone());
                body["nickName"] = json!(nickname.to_string());
                tx.save_user(user, resource(body)).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }
}

on_each_database! {
    async fn a_walk_misses_nobody_who_stays_and_meets_nobody_twice(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let handle = fixture.connection(&org, 1).await;
        let mut runner = TestRunner::deterministic();
        let mut town = Town { fixture: &fixture, handle: &handle, people: Vec::new(), born: 0 };
        for _ in 0..PEOPLE {
            let title = title().new_tree(&mut runner).unwrap().current();
            town.apply(&Write::Insert { title }).await;
        }
        let orders = [None, Some(("userName", "ascending")), Some(("title", "ascending")), Some(("title", "descending"))];
        for walk in 0..WALKS {
            let order = orders[walk % orders.len()];
            let sort = order.and_then(|(by, order)| {
                Sort::parse(Catalog::core().user(), Some(by), Some(order)).unwrap()
            });
            let mut stayed: BTreeSet<UserId> = town.people.iter().copied().collect();
            let mut met: BTreeMap<UserId, usize> = BTreeMap::new();
            let mut after: Option<Position> = None;
            loop {
                let query = DirectoryQuery {
                    sort: sort.clone(), after: after.clone(), limit: 5, ..DirectoryQuery::default()
                };
                let page = handle.search_users(&query).await.unwrap();
                for user in &page.items {
                    *met.entry(user.id).or_default() += 1;
                }
                assert_eq!(page.total, town.people.len() as u64);
                let Some(last) = page.positions.last() else { break };
                after = Some(last.clone());
                for write in writes().new_tree(&mut runner).unwrap().current() {
                    town.apply(&write).await;
                }
                stayed.retain(|id| town.people.contains(id));
            }
            let missed: Vec<_> = stayed.iter().filter(|id| !met.contains_key(*id)).collect();
            assert!(missed.is_empty(), "{order:?}: {missed:?}");
            assert!(met.values().all(|times| *times == 1), "{order:?}: {met:?}");
        }
    }
}
