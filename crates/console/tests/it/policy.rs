//! Changing the policy of an organization in the console.

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use crate::browser::Browser;

const PAGE: &str = "/console/organizations/acme/policy";
const PREVIEW: &str = "/console/organizations/acme/policy/preview";

/// The default policy as the form holds it.
const ROLES: (&str, &str) = ("roles", "owner\nadministrator\nmoderator\nmember\nguest");
const DEFAULT: (&str, &str) = ("default_role", "member");
const JIT: (&str, &str) = ("just_in_time_provisioning", "true");
const RESTRICT: (&str, &str) = ("restrict_account_creation_to_scim", "true");

on_each_database! {
    async fn every_rule_is_changed_in_the_console(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada" });
        let ada = acme.scim.post("/Users", user).await.expect(201).text("/id");
        app.flush().await;
        let browser = Browser::of_admin(&app).await;
        browser.get("/console/organizations/acme").await.expect(200).shows(PAGE);
        let form = browser.get(PAGE).await.expect(200);
        let seen = form.between("name=\"seen\" value=\"", "\"");
        let rules = [
            RESTRICT,
            ("roles", " owner \r\n\r\nmember\r\nguest"),
            ("default_role", "guest"),
            ("protected_users", ada.as_str()),
            ("last_owner_protection", "true"),
            ("seats", "12"),
            ("when_full", "wait"),
            ("unverified_email_linking", "true"),
            ("provisioning_domains", "verified"),
            ("seen", seen.as_str()),
        ];
        let shown = browser.fill(PREVIEW, &rules).await.expect(200);
        shown.shows("Would be").shows("1 user has the default role, which would no longer be member but guest");
        let with = |confirm| [&rules[..], &[("confirm", confirm)]].concat();
        browser.fill(PAGE, &with("Acme")).await.expect(422).shows("Nothing was changed");
        browser.fill_and_follow(PAGE, &with("acme")).await.expect(200).shows("The policy was saved");

        let policy = format!("/v1/organizations/{}/policy", acme.organization);
        let held = app.api.get(&policy).await.expect(200).body;
        assert_eq!(held["restrict_account_creation_to_scim"], true);
        assert_eq!(held["just_in_time_provisioning"], false);
        assert_eq!(held["roles"], json!(["owner", "member", "guest"]));
        assert_eq!(held["default_role"], "guest");
        assert_eq!(held["protected_users"], json!([ada]));
        assert_eq!(held["last_owner_protection"], true);
        assert_eq!(held["seat_limit"], json!({ "seats": 12, "when_full": "wait" }));
        assert_eq!(held["unverified_email_linking"], true);
        assert_eq!(held["provisioning_domains"], "verified");
        let told = app.event_types(&acme.organization).await;
        assert_eq!(told.iter().filter(|it| *it == "policy.updated").count(), 1);
        let form = browser.get(PAGE).await.expect(200);
        form.shows(&ada).shows("value=\"12\"").shows("value=\"wait\" selected");
        app.stop().await;
    }

    async fn whoever_would_be_blocked_is_named_before_accounts_are_restricted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let sign_in = json!({ "sso_connection_id": acme.sso,
            "identity": { "subject": "s1", "email": "<b>eve</b>@acme.example", "email_verified": true } });
        let decisions = format!("/v1/organizations/{}/sign-in-decisions", acme.organization);
        let _ = app.api.post(&decisions, sign_in).await.expect(200);
        let browser = Browser::of_admin(&app).await;
        let rules = [RESTRICT, JIT, ROLES, DEFAULT, ("confirm", "acme")];
        let page = browser.fill(PREVIEW, &rules).await.expect(200);
        page.shows("People who would be blocked")
            .shows("eve&#60;/b&#62;@acme.example")
            .hides("<b>eve")
            .shows("No SCIM connection is connected");
        let policy = format!("/v1/organizations/{}/policy", acme.organization);
        let restricted = async || {
            app.api.get(&policy).await.expect(200).body["restrict_account_creation_to_scim"].clone()
        };
        browser.fill(PAGE, &rules).await.expect(422).shows("nobody new could get in");
        assert_eq!(restricted().await, false);
        let forced = [&rules[..], &[("force", "true")]].concat();
        browser.fill(PAGE, &forced).await.expect(303);
        assert_eq!(restricted().await, true);
        app.stop().await;
    }

    async fn what_cannot_hold_is_said_beside_its_field_and_saved_by_nobody(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let browser = Browser::of_admin(&app).await;
        for (rules, says) in [
            ([ROLES, ("default_role", "")], "default_role"),
            ([ROLES, ("default_role", "boss")], "must be one of `roles`"),
            ([("roles", "member\nMember"), DEFAULT], "names a role twice"),
        ] {
            browser.fill(PAGE, &rules).await.expect(422).shows(says);
        }
        let seats = [ROLES, DEFAULT, JIT, ("seats", "many")];
        browser.fill(PREVIEW, &seats).await.expect(422).shows("aria-invalid");
        let nobody = [ROLES, DEFAULT, JIT, ("protected_users", "ada")];
        browser.fill(PREVIEW, &nobody).await.expect(422).shows("“ada”, which is no SCIM id");
        let told = app.event_types(&acme.organization).await;
        assert!(!told.contains(&"policy.updated".to_owned()), "{told:?}");
        app.stop().await;
    }

    async fn a_policy_that_somebody_else_changed_meanwhile_is_looked_at_again(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let browser = Browser::of_admin(&app).await;
        let form = browser.get(PAGE).await.expect(200);
        let seen = form.between("name=\"seen\" value=\"", "\"");
        let policy = format!("/v1/organizations/{}/policy", acme.organization);
        let _ = app.api.put(&policy, json!({ "seat_limit": { "seats": 7 } })).await.expect(200);
        let rules = [ROLES, DEFAULT, ("seen", seen.as_str())];
        let again = browser.fill(PAGE, &rules).await.expect(409);
        let again = again.shows("Somebody else changed the policy").shows("No limit");
        let seen = again.between("name=\"seen\" value=\"", "\"");
        browser.fill(PAGE, &[ROLES, DEFAULT, ("seen", &seen)]).await.expect(303);
        assert!(app.api.get(&policy).await.expect(200).body["seat_limit"].is_null());
        app.stop().await;
    }

    async fn a_policy_is_changed_by_those_only_who_may(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let _acme = app.connect("Acme").await;
        let other = app.connect("Other").await;
        let key = async |limits: serde_json::Value| {
            app.api.post("/v1/api-keys", limits).await.expect(201).text("/secret")
        };
        let reader = key(json!({ "name": "reader", "role": "read_only" })).await;
        let reader = Browser::signed_in(&app, &reader).await;
        reader.get("/console/organizations/acme").await.expect(200).hides(PAGE);
        reader.get(PAGE).await.expect(403);
        let bound = key(json!({ "name": "bound", "organization_id": other.organization })).await;
        let bound = Browser::signed_in(&app, &bound).await;
        bound.get(PAGE).await.expect(404);
        for path in [PREVIEW, PAGE] {
            reader.fill(path, &[ROLES, DEFAULT]).await.expect(403);
            bound.fill(path, &[ROLES, DEFAULT]).await.expect(404);
        }
        bound.get("/console/organizations/other/policy").await.expect(200);
        app.stop().await;
    }
}
