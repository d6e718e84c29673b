//! Secrets, guesses, logs and hostile input (RFC 7644 §7, RFC 7643 §9).

mod stored;

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rollcall_gateway::Proxies;
use rollcall_testkit::{Client, TestApp, on_each_database};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, filter, fmt};

use crate::fixture::{
    ENTERPRISE, Fixture, USER, bjensen, create, expect_error, expect_list, patch, query,
};
use crate::raw::{exchange, head};

/// Everything that this process logs, in every detail.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    let ours = filter::filter_fn(|line| {
        let target = line.target();
        // The client that sends the requests is in this process too.
        !["reqwest", "hyper", "h2"]
            .iter()
            .any(|other| target.starts_with(other))
    });
    let lines = fmt::layer()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(ours));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
});

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Texts that mean something to a database, a directory, a log, a header, a template or JSON.
const HOSTILE: [&str; 16] = [
    "'; drop table users; --",
    "\" or \"\"=\"",
    "a' or '1'='1",
    "1; select pg_sleep(5)",
    "$1 :1 ? @p1 %s {0}",
    "%' or user_name like '%",
    "\\'; delete from users where ''='",
    "*)(uid=*))(|(uid=*",
    "line\r\nSet-Cookie: stolen=1\r\n\r\n<html>",
    "\u{1b}[31mred\u{7}\u{8}",
    "{\"$ne\": null}",
    "\",\"active\":false,\"x\":\"",
    "${jndi:ldap://example.com/x}",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "\u{202e}gnp.exe\u{feff}",
];

on_each_database! {
    async fn twenty_bad_tokens_of_one_address_are_answered_with_a_wait(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.proxies = Proxies::Anybody).await;
        let f = Fixture::on(app).await;
        let from = |address: &str, token: &str| {
            let request = f.scim().with_bearer(Some(token)).request("GET", "/Users");
            Client::read(request.header("x-forwarded-for", format!("203.0.113.9, {address}")))
        };
        let guess = |number: usize| format!("rc_guess{number}");
        for number in 0..20 {
            expect_error(&from("192.0.2.1", &guess(number)).await, 401, "");
        }
        f.app.clock.advance(Duration::from_secs(15));
        let slowed = from("192.0.2.1", &guess(20)).await;
        expect_error(&slowed, 429, "");
        assert_eq!(slowed.header("retry-after"), "45");
        // Whoever has a token is not kept out by others, and other addresses are not concerned.
        let _ = from("192.0.2.1", &f.tenant.token).await.expect(200);
        expect_error(&from("192.0.2.2", &guess(0)).await, 401, "");
        let metrics = f.app.api.get("/metrics").await.expect(200);
        assert!(metrics.body.as_str().unwrap().contains("rollcall_guesses_slowed_total 1\n"));

        f.app.clock.advance(Duration::from_secs(45));
        expect_error(&from("192.0.2.1", &guess(21)).await, 401, "");
        // An expired token is a mistake of its owner, who is told so as often as it is made.
        f.app.clock.advance(Duration::from_hours(366 * 24));
        for _ in 0..25 {
            expect_error(&from("192.0.2.1", &f.tenant.token).await, 401, "");
        }
    }

    async fn what_is_logged_names_the_request_and_none_of_its_contents(database: TestDatabase) {
        LazyLock::force(&LOG);
        let f = Fixture::start(database).await;
        let wrong = "rc_wrong-token-canary";
        let _ = f.scim().get("/Users?filter=userName%20eq%20%22filter-canary@example.com%22").await.expect(200);
        let _ = f.scim().get("/Users?filter=userName%20eq%20filter-canary%20and").await.expect(400);
        let _ = f.scim().get(&format!("/Groups?access_token={wrong}")).await.expect(400);
        let _ = f.scim().with_bearer(Some(wrong)).get("/Users?count=1").await.expect(401);
        let body = json!({ "userName": "logged", "password": "password-canary", "title": "title-canary" });
        let _ = f.scim().post("/Users", body).await.expect(201);
        let _ = f.scim().post("/Users", json!({ "password": "password-canary" })).await.expect(400);
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "title eq \"title-canary\"" });
        let _ = f.scim().post("/Users/.search", search).await.expect(200);
        let with_userinfo = head(&f.app, &f.tenant, "GET", "/Users")
            .replacen("GET ", &format!("GET {}", f.app.api.base().replace("http://", "http://someone:userinfo-canary@")), 1);
        let _ = exchange(&f.app, format!("{with_userinfo}\r\n").as_bytes()).await;
        f.app.flush().await;

        let requests = f.app.api.get(&format!("{}/requests", f.tenant.path())).await.expect(200);
        let log = LOG.text();
        assert!(log.contains("answered") && log.contains("/Users"), "{log}");
        for text in [&log, &requests.body.to_string()] {
            for canary in ["canary", "filter=", "access_token", &f.tenant.token, f.app.api.bearer().unwrap()] {
                let line = text.lines().find(|line| line.contains(canary)).unwrap_or_default();
                assert!(!text.contains(canary), "{canary}: {line}");
            }
        }
    }

    async fn hostile_text_is_text_wherever_it_stands(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (number, hostile) in HOSTILE.into_iter().enumerate() {
            let name = format!("{number} {hostile}");
            let literal = json!(name).to_string();
            let user = json!({ "schemas": [USER], "userName": name, "displayName": hostile, "externalId": name,
                "emails": [{ "value": hostile, "type": hostile }], "name": { "formatted": hostile } });
            let made = f.scim().post("/Users", user).await.expect(201);
            let id = made.text("/id");
            assert_eq!(f.user(&id).await["name"]["formatted"], hostile);
            for filter in [
                format!("userName eq {literal}"), format!("externalId eq {literal}"),
                format!("userName sw {literal}"), format!("displayName co {} and userName ew {literal}", json!(hostile)),
            ] {
                let found = f.users_where(&filter).await;
                expect_list(&found, 1);
                assert_eq!(found.body["Resources"][0]["userName"], json!(name), "{filter}");
            }
            let change = json!([{ "op": "replace", "path": "title", "value": hostile }]);
            assert_eq!(f.patch_user(&id, change).await.expect(200).body["title"], hostile);
            let group = json!({ "displayName": hostile, "externalId": hostile });
            let group = create(f.scim(), "/Groups", group).await;
            assert_eq!(f.group(&group).await["displayName"], hostile);

            // Where it is no value it is refused, and reaches nothing.
            let encoded = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect::<String>().replace('+', "%20");
            let requests = [
                ("GET", format!("/Users/{encoded}"), Value::Null),
                ("DELETE", format!("/Groups/{encoded}"), Value::Null),
                ("GET", format!("/Users?{}", query(&[("filter", hostile)])), Value::Null),
                ("GET", format!("/Users?{}", query(&[("startIndex", hostile)])), Value::Null),
                ("GET", format!("/Users?{}", query(&[("filter", &format!("{hostile} eq 1"))])), Value::Null),
                ("PATCH", format!("/Users/{id}"), patch(json!([{ "op": "replace", "path": hostile, "value": "x" }]))),
                ("PATCH", format!("/Users/{id}"), patch(json!([{ "op": hostile, "path": "title", "value": "x" }]))),
                ("PATCH", format!("/Groups/{group}"), patch(json!([{ "op": "add", "path": "members", "value": hostile }]))),
                ("POST", "/Bulk".to_owned(), json!({ "schemas": [hostile], "Operations": [] })),
                ("GET", format!("/Schemas/{encoded}"), Value::Null),
            ];
            for (method, path, body) in requests {
                let refused = f.scim().send(method, &path, Some(body)).await;
                assert!((400..500).contains(&refused.status), "{method} {path}: {} {}", refused.status, refused.body);
                expect_error(&refused, refused.status, refused.body["scimType"].as_str().unwrap_or_default());
                assert!(refused.headers.get("set-cookie").is_none());
            }
            let sorted = query(&[("sortBy", hostile), ("attributes", hostile)]);
            assert!(f.scim().get(&format!("/Users?{sorted}")).await.status < 500);
        }
        let count = u64::try_from(HOSTILE.len()).unwrap();
        expect_list(&f.scim().get("/Users").await, 3 + count);
        expect_list(&f.scim().get("/Groups").await, 2 + count);
    }

    async fn what_is_marked_as_sensitive_may_not_stand_in_a_url(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "sensitive_attributes": [format!("{ENTERPRISE}:employeeNumber"), "emails.value"] })).await;
        for filter in [
            &format!("{ENTERPRISE}:employeeNumber eq \"701984\""),
            &format!("userName pr and not ({}:EMPLOYEENUMBER sw \"7\")", ENTERPRISE.to_uppercase()),
            "emails.value eq \"bjensen@example.com\"",
            "emails[type eq \"work\" and value co \"bjensen\"]",
        ] {
            let refused = f.users_where(filter).await;
            expect_error(&refused, 403, "sensitive");
            assert!(!refused.body.to_string().contains("701984"), "{}", refused.body);
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
            let _ = f.scim().post("/Users/.search", body).await.expect(200);
        }
        expect_list(&f.users_where("userName eq \"bjensen\" and emails[type eq \"work\"]").await, 1);
    }

    async fn a_jwt_that_nobody_here_signed_is_no_token(database: TestDatabase) {
        let f = Fixture::start(database).await;
        // {"alg":"none"} and {"sub":"admin","aud":"scim"}, unsigned and with something like a signature.
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsImF1ZCI6InNjaW0ifQ.";
        for jwt in [unsigned.to_owned(), format!("{unsigned}c2lnbmF0dXJl")] {
            let refused = f.scim().with_bearer(Some(&jwt)).get("/Users").await;
            expect_error(&refused, 401, "");
            assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
        }
    }

    async fn no_answer_sets_a_cookie_or_repeats_credentials(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let replies = [
            f.scim().get("/Users").await,
            f.scim().get(&format!("/Users/{}", f.u1)).await,
            f.scim().post("/Users", json!({ "userName": "new" })).await,
            f.scim().with_bearer(None).get("/Users").await,
            f.app.api.get("/v1/organizations").await,
            f.app.api.get("/healthz").await,
        ];
        for reply in replies {
            for name in ["set-cookie", "authorization"] {
                assert!(reply.headers.get(name).is_none(), "{name}");
            }
        }
    }

    async fn one_person_has_another_id_in_each_tenant(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let other = f.app.connect("T2").await;
        let id = create(&other.scim, "/Users", bjensen()).await;
        assert_ne!(id, f.u1);
        let group = json!({ "displayName": "Tour Guides", "members": [{ "value": id }] });
        assert_ne!(create(&other.scim, "/Groups", group).await, f.g1);
        // And nothing else that an answer shows is the same: neither addresses nor versions of them.
        let (here, there) = (f.user(&f.u1).await, other.scim.get(&format!("/Users/{id}")).await.expect(200).body);
        for pointer in ["/id", "/meta/location", "/groups/0/value", "/groups/0/$ref"] {
            assert!(here.pointer(pointer).is_some(), "{pointer}");
            assert_ne!(here.pointer(pointer), there.pointer(pointer), "{pointer}");
        }
        expect_error(&other.scim.get(&format!("/Users/{}", f.u1)).await, 404, "");
    }
}
