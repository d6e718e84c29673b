//! Sign-ins on two processes over one PostgreSQL and one Redis.

use std::process::Command;

use rollcall_testkit::servers::redis_url;
use rollcall_testkit::{Client, TestDatabase, block_on};
use serde_json::{Value, json};

use crate::rollcall::{Folder, Server};

const ADMIN_KEY: &str = "an-api-key-given-from-outside-for-tests";
const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Each deactivates a user and lets it back in.
const ROUNDS: usize = 1_000;

fn serve(folder: &Folder, database: &TestDatabase) -> Command {
    let mut command = folder.command(&["serve"]);
    command
        .env("ROLLCALL_LISTEN", "127.0.0.1:0")
        .env("ROLLCALL_DATABASE_URL", database.url())
        .env("ROLLCALL_REDIS_URL", redis_url())
        .env("ROLLCALL_ADMIN_KEY", ADMIN_KEY)
        .env("ROLLCALL_SECRET_KEY", SECRET_KEY)
        .env("ROLLCALL_RATE_LIMITS__WRITES_PER_SECOND", "0");
    command
}

/// A client of the SCIM endpoint of one process, and the organization's path and SSO connection.
async fn connect(api: &Client) -> (Client, String, String) {
    let created = api
        .post("/v1/organizations", json!({ "name": "Acme" }))
        .await;
    let path = format!("/v1/organizations/{}", created.expect(201).text("/id"));
    let sso = json!({ "name": "Sign-in", "protocol": "oidc",
        "oidc": { "issuer": "https://login.example.com", "client_id": "product" } });
    let sso = api.post(&format!("{path}/sso-connections"), sso).await;
    let sso = sso.expect(201).text("/id");
    let scim = json!({ "name": "Directory", "sso_connection_id": sso });
    let scim = api.post(&format!("{path}/scim-connections"), scim).await;
    let scim = scim.expect(201);
    let base = format!("{}/scim/v2/{}", api.base(), scim.text("/id"));
    let token = scim.text("/token/secret");
    (
        Client::new(&base, Some(&token), "application/scim+json"),
        path,
        sso,
    )
}

async fn set_active(scim: &Client, user: &str, active: bool) {
    let operation = json!({ "op": "replace", "path": "active", "value": active });
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
    let _ = scim
        .patch(&format!("/Users/{user}"), body)
        .await
        .expect(200);
}

#[test]
fn whoever_is_deactivated_on_one_replica_is_denied_by_the_next_decision_of_the_other() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::empty_postgres(""));
    let (one, other) = (
        Server::start(serve(&folder, &database)),
        Server::start(serve(&folder, &database)),
    );
    let stale = block_on(async {
        let here = Client::new(one.url(), Some(ADMIN_KEY), "application/json");
        let there = Client::new(other.url(), Some(ADMIN_KEY), "application/json");
        let (scim, path, sso) = connect(&here).await;
        let body = json!({ "userName": "amy@acme.com", "externalId": "00u1" });
        let user = scim.post("/Users", body).await.expect(201).text("/id");
        let question = json!({ "sso_connection_id": sso, "identity": { "subject": "00u1" } });
        let path = format!("{path}/sign-in-decisions");
        let ask = async || -> Value {
            let reply = there.post(&path, question.clone()).await.expect(200);
            reply.body["reason"].clone()
        };
        let mut stale = 0;
        for _ in 0..ROUNDS {
            set_active(&scim, &user, false).await;
            stale += usize::from(ask().await != "deactivated");
            set_active(&scim, &user, true).await;
            stale += usize::from(ask().await != "provisioned_active");
        }
        stale
    });
    assert_eq!(stale, 0, "of {} decisions", 2 * ROUNDS);
    assert!(one.stop());
    assert!(other.stop());
}
