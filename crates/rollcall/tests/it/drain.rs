//! The order of a start and of a stop, seen from outside.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rollcall_testkit::{Client, TestDatabase, block_on, eventually};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::{Value, json};

use crate::rollcall::{Folder, Server};

const ADMIN_KEY: &str = "a-key-that-the-tests-have-made";

/// An address that nobody listens at.
fn free_address() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().to_string()
}

/// A server whose metrics have an address of their own, and that address.
fn serve(folder: &Folder, shutdown_seconds: &str) -> (Server, String) {
    let metrics = free_address();
    let mut command = folder.command(&["serve"]);
    command.envs([
        ("ROLLCALL_LISTEN", "127.0.0.1:0"),
        ("ROLLCALL_METRICS_LISTEN", &metrics),
        ("ROLLCALL_ADMIN_KEY", ADMIN_KEY),
        (
            "ROLLCALL_LIMITS__SHUTDOWN_TIMEOUT_SECONDS",
            shutdown_seconds,
        ),
    ]);
    (Server::start(command), metrics)
}

fn api(server: &Server) -> Client {
    Client::new(server.url(), Some(ADMIN_KEY), "application/json")
}

/// A new SCIM connection: its path in the management API, the path of its endpoint, and its token.
async fn connect(api: &Client) -> (String, String, String) {
    let new = json!({ "name": "Acme" });
    let org = api
        .post("/v1/organizations", new)
        .await
        .expect(201)
        .text("/id");
    let org = format!("/v1/organizations/{org}");
    let sso = json!({ "name": "Sign-in", "protocol": "oidc",
        "oidc": { "issuer": "https://login.example.com", "client_id": "product" } });
    let sso = api
        .post(&format!("{org}/sso-connections"), sso)
        .await
        .expect(201)
        .text("/id");
    let new = json!({ "name": "Directory", "sso_connection_id": sso });
    let made = api
        .post(&format!("{org}/scim-connections"), new)
        .await
        .expect(201);
    let path = format!("{org}/scim-connections/{}", made.text("/id"));
    (
        path,
        format!("/scim/v2/{}", made.text("/id")),
        made.text("/token/secret"),
    )
}

/// A request that is under way: the server has its head, and waits for the rest of its body.
struct UnderWay {
    stream: TcpStream,
    rest: String,
}

impl UnderWay {
    fn begin(server: &Server, endpoint: &str, token: &str) -> Self {
        let body = json!({ "userName": "amy@acme.example" }).to_string();
        let (first, rest) = body.split_at(5);
        let address = server.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {endpoint}/Users HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/scim+json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 64];
        let read = stream.read(&mut answer).unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 100 Continue"));
        stream.write_all(first.as_bytes()).unwrap();
        Self {
            stream,
            rest: rest.to_owned(),
        }
    }

    /// Sends what is missing, and returns the answer.
    fn finish(mut self) -> String {
        self.stream.write_all(self.rest.as_bytes()).unwrap();
        let mut answer = String::new();
        // A server that stops closes the connection after it.
        self.stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn a_stop_turns_readiness_off_takes_nobody_new_finishes_and_writes_its_notes() {
    let folder = Folder::new();
    let (server, metrics) = serve(&folder, "25");
    let (path, endpoint, token) = block_on(connect(&api(&server)));
    let under_way = UnderWay::begin(&server, &endpoint, &token);
    let address = server.url().strip_prefix("http://").unwrap().to_owned();

    server.signal("TERM");
    block_on(async {
        let beside = Client::new(&format!("http://{metrics}"), None, "application/json");
        let closed = async || TcpStream::connect(&address).is_err();
        eventually("the listener is closed", closed).await;
        let ready = beside.get("/readyz").await.expect(503);
        assert_eq!(ready.body["reason"], "the server is shutting down");
        let _ = beside.get("/healthz").await.expect(200);
        let page = beside.get("/metrics").await.expect(200);
        assert!(
            page.body
                .as_str()
                .unwrap()
                .contains("rollcall_organizations 1")
        );
    });
    let answer = under_way.finish();
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert!(server.wait(), "it ended well");

    let (server, _) = serve(&folder, "25");
    block_on(async {
        let logged = api(&server)
            .get(&format!("{path}/requests"))
            .await
            .expect(200);
        let logged: Vec<&Value> = logged.body["data"].as_array().unwrap().iter().collect();
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert_eq!(logged[0]["status"], 201);
        let shown = api(&server).get(&path).await.expect(200);
        assert_eq!(
            (&shown.body["users"], &shown.body["state"]),
            (&json!(1), &json!("connected"))
        );
    });
    assert!(server.stop());
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_process() {
    let folder = Folder::new();
    let (server, _) = serve(&folder, "1");
    let (_, endpoint, token) = block_on(connect(&api(&server)));
    let under_way = UnderWay::begin(&server, &endpoint, &token);
    let begun = Instant::now();
    assert!(server.stop());
    // Without the limit, the body would be waited for half a minute.
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    drop(under_way);
}

/// How many sessions wait for an advisory lock.
async fn waiting(raw: &DatabaseConnection) -> i64 {
    let sql = "select count(*) as n from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())";
    let statement = Statement::from_string(raw.get_database_backend(), sql);
    let row = raw.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[test]
fn nobody_is_answered_before_the_migrations_are_done() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::empty_postgres(""));
    let address = free_address();
    let mut command = folder.command(&["serve"]);
    command
        .env("ROLLCALL_LISTEN", &address)
        .env("ROLLCALL_DATABASE_URL", database.url())
        .env(
            "ROLLCALL_SECRET_KEY",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut server = block_on(async {
        let raw = database.raw().await;
        // As another process that migrates: "migrates" in ASCII is the name of its lock.
        let mut one = ConnectOptions::new(database.url());
        one.max_connections(1);
        let migrating = Database::connect(one).await.unwrap();
        let lock = "select pg_advisory_lock(x'6d69677261746573'::bigint)";
        migrating.execute_unprepared(lock).await.unwrap();
        let server = Starting(command.spawn().unwrap());
        eventually("it waits for its turn", async || waiting(&raw).await == 1).await;

        let mut stream = TcpStream::connect(&address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        let request =
            format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let silent = stream.read(&mut [0; 64]).unwrap_err();
        assert!(
            matches!(silent.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "{silent}"
        );

        migrating.close().await.unwrap();
        stream.set_read_timeout(None).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        raw.close().await.unwrap();
        server
    });
    let pid = server.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(server.0.wait().unwrap().success());
}

/// A server that may not listen yet.
struct Starting(std::process::Child);

impl Drop for Starting {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
