//! Two replicas go on after their PostgreSQL server was restarted under load, as if it had crashed.
//!
//! `make bench` does the same at the size of an installation, and more; see the section `faults`.

use std::sync::{Arc, Mutex};

use rollcall_idp_sim::{Acknowledged, IdpKind, Options};
use rollcall_testkit::servers::OwnPostgres;
use rollcall_testkit::{Client, TestDatabase, block_on};
use tokio::sync::Notify;

use crate::audit::{Connection, check, connect, directory};
use crate::process::{ADMIN_KEY, Server};

/// How many writes of all tenants are acknowledged when the server is stopped.
const WRITES: usize = 60;

/// The writes that were acknowledged to one tenant, and a word when there are enough of all.
async fn push(
    connection: &Connection,
    kind: IdpKind,
    all: &Mutex<usize>,
    enough: &Notify,
) -> Vec<Acknowledged> {
    let journal = Mutex::new(Vec::new());
    let note = |write: Acknowledged| {
        journal.lock().unwrap().push(write);
        let mut all = all.lock().unwrap();
        *all += 1;
        if *all == WRITES {
            enough.notify_one();
        }
    };
    let options = Options {
        journal: Some(&note),
        ..Options::default()
    };
    let report = rollcall_idp_sim::run(&connection.target, kind, &directory(30), options).await;
    let report = report.unwrap();
    assert!(report.is_clean(), "{report}");
    journal.into_inner().unwrap()
}

#[test]
fn nothing_acknowledged_is_lost_when_postgresql_is_restarted() {
    block_on(async {
        let postgres = Arc::new(OwnPostgres::start());
        let database = TestDatabase::on(&postgres).await;
        let mut servers = [Server::on(database.url()), Server::on(database.url())];
        let mut connections = Vec::new();
        for server in &mut servers {
            server.start().await;
            let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");
            for kind in [IdpKind::Okta, IdpKind::Entra] {
                let name = format!("{kind:?} at {}", server.url());
                connections.push((connect(&api, &name).await, kind));
            }
        }
        let (all, enough) = (Mutex::new(0), Notify::new());
        let restart = async {
            enough.notified().await;
            let postgres = Arc::clone(&postgres);
            let restart = tokio::task::spawn_blocking(move || {
                postgres.stop();
                postgres.begin();
            });
            restart.await.unwrap();
        };
        let pushes = connections
            .iter()
            .map(|(connection, kind)| push(connection, *kind, &all, &enough));
        let (journals, ()) = tokio::join!(futures_util::future::join_all(pushes), restart);

        let api = Client::new(servers[0].url(), Some(ADMIN_KEY), "application/json");
        for ((connection, kind), journal) in connections.iter().zip(journals) {
            check(&api, connection, &journal).await;
            let people = directory(30);
            let again =
                rollcall_idp_sim::run(&connection.target, *kind, &people, Options::default()).await;
            let again = again.unwrap();
            assert_eq!(again.writes(), 0, "the directory was complete: {again}");
        }
        for server in &mut servers {
            server.kill().await;
        }
    });
}
