//! Users whom the policy of an organization protects, and its last owner.

use futures_util::future::join_all;
use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::policies::{PATCH_OP, choose, provision, set_active};

/// Gives a user a role by hand.
async fn grant(app: &TestApp, acme: &Connection, user: &str, role: &str) -> Reply {
    let path = format!("/v1/organizations/{}/users/{user}/role", acme.organization);
    app.api.put(&path, json!({ "role": role })).await
}

/// A group that gives its members a role.
async fn mapped_group(app: &TestApp, acme: &Connection, members: &[&str], role: &str) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "displayName": role, "members": members });
    let group = acme
        .scim
        .post("/Groups", body)
        .await
        .expect(201)
        .text("/id");
    let path = format!("{}/groups/{group}/role-mapping", acme.path());
    let mapping = json!({ "role": role, "precedence": 1 });
    let _ = app.api.put(&path, mapping).await.expect(200);
    group
}

on_each_database! {
    async fn scim_cannot_demote_a_protected_user_by_any_way(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = provision(&acme, "amy").await.expect(201).text("/id");
        let group = mapped_group(&app, &acme, &[&amy], "administrator").await;
        let _ = choose(&app, &acme, json!({ "protected_users": [amy] })).await.expect(200);

        let leave = json!({ "op": "remove", "path": format!("members[value eq \"{amy}\"]") });
        let leave = json!({ "schemas": [PATCH_OP], "Operations": [leave] });
        let refused = acme.scim.patch(&format!("/Groups/{group}"), leave).await.expect(403);
        assert!(refused.text("/detail").contains("may not demote"), "{}", refused.body);
        let empty = json!({ "displayName": "administrator", "members": [] });
        let _ = acme.scim.put(&format!("/Groups/{group}"), empty).await.expect(403);
        let _ = acme.scim.delete(&format!("/Groups/{group}")).await.expect(403);
        let lower = json!({ "userName": "amy", "role": "guest" });
        let _ = acme.scim.put(&format!("/Users/{amy}"), lower).await.expect(403);
        let higher = json!({ "userName": "amy", "role": "owner" });
        let _ = acme.scim.put(&format!("/Users/{amy}"), higher).await.expect(200);
    }

    async fn the_last_active_owner_stays_one_whoever_asks(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = provision(&acme, "amy").await.expect(201).text("/id");
        let ben = provision(&acme, "ben").await.expect(201).text("/id");
        for user in [&amy, &ben] {
            let _ = grant(&app, &acme, user, "owner").await.expect(200);
        }
        let _ = choose(&app, &acme, json!({ "last_owner_protection": true })).await.expect(200);

        let _ = set_active(&acme, &ben, false).await.expect(200);
        let refused = set_active(&acme, &amy, false).await.expect(403);
        assert!(refused.text("/detail").contains("last active owner"), "{}", refused.body);
        let _ = acme.scim.delete(&format!("/Users/{amy}")).await.expect(403);
        let refused = grant(&app, &acme, &amy, "member").await.expect(409);
        assert_eq!(refused.text("/field"), "last_owner_protection");

        let _ = set_active(&acme, &ben, true).await.expect(200);
        let _ = acme.scim.delete(&format!("/Users/{amy}")).await.expect(204);
        let _ = acme.scim.delete(&format!("/Users/{ben}")).await.expect(403);
    }

    async fn an_owner_who_is_inactive_does_not_hide_that_the_last_one_goes(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = provision(&acme, "amy").await.expect(201).text("/id");
        let ben = provision(&acme, "ben").await.expect(201).text("/id");
        let cid = provision(&acme, "cid").await.expect(201).text("/id");
        let group = mapped_group(&app, &acme, &[&amy, &ben, &cid], "owner").await;
        for idle in [&amy, &cid] {
            let _ = set_active(&acme, idle, false).await.expect(200);
        }
        let _ = choose(&app, &acme, json!({ "last_owner_protection": true })).await.expect(200);
        let _ = acme.scim.delete(&format!("/Groups/{group}")).await.expect(403);
    }

    async fn another_role_attribute_does_not_take_the_last_owner(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let body = json!({ "userName": "amy", "role": "owner" });
        let _ = acme.scim.post("/Users", body).await.expect(201);
        let _ = choose(&app, &acme, json!({ "last_owner_protection": true })).await.expect(200);
        let change = json!({ "settings": { "role_attribute": "none" } });
        let refused = app.api.patch(&acme.path(), change).await.expect(409);
        assert_eq!(refused.text("/field"), "last_owner_protection");
    }

    async fn two_owners_who_go_at_once_leave_one(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut owners = Vec::new();
        for number in 0..8 {
            let id = provision(&acme, &format!("owner{number}")).await.expect(201).text("/id");
            let _ = grant(&app, &acme, &id, "owner").await.expect(200);
            owners.push(id);
        }
        let _ = choose(&app, &acme, json!({ "last_owner_protection": true })).await.expect(200);
        let replies = join_all(owners.iter().map(|id| set_active(&acme, id, false))).await;
        let with = |status| replies.iter().filter(|reply| reply.status == status).count();
        assert_eq!((with(200), with(403)), (7, 1));
    }

    async fn a_role_that_somebody_has_stays_among_the_roles(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = provision(&acme, "amy").await.expect(201).text("/id");
        let _ = provision(&acme, "ben").await.expect(201);
        let _ = grant(&app, &acme, &amy, "guest").await.expect(200);
        let fewer = json!({ "roles": ["owner", "member", "viewer"], "default_role": "viewer" });
        let refused = choose(&app, &acme, fewer.clone()).await.expect(409);
        assert_eq!(refused.text("/code"), "role_in_use");

        let text: String = url::form_urlencoded::byte_serialize(fewer.to_string().as_bytes()).collect();
        let path = format!("/v1/organizations/{}/policy/preview?policy={text}", acme.organization);
        let shown = app.api.get(&path).await.expect(200).body;
        assert_eq!(shown["can_be_saved"], false);
        let changes = &shown["role_changes"];
        assert_eq!(changes["lost"], json!({ "guest": 1 }));
        assert_eq!((&changes["before"], &changes["after"]), (&json!("member"), &json!("viewer")));
        assert_eq!((&changes["total"], &changes["users"][0]["user_name"]), (&json!(1), &json!("ben")));
    }

    async fn users_of_other_domains_are_refused_where_the_policy_says_so(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let old = provision(&acme, "old@elsewhere.example.com").await.expect(201).text("/id");
        let domains = format!("/v1/organizations/{}/domains", acme.organization);
        for domain in ["acme.example.com", "pending.example.com"] {
            let claimed = app.api.post(&domains, json!({ "domain": domain })).await.expect(201);
            app.dns.add(&claimed.text("/verification/record_name"), &claimed.text("/verification/value"));
        }
        let _ = app.api.post(&format!("{domains}/acme.example.com/verify"), json!({})).await.expect(200);
        let _ = choose(&app, &acme, json!({ "provisioning_domains": "verified" })).await.expect(200);

        let _ = provision(&acme, "Amy@ACME.example.com").await.expect(201);
        for name in ["ben@elsewhere.example.com", "ben@pending.example.com", "ben@sub.acme.example.com"] {
            let refused = provision(&acme, name).await.expect(403);
            assert!(refused.text("/detail").contains("not of a domain"), "{}", refused.body);
        }
        let hidden = json!({ "userName": "cid", "emails": [{ "value": "cid@elsewhere.example.com" }] });
        let _ = acme.scim.post("/Users", hidden).await.expect(403);
        let _ = provision(&acme, "no-address").await.expect(201);

        let titled = json!({ "userName": "old@elsewhere.example.com", "title": "Senior" });
        let _ = acme.scim.put(&format!("/Users/{old}"), titled).await.expect(200);
        let moved = json!({ "userName": "older@elsewhere.example.com" });
        let _ = acme.scim.put(&format!("/Users/{old}"), moved).await.expect(403);
    }
}
