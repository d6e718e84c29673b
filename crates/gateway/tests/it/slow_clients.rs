//! Clients that send slowly, too much, or nothing at all, at the level of the socket.

use std::time::Duration;

use rollcall_gateway::Limits;
use rollcall_testkit::{Connection, TestApp, TestDatabase, block_on};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the server's timers can tell apart.
const SHORT: Duration = Duration::from_secs(1);

async fn app(change: impl FnOnce(&mut Limits)) -> TestApp {
    let database = TestDatabase::sqlite().await;
    TestApp::start_with(database, |settings| change(&mut settings.limits)).await
}

async fn dial(app: &TestApp) -> TcpStream {
    let address = app.api.base().trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// Sends a text and reads until the server closes the connection.
async fn talk(app: &TestApp, text: &str) -> String {
    let mut stream = dial(app).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The head of a request that creates a user, without the empty line at its end.
fn creation(app: &TestApp, acme: &Connection) -> String {
    let path = acme.scim.base().trim_start_matches(app.api.base());
    format!(
        "POST {path}/Users HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/scim+json\r\n",
        acme.token
    )
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    block_on(async {
        let app = app(|limits| limits.request_head_timeout = SHORT).await;
        let answer = talk(&app, "GET /healthz HTTP/1.1\r\nhost: local").await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    });
}

#[test]
fn a_connection_that_nobody_uses_is_closed() {
    block_on(async {
        let app = app(|limits| limits.keep_alive = SHORT).await;
        let answer = talk(&app, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
}

#[test]
fn a_body_that_is_announced_as_too_large_is_refused_before_it_comes() {
    block_on(async {
        let app = app(|_| {}).await;
        let acme = app.connect("Acme").await;
        let key = app.api.bearer().unwrap();
        let management = format!(
            "POST /v1/organizations HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\n"
        );
        for head in [creation(&app, &acme), management] {
            let length = Limits::default().max_body_bytes + 1;
            let answer = talk(&app, &format!("{head}content-length: {length}\r\n\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        }
    });
}

#[test]
fn a_client_that_asks_first_whether_to_send_too_much_is_refused() {
    block_on(async {
        let app = app(|_| {}).await;
        let acme = app.connect("Acme").await;
        let head = creation(&app, &acme);
        let ask = "expect: 100-continue\r\ncontent-length: 10000000000\r\n\r\n";
        let answer = talk(&app, &format!("{head}{ask}")).await;
        // The web server says the first by itself, before it knows who asks.
        let (go_on, refused) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(go_on, "HTTP/1.1 100 Continue");
        assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
    });
}

#[test]
fn an_endless_body_is_refused_at_the_limit() {
    block_on(async {
        let app = app(|limits| limits.max_body_bytes = 1_000).await;
        let acme = app.connect("Acme").await;
        let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
        let head = creation(&app, &acme);
        let mut stream = dial(&app).await;
        let begun = format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}");
        stream.write_all(begun.as_bytes()).await.unwrap();
        // The web server throws away what still comes, and closes when it ends.
        let mut answer = [0; 13];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413 ");
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        let rest = String::from_utf8(rest).unwrap();
        assert!(rest.contains("connection: close\r\n"), "{rest}");
    });
}

#[test]
fn who_opens_more_connections_than_there_may_be_waits_for_one() {
    block_on(async {
        let app = app(|limits| limits.max_connections = 1).await;
        // Each worker takes one at least.
        let workers = std::thread::available_parallelism().unwrap().get();
        let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let mut answer = [0; 15];
        let mut open = Vec::new();
        for _ in 0..workers {
            let mut stream = dial(&app).await;
            stream.write_all(request).await.unwrap();
            stream.read_exact(&mut answer).await.unwrap();
            open.push(stream);
        }

        let mut late = dial(&app).await;
        late.write_all(request).await.unwrap();
        let waited = tokio::time::timeout(SHORT, late.read_exact(&mut answer)).await;
        assert!(waited.is_err(), "it was served beside {workers} others");

        drop(open);
        late.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    });
}
