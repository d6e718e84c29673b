//! Files that are applied: what is told, what is done, what is left alone.

use rollcall_declare::{FailureReason, Options, make, to_be_typed};
use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use crate::installation::{api, apply, apply_with, export, plan, read, shown};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn acme(rest: &str) -> String {
    format!("version = 1\n[[organizations]]\nslug = 'acme'\n{rest}")
}

fn pruning() -> Options {
    Options {
        prune: true,
        ..Options::default()
    }
}

on_each_database! {
    async fn what_a_file_does_not_name_stays(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let held = app.connect("Acme").await;
        let other = app.connect("Other").await;
        let text = acme(
            "[[organizations.scim_connections]]\nname = 'Acme directory'\n\
             [organizations.scim_connections.settings]\nunique_external_ids = true",
        );
        let plan = apply(&app, &text, &Options::default()).await;
        insta::assert_snapshot!(shown(&plan), @r#"
        Organization acme
          ~ SCIM connection `Acme directory`
              settings.unique_external_ids: false -> true

        Plan: 0 to create, 1 to change, 0 to delete.
        "#);
        let connection = app.api.get(&held.path()).await.expect(200);
        assert_eq!(connection.body["settings"]["unique_external_ids"], json!(true));
        assert_eq!(connection.body["settings"]["anonymous_discovery"], json!(true));
        assert_eq!(connection.body["live_tokens"], json!(1));
        let _ = app.api.get(&other.path()).await.expect(200);
    }

    async fn a_new_connection_comes_without_a_token(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let text = acme(
            "name = 'Acme'\n[[organizations.sso_connections]]\nname = 'Okta'\n\
             oidc = { issuer = 'https://a.example.com', client_id = 'b' }\n\
             [[organizations.scim_connections]]\nname = 'Okta'\nsso_connection = 'Okta'",
        );
        let plan = apply(&app, &text, &Options::default()).await;
        insta::assert_snapshot!(shown(&plan), @r#"
        Organization acme
          + organization `acme`
              name: "Acme"
          + SSO connection `Okta`
              oidc.issuer: "https://a.example.com"
              oidc.client_id: "b"
              Note: it has no client secret; if its provider wants one, set it in the console or with PATCH
          + SCIM connection `Okta`
              sso_connection: "Okta"
              Note: it has no token yet: make one on its page of the console, in the setup portal, or with POST …/tokens

        Plan: 3 to create, 0 to change, 0 to delete.
        "#);
        let list = app.api.get("/v1/organizations/acme/scim-connections").await.expect(200);
        assert_eq!(list.body["data"][0]["live_tokens"], json!(0));
    }

    async fn groups_and_users_are_waited_for_until_they_are_pushed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let held = app.connect("Acme").await;
        let text = acme(
            "[organizations.policy]\nroles = ['owner', 'boss', 'member']\n\
             protected_users = [{ scim_connection = 'Acme directory', user_name = 'ada@acme.com' }]\n\
             [[organizations.scim_connections]]\nname = 'Acme directory'\n\
             role_mappings = [{ group = 'Admins', role = 'Boss', precedence = 1 }]",
        );
        let first = apply(&app, &text, &Options::default()).await;
        insta::assert_snapshot!(shown(&first), @r#"
        Organization acme
          ~ policy
              roles: ["owner","administrator","moderator","member","guest"] -> ["owner","boss","member"]
              Danger: a role is gone
          Waits: the group `Admins` of the SCIM connection `Acme directory` has not been pushed yet; it will give the role "Boss"
          Waits: the user `ada@acme.com` of the SCIM connection `Acme directory` has not been pushed yet, and will be protected

        Plan: 0 to create, 1 to change, 0 to delete; look twice at the 1 with a danger.
        "#);
        assert!(plan(&app, &text, &Options::default()).await.is_empty());

        let ada = json!({ "schemas": [USER], "userName": "Ada@acme.com" });
        let ada = held.scim.post("/Users", ada).await.expect(201).text("/id");
        let admins = json!({ "schemas": [GROUP], "displayName": "Admins" });
        let _ = held.scim.post("/Groups", admins).await.expect(201);
        let second = apply(&app, &text, &Options::default()).await;
        insta::assert_snapshot!(shown(&second), @r#"
        Organization acme
          ~ policy
              protected_users: [] -> [{"scim_connection":"Acme directory","user_name":"ada@acme.com"}]
          + role mapping of the group `Admins` of the SCIM connection `Acme directory`
              role: "Boss"
              precedence: 1

        Plan: 1 to create, 1 to change, 0 to delete.
        "#);
        let policy = app.api.get("/v1/organizations/acme/policy").await.expect(200);
        assert_eq!(policy.body["protected_users"], json!([ada]));
        assert!(plan(&app, &text, &Options::default()).await.is_empty());

        let exported = export(&app, false).await;
        assert!(exported.contains("user_name = \"Ada@acme.com\""), "{exported}");
        assert!(exported.contains("group = \"Admins\"\nrole = \"boss\""), "{exported}");
        let same = plan(&app, &exported, &pruning()).await;
        assert!(same.is_empty(), "{}", shown(&same));
    }

    async fn what_may_hurt_is_marked(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let _ = app.connect("Acme").await;
        let text = acme(
            "[organizations.policy]\nrestrict_account_creation_to_scim = true\n\
             [[organizations.sso_connections]]\nname = 'Sign-in'\nenabled = false\n\
             oidc = { issuer = 'https://b.example.com', client_id = 'product' }\n\
             [[organizations.scim_connections]]\nname = 'Acme directory'\nenabled = false",
        );
        insta::assert_snapshot!(shown(&plan(&app, &text, &Options::default()).await), @r#"
        Organization acme
          ~ SSO connection `Sign-in`
              enabled: true -> false
              oidc.issuer: "https://login.example.com" -> "https://b.example.com"
              Danger: nobody can sign in with it any more
              Danger: people sign in with another provider, or fail to
          ~ SCIM connection `Acme directory`
              enabled: true -> false
              Danger: requests of its identity provider are refused
          ~ policy
              restrict_account_creation_to_scim: false -> true
              Danger: whoever was not provisioned is denied at sign-in

        Plan: 0 to create, 3 to change, 0 to delete; look twice at the 3 with a danger.
        "#);
    }

    async fn nobody_is_locked_out_unforced_where_people_have_accounts_and_nothing_is_connected(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let held = app.connect("Acme").await;
        let ada = json!({ "schemas": [USER], "userName": "ada@acme.com" });
        let _ = held.scim.post("/Users", ada).await.expect(201);
        let _ = app.api.patch(&held.path(), json!({ "enabled": false })).await.expect(200);
        let text = acme("policy = { restrict_account_creation_to_scim = true }");
        let refused = shown(&plan(&app, &text, &Options::default()).await);
        insta::assert_snapshot!(refused.lines().last().unwrap(), @"Problem: setup.toml, line 3, column 8: accounts cannot be restricted to SCIM: no SCIM connection is connected, so nobody new could get in, and people have accounts already; `--force` does it all the same");
        let forced = Options { force: true, ..Options::default() };
        let _ = apply(&app, &text, &forced).await;
        assert!(plan(&app, &text, &Options::default()).await.is_empty());
    }

    async fn a_name_that_nothing_has_is_a_problem_of_the_plan(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let _ = app.connect("Acme").await;
        let text = acme(
            "domains = [{ domain = 'acme.com', sso_connection = 'Okta' }]\n\
             [[organizations.scim_connections]]\nname = 'New'\n\
             [[organizations.sso_connections]]\nname = 'Also new'\n\
             [[organizations]]\nslug = 'new'",
        );
        insta::assert_snapshot!(shown(&plan(&app, &text, &Options::default()).await), @r#"
        Organization new
          + organization `new`

        Plan: 1 to create, 0 to change, 0 to delete.
        Problem: setup.toml, line 8, column 8: the new SSO connection `Also new` needs `oidc` or `saml`
        Problem: setup.toml, line 6, column 8: the new SCIM connection `New` needs the `sso_connection` that its users sign in with
        Problem: setup.toml, line 4, column 23: there is no SSO connection `Okta`, neither in the file nor here
        Problem: setup.toml, line 10, column 8: the new organization `new` needs a `name`
        "#);
    }

    async fn only_with_prune_is_anything_deleted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let _ = app.connect("Acme").await;
        let _ = app.connect("Other").await;
        let hook = json!({ "url": "https://hooks.example.com/all" });
        let _ = app.api.post("/v1/webhook-endpoints", hook).await.expect(201);
        let text = acme("name = 'Acme'");
        assert!(plan(&app, &text, &Options::default()).await.is_empty());
        insta::assert_snapshot!(shown(&plan(&app, &text, &pruning()).await), @r#"
        Organization acme
          - SCIM connection `Acme directory`
              Danger: 0 users and 0 groups go with it, and its tokens
          - SSO connection `Sign-in`
              Danger: nobody can sign in with it any more

        Plan: 0 to create, 0 to change, 2 to delete; look twice at the 2 with a danger.
        "#);

        let everything = Options { prune_organizations: true, ..pruning() };
        let done = apply(&app, &format!("webhook_endpoints = []\n{text}"), &everything).await;
        insta::assert_snapshot!(shown(&done), @r#"
        The installation
          - webhook endpoint `https://hooks.example.com/all`
              Danger: what waits for it is not sent any more

        Organization acme
          - SCIM connection `Acme directory`
              Danger: 0 users and 0 groups go with it, and its tokens
          - SSO connection `Sign-in`
              Danger: nobody can sign in with it any more

        Organization other
          - organization `other`
              Danger: everything in it goes: its connections, users and groups

        Plan: 0 to create, 0 to change, 4 to delete; look twice at the 4 with a danger.
        "#);
        let typed: Vec<_> = to_be_typed(&done).into_iter().map(|it| it.1).collect();
        assert_eq!(typed, ["https://hooks.example.com/all", "Acme directory", "Sign-in", "other"]);
        let left = export(&app, false).await;
        assert!(left.ends_with("[[organizations]]\nslug = \"acme\"\nname = \"Acme\"\n"), "{left}");
    }

    async fn what_somebody_changed_since_the_plan_is_left_alone(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let _ = app.connect("Acme").await;
        let (api, options) = (api(&app), Options::default());
        let file = read(&acme("name = 'Acme, Inc.'"));
        let planned = make(&api, &file, &options, || {}).await.unwrap();
        let other = json!({ "name": "Acme Ltd" });
        let _ = app.api.patch("/v1/organizations/acme", other).await.expect(200);
        let outcome = rollcall_declare::apply(&api, &file, &planned, (&options, false), || {}).await;
        assert_eq!(outcome.done, 0);
        assert!(matches!(outcome.failures[0].reason, FailureReason::ChangedMeanwhile));
        let left = app.api.get("/v1/organizations/acme").await.expect(200);
        assert_eq!(left.text("/name"), "Acme Ltd");
    }

    async fn after_a_failure_halfway_the_file_is_applied_again_and_goes_on(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let text = |issuer: &str| acme(&format!(
            "name = 'Acme'\n[[organizations.sso_connections]]\nname = 'A'\n\
             oidc = {{ issuer = 'https://a.example.com', client_id = 'b' }}\n\
             [[organizations.sso_connections]]\nname = 'B'\n\
             oidc = {{ issuer = '{issuer}', client_id = 'b' }}\n\
             [[organizations.domains]]\ndomain = 'acme.com'\n\
             [[organizations]]\nslug = 'later'\nname = 'Later'",
        ));
        let one_by_one = Options { concurrency: 1, ..Options::default() };
        let (_, outcome) = apply_with(&app, &text("http://not.secure"), &one_by_one).await;
        let failure = &outcome.failures[0];
        assert_eq!((outcome.done, failure.done, outcome.not_begun), (2, 2, 1));
        assert_eq!(failure.step.as_deref(), Some("SSO connection `B`"));
        insta::assert_snapshot!(failure.reason.to_string().replace(failure_id(&failure.reason.to_string()), "…"), @"POST /v1/organizations/…/sso-connections answers 422 Unprocessable Entity: `oidc.issuer` must begin with https://");

        let done = apply(&app, &text("https://b.example.com"), &one_by_one).await;
        insta::assert_snapshot!(shown(&done), @r#"
        Organization acme
          + SSO connection `B`
              oidc.issuer: "https://b.example.com"
              oidc.client_id: "b"
              Note: it has no client secret; if its provider wants one, set it in the console or with PATCH
          + domain `acme.com`
              Note: it has to be verified: its TXT record is on its page of the console, and in GET …/domains

        Organization later
          + organization `later`
              name: "Later"

        Plan: 3 to create, 0 to change, 0 to delete.
        "#);
    }

    async fn an_organization_that_is_called_something_else_is_found_by_the_vendors_id(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let body = json!({ "name": "Acme", "slug": "old", "external_id": "cus_1" });
        let made = app.api.post("/v1/organizations", body).await.expect(201);
        let done = apply(&app, &acme("external_id = 'cus_1'"), &Options::default()).await;
        insta::assert_snapshot!(shown(&done), @r#"
        Organization acme
          ~ organization `acme`
              slug: "old" -> "acme"
              Danger: host names and links with the old slug stop working

        Plan: 0 to create, 1 to change, 0 to delete; look twice at the 1 with a danger.
        "#);
        let found = app.api.get("/v1/organizations/acme").await.expect(200);
        assert_eq!(found.text("/id"), made.text("/id"));
    }

    async fn endpoints_with_one_url_are_told_apart_by_what_they_are_for(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let endpoint = |description: &str, ordered: bool| format!(
            "[[webhook_endpoints]]\nurl = 'https://hooks.example.com/'\n\
             description = '{description}'\nordered = {ordered}\n"
        );
        let text = |ordered| format!("version = 1\n{}{}", endpoint("a", ordered), endpoint("b", false));
        let _ = apply(&app, &text(false), &Options::default()).await;
        let done = apply(&app, &text(true), &Options::default()).await;
        insta::assert_snapshot!(shown(&done), @r#"
        The installation
          ~ webhook endpoint `https://hooks.example.com/`
              ordered: false -> true

        Plan: 0 to create, 1 to change, 0 to delete.
        "#);
        let twice = format!("version = 1\n{}{}", endpoint("a", true), endpoint("a", false));
        insta::assert_snapshot!(shown(&plan(&app, &twice, &Options::default()).await), @r#"
        Problem: setup.toml, line 3, column 7: `https://hooks.example.com/` is there twice with the same description
        Problem: setup.toml, line 7, column 7: `https://hooks.example.com/` is there twice with the same description
        "#);
    }
}

/// The id in a path of a message.
fn failure_id(message: &str) -> &str {
    let id = message.split('/').find(|part| part.starts_with("org_"));
    id.unwrap_or_default()
}
