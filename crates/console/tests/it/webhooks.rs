//! Webhook endpoints in the console: made, changed, tried out and deleted.

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::{Value, json};

use crate::browser::{Browser, Page};

const LIST: &str = "/console/webhooks";
const URL: (&str, &str) = ("url", "https://127.0.0.1:9/hook");
const ENABLED: (&str, &str) = ("enabled", "true");

/// The page of the endpoint whose secret is shown.
fn made(page: &Page) -> (String, String) {
    let address = page.between("<a class=\"button\" href=\"", "/settings\"");
    let secret = page.between("<code id=\"webhook-secret\">", "<");
    assert!(secret.starts_with("whsec_"));
    (address, secret)
}

async fn read(app: &TestApp, page: &str) -> Value {
    let id = page.rsplit('/').next().unwrap();
    app.api
        .get(&format!("/v1/webhook-endpoints/{id}"))
        .await
        .expect(200)
        .body
}

on_each_database! {
    async fn an_endpoint_is_made_and_changed_and_shows_its_secret_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let browser = Browser::of_admin(&app).await;
        browser.get(LIST).await.expect(200).shows("/console/webhooks/new");
        browser.get("/console/webhooks/new").await.expect(200).shows("user.created");
        let fields = [
            URL,
            ENABLED,
            ("organization", "acme"),
            ("types", "user.created"),
            ("types", "user.deleted"),
            ("timeout_seconds", "5"),
        ];
        let page = browser.fill(LIST, &fields).await.expect(200).shows("This is shown once");
        let (page, secret) = made(&page);
        let settings = format!("{page}/settings");
        let shown = browser.get(&settings).await.expect(200);
        shown.hides(&secret).shows("user.created, user.deleted").shows("5 seconds");
        let held = read(&app, &page).await;
        assert_eq!(held["organization_id"], acme.organization.as_str());
        assert_eq!((&held["max_in_flight"], &held["enabled"]), (&json!(8), &json!(true)));

        let change = format!("{page}/change");
        let form = browser.get(&change).await.expect(200);
        form.shows("value=\"user.created\" checked").hides("value=\"group.created\" checked");
        let fields = [
            ("url", "https://127.0.0.1:9/other"),
            ("description", "Product"),
            ("ordered", "true"),
            ("max_in_flight", "2"),
        ];
        let changed = browser.fill_and_follow(&change, &fields).await.expect(200);
        changed.shows("The endpoint was changed").shows("Every type").shows("Paused");
        let held = read(&app, &page).await;
        assert_eq!(held["url"], "https://127.0.0.1:9/other");
        assert_eq!(held["description"], "Product");
        assert_eq!((&held["ordered"], &held["max_in_flight"]), (&json!(true), &json!(2)));
        assert_eq!((&held["timeout_seconds"], &held["types"]), (&json!(5), &Value::Null));
        app.stop().await;
    }

    async fn an_endpoint_is_paused_tried_out_replayed_and_deleted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        app.flush().await;
        let browser = Browser::of_admin(&app).await;
        let page = browser.fill(LIST, &[URL, ("organization", "acme")]).await.expect(200);
        let (page, first) = made(&page);
        let deed = |name: &str| format!("{page}/{name}");
        browser.fill_and_follow(&deed("resume"), &[]).await.expect(200).shows("It is resumed");
        browser.fill_and_follow(&deed("pause"), &[]).await.expect(200).shows("by hand");
        let tried = browser.fill_and_follow(&deed("test"), &[]).await.expect(200);
        tried.shows("A test was queued").shows("webhook_endpoint.test");

        let rotated = browser.fill(&deed("secret"), &[("overlap", "3600")]).await.expect(200);
        let (_, second) = made(&rotated);
        assert_ne!(first, second);
        browser.get(&deed("settings")).await.expect(200).shows("in 1 hour").hides(&second);
        assert_eq!(read(&app, &page).await["secrets"].as_array().unwrap().len(), 2);
        browser.fill(&deed("secret"), &[("overlap", "9999999")]).await.expect(422);

        let range = [("after", "0"), ("types", "scim_connection.created, scim_token.created")];
        let queued = browser.fill_and_follow(&deed("replay"), &range).await.expect(200);
        queued.shows("2 events were queued").shows("scim_connection.created");
        for (range, says) in [
            ([("after", "9"), ("up_to", "3")], "lies before the first"),
            ([("after", "x"), ("up_to", "")], "must be a whole number"),
            ([("after", "0"), ("types", "user.hired")], "user.hired"),
        ] {
            browser.fill(&deed("replay"), &range).await.expect(422).shows(says);
        }
        browser.fill(&deed("delete"), &[("confirm", "hook")]).await.expect(422);
        let gone = browser.fill_and_follow(&deed("delete"), &[("confirm", URL.1)]).await.expect(200);
        gone.shows("was deleted").shows("No webhook endpoints");
        browser.get(&deed("settings")).await.expect(404);
        let log = format!("/v1/organizations/{}/audit-log", acme.organization);
        let log = app.api.get(&log).await.expect(200).body.to_string();
        for action in ["created", "resumed", "paused", "tested", "updated", "replayed", "deleted"] {
            assert!(log.contains(&format!("webhook_endpoint.{action}")), "{action}");
        }
        assert!(!log.contains("whsec_"));
        app.stop().await;
    }

    async fn an_endpoint_that_cannot_be_is_refused_beside_its_field(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        for (fields, says) in [
            ([("url", "ftp://example.com/hook"), ENABLED], "aria-invalid"),
            ([URL, ("timeout_seconds", "61")], "must be 1 to 60"),
            ([URL, ("max_in_flight", "-1")], "must be a whole number"),
            ([URL, ("organization", "nobody")], "names nothing"),
            ([URL, ("types", "user.hired")], "user.hired"),
        ] {
            browser.fill(LIST, &fields).await.expect(422).shows(says);
        }
        browser.get(LIST).await.expect(200).shows("No webhook endpoints");
        app.stop().await;
    }

    async fn endpoints_are_seen_and_changed_by_those_only_who_may(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let own = app.connect("Own").await;
        let _foreign = app.connect("Foreign").await;
        let browser = Browser::of_admin(&app).await;
        let new = async |whose: &str| {
            let page = browser.fill(LIST, &[URL, ENABLED, ("organization", whose)]).await.expect(200);
            made(&page).0
        };
        let (of_own, of_foreign, of_all) = (new("own").await, new("foreign").await, new("").await);
        let list = browser.get(&format!("{LIST}?organization=own")).await.expect(200);
        list.shows(&of_own).hides(&of_foreign).hides(&of_all);
        let key = async |limits: Value| {
            app.api.post("/v1/api-keys", limits).await.expect(201).text("/secret")
        };
        let reader = key(json!({ "name": "reader", "role": "read_only" })).await;
        let reader = Browser::signed_in(&app, &reader).await;
        let shown = reader.get(&format!("{of_all}/settings")).await.expect(200);
        shown.hides("/delete").hides("/pause").hides("/replay").hides("/change").hides("/test");
        reader.get("/console/webhooks/new").await.expect(403);
        reader.get(&format!("{of_all}/change")).await.expect(403);
        let bound = key(json!({ "name": "bound", "organization_id": own.organization })).await;
        let bound = Browser::signed_in(&app, &bound).await;
        bound.get(LIST).await.expect(200).shows(&of_own).hides(&of_foreign).hides(&of_all);
        let named = bound.get(&format!("{LIST}?organization=foreign")).await.expect(200);
        named.hides(&of_foreign);
        let deeds = ["change", "pause", "resume", "secret", "test", "replay", "delete"];
        let fields = [URL, ("overlap", "0"), ("after", "0"), ("confirm", URL.1)];
        for deed in deeds {
            reader.fill(&format!("{of_all}/{deed}"), &fields).await.expect(403);
            for page in [&of_foreign, &of_all] {
                bound.fill(&format!("{page}/{deed}"), &fields).await.expect(404);
            }
        }
        for part in ["", "/settings", "/change"] {
            bound.get(&format!("{of_foreign}{part}")).await.expect(404);
            bound.get(&format!("{of_own}{part}")).await.expect(200);
        }
        // Whatever it names, a bound key makes endpoints of its own organization.
        let page = bound.fill(LIST, &[URL, ENABLED, ("organization", "foreign")]).await.expect(200);
        let held = read(&app, &made(&page).0).await;
        assert_eq!(held["organization_id"], own.organization.as_str());
        app.stop().await;
    }
}
