//! What Microsoft's provisioning documentation asks of a server. The requests themselves are
//! replayed in `tests/it/idp_cases.rs`.

use rollcall_testkit::{Client, Reply, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{
    Fixture, GROUP, LIST_RESPONSE, USER, create, expect_error, expect_list, patch, query,
};
use crate::patch_probe::{op, remove};

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";
/// What Entra ID looks for when an administrator tests the connection.
const GUID: &str = "6b0d5a1e-7c55-4a0d-8f0f-3f8a8f7e1d2c";
/// A schema that Entra ID names when it creates a group.
const ADSCIM: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// Answers of every kind that has a body: resources, lists, discovery and errors.
async fn answers(f: &Fixture) -> Vec<Reply> {
    let scim = f.scim();
    let (user, group) = (format!("/Users/{}", f.u1), format!("/Groups/{}", f.g1));
    let made = json!({ "schemas": [USER], "userName": "made" });
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "id pr",
    });
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "DELETE", "path": format!("/Users/{NOBODY}") }],
    });
    vec![
        scim.get("/Users").await,
        scim.get("/Groups").await,
        scim.get(&user).await,
        scim.get(&group).await,
        scim.post("/Users", made.clone()).await,
        scim.put(&user, f.user(&f.u1).await).await,
        scim.put(&group, f.group(&f.g1).await).await,
        scim.patch(&user, patch(op("replace", "title", json!("x"))))
            .await,
        scim.post("/.search", search).await,
        scim.post("/Bulk", bulk).await,
        scim.get("/ServiceProviderConfig").await,
        scim.get("/ResourceTypes").await,
        scim.get("/Schemas").await,
        scim.post("/Users", made).await,
        scim.get(&format!("/Users/{NOBODY}")).await,
        scim.get("/Users?filter=nonsense").await,
        scim.get("/nowhere").await,
        scim.delete("/Users").await,
        scim.patch(&user, patch(remove("userName"))).await,
        scim.get("/Schemas?filter=id%20pr").await,
        scim.with_bearer(Some("wrong")).get("/Users").await,
        f.patch_text(&user, "{ no json").await,
    ]
}

on_each_database! {
    async fn every_resource_has_an_id_and_every_answer_the_media_type_of_scim(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut resources = 0;
        for reply in answers(&f).await {
            let media_type = reply.header("content-type");
            assert!(media_type.starts_with("application/scim+json"), "{media_type}: {}", reply.body);
            let listed = reply.body["Resources"].as_array().cloned();
            let is_message = reply.body["schemas"][0].as_str().unwrap().contains(":messages:");
            let shown = match (listed, is_message) {
                (Some(listed), _) => listed,
                (None, true) => Vec::new(),
                (None, false) => vec![reply.body.clone()],
            };
            for resource in shown {
                resources += 1;
                let is_config = resource["schemas"][0].as_str().unwrap().ends_with("ServiceProviderConfig");
                assert!(is_config || resource["id"].as_str().is_some(), "{resource}");
            }
        }
        assert!(resources > 15, "{resources}");
        let none = f.users_where(&format!("userName eq \"{GUID}\"")).await;
        assert_eq!(none.body["Resources"], json!([]));
        assert!(none.body.get("id").is_none());
    }

    async fn the_test_of_a_connection_finds_nobody_and_that_is_no_error(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let filter = query(&[("filter", &format!("userName eq \"{GUID}\""))]);
        expect_list(&f.scim().get(&format!("/Users?{filter}")).await, 0);
        let filter = query(&[
            ("excludedAttributes", "members"),
            ("filter", &format!("displayName eq \"{GUID}\"")),
        ]);
        expect_list(&f.scim().get(&format!("/Groups?{filter}")).await, 0);
    }

    async fn the_filters_that_it_matches_people_and_groups_by_answer_with_a_list(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.changed_group(&f.g1, op("add", "externalId", json!("g-1"))).await;
        for filter in [
            "userName eq \"bjensen\"",
            "externalId eq \"E-701984\"",
            "emails[type eq \"work\"].value eq \"bjensen@example.com\"",
            "emails[type eq \"work\" and value eq \"bjensen@example.com\"]",
            "userName eq \"bjensen\" and externalId eq \"E-701984\"",
        ] {
            let found = f.users_where(filter).await;
            expect_list(&found, 1);
            assert_eq!(found.body["Resources"][0]["id"], f.u1.as_str(), "{filter}");
        }
        expect_list(&f.users_where("emails[type eq \"home\"].value eq \"bjensen@example.com\"").await, 0);
        for filter in ["displayName eq \"Tour Guides\"", "externalId eq \"g-1\""] {
            let path = format!("/Groups?{}", query(&[("filter", filter)]));
            let found = f.scim().get(&path).await;
            expect_list(&found, 1);
            assert_eq!(found.body["Resources"][0]["id"], f.g1.as_str(), "{filter}");
        }
    }

    async fn values_are_kept_as_they_were_sent(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let phones = json!([{ "value": "55555555555", "type": "mobile" }]);
        let user = f.changed_user(&f.u1, op("add", "phoneNumbers", phones.clone())).await;
        assert_eq!(user["phoneNumbers"], phones);
        let refused = f.patch_user(&f.u1, op("replace", "active", json!("perhaps"))).await;
        expect_error(&refused, 400, "invalidValue");
        assert!(refused.text("/detail").contains("`active` must be true or false"));
        // Entra ID manages one value of each type; that there are two is not for us to refuse.
        let two = json!([
            { "value": "a@x.example", "type": "work" }, { "value": "b@x.example", "type": "work" },
        ]);
        assert_eq!(f.changed_user(&f.u3, op("add", "emails", two.clone())).await["emails"], two);
    }

    async fn members_can_be_left_out_of_groups_and_of_lists_of_them(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let group = f.scim().get(&format!("/Groups/{}?excludedAttributes=members", f.g1)).await.expect(200);
        assert!(group.body.get("members").is_none());
        assert_eq!(group.body["displayName"], "Tour Guides");
        let groups = f.scim().get("/Groups?excludedAttributes=members").await;
        expect_list(&groups, 2);
        for group in groups.body["Resources"].as_array().unwrap() {
            assert!(group.get("members").is_none() && group["displayName"].is_string());
        }
    }

    async fn a_group_may_name_the_schema_of_active_directory(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({
            "schemas": [GROUP, ADSCIM],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Crew",
            "meta": { "resourceType": "Group" },
        });
        let group = f.scim().post("/Groups", body).await.expect(201);
        assert_eq!(group.body["schemas"], json!([GROUP]));
        assert_eq!(f.group(&group.text("/id")).await["schemas"], json!([GROUP]));
    }

    async fn a_soft_delete_can_be_undone_and_a_hard_one_cannot(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (value, active) in [(json!("False"), false), (json!("True"), true), (json!(false), false)] {
            let flag = json!([{ "op": "Replace", "path": "active", "value": value }]);
            assert_eq!(f.changed_user(&f.u1, flag).await["active"], active);
            let found = f.users_where("userName eq \"bjensen\"").await;
            expect_list(&found, 1);
            assert_eq!(found.body["Resources"][0]["active"], active);
            assert_eq!(f.user(&f.u1).await["groups"][0]["value"], f.g1.as_str());
        }
        let path = format!("/Users/{}", f.u1);
        let _ = f.scim().delete(&path).await.expect(204);
        expect_error(&f.scim().get(&path).await, 404, "");
        expect_list(&f.users_where("userName eq \"bjensen\"").await, 0);
    }

    async fn schemas_are_a_list_without_nulls_and_in_camel_case(database: TestDatabase) {
        fn look(value: &Value) {
            match value {
                Value::Null => panic!("null in /Schemas"),
                Value::Array(values) => values.iter().for_each(look),
                Value::Object(members) => {
                    for (name, value) in members {
                        assert!(name.starts_with(|first: char| first.is_ascii_lowercase()), "{name}");
                        look(value);
                    }
                }
                Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let f = Fixture::start(database).await;
        let schemas = f.scim().get("/Schemas").await.expect(200);
        assert_eq!(schemas.body["schemas"], json!([LIST_RESPONSE]));
        let listed = schemas.body["Resources"].as_array().unwrap();
        assert_eq!(schemas.body["totalResults"], listed.len());
        listed.iter().for_each(look);
        let keywords = |name: &str| -> Vec<&str> {
            let attributes = listed.iter().flat_map(|schema| schema["attributes"].as_array().unwrap());
            attributes.filter_map(|it| it[name].as_str()).collect()
        };
        let known = ["readWrite", "readOnly", "immutable", "writeOnly"];
        assert!(keywords("mutability").iter().all(|it| known.contains(it)));
        let known = ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"];
        assert!(keywords("type").iter().all(|it| known.contains(it)));
    }

    async fn one_static_bearer_token_lets_in_and_a_token_of_entra_does_not(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let header = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9";
        // {"iss":"https://sts.windows.net/tenant/","aud":"application"}
        let claims = "eyJpc3MiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldC90ZW5hbnQvIiwiYXVkIjoiYXBwbGljYXRpb24ifQ";
        for token in [format!("{header}.{claims}.c2lnbmVk"), format!("{header}.{claims}.")] {
            let refused = f.scim().with_bearer(Some(&token)).get("/Users").await;
            expect_error(&refused, 401, "");
            assert!(refused.header("www-authenticate").starts_with("Bearer "));
        }
        let request = f.scim().with_bearer(None).request("GET", "/Users");
        let request = request.header("authorization", format!("bearer {}", f.tenant.token));
        assert_eq!(Client::read(request).await.status, 200);
    }

    async fn a_walk_by_start_index_and_count_meets_everybody_once(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for number in 0..4 {
            let person = json!({ "schemas": [USER], "userName": format!("person-{number}") });
            create(f.scim(), "/Users", person).await;
        }
        let (mut start, mut met) = (1, Vec::new());
        loop {
            let page = f.scim().get(&format!("/Users?startIndex={start}&count=3")).await;
            expect_list(&page, 7);
            assert_eq!(page.body["startIndex"], start);
            let resources = page.body["Resources"].as_array().unwrap();
            assert_eq!(page.body["itemsPerPage"], resources.len());
            if resources.is_empty() {
                break;
            }
            met.extend(resources.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
            start += resources.len();
        }
        assert_eq!(met.len(), 7);
        met.sort();
        met.dedup();
        assert_eq!(met.len(), 7);
    }
}
