//! A server with a Redis, found through its configuration.

use std::path::Path;
use std::process::Command;

use rollcall_testkit::servers::OwnRedis;
use rollcall_testkit::{Client, block_on, eventually};

use crate::rollcall::{Folder, Server};

fn serve(folder: &Folder, redis_url: &str) -> Command {
    let mut command = folder.command(&["serve"]);
    command.envs([
        ("ROLLCALL_LISTEN", "127.0.0.1:0"),
        ("ROLLCALL_REDIS_URL", redis_url),
        // A machine that is busy with other tests must not look like a slow Redis.
        ("ROLLCALL_REDIS__RESPONSE_TIMEOUT_MILLISECONDS", "10000"),
    ]);
    command
}

/// Waits until the server says so of its Redis.
fn until(server: &Server, redis: &str) {
    block_on(async {
        let client = Client::new(server.url(), None, "application/json");
        let is_so = async || client.get("/readyz").await.expect(200).body["redis"] == redis;
        eventually(redis, is_so).await;
    });
}

/// Waits until the server has tried and knows that it cannot have its Redis.
fn until_missed(server: &Server) {
    block_on(async {
        let client = Client::new(server.url(), None, "application/json");
        let is_so = async || {
            let metrics = client.get("/metrics").await.expect(200);
            let text = metrics.body.as_str().unwrap();
            text.contains("\nrollcall_redis_outages_total 1\n")
        };
        eventually("it misses its Redis", is_so).await;
    });
    until(server, "does not answer");
}

#[test]
fn a_server_starts_without_its_redis_and_finds_it_later() {
    let mut redis = OwnRedis::start();
    redis.kill();
    let folder = Folder::new();
    let server = Server::start(serve(&folder, &redis.url()));
    until_missed(&server);
    redis.start_again();
    until(&server, "answers");
    assert!(server.stop());
}

#[test]
fn redis_is_spoken_to_over_tls() {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"));
    let redis = OwnRedis::start_tls(&data.join("tls.crt"), &data.join("tls.key"));
    let folder = Folder::new();
    let mut trusting = serve(&folder, &redis.url());
    trusting.env("SSL_CERT_FILE", data.join("tls.crt"));
    let server = Server::start(trusting);
    until(&server, "answers");
    assert!(server.stop());

    // Without that certificate among those it trusts, nothing is shared.
    let server = Server::start(serve(&folder, &redis.url()));
    until_missed(&server);
    assert!(server.stop());
}
