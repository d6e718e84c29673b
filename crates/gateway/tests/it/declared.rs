//! What programs need that bring a set-up to what a file says.

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const CERTIFICATES: [&str; 2] = ["MAUCAQECAQI=", "MAUCAQECAQM="];

fn ids(list: &Value) -> Vec<&str> {
    let items = list["data"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap()).collect()
}

on_each_database! {
    async fn a_provider_may_sign_with_several_certificates_and_begin_switched_off(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/sso-connections", acme.organization);
        let body = |saml: Value| json!({
            "name": "SAML", "protocol": "saml", "enabled": false, "saml": saml,
        });
        let saml = |more: Value| {
            let mut saml = json!({ "idp_entity_id": "urn:idp", "sso_url": "https://idp.example.com/" });
            saml.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body(saml)
        };
        let made = app.api.post(&path, saml(json!({ "certificates": CERTIFICATES }))).await.expect(201);
        assert_eq!(made.body["enabled"], json!(false));
        let shown = made.body["saml"]["certificates"].as_array().unwrap().iter();
        let shown: Vec<_> = shown.map(|it| it["certificate"].as_str().unwrap()).collect();
        assert_eq!(shown, CERTIFICATES);

        for (wrong, field) in [
            (json!({ "certificates": [] }), "saml.certificates"),
            (json!({ "certificates": ["no"] }), "saml.certificate"),
            (json!({ "certificates": CERTIFICATES, "certificate": CERTIFICATES[0] }), "saml.certificates"),
            (json!({}), "saml.certificate"),
        ] {
            let refused = app.api.post(&path, saml(wrong)).await.expect(422);
            assert_eq!(refused.text("/field"), field);
        }
    }

    async fn a_connection_may_be_made_without_a_token(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/scim-connections", acme.organization);
        let body = json!({ "name": "Quiet", "sso_connection_id": acme.sso, "first_token": false });
        let made = app.api.post(&path, body).await.expect(201);
        assert_eq!((&made.body["token"], &made.body["live_tokens"]), (&Value::Null, &json!(0)));
        assert_eq!(made.header("cache-control"), "");
        let types = app.event_types(&acme.organization).await;
        assert_eq!(types.last().unwrap(), "scim_connection.created");
    }

    async fn users_and_groups_are_looked_up_by_their_names(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, other) = (app.connect("Acme").await, app.connect("Other").await);
        let mut ada = String::new();
        for name in ["ada \"x\"@acme.com", "bob@acme.com"] {
            let user = json!({ "schemas": [USER], "userName": name });
            let made = acme.scim.post("/Users", user).await.expect(201).text("/id");
            ada = if ada.is_empty() { made } else { ada };
        }
        for name in ["Admins", "Others", "Admins"] {
            let group = json!({ "schemas": [GROUP], "displayName": name });
            let _ = acme.scim.post("/Groups", group).await.expect(201);
        }
        let get = async |path: String| app.api.get(&path).await.expect(200).body;
        let users = format!("{}/users", acme.path());
        let by_name = get(format!("{users}?user_name=ADA%20%22x%22%40acme.com")).await;
        assert_eq!(ids(&by_name), [&*ada]);
        assert_eq!(ids(&get(format!("{users}?id={ada}")).await), [&*ada]);
        for nobody in ["user_name=eve@acme.com", "id=no", "user_name="] {
            assert_eq!(ids(&get(format!("{users}?{nobody}")).await), Vec::<&str>::new());
        }
        assert_eq!(ids(&get(format!("{}/users?id={ada}", other.path())).await), Vec::<&str>::new());
        let both = app.api.get(&format!("{users}?id={ada}&user_name=a")).await.expect(422);
        assert_eq!(both.text("/field"), "id");

        let groups = format!("{}/groups", acme.path());
        assert_eq!(ids(&get(format!("{groups}?display_name=Admins")).await).len(), 2);
        assert_eq!(ids(&get(format!("{groups}?display_name=Admins&limit=1")).await).len(), 1);
        assert_eq!(ids(&get(format!("{groups}?display_name=None")).await).len(), 0);
        assert_eq!(ids(&get(groups).await).len(), 3);
    }

    async fn endpoints_are_listed_for_one_organization(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, other) = (app.connect("Acme").await, app.connect("Other").await);
        let mut made = Vec::new();
        for organization in [Some(&acme.slug), Some(&other.slug), None] {
            let body = json!({ "url": "https://hooks.example.com/", "organization": organization });
            made.push(app.api.post("/v1/webhook-endpoints", body).await.expect(201).text("/id"));
        }
        let of = |named: &str| format!("/v1/webhook-endpoints?organization={named}");
        let listed = app.api.get(&of(&acme.slug)).await.expect(200);
        assert_eq!(ids(&listed.body), [&*made[0]]);
        let refused = app.api.get(&of("nobody")).await.expect(422);
        assert_eq!(refused.text("/code"), "no_such_reference");

        let body = json!({ "name": "bound", "organization_id": acme.organization });
        let key = app.api.post("/v1/api-keys", body).await.expect(201).text("/secret");
        let bound = app.api.with_bearer(Some(&key));
        assert_eq!(ids(&bound.get(&of(&acme.slug)).await.expect(200).body), [&*made[0]]);
        let _ = bound.get(&of(&other.slug)).await.expect(422);
    }
}
