//! Every type of event happens once, and looks as its JSON Schema says.

use std::collections::BTreeSet;
use std::time::Duration;

use jsonschema::Validator;
use rollcall_model::{EventType, RequestId};
use rollcall_orgs::portal;
use rollcall_testkit::{Client, Connection, TestApp, on_each_database};
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const DAY: Duration = Duration::from_hours(24);

async fn made(client: &Client, path: &str, body: Value) -> String {
    client.post(path, body).await.expect(201).text("/id")
}

/// Changes an organization in every way that makes an event of its own.
async fn live(app: &TestApp, acme: &Connection) {
    manage(app, acme).await;
    provision(app, acme).await;
    sign_in(app, acme).await;
    grow_old(app, acme).await;
}

async fn manage(app: &TestApp, acme: &Connection) {
    let org = format!("/v1/organizations/{}", acme.organization);
    let _ = app
        .api
        .patch(&org, json!({ "name": "Acme Ltd" }))
        .await
        .expect(200);

    let sso = json!({ "name": "Old", "protocol": "oidc", "oidc": { "issuer": "https://id.example", "client_id": "x" } });
    let path = format!("{org}/sso-connections");
    let path = format!("{path}/{}", made(&app.api, &path, sso).await);
    let _ = app
        .api
        .patch(&path, json!({ "name": "Older" }))
        .await
        .expect(200);
    let _ = app.api.delete(&path).await.expect(204);

    let domains = format!("{org}/domains");
    let claim = json!({ "domain": "acme.example" });
    let claimed = app.api.post(&domains, claim).await.expect(201);
    app.dns.add(
        &claimed.text("/verification/record_name"),
        &claimed.text("/verification/value"),
    );
    let domain = format!("{domains}/acme.example");
    let _ = app
        .api
        .post(&format!("{domain}/verify"), json!({}))
        .await
        .expect(200);
    let linked = json!({ "sso_connection_id": acme.sso });
    let _ = app.api.patch(&domain, linked).await.expect(200);
    let _ = app.api.delete(&domain).await.expect(204);

    let _ = app
        .api
        .patch(&acme.path(), json!({ "name": "Directory" }))
        .await
        .expect(200);
    for enabled in [false, true] {
        let _ = app
            .api
            .patch(&acme.path(), json!({ "enabled": enabled }))
            .await
            .expect(200);
    }
    let other = json!({ "name": "Other", "sso_connection_id": acme.sso });
    let path = format!("{org}/scim-connections");
    let path = format!(
        "{path}/{}?confirm=Other",
        made(&app.api, &path, other).await
    );
    let _ = app.api.delete(&path).await.expect(204);

    let hook = json!({ "url": "https://product.example/hook", "organization": acme.organization });
    let hook = made(&app.api, "/v1/webhook-endpoints", hook).await;
    let hook = format!("/v1/webhook-endpoints/{hook}");
    for change in [
        json!({ "description": "CRM" }),
        json!({ "enabled": false }),
        json!({ "enabled": true }),
    ] {
        let _ = app.api.patch(&hook, change).await.expect(200);
    }
    let _ = app.api.delete(&hook).await.expect(204);

    visit_portal(app, &org).await;
    let tokens = format!("{}/tokens", acme.path());
    let token = made(&app.api, &tokens, json!({ "name": "Second" })).await;
    let _ = app
        .api
        .delete(&format!("{tokens}/{token}"))
        .await
        .expect(204);
    let clients = format!("{}/oauth-clients", acme.path());
    let client = made(
        &app.api,
        &clients,
        json!({ "name": "Entra", "scopes": ["users:write"] }),
    )
    .await;
    let _ = app
        .api
        .delete(&format!("{clients}/{client}"))
        .await
        .expect(204);
}

async fn visit_portal(app: &TestApp, org: &str) {
    let links = format!("{org}/portal-links");
    let link = app.api.post(&links, json!({})).await.expect(201);
    let url = link.text("/url");
    let secret = url.rsplit('/').next().unwrap();
    let request = RequestId::new(app.clock.as_ref());
    let store = &app.state().store;
    let session = portal::exchange(store, secret, request).await.unwrap();
    assert!(session.is_some());
    let link = format!("{links}/{}", link.text("/id"));
    let _ = app.api.delete(&link).await.expect(204);
}

async fn provision(app: &TestApp, acme: &Connection) {
    let mapping = format!("{}/attribute-mappings/team", acme.path());
    let body = json!({ "path": format!("{ENTERPRISE}:department"), "type": "string" });
    let _ = app.api.put(&mapping, body).await.expect(200);
    let schemas = format!("{}/schemas", acme.path());
    let urn = "urn:acme:params:scim:schemas:1.0:User";
    let schema =
        |name: &str| json!({ "id": urn, "name": name, "attributes": [{ "name": "badge" }] });
    let _ = app.api.post(&schemas, schema("Badges")).await.expect(201);
    let schema_path = format!("{schemas}/{urn}");
    let _ = app.api.put(&schema_path, schema("Badge")).await.expect(200);

    let scim = &acme.scim;
    let amy = json!({ "userName": "amy@acme.example", "externalId": "00u1", "password": "t0p s3cret",
        "shoeSize": 42, ENTERPRISE: { "department": "Tours" } });
    let amy = made(scim, "/Users", amy).await;
    let user = format!("/Users/{amy}");
    for change in [
        json!({ "displayName": "Amy" }),
        json!({ "active": false }),
        json!({ "active": true }),
    ] {
        let body =
            json!({ "schemas": [PATCH_OP], "Operations": [{ "op": "replace", "value": change }] });
        let _ = scim.patch(&user, body).await.expect(200);
    }
    let ben = made(scim, "/Users", json!({ "userName": "ben@acme.example" })).await;
    let _ = scim.delete(&format!("/Users/{ben}")).await.expect(204);
    let restore = format!("{}/deleted-users/{ben}/restore", acme.path());
    let _ = app.api.post(&restore, json!({})).await.expect(200);

    let crew = made(
        scim,
        "/Groups",
        json!({ "displayName": "Crew", "externalId": "g1" }),
    )
    .await;
    let inner = made(scim, "/Groups", json!({ "displayName": "Inner" })).await;
    let group = format!("/Groups/{crew}");
    let members = json!([{ "value": amy }, { "value": inner, "type": "Group" }]);
    for members in [members, json!([])] {
        let body = json!({ "displayName": "Crew", "externalId": "g1", "members": members });
        let _ = scim.put(&group, body).await.expect(200);
    }
    let renamed = json!({ "displayName": "The crew", "members": [{ "value": amy }] });
    let _ = scim.put(&group, renamed).await.expect(200);
    let mapping_path = format!("{}/groups/{crew}/role-mapping", acme.path());
    let role = json!({ "role": "administrator", "precedence": 1 });
    let _ = app.api.put(&mapping_path, role).await.expect(200);
    let _ = scim.delete(&group).await.expect(204);
    let restore = format!("{}/deleted-groups/{crew}/restore", acme.path());
    let _ = app.api.post(&restore, json!({})).await.expect(200);
    let _ = app.api.delete(&mapping).await.expect(204);
    let _ = app.api.delete(&schema_path).await.expect(204);

    let policy = format!("/v1/organizations/{}/policy", acme.organization);
    let rules =
        json!({ "seat_limit": { "seats": 2, "when_full": "wait" }, "protected_users": [amy] });
    let _ = app.api.put(&policy, rules).await.expect(200);
    let _ = made(scim, "/Users", json!({ "userName": "cid@acme.example" })).await;
    let _ = scim.delete(&user).await.expect(403);
    let _ = app.api.put(&policy, json!({})).await.expect(200);
}

async fn sign_in(app: &TestApp, acme: &Connection) {
    let path = format!("/v1/organizations/{}/sign-in-decisions", acme.organization);
    for subject in ["00u1", "nobody"] {
        let body = json!({ "sso_connection_id": acme.sso, "identity": { "subject": subject } });
        let _ = app.api.post(&path, body).await.expect(200);
    }
    let link = format!(
        "/v1/organizations/{}/sso-connections/{}/sign-in-links?subject=00u1",
        acme.organization, acme.sso
    );
    let _ = app.api.delete(&link).await.expect(204);
}

/// The only token ends, which somebody has to notice, and another one is made.
async fn grow_old(app: &TestApp, acme: &Connection) {
    app.clock.advance(DAY * 355);
    app.tell_notices().await;
    app.clock.advance(DAY * 15);
    app.tell_notices().await;
    let token = json!({ "name": "New" });
    let _ = app
        .api
        .post(&format!("{}/tokens", acme.path()), token)
        .await
        .expect(201);
    app.clock.advance(Duration::from_hours(1));
    app.tell_notices().await;
    let org = format!("/v1/organizations/{}?confirm=acme", acme.organization);
    let _ = app.api.delete(&org).await.expect(204);
}

on_each_database! {
    async fn every_type_of_event_happens_and_is_as_its_schema_says(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        live(&app, &acme).await;

        let events = app.events(&acme.organization).await;
        for event in &events {
            let kind = event["type"].as_str().unwrap();
            let schema = app.api.get(&format!("/v1/event-schemas/{kind}")).await.expect(200);
            let validator: Validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema.body).unwrap();
            let wrong: Vec<_> = validator.iter_errors(event).map(|error| format!("{error} at {}", error.instance_path())).collect();
            assert!(wrong.is_empty(), "{wrong:#?}\n{event:#}");
        }
        let happened: BTreeSet<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
        let missing: Vec<_> = EventType::ALL.iter().map(|kind| kind.as_str())
            .filter(|kind| !happened.contains(kind)).collect();
        assert_eq!(missing, Vec::<&str>::new());
        assert!(!events.iter().any(|event| event.to_string().contains("s3cret")));

        let types = app.api.get("/v1/event-schemas").await.expect(200);
        assert_eq!(types.body["data"].as_array().unwrap().len(), EventType::ALL.len());
        let _ = app.api.get("/v1/event-schemas/user.made").await.expect(404);
    }

    async fn a_connection_that_needs_attention_is_told_of_once_until_it_is_well(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let attention = async |app: &TestApp| -> Vec<Value> {
            app.tell_notices().await;
            let events = app.events(&acme.organization).await;
            events.into_iter().filter(|event| {
                let kind = event["type"].as_str().unwrap();
                ["scim_connection.attention", "scim_connection.recovered"].contains(&kind)
            }).collect()
        };
        let tokens = format!("{}/tokens", acme.path());
        let _ = app.api.delete(&format!("{tokens}/{}", acme.token_id)).await.expect(204);
        assert_eq!(attention(&app).await, Vec::<Value>::new(), "it was never connected");

        let token = app.api.post(&tokens, json!({ "name": "Next" })).await.expect(201);
        let idp = acme.scim.with_bearer(Some(&token.text("/secret")));
        let _ = idp.get("/Users").await.expect(200);
        let _ = app.api.delete(&format!("{tokens}/{}", token.text("/id"))).await.expect(204);
        for _ in 0..2 {
            app.clock.advance(Duration::from_mins(10));
            let told = attention(&app).await;
            assert_eq!(told.len(), 1);
            assert_eq!(told[0]["data"]["scim_connection"]["reasons"], json!(["no_live_token"]));
        }
        let _ = app.api.post(&tokens, json!({ "name": "Last" })).await.expect(201);
        app.clock.advance(Duration::from_mins(10));
        assert_eq!(attention(&app).await.last().unwrap()["type"], "scim_connection.recovered");
    }
}
