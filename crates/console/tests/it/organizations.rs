//! The list of organizations, and making one.

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use crate::browser::Browser;

const LIST: &str = "/console/organizations";

on_each_database! {
    async fn an_organization_is_made_and_found_by_any_of_its_names(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        browser.get(LIST).await.expect(200).shows("No organizations yet");
        let fields = [("name", "Acme, Inc."), ("slug", ""), ("external_id", "CRM_7")];
        browser.fill(LIST, &fields).await.expect(303);
        browser.fill(LIST, &[("name", "Other")]).await.expect(303);
        for found in ["?q=acme%2C", "?q=ACME", "?q=acme-", "?q=CRM_"] {
            let page = browser.get(&format!("{LIST}{found}")).await.expect(200);
            page.shows("Acme, Inc.").hides(">Other<");
        }
        let page = browser.get(&format!("{LIST}?q=%25")).await.expect(200);
        page.shows("Nothing matches");

        let again = browser.fill(LIST, &[("name", "Acme, Inc.")]).await.expect(422);
        again.shows("already taken").shows("value=\"Acme, Inc.\"");
        app.stop().await;
    }

    async fn organizations_are_found_by_the_state_of_their_connections(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let waiting = app.connect("Waiting").await;
        let connected = app.connect("Joined").await;
        let _ = connected.scim.get("/Users").await.expect(200);
        app.flush().await;
        let _ = app.api.post("/v1/organizations", json!({ "name": "Empty" })).await.expect(201);
        let in_state = async |state: &str| browser.get(&format!("{LIST}?state={state}")).await;
        in_state("connected").await.shows(">Joined<").hides(">Waiting<").hides(">Empty<");
        in_state("awaiting_first_request").await.shows(">Waiting<").hides(">Joined<");
        let path = format!(
            "/v1/organizations/{}/scim-connections/{}", waiting.organization, waiting.id
        );
        let _ = app.api.patch(&path, json!({ "enabled": false })).await.expect(200);
        in_state("disabled").await.shows(">Waiting<").hides(">Joined<");
        in_state("attention").await.shows("Nothing matches");
        let tokens = format!(
            "/v1/organizations/{}/scim-connections/{}/tokens/{}",
            connected.organization, connected.id, connected.token_id
        );
        let _ = app.api.delete(&tokens).await.expect(204);
        in_state("attention").await.shows(">Joined<").shows("Needs attention");
        app.stop().await;
    }

    async fn a_long_list_is_paged_by_cursor(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        for number in 0..51 {
            let new = json!({ "name": format!("Customer {number:02}") });
            let _ = app.api.post("/v1/organizations", new).await.expect(201);
            app.clock.advance_millis(1);
        }
        let page = browser.get(&format!("{LIST}?q=customer")).await.expect(200);
        let page = page.shows("Customer 50").shows("Customer 01").hides("Customer 00");
        let next = page.between("rel=\"next\" href=\"", "\"").replace("&#38;", "&");
        assert!(next.starts_with("/console/organizations?q=customer&after=org_"), "{next}");
        browser.get(&next).await.expect(200).shows("Customer 00").hides("Customer 01");
        app.stop().await;
    }

    async fn hostile_names_are_text(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let name = "<script>alert(1)</script>\"'&";
        let fields = [("name", name), ("slug", "hostile"), ("external_id", name)];
        let page = browser.fill_and_follow(LIST, &fields).await;
        page.hides("<script>alert");
        browser.get(LIST).await.expect(200).hides("<script>alert").shows("&#60;script&#62;");
        let again = browser.fill(LIST, &fields).await.expect(422);
        again.hides("<script>alert").hides("\"'&");
        app.stop().await;
    }

    async fn what_a_key_may_not_do_its_session_may_not(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let own = app.connect("Own").await;
        let _other = app.connect("Foreign").await;
        let key = async |limits: serde_json::Value| {
            app.api.post("/v1/api-keys", limits).await.expect(201).text("/secret")
        };
        let reader = key(json!({ "name": "reader", "role": "read_only" })).await;
        let reader = Browser::signed_in(&app, &reader).await;
        reader.get(LIST).await.expect(200).shows(">Own<").hides("/console/organizations/new");
        reader.fill(LIST, &[("name", "Mine")]).await.expect(403).shows("read_only");

        let bound = json!({ "name": "bound", "organization_id": own.organization });
        let bound = Browser::signed_in(&app, &key(bound).await).await;
        bound.get(LIST).await.expect(200).shows(">Own<").hides("Foreign");
        bound.get("/console/organizations/foreign").await.expect(404).hides("Foreign");
        bound.fill(LIST, &[("name", "Mine")]).await.expect(403);
        bound.get("/console/api-keys").await.expect(403);
        app.stop().await;
    }
}
