//! From where a connection takes requests.

use rollcall_gateway::{Proxies, Settings, TrustedProxies};
use rollcall_testkit::{Client, Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

fn behind_proxy(settings: &mut Settings) {
    settings.proxies = Proxies::Anybody;
}

/// Tests ask from 127.0.0.1.
fn behind_the_proxies_of(networks: &[&str]) -> impl FnOnce(&mut Settings) {
    let listed = Proxies::Listed(TrustedProxies::parse(networks).unwrap());
    |settings| settings.proxies = listed
}

/// A request that the proxy says to come from there.
async fn from(address: &str, scim: &Client) -> Reply {
    let request = scim.request("GET", "/Users");
    Client::read(request.header("x-forwarded-for", format!("192.0.2.1, {address}"))).await
}

async fn choose(app: &TestApp, connection: &Connection, networks: Value) -> Reply {
    let settings = json!({ "settings": { "allowed_source_addresses": networks } });
    app.api.patch(&connection.path(), settings).await
}

on_each_database! {
    async fn a_connection_takes_requests_from_its_networks_only(database: TestDatabase) {
        let app = TestApp::start_with(database, behind_proxy).await;
        let acme = app.connect("Acme").await;
        let _ = from("198.51.100.7", &acme.scim).await.expect(200);
        let chosen = choose(&app, &acme, json!(["203.0.113.9/24", "2001:db8::/32"])).await.expect(200);
        assert_eq!(chosen.body["settings"]["allowed_source_addresses"], json!(["203.0.113.0/24", "2001:db8::/32"]));

        for inside in ["203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1"] {
            let _ = from(inside, &acme.scim).await.expect(200);
        }
        let refused = from("::ffff:198.51.100.7", &acme.scim).await.expect(403);
        let detail = refused.text("/detail");
        assert!(detail.contains("no requests from 198.51.100.7;"), "{detail}");

        app.flush().await;
        let log = app.api.get(&format!("{}/requests", acme.path())).await.expect(200);
        let lines = log.body["data"].as_array().unwrap();
        let line = lines.iter().find(|line| line["status"] == 403).unwrap();
        assert_eq!((&line["outcome"], &line["detail"]), (&json!("source_address"), &json!(detail)));

        let _ = choose(&app, &acme, json!(["198.51.100.7"])).await.expect(200);
        let _ = from("198.51.100.7", &acme.scim).await.expect(200);
        let _ = from("203.0.113.7", &acme.scim).await.expect(403);
        let _ = choose(&app, &acme, Value::Null).await.expect(200);
        let _ = from("203.0.113.7", &acme.scim).await.expect(200);
    }

    async fn only_the_holder_of_a_right_token_learns_of_the_networks(database: TestDatabase) {
        let app = TestApp::start_with(database, behind_proxy).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let unknown = "rc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ZsBqJ";
        let without_a_list = async |token: &str| {
            let reply = from("198.51.100.7", &acme.scim.with_bearer(Some(token))).await.expect(401);
            reply.body
        };
        let before = [without_a_list(unknown).await, without_a_list(&globex.token).await];
        let _ = choose(&app, &acme, json!(["203.0.113.0/24"])).await.expect(200);
        let after = [without_a_list(unknown).await, without_a_list(&globex.token).await];
        assert_eq!(before, after);
        let _ = from("198.51.100.7", &globex.scim).await.expect(200);
    }

    async fn a_client_of_a_trusted_proxy_cannot_choose_its_address(database: TestDatabase) {
        let app = TestApp::start_with(database, behind_the_proxies_of(&["loopback", "10.0.0.0/8"])).await;
        let acme = app.connect("Acme").await;
        let _ = choose(&app, &acme, json!(["203.0.113.0/24"])).await.expect(200);
        for inside in ["203.0.113.7", "203.0.113.7, 10.0.0.2", "203.0.113.7:4711, 127.0.0.1"] {
            let _ = from(inside, &acme.scim).await.expect(200);
        }
        for (outside, seen) in [
            ("203.0.113.7, 198.51.100.7", "198.51.100.7"),
            ("203.0.113.7, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("203.0.113.7, unknown", "127.0.0.1"),
        ] {
            let refused = from(outside, &acme.scim).await.expect(403);
            let detail = refused.text("/detail");
            assert!(detail.contains(&format!("no requests from {seen};")), "{outside}: {detail}");
        }
        let forwarded = acme.scim.request("GET", "/Users").header("forwarded", "for=203.0.113.7");
        let _ = Client::read(forwarded).await.expect(403);
    }

    async fn who_is_no_trusted_proxy_is_not_believed(database: TestDatabase) {
        let app = TestApp::start_with(database, behind_the_proxies_of(&["10.0.0.0/8"])).await;
        let acme = app.connect("Acme").await;
        let _ = choose(&app, &acme, json!(["203.0.113.0/24"])).await.expect(200);
        let refused = from("203.0.113.7", &acme.scim).await.expect(403);
        let detail = refused.text("/detail");
        assert!(detail.contains("no requests from 127.0.0.1;"), "{detail}");

        let globex = app.connect("Globex").await;
        let by_token = app.scim_at("/scim/v2", Some(&globex.token));
        let host = format!("{}.scim.example.com", acme.slug);
        let request = by_token.request("GET", "/Users").header("x-forwarded-host", host);
        let _ = Client::read(request).await.expect(200);
    }

    async fn guesses_are_counted_by_the_client_and_not_by_what_it_writes(database: TestDatabase) {
        let app = TestApp::start_with(database, behind_the_proxies_of(&["loopback"])).await;
        let acme = app.connect("Acme").await;
        let unknown = "rc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ZsBqJ";
        let guesser = acme.scim.with_bearer(Some(unknown));
        let most = app.state().settings.limits.max_bad_tokens_per_minute;
        for number in 0..most {
            let _ = from(&format!("192.0.2.{number}, 198.51.100.7"), &guesser).await.expect(401);
        }
        let _ = from("192.0.2.200, 198.51.100.7", &guesser).await.expect(429);
        let _ = from("198.51.100.8", &guesser).await.expect(401);
        let _ = from("198.51.100.7", &acme.scim).await.expect(200);
    }

    async fn a_host_is_taken_from_a_trusted_proxy_alone(database: TestDatabase) {
        let app = TestApp::start_with(database, behind_the_proxies_of(&["loopback"])).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let by_host = app.scim_at("/scim/v2", Some(&acme.token));
        let asked = async |slug: &str| {
            let host = format!("{slug}.scim.example.com");
            Client::read(by_host.request("GET", "/Users").header("x-forwarded-host", host)).await
        };
        let _ = asked(&acme.slug).await.expect(200);
        let _ = asked(&globex.slug).await.expect(401);
    }

    async fn without_a_proxy_nobody_is_believed_about_the_address(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = choose(&app, &acme, json!(["203.0.113.0/24"])).await.expect(200);
        let _ = from("203.0.113.7", &acme.scim).await.expect(403);
        let _ = choose(&app, &acme, json!(["127.0.0.0/8"])).await.expect(200);
        let _ = from("203.0.113.7", &acme.scim).await.expect(200);
    }

    async fn a_list_that_holds_no_network_is_refused_with_its_text(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let problem = choose(&app, &acme, json!(["203.0.113.0/24", "203.0.113.0/240"])).await.expect(422);
        assert_eq!(problem.text("/field"), "settings");
        let detail = problem.text("/detail");
        assert!(detail.contains("`allowed_source_addresses` holds `203.0.113.0/240`"), "{detail}");
    }
}
