//! What was answered 2xx is there after the server was killed, or its database was, or was restored
//! from a backup, with exactly one event each.
//!
//! And nothing fails where replicas are stopped in order.
//!
//! The real binary is killed with SIGKILL at random moments while a simulated identity provider
//! pushes people into it, and started again on the same port and database. The simulator keeps a
//! journal of every write that was acknowledged, survives the outages by trying again, and must
//! come to a clean end.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod audit;
mod backup;
mod process;
mod restart;
mod rolling;

use std::sync::Mutex;
use std::time::Duration;

use audit::{Connection, check, connect, directory};
use process::{ADMIN_KEY, Server};
use rollcall_idp_sim::{Acknowledged, IdpKind, Options};
use rollcall_testkit::{Client, on_each_database};
use tokio::sync::Notify;

/// How often the server is killed on each database.
const KILLS: usize = 20;

/// Pushes a directory while the server is killed once: a moment after a number of writes were
/// acknowledged, when others are under way.
async fn push_through_a_kill(
    server: &mut Server,
    connection: &Connection,
    kind: IdpKind,
    writes: usize,
    moment: Duration,
) -> Vec<Acknowledged> {
    let journal = Mutex::new(Vec::new());
    let enough = Notify::new();
    let note = |write: Acknowledged| {
        let mut journal = journal.lock().unwrap();
        journal.push(write);
        if journal.len() == writes {
            enough.notify_one();
        }
    };
    let options = Options {
        journal: Some(&note),
        ..Options::default()
    };
    let people = directory(30);
    let pushing = rollcall_idp_sim::run(&connection.target, kind, &people, options);
    let killing = async {
        enough.notified().await;
        tokio::time::sleep(moment).await;
        server.kill().await;
        server.start().await;
    };
    let (report, ()) = tokio::join!(pushing, killing);
    let report = report.unwrap();
    assert!(report.is_clean(), "{report}");
    let again = rollcall_idp_sim::run(&connection.target, kind, &people, Options::default());
    let again = again.await.unwrap();
    assert_eq!(again.writes(), 0, "the directory was complete: {again}");
    journal.into_inner().unwrap()
}

on_each_database! {
    async fn nothing_acknowledged_is_lost_when_the_server_is_killed(database: TestDatabase) {
        let mut server = Server::on(database.url());
        server.start().await;
        let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");
        let mut acknowledged = 0;
        for round in 0..KILLS {
            let kind = [IdpKind::Okta, IdpKind::Entra][round % 2];
            let connection = connect(&api, &format!("Round {round}")).await;
            let writes = fastrand::usize(1..=30);
            let moment = Duration::from_micros(fastrand::u64(..20_000));
            let journal =
                push_through_a_kill(&mut server, &connection, kind, writes, moment).await;
            check(&api, &connection, &journal).await;
            acknowledged += journal.len();
        }
        assert!(acknowledged > KILLS * 30, "only {acknowledged} writes were acknowledged");
        server.kill().await;
    }
}
