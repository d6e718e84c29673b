//! The policy of an organization, and what it makes of provisioning.

use futures_util::future::join_all;
use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

pub(crate) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

pub(crate) async fn choose(app: &TestApp, acme: &Connection, policy: Value) -> Reply {
    let path = format!("/v1/organizations/{}/policy", acme.organization);
    app.api.put(&path, policy).await
}

async fn seats(app: &TestApp, acme: &Connection) -> Value {
    let path = format!("/v1/organizations/{}/policy", acme.organization);
    app.api.get(&path).await.expect(200).body["seats"].clone()
}

pub(crate) async fn provision(acme: &Connection, name: &str) -> Reply {
    acme.scim.post("/Users", json!({ "userName": name })).await
}

pub(crate) async fn set_active(acme: &Connection, id: &str, active: bool) -> Reply {
    let operation = json!({ "op": "replace", "path": "active", "value": active });
    let body = json!({ "schemas": [PATCH_OP], "Operations": [operation] });
    acme.scim.patch(&format!("/Users/{id}"), body).await
}

on_each_database! {
    async fn a_policy_that_was_never_chosen_is_the_default_one(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/policy", acme.organization);
        let shown = app.api.get(&path).await.expect(200);
        assert_eq!(shown.body["default_role"], "member");
        assert_eq!(shown.body["updated_at"], Value::Null);
        assert_eq!(shown.body["seats"]["taken"], 0);

        let _ = choose(&app, &acme, json!({})).await.expect(200);
        let told = app.event_types(&acme.organization).await;
        assert!(!told.contains(&"policy.updated".to_owned()), "{told:?}");
        let changed = choose(&app, &acme, json!({ "just_in_time_provisioning": false })).await.expect(200);
        assert_eq!(changed.body["just_in_time_provisioning"], false);
        let told = app.event_types(&acme.organization).await;
        assert_eq!(told.last().unwrap(), "policy.updated");
    }

    async fn rules_that_do_not_fit_each_other_are_refused_by_name(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let nobody = "0190a5e4-5c1d-7d0a-9f3b-2f6d1c8e4b7a";
        let cases = [
            (json!({ "roles": [] }), "roles"),
            (json!({ "roles": ["member", "Member"] }), "roles"),
            (json!({ "roles": [" member"] }), "roles"),
            (json!({ "default_role": "boss" }), "default_role"),
            (json!({ "default_role": "owner" }), "default_role"),
            (json!({ "roles": ["member"], "last_owner_protection": true }), "last_owner_protection"),
            (json!({ "protected_users": ["amy"] }), "protected_users"),
            (json!({ "protected_users": [nobody] }), "protected_users"),
            (json!({ "seat_limit": 5 }), "seat_limit"),
            (json!({ "provisioning_domains": "mine" }), "provisioning_domains"),
            (json!({ "colour": "red" }), "colour"),
        ];
        for (policy, field) in cases {
            let refused = choose(&app, &acme, policy.clone()).await.expect(422);
            assert_eq!(refused.body["field"], field, "{policy}: {}", refused.body);
        }
    }

    async fn accounts_are_restricted_to_scim_only_where_scim_works(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let restricted = json!({ "restrict_account_creation_to_scim": true });
        let refused = choose(&app, &acme, restricted.clone()).await.expect(409);
        assert_eq!(refused.text("/code"), "no_connected_scim_connection");
        let forced = format!("/v1/organizations/{}/policy?force=true", acme.organization);
        let _ = app.api.put(&forced, restricted.clone()).await.expect(200);
        let _ = choose(&app, &acme, json!({})).await.expect(200);

        let _ = acme.scim.get("/Users").await.expect(200);
        app.flush().await;
        let _ = choose(&app, &acme, restricted).await.expect(200);
    }

    async fn scim_can_neither_deactivate_nor_delete_a_protected_user(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = provision(&acme, "amy").await.expect(201).text("/id");
        let ben = provision(&acme, "ben").await.expect(201).text("/id");
        let _ = choose(&app, &acme, json!({ "protected_users": [amy] })).await.expect(200);

        let refused = set_active(&acme, &amy, false).await.expect(403);
        assert!(refused.text("/detail").contains("is protected"), "{}", refused.body);
        let whole = json!({ "userName": "amy", "active": false });
        let _ = acme.scim.put(&format!("/Users/{amy}"), whole).await.expect(403);
        let _ = acme.scim.delete(&format!("/Users/{amy}")).await.expect(403);
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "DELETE", "path": format!("/Users/{amy}") },
                { "method": "DELETE", "path": format!("/Users/{ben}") },
            ],
        });
        let done = acme.scim.post("/Bulk", bulk).await.expect(200);
        assert_eq!(done.body["Operations"][0]["status"], "403", "{}", done.body);
        assert_eq!(done.body["Operations"][1]["status"], "204", "{}", done.body);

        let kept = acme.scim.get(&format!("/Users/{amy}")).await.expect(200);
        assert_ne!(kept.body["active"], false);
        let renamed = json!({ "userName": "amy2" });
        let _ = acme.scim.put(&format!("/Users/{amy}"), renamed).await.expect(200);
        let told = app.event_types(&acme.organization).await;
        let protected = told.iter().filter(|kind| *kind == "policy.protected").count();
        assert_eq!(protected, 4, "{told:?}");
    }

    async fn without_a_seat_nobody_is_provisioned(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = provision(&acme, "amy").await.expect(201);
        let _ = choose(&app, &acme, json!({ "seat_limit": { "seats": 2 } })).await.expect(200);
        let ben = provision(&acme, "ben").await.expect(201).text("/id");

        let refused = provision(&acme, "cid").await.expect(403);
        assert!(refused.text("/detail").contains("all 2 seats"), "{}", refused.body);
        let inactive = json!({ "userName": "dan", "active": false });
        let dan = acme.scim.post("/Users", inactive).await.expect(201).text("/id");
        let _ = set_active(&acme, &dan, true).await.expect(403);

        let _ = acme.scim.delete(&format!("/Users/{ben}")).await.expect(204);
        let _ = set_active(&acme, &dan, true).await.expect(200);
        assert_eq!(seats(&app, &acme).await["taken"], 2);
    }

    async fn whoever_waited_longest_gets_the_next_seat(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let limit = json!({ "seat_limit": { "seats": 1, "when_full": "wait" } });
        let _ = choose(&app, &acme, limit).await.expect(200);
        let amy = provision(&acme, "amy").await.expect(201).text("/id");
        let ben = provision(&acme, "ben").await.expect(201).text("/id");
        app.clock.advance_millis(1_000);
        let _ = provision(&acme, "cid").await.expect(201);
        assert_eq!(seats(&app, &acme).await, json!({
            "taken": 1, "active_users": 3, "waiting_users": 2, "sign_in_accounts": 0 }));

        let _ = set_active(&acme, &amy, false).await.expect(200);
        let seated = |events: &[Value]| -> Vec<String> {
            events.iter().filter(|event| event["type"] == "user.seated")
                .map(|event| event["data"]["user"]["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(seated(&app.events(&acme.organization).await), [ben]);

        let _ = choose(&app, &acme, json!({})).await.expect(200);
        assert_eq!(seats(&app, &acme).await["waiting_users"], 0);
        assert_eq!(seated(&app.events(&acme.organization).await).len(), 2);
    }

    async fn a_deleted_connection_gives_its_seats_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = provision(&acme, "amy").await.expect(201);
        let ben = provision(&acme, "ben").await.expect(201).text("/id");
        let _ = set_active(&acme, &ben, false).await.expect(200);
        assert_eq!(seats(&app, &acme).await["active_users"], 1);
        let path = format!("{}?confirm=Acme%20directory", acme.path());
        let _ = app.api.delete(&path).await.expect(204);
        assert_eq!(seats(&app, &acme).await["active_users"], 0);
    }

    async fn the_last_seat_is_taken_once_however_many_come_at_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = choose(&app, &acme, json!({ "seat_limit": { "seats": 5 } })).await.expect(200);
        let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
        let replies = join_all(names.iter().map(|name| provision(&acme, name))).await;
        let with = |status| replies.iter().filter(|reply| reply.status == status).count();
        assert_eq!((with(201), with(403)), (5, 35));
        assert_eq!(seats(&app, &acme).await["taken"], 5);
    }

    async fn a_preview_tells_what_a_policy_would_do_and_changes_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let decision = json!({ "sso_connection_id": acme.sso,
            "identity": { "subject": "s-1", "email": "zoe@acme.com", "email_verified": true } });
        let path = format!("/v1/organizations/{}/sign-in-decisions", acme.organization);
        let let_in = app.api.post(&path, decision).await.expect(200);
        assert_eq!(let_in.body["reason"], "jit_allowed");

        let preview = async |policy: Value| {
            let policy: String = url::form_urlencoded::byte_serialize(policy.to_string().as_bytes()).collect();
            let path = format!("/v1/organizations/{}/policy/preview?policy={policy}", acme.organization);
            app.api.get(&path).await
        };
        let restricted = json!({ "restrict_account_creation_to_scim": true, "seat_limit": { "seats": 0 } });
        let shown = preview(restricted).await.expect(200).body;
        assert_eq!(shown["can_be_saved"], false);
        assert_eq!(shown["blocked"]["total"], 1);
        assert_eq!(shown["blocked"]["people"][0]["email"], "zoe@acme.com");
        assert_eq!(shown["seats_missing"], 1);
        let shown = preview(json!({})).await.expect(200).body;
        assert_eq!(shown["can_be_saved"], true);
        assert_eq!(shown["blocked"]["total"], 0);
        let refused = preview(json!({ "colour": 1 })).await.expect(422);
        assert_eq!(refused.body["field"], "policy.colour");
        let told = app.event_types(&acme.organization).await;
        assert!(!told.contains(&"policy.updated".to_owned()), "{told:?}");
    }
}
