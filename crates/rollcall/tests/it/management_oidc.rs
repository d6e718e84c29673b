//! The vendor's own issuer, as the configuration names it.

use rollcall_model::{Clock, SystemClock};
use rollcall_testkit::oidc::OidcServer;
use rollcall_testkit::{Client, block_on};
use serde_json::json;

use crate::rollcall::{Folder, Server};

#[test]
fn a_server_takes_tokens_of_the_issuer_that_its_configuration_names() {
    let (folder, issuer) = (Folder::new(), OidcServer::start());
    let mut command = folder.command(&["serve"]);
    command
        .env("ROLLCALL_LISTEN", "127.0.0.1:0")
        .env("ROLLCALL_OUTBOUND__ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8")
        .env("ROLLCALL_MANAGEMENT_OIDC__ISSUER", issuer.issuer())
        .env("ROLLCALL_MANAGEMENT_OIDC__AUDIENCE", "rollcall")
        .env("ROLLCALL_MANAGEMENT_OIDC__ROLE_CLAIM", "groups")
        .env("ROLLCALL_MANAGEMENT_OIDC__ADMIN_VALUES", "ops, sre");
    let server = Server::start(command);
    let with = |audience: &str, groups: &[&str]| {
        let claims = json!({ "groups": groups });
        let token = issuer.id_token(audience, SystemClock.now(), claims);
        Client::new(server.url(), Some(&token), "application/json")
    };
    block_on(async {
        let acme = json!({ "name": "Acme" });
        let (path, sre) = ("/v1/organizations", with("rollcall", &["all", "sre"]));
        let _ = sre.post(path, acme).await.expect(201);
        let reader = with("rollcall", &["rollcall_read_only"]);
        let listed = reader.get(path).await.expect(200);
        assert_eq!(listed.body["data"][0]["slug"], "acme");
        let _ = with("rollcall", &["all"]).get(path).await.expect(403);
        let _ = with("product", &["sre"]).get(path).await.expect(401);
    });
}

#[test]
fn people_sign_in_to_the_console_at_the_issuer_that_the_configuration_names() {
    let (folder, issuer) = (Folder::new(), OidcServer::start());
    folder.write("secret", "not shown\n");
    let mut command = folder.command(&["serve"]);
    command
        .env("ROLLCALL_LISTEN", "127.0.0.1:0")
        .env("ROLLCALL_OUTBOUND__ALLOWED_PRIVATE_NETWORKS", "127.0.0.0/8")
        .env("ROLLCALL_MANAGEMENT_OIDC__ISSUER", issuer.issuer())
        .env("ROLLCALL_MANAGEMENT_OIDC__CLIENT_ID", "console")
        .env("ROLLCALL_MANAGEMENT_OIDC__CLIENT_SECRET_FILE", "secret")
        .env("ROLLCALL_MANAGEMENT_OIDC__DISPLAY_NAME", "Orbit login");
    let server = Server::start(command);
    let anybody = Client::new(server.url(), None, "text/html");
    block_on(async {
        let page = anybody.get("/console/sign-in").await.expect(200);
        let page = page.body.as_str().unwrap().to_owned();
        assert!(page.contains("Sign in with Orbit login"), "{page}");
        // Without an audience the management API takes no tokens.
        let claims = json!({ "roles": "rollcall_admin" });
        let token = issuer.id_token("console", SystemClock.now(), claims);
        let amy = Client::new(server.url(), Some(&token), "application/json");
        let _ = amy.get("/v1/organizations").await.expect(401);
    });
}
