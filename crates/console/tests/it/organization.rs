//! The pages of one organization: its names, SSO connections and portal links.

use rollcall_testkit::oidc::OidcServer;
use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use crate::browser::Browser;

const ACME: &str = "/console/organizations/acme";

/// SAML metadata of an identity provider that is about to change its certificate.
const METADATA: &str = r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example.com/id">
  <md:IDPSSODescriptor>
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>MIIBsigning+AAAA</ds:X509Certificate>
    </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>MIIBother+AAAAAA</ds:X509Certificate>
    </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
      Location="https://idp.example.com/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"#;

fn new_sso<'f>(name: &'f str, issuer: &'f str) -> [(&'f str, &'f str); 6] {
    [
        ("name", name),
        ("protocol", "oidc"),
        ("issuer", issuer),
        ("client_id", "product"),
        ("client_secret", "hidden-secret"),
        ("external_id_claim", "oid"),
    ]
}

async fn signed_in(app: &TestApp, limits: serde_json::Value) -> Browser {
    let key = app.api.post("/v1/api-keys", limits).await.expect(201);
    Browser::signed_in(app, &key.text("/secret")).await
}

on_each_database! {
    async fn an_organization_is_renamed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let acme = app.connect("Acme").await;
        let _ = app.connect("Other").await;
        browser.get(&format!("{ACME}/edit")).await.expect(200).shows("value=\"acme\"");
        let names = [("name", "Acme, Inc."), ("slug", "acme-inc"), ("external_id", "CRM-7")];
        let page = browser.fill_and_follow(&format!("{ACME}/edit"), &names).await.expect(200);
        page.shows("Acme, Inc. was saved").shows("acme-inc").shows("CRM-7");
        browser.get(ACME).await.expect(404);
        let types = app.event_types(&acme.organization).await;
        let changes = types.iter().filter(|name| *name == "organization.updated").count();
        assert_eq!(changes, 1, "{types:?}");

        // What was there already is no change, and no event.
        let edit = "/console/organizations/acme-inc/edit";
        browser.fill(edit, &names).await.expect(303);
        assert_eq!(app.event_types(&acme.organization).await, types);
        let taken = [("name", "Acme"), ("slug", "other"), ("external_id", "")];
        browser.fill(edit, &taken).await.expect(422).shows("already taken").shows("value=\"other\"");
        app.stop().await;
    }

    async fn an_sso_connection_is_changed_checked_and_switched(database: TestDatabase) {
        let (app, issuer) = (TestApp::start(database).await, OidcServer::start());
        let browser = Browser::of_admin(&app).await;
        browser.fill("/console/organizations", &[("name", "Acme")]).await.expect(303);
        let list = format!("{ACME}/sso-connections");
        let made = browser.fill(&list, &new_sso("Sign-in", issuer.issuer())).await.expect(303);
        let page = made.header("location").to_owned();
        let shown = browser.get(&page).await.expect(200);
        shown.shows("Sign-in was created").shows(issuer.issuer()).shows("Kept, sealed").shows(">oid<")
            .hides("hidden-secret");
        browser.get(ACME).await.expect(200).shows(&format!("href=\"{page}\""));

        let found = browser.fill(&format!("{page}/check"), &[]).await.expect(200);
        found.shows("The provider answers").shows("No SCIM connection is linked");

        // A secret that is not sent again stays.
        let edit = format!("{page}/edit");
        let form = browser.get(&edit).await.expect(200);
        form.shows(issuer.issuer()).hides("hidden-secret").hides("SAML entity id");
        let form = browser.get(&format!("{edit}?protocol=saml")).await.expect(200);
        form.shows("SAML entity id").hides(issuer.issuer());
        let mut held = new_sso("Staff", issuer.issuer());
        held[4].1 = "";
        let held: Vec<_> = held.into_iter().chain([("trust_email", "true")]).collect();
        let shown = browser.fill_and_follow(&edit, &held).await.expect(200);
        shown.shows("Staff was saved").shows("Kept, sealed").shows("<dd>Yes</dd>");
        let mut wrong = held.clone();
        wrong[2].1 = "http://plain.example.com";
        browser.fill(&edit, &wrong).await.expect(422).shows("https");

        let named = [("confirm", "Staff")];
        browser.fill(&format!("{page}/disable"), &[("confirm", "staff")]).await.expect(422);
        browser.fill_and_follow(&format!("{page}/disable"), &named).await.shows("Staff is disabled");
        browser.get(ACME).await.expect(200).shows("Disabled");
        browser.fill_and_follow(&format!("{page}/enable"), &[]).await.shows("Staff is enabled");
        app.stop().await;
    }

    async fn saml_metadata_is_pasted_and_more_certificates_than_one_stay(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        browser.fill("/console/organizations", &[("name", "Acme")]).await.expect(303);
        let list = format!("{ACME}/sso-connections");
        let new = [("name", "SAML"), ("protocol", "saml"), ("metadata_xml", "<nothing/>")];
        let again = browser.fill(&list, &new).await.expect(422);
        again.shows("is not valid").shows("&#60;nothing/&#62;</textarea>");
        let new = [("name", "SAML"), ("protocol", "saml"), ("metadata_xml", METADATA)];
        let made = browser.fill(&list, &new).await.expect(303);
        let page = made.header("location").to_owned();
        let shown = browser.get(&page).await.expect(200).shows("https://idp.example.com/id");
        assert_eq!(shown.text.matches("SHA-256").count(), 2);

        let edit = browser.get(&format!("{page}/edit")).await.expect(200);
        let edit = edit.shows("value=\"https://idp.example.com/sso\"").shows("MIIBsigning+AAAA");
        assert!(!edit.text.contains("MIIBother"));
        let mut held = [
            ("name", "Login"),
            ("protocol", "saml"),
            ("idp_entity_id", "https://idp.example.com/id"),
            ("sso_url", "https://idp.example.com/sso"),
            ("certificate", "MIIBsigning+AAAA"),
        ];
        let shown = browser.fill_and_follow(&format!("{page}/edit"), &held).await.expect(200);
        assert_eq!(shown.text.matches("SHA-256").count(), 2);
        shown.shows("Login was saved");
        held[3].1 = "https://idp.example.com/other";
        let shown = browser.fill_and_follow(&format!("{page}/edit"), &held).await.expect(200);
        assert_eq!(shown.text.matches("SHA-256").count(), 1);
        app.stop().await;
    }

    async fn scim_connections_are_moved_before_their_sso_connection_goes(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let acme = app.connect("Acme").await;
        let page = format!("{ACME}/sso-connections/{}", acme.sso);
        let shown = browser.get(&page).await.expect(200);
        shown.shows("Acme directory").shows("there is no other");
        let named = [("confirm", "Sign-in")];
        browser.fill(&format!("{page}/delete"), &named).await.expect(409).shows("Acme directory");

        let new = new_sso("Newer", "https://login.example.net");
        let made = browser.fill(&format!("{ACME}/sso-connections"), &new).await.expect(303);
        let other = made.header("location").rsplit('/').next().unwrap().to_owned();
        browser.get(&page).await.expect(200).shows(&format!("<option value=\"{other}\">Newer"));
        let moved = [("move_to", &*other), ("confirm", "wrong")];
        browser.fill(&format!("{page}/delete"), &moved).await.expect(422).shows("type exactly");
        let moved = [("move_to", &*other), ("confirm", "Sign-in")];
        let left = browser.fill_and_follow(&format!("{page}/delete"), &moved).await.expect(200);
        left.shows("Sign-in was deleted").shows("Newer");
        browser.get(&page).await.expect(404);
        let scim = app.api.get(&acme.path()).await.expect(200);
        assert_eq!(scim.text("/sso_connection_id"), other);
        app.stop().await;
    }

    async fn a_portal_link_is_made_shown_once_and_revoked(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let _ = app.connect("Acme").await;
        browser.get(ACME).await.expect(200).shows("No portal links yet");
        let links = format!("{ACME}/portal-links");
        browser.get(&format!("{links}/new")).await.expect(200).shows("value=\"86400\" selected");
        let wrong = [("expires_in_seconds", "86400"), ("return_url", "http://x.example.com")];
        browser.fill(&links, &wrong).await.expect(422).shows("https");
        let wrong = [("expires_in_seconds", "5"), ("return_url", "")];
        browser.fill(&links, &wrong).await.expect(422);
        let new = [("expires_in_seconds", "3600"), ("return_url", "https://app.example.com/done")];
        let made = browser.fill(&links, &new).await.expect(200);
        let url = made.between("<code id=\"portal-link\">", "<");
        let secret = url.rsplit('/').next().unwrap().to_owned();
        let shown = browser.get(ACME).await.expect(200);
        let shown = shown.shows("works for 1 hour").shows("app.example.com/done").hides(&secret);
        let id = shown.between("<code>plk_", "<");

        let path = url.strip_prefix(app.api.base()).unwrap();
        Browser::at(&app).get(path).await.expect(200).shows("Acme");
        let revoke = format!("{links}/plk_{id}/revoke");
        browser.fill(&revoke, &[("confirm", "other")]).await.expect(422);
        let shown = browser.fill_and_follow(&revoke, &[("confirm", "acme")]).await.expect(200);
        shown.shows("The portal link is revoked").shows("Revoked");
        Browser::at(&app).get(path).await.hides("Acme");
        app.stop().await;
    }

    async fn the_newest_portal_links_come_first_and_all_are_paged(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/portal-links", acme.organization);
        let mut ids = Vec::new();
        for _ in 0..51 {
            app.clock.advance_millis(1);
            ids.push(app.api.post(&path, json!({})).await.expect(201).text("/id"));
        }
        let (first, last) = (ids[0].as_str(), ids[50].as_str());
        let page = browser.get(ACME).await.expect(200).shows(last).hides(ids[45].as_str());
        page.shows("All portal links");
        let list = format!("{ACME}/portal-links");
        let page = browser.get(&list).await.expect(200).shows(last).shows(ids[1].as_str()).hides(first);
        let next = page.between("rel=\"next\" href=\"", "\"");
        browser.get(&next).await.expect(200).shows(first).hides(last);
        app.stop().await;
    }

    async fn whoever_reads_changes_nothing_of_an_organization(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, other) = (app.connect("Acme").await, app.connect("Other").await);
        let links = format!("/v1/organizations/{}/portal-links", acme.organization);
        let link = app.api.post(&links, json!({})).await.expect(201).text("/id");
        let sso = format!("{ACME}/sso-connections/{}", acme.sso);
        let links = format!("{ACME}/portal-links");
        let forms = [
            format!("{ACME}/edit"),
            format!("{sso}/edit"),
            format!("{sso}/check"),
            format!("{sso}/enable"),
            format!("{sso}/disable"),
            format!("{sso}/delete"),
            links.clone(),
            format!("{links}/{link}/revoke"),
        ];
        let reader = signed_in(&app, json!({ "name": "reader", "role": "read_only" })).await;
        for path in [ACME, &sso, &links] {
            let page = reader.get(path).await.expect(200);
            page.hides("action=\"/console/org").hides("/edit\"").hides("/new\"");
        }
        for path in &forms {
            reader.fill(path, &[("confirm", "Sign-in")]).await.expect(403).shows("read_only");
        }

        // To whoever is bound to another organization there is none of it.
        let limits = json!({ "name": "bound", "organization_id": other.organization });
        let bound = signed_in(&app, limits).await;
        for path in [&sso, &links, &format!("{sso}/edit"), &format!("{links}/new")] {
            bound.get(path).await.expect(404);
        }
        for path in &forms {
            bound.fill(path, &[("confirm", "Sign-in")]).await.expect(404);
        }
        // Nor is it found by way of the own organization.
        let own = "/console/organizations/other";
        bound.get(&format!("{own}/sso-connections/{}", acme.sso)).await.expect(404);
        let revoke = format!("{own}/portal-links/{link}/revoke");
        bound.fill(&revoke, &[("confirm", "other")]).await.expect(404);
        app.stop().await;
    }

    async fn no_form_opens_for_a_key_that_only_reads(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let reader = signed_in(&app, json!({ "name": "reader", "role": "read_only" })).await;
        let admin = Browser::of_admin(&app).await;
        for path in [
            "/console/organizations/new".to_owned(),
            "/console/api-keys/new".to_owned(),
            "/console/webhooks/new".to_owned(),
            format!("{ACME}/edit"),
            format!("{ACME}/policy"),
            format!("{ACME}/portal-links/new"),
            format!("{ACME}/scim-connections/new"),
            format!("{ACME}/sso-connections/new"),
            format!("{ACME}/sso-connections/{}/edit", acme.sso),
        ] {
            admin.get(&path).await.expect(200);
            reader.get(&path).await.expect(403).shows("read_only");
        }
        app.stop().await;
    }
}
