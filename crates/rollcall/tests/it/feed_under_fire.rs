//! The feed while its servers are killed: who follows it misses nothing and sees nothing twice.
//!
//! Two real processes on one PostgreSQL database, 64 writers over 20 organizations, one follower, and
//! SIGKILL at random: a minute of a machine with two cores. `ROLLCALL_TEST_FEED_CHANGES` makes it
//! shorter; the seed is printed, and `ROLLCALL_TEST_SEED` takes one.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use fastrand::Rng;
use reqwest::{Client, RequestBuilder, StatusCode};
use rollcall_testkit::{TestDatabase, block_on};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::rollcall::{Folder, Server};

const WRITERS: usize = 64;
const ORGANIZATIONS: usize = 20;
const KILLS: usize = 10;
const USUAL_CHANGES: usize = 50_000;
const KEY: &str = "rck_a-key-for-the-feed-under-fire";

/// How long it may take for all servers to answer again.
const PATIENCE: Duration = Duration::from_secs(60);

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Two servers on one database, each at its place, wherever it listens at the moment.
struct Gateways {
    folder: Folder,
    database: TestDatabase,
    servers: [Mutex<Option<Server>>; 2],
    urls: [RwLock<String>; 2],
}

impl Gateways {
    fn start(folder: Folder, database: TestDatabase) -> Self {
        let this = Self {
            folder,
            database,
            servers: Default::default(),
            urls: Default::default(),
        };
        this.launch(0);
        this.launch(1);
        this
    }

    fn launch(&self, place: usize) {
        let mut command = self.folder.command(&["serve"]);
        command
            .env("ROLLCALL_LISTEN", "127.0.0.1:0")
            .env("ROLLCALL_DATABASE_URL", self.database.url())
            .env("ROLLCALL_ADMIN_KEY", KEY)
            .env("ROLLCALL_RATE_LIMITS__WRITES_PER_SECOND", "0")
            .env(
                "ROLLCALL_SECRET_KEY",
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            );
        let server = Server::start(command);
        *self.urls[place].write().unwrap() = server.url().to_owned();
        *self.servers[place].lock().unwrap() = Some(server);
    }

    /// SIGKILL, and a new process at its place.
    fn kill_and_restart(&self, place: usize) {
        // Dropped, a server is killed.
        drop(self.servers[place].lock().unwrap().take());
        self.launch(place);
    }

    fn url(&self, place: usize) -> String {
        self.urls[place].read().unwrap().clone()
    }
}

/// One SCIM connection, one for each organization.
#[derive(Clone)]
struct Tenant {
    organization: String,
    path: String,
    token: String,
}

struct Run {
    http: Client,
    gateways: Gateways,
    tenants: Vec<Tenant>,
    wanted: usize,
    changes: AtomicUsize,
    written: AtomicBool,
}

impl Run {
    /// Sends a request until a server answers it with something else than that it cannot.
    async fn insist(
        &self,
        rng: &mut Rng,
        request: impl Fn(&str) -> RequestBuilder,
    ) -> (StatusCode, Value) {
        let begun = Instant::now();
        loop {
            let url = self.gateways.url(rng.usize(..2));
            if let Ok(answer) = request(&url).send().await {
                let status = answer.status();
                let busy = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                if !busy && let Ok(body) = answer.text().await {
                    let body = serde_json::from_str(&body).unwrap_or(Value::Null);
                    return (status, body);
                }
            }
            assert!(begun.elapsed() < PATIENCE, "no server answers any more");
            tokio::time::sleep(Duration::from_millis(rng.u64(1..20))).await;
        }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let mut rng = Rng::with_seed(1);
        let post = |url: &str| {
            let request = self.http.post(format!("{url}/v1{path}"));
            request.bearer_auth(KEY).json(&body)
        };
        let (status, answer) = self.insist(&mut rng, post).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer
    }

    async fn tenant(&self, number: usize) -> Tenant {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let name = json!({ "name": format!("Organization {number}") });
        let organization = text(&self.post("/organizations", name).await["id"]);
        let sso = json!({
            "name": "Sign-in",
            "protocol": "oidc",
            "oidc": { "issuer": "https://login.example.com", "client_id": "product" },
        });
        let path = format!("/organizations/{organization}/sso-connections");
        let sso = self.post(&path, sso).await["id"].clone();
        let path = format!("/organizations/{organization}/scim-connections");
        let scim = json!({ "name": "Directory", "sso_connection_id": sso });
        let scim = self.post(&path, scim).await;
        Tenant {
            organization,
            path: format!("/scim/v2/{}/Users", text(&scim["id"])),
            token: text(&scim["token"]["secret"]),
        }
    }

    /// Creates a user and renames it, again and again. What it got a 2xx for, as (organization, name).
    async fn write(&self, writer: usize, mut rng: Rng) -> Vec<(String, String)> {
        let tenant = &self.tenants[writer % self.tenants.len()];
        let mut done = Vec::new();
        let mut user = None;
        for number in 0.. {
            if self.changes.fetch_add(1, Ordering::Relaxed) >= self.wanted {
                break;
            }
            let name = format!("{writer} {number}");
            let (status, body) = match &user {
                None => {
                    let body = json!({ "userName": name, "displayName": name });
                    let create = |url: &str| {
                        let request = self.http.post(format!("{url}{}", tenant.path));
                        request.bearer_auth(&tenant.token).json(&body)
                    };
                    self.insist(&mut rng, create).await
                }
                Some(id) => {
                    let body = json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                        "Operations": [{ "op": "replace", "path": "displayName", "value": name }],
                    });
                    let rename = |url: &str| {
                        let request = self.http.patch(format!("{url}{}/{id}", tenant.path));
                        request.bearer_auth(&tenant.token).json(&body)
                    };
                    self.insist(&mut rng, rename).await
                }
            };
            // Created by a request whose answer was lost with its server.
            let was_done = status == StatusCode::CONFLICT && user.is_none();
            assert!(status.is_success() || was_done, "{status}: {body}");
            if status.is_success() {
                done.push((tenant.organization.clone(), name));
            }
            // A new user after a few changes of one.
            let id = body["id"].as_str().map(str::to_owned);
            user = user.or(id).filter(|_| rng.u8(..4) > 0);
        }
        done
    }

    /// Kills a server whenever so much was written, as often as it was promised.
    async fn kill(self: Arc<Self>, mut rng: Rng) {
        let mut moments: Vec<usize> = (0..KILLS).map(|_| rng.usize(..self.wanted)).collect();
        moments.sort_unstable();
        for moment in moments {
            while self.changes.load(Ordering::Relaxed) < moment {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let (this, place) = (Arc::clone(&self), rng.usize(..2));
            let killed = tokio::task::spawn_blocking(move || this.gateways.kill_and_restart(place));
            killed.await.unwrap();
        }
    }

    /// Reads the feed from its beginning, until it ends after everything was written.
    async fn follow(&self, mut rng: Rng) -> Vec<Value> {
        let mut seen: Vec<Value> = Vec::new();
        let mut after = String::new();
        loop {
            let over = self.written.load(Ordering::SeqCst);
            let get = |url: &str| {
                let request = self.http.get(format!("{url}/v1/events?limit=500{after}"));
                request.bearer_auth(KEY)
            };
            let (status, page) = self.insist(&mut rng, get).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            let events = page["data"].as_array().unwrap();
            if events.is_empty() && over {
                return seen;
            }
            if let Some(cursor) = page["next_cursor"].as_str() {
                after = format!("&after={cursor}");
            }
            seen.extend(events.iter().cloned());
        }
    }
}

/// Every event once, in the order of the feed, and each organization's in its own without a gap.
fn check_order(seen: &[Value]) -> HashMap<&str, u64> {
    let mut ids = HashSet::new();
    let mut position = 0;
    let mut sequences: HashMap<&str, u64> = HashMap::new();
    for event in seen {
        assert!(ids.insert(event["id"].as_str().unwrap()), "twice: {event}");
        let here = event["position"].as_u64().unwrap();
        assert!(here > position, "after {position}: {event}");
        position = here;
        let organization = event["organization_id"].as_str().unwrap();
        let sequence = sequences.entry(organization).or_default();
        *sequence += 1;
        assert_eq!(event["sequence"], *sequence, "{event}");
    }
    sequences
}

async fn stored_events(database: &TestDatabase) -> usize {
    let raw = database.raw().await;
    let count = "select count(*) as events from events";
    let count = Statement::from_string(raw.get_database_backend(), count);
    let row = raw.query_one_raw(count).await.unwrap().unwrap();
    usize::try_from(row.try_get::<i64>("", "events").unwrap()).unwrap()
}

#[test]
fn a_follower_sees_every_event_once_and_in_order_while_servers_are_killed() {
    let seed = number("ROLLCALL_TEST_SEED").unwrap_or_else(|| fastrand::u64(..));
    let wanted = number("ROLLCALL_TEST_FEED_CHANGES")
        .and_then(|changes| usize::try_from(changes).ok())
        .unwrap_or(USUAL_CHANGES);
    eprintln!("ROLLCALL_TEST_SEED={seed} ROLLCALL_TEST_FEED_CHANGES={wanted}");
    let mut rng = Rng::with_seed(seed);
    let database = block_on(TestDatabase::empty_postgres(""));
    let mut run = Run {
        http: Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap(),
        gateways: Gateways::start(Folder::new(), database),
        tenants: Vec::new(),
        wanted,
        changes: AtomicUsize::new(0),
        written: AtomicBool::new(false),
    };
    block_on(async {
        for number in 0..ORGANIZATIONS {
            let tenant = run.tenant(number).await;
            run.tenants.push(tenant);
        }
        let run = Arc::new(run);
        let begun = Instant::now();
        let (killer, follower) = (Arc::clone(&run), Arc::clone(&run));
        let (kills, follows) = (rng.fork(), rng.fork());
        let killing = tokio::spawn(killer.kill(kills));
        let following = tokio::spawn(async move { follower.follow(follows).await });
        let writing: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (run, rng) = (Arc::clone(&run), rng.fork());
                tokio::spawn(async move { run.write(writer, rng).await })
            })
            .collect();
        let mut acknowledged = Vec::new();
        for writer in writing {
            acknowledged.extend(writer.await.unwrap());
        }
        let wrote_for = begun.elapsed();
        killing.await.unwrap();
        run.written.store(true, Ordering::SeqCst);
        let seen = following.await.unwrap();

        let sequences = check_order(&seen);
        assert_eq!(sequences.len(), ORGANIZATIONS);
        assert_eq!(seen.len(), stored_events(&run.gateways.database).await);
        let told: HashSet<(&str, &str)> = seen
            .iter()
            .filter_map(|event| {
                let name = event["data"]["user"]["displayName"].as_str()?;
                Some((event["organization_id"].as_str()?, name))
            })
            .collect();
        for (organization, name) in &acknowledged {
            assert!(
                told.contains(&(organization.as_str(), name.as_str())),
                "acknowledged and not in the feed: {name} of {organization}"
            );
        }
        eprintln!(
            "{} changes acknowledged in {wrote_for:?}, {} events followed in {:?}, {KILLS} kills",
            acknowledged.len(),
            seen.len(),
            begun.elapsed()
        );
    });
}
