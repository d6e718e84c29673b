//! A backup that was taken while identity providers wrote is restored into an empty database: what was
//! acknowledged before it began is there, and everything goes on.
//!
//! With the scripts of `deploy/backup`, as an operator runs them.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rollcall_idp_sim::{Acknowledged, IdpKind, Options, Report};
use rollcall_testkit::{Client, TestDatabase, block_on, on_each_database};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::Notify;

use crate::audit::{Connection, check, connect, directory};
use crate::process::{ADMIN_KEY, Server};

/// How many writes are acknowledged when the backup begins.
const WRITES: usize = 60;

/// How many people each tenant has.
const PEOPLE: usize = 60;

/// How many it has after the restore.
const MORE_PEOPLE: usize = 80;

/// A SCIM connection, who pushes into it, and what was acknowledged to it.
struct Tenant {
    connection: Connection,
    kind: IdpKind,
    journal: Mutex<Vec<Acknowledged>>,
}

impl Tenant {
    async fn connect(api: &Client, kind: IdpKind, name: &str) -> Self {
        Self {
            connection: connect(api, name).await,
            kind,
            journal: Mutex::default(),
        }
    }

    fn acknowledged(&self) -> usize {
        self.journal.lock().unwrap().len()
    }

    /// Pushes so many people to its connection at this server, whoever is there already.
    async fn push(&self, base: &str, people: usize, more: impl Fn() + Sync) -> Report {
        let note = |write: Acknowledged| {
            self.journal.lock().unwrap().push(write);
            more();
        };
        let options = Options {
            journal: Some(&note),
            ..Options::default()
        };
        let target = self.connection.at(base).target;
        let report = rollcall_idp_sim::run(&target, self.kind, &directory(people), options).await;
        let report = report.unwrap();
        assert!(report.is_clean(), "{report}");
        report
    }
}

/// Somebody who follows the events of an organization, and how far they are.
struct Follower {
    organization: String,
    cursor: String,
    sequence: u64,
}

impl Follower {
    fn of(organization: &str) -> Self {
        Self {
            organization: organization.to_owned(),
            cursor: String::new(),
            sequence: 0,
        }
    }

    /// Reads one page; whether there was anything on it. Nothing may be missing in between.
    async fn read(&mut self, api: &Client) -> bool {
        let Self { organization, .. } = self;
        let path = format!(
            "/v1/events?organization={organization}&limit=20{}",
            self.cursor
        );
        let page = api.get(&path).await.expect(200);
        let events = page.body["data"].as_array().unwrap();
        for event in events {
            self.sequence += 1;
            assert_eq!(event["sequence"], self.sequence, "{event}");
        }
        if !events.is_empty() {
            self.cursor = format!("&after={}", page.text("/next_cursor"));
        }
        !events.is_empty()
    }

    async fn catch_up(&mut self, api: &Client) {
        while self.read(api).await {}
    }
}

/// Runs a script of `deploy/backup`; what it printed.
async fn script(name: &str, arguments: &[&Path], database_url: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = Command::new(top.join("scripts/postgres-bin")).output();
    let programs = String::from_utf8(found.await.unwrap().stdout).unwrap();
    let usual = std::env::var("PATH").unwrap();
    let output = Command::new(top.join("deploy/backup").join(name))
        .args(arguments)
        .env("PATH", format!("{}:{usual}", programs.trim()))
        .env("ROLLCALL_DATABASE_URL", database_url)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The file of a SQLite database; `None` for PostgreSQL.
fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?;
    Some(path.split('?').next().unwrap().into())
}

async fn back_up(url: &str, folder: &Path) -> PathBuf {
    match sqlite_file(url) {
        Some(file) => script("backup-sqlite", &[&file, folder], url).await,
        None => script("backup-postgresql", &[folder], url).await,
    }
    .into()
}

/// An empty database of the same kind.
async fn empty_like(url: &str, folder: &Path) -> (Option<TestDatabase>, String) {
    if sqlite_file(url).is_some() {
        let file = folder.join("restored.db");
        return (None, format!("sqlite://{}?mode=rwc", file.display()));
    }
    let database = TestDatabase::empty_postgres("").await;
    let url = database.url().to_owned();
    (Some(database), url)
}

async fn restore(backup: &Path, url: &str) {
    match sqlite_file(url) {
        Some(file) => script("restore-sqlite", &[backup, &file], url).await,
        None => script("restore-postgresql", &[backup], url).await,
    };
}

/// What goes on at the server that is backed up.
#[derive(Default)]
struct Load {
    written: AtomicUsize,
    enough: Notify,
    backed_up: AtomicBool,
}

impl Load {
    fn note(&self) {
        if self.written.fetch_add(1, Ordering::SeqCst) + 1 == WRITES {
            self.enough.notify_one();
        }
    }

    /// Pushes one tenant, then others, until the backup is done: somebody writes all the time.
    async fn push(&self, api: &Client, tenant: &Tenant) {
        tenant.push(api.base(), PEOPLE, || self.note()).await;
        for number in 1.. {
            if self.backed_up.load(Ordering::SeqCst) {
                break;
            }
            let name = format!("{:?} {number}", tenant.kind);
            let other = Tenant::connect(api, tenant.kind, &name).await;
            other.push(api.base(), PEOPLE, || self.note()).await;
        }
    }

    fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }
}

/// The positions of the whole feed, in its order.
async fn positions(api: &Client) -> Vec<u64> {
    let mut positions = Vec::new();
    let mut after = String::new();
    loop {
        let page = api.get(&format!("/v1/events?limit=200{after}")).await;
        let page = page.expect(200);
        let events = page.body["data"].as_array().unwrap();
        if events.is_empty() {
            return positions;
        }
        let position = |event: &Value| event["position"].as_u64().unwrap();
        positions.extend(events.iter().map(position));
        after = format!("&after={}", page.text("/next_cursor"));
    }
}

async fn restored_and_gone_on_with(database: &TestDatabase) {
    let folder = TempDir::new().unwrap();
    let mut server = Server::on(database.url());
    server.start().await;
    let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");
    let tenants = [
        Tenant::connect(&api, IdpKind::Okta, "Okta").await,
        Tenant::connect(&api, IdpKind::Entra, "Entra").await,
    ];
    let load = Load::default();
    let pushes = tenants.iter().map(|tenant| load.push(&api, tenant));
    let backing_up = async {
        load.enough.notified().await;
        let mut followers = Vec::new();
        for tenant in &tenants {
            let mut follower = Follower::of(&tenant.connection.organization);
            assert!(follower.read(&api).await);
            followers.push(follower);
        }
        let before = [0, 1].map(|tenant: usize| tenants[tenant].acknowledged());
        let written = load.written();
        let backup = back_up(database.url(), folder.path()).await;
        assert!(load.written() > written, "nobody wrote while it was taken");
        load.backed_up.store(true, Ordering::SeqCst);
        (followers, before, backup)
    };
    let pushing = futures_util::future::join_all(pushes);
    let (_, (mut followers, before, backup)) = tokio::join!(pushing, backing_up);
    server.kill().await;

    let (_database, url) = empty_like(database.url(), folder.path()).await;
    restore(&backup, &url).await;
    let mut server = Server::on(&url);
    server.start().await;
    let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");
    for (tenant, before) in tenants.iter().zip(before) {
        let connection = tenant.connection.at(server.url());
        tenant.journal.lock().unwrap().truncate(before);
        let journal = tenant.journal.lock().unwrap().clone();
        check(&api, &connection, &journal).await;
    }
    for follower in &mut followers {
        follower.catch_up(&api).await;
    }
    let restored = positions(&api).await;

    for (tenant, follower) in tenants.iter().zip(&mut followers) {
        let seen = follower.sequence;
        let report = tenant.push(server.url(), MORE_PEOPLE, || ()).await;
        let journal = tenant.journal.lock().unwrap().clone();
        check(&api, &tenant.connection.at(server.url()), &journal).await;
        follower.catch_up(&api).await;
        assert!(report.writes() > 0, "there was more to write: {report}");
        assert!(follower.sequence > seen);
    }
    let now = positions(&api).await;
    assert!(
        now.starts_with(&restored),
        "the restored part of the feed changed"
    );
    assert!(now.is_sorted_by(|one, next| one < next), "{now:?}");
    server.kill().await;
}

on_each_database! {
    async fn a_backup_taken_under_load_holds_what_was_acknowledged_before(database: TestDatabase) {
        restored_and_gone_on_with(&database).await;
    }
}

#[test]
fn a_database_that_is_split_is_backed_up_and_restored_as_any_other() {
    block_on(async {
        let database = TestDatabase::split_postgres(3).await;
        restored_and_gone_on_with(&database).await;
    });
}
