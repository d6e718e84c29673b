//! Reading one resource and asking for many (RFC 7644 §3.4.1, §3.4.2, §3.4.2.1).

use std::collections::BTreeSet;

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{
    ENTERPRISE, Fixture, GROUP, LIST_RESPONSE, USER, bjensen, create, expect_error, expect_list,
    query, user_names,
};

/// The attributes of a schema as `/Schemas` shows them, by how they are returned.
async fn returned(f: &Fixture, urn: &str, how: &[&str]) -> BTreeSet<String> {
    let schema = f.scim().get(&format!("/Schemas/{urn}")).await.expect(200);
    let attributes = schema.body["attributes"].as_array().unwrap();
    attributes
        .iter()
        .filter(|attribute| how.contains(&attribute["returned"].as_str().unwrap()))
        .map(|attribute| attribute["name"].as_str().unwrap().to_owned())
        .collect()
}

fn keys(resource: &Value) -> BTreeSet<String> {
    resource.as_object().unwrap().keys().cloned().collect()
}

/// What every resource may show beside the attributes of its schema.
fn common() -> BTreeSet<String> {
    ["schemas", "id", "externalId", "meta"]
        .map(str::to_owned)
        .into()
}

/// The `userName`, or the `displayName`, of each result, in their alphabet: what was made in the
/// same millisecond has no order of its own.
fn shown(list: &Value) -> BTreeSet<&str> {
    let resources = list["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| {
            resource["userName"]
                .as_str()
                .or(resource["displayName"].as_str())
                .unwrap()
        })
        .collect()
}

on_each_database! {
    async fn a_known_resource_is_answered_alone_and_never_as_a_list(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.user(&f.u1).await;
        assert_eq!(user["id"], f.u1.as_str());
        assert!(user.get("Resources").is_none());
    }

    async fn an_id_of_nobody_or_of_another_type_is_not_found(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let nobody = "01890000-0000-7000-8000-000000000000";
        for id in [nobody, f.g1.as_str()] {
            expect_error(&f.scim().get(&format!("/Users/{id}")).await, 404, "");
        }
    }

    async fn an_answer_holds_what_the_schemas_say_is_returned(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut body = bjensen();
        body["userName"] = json!("whole");
        body["password"] = json!("hunter2hunter2");
        body["locale"] = json!("en-US");
        body["phoneNumbers"] = json!([{ "value": "555-0100", "type": "work" }]);
        let id = create(f.scim(), "/Users", body.clone()).await;
        let user = f.user(&id).await;

        let mut allowed = returned(&f, USER, &["always", "default"]).await;
        allowed.extend(common());
        allowed.insert(ENTERPRISE.to_owned());
        let mut expected = keys(&body);
        assert!(expected.remove("password"));
        expected.extend(common());
        assert_eq!(keys(&user), expected);
        assert!(keys(&user).is_subset(&allowed), "{user}");
        assert!(returned(&f, USER, &["never"]).await.contains("password"));
        let extension = returned(&f, ENTERPRISE, &["always", "default"]).await;
        assert!(keys(&user[ENTERPRISE]).is_subset(&extension));
        assert_eq!(keys(&user[ENTERPRISE]), keys(&body[ENTERPRISE]));
    }

    async fn parameters_that_nobody_knows_are_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in ["/Users", "/Groups", ""] {
            let plain = f.scim().get(path).await.expect(200);
            let asked = f.scim().get(&format!("{path}?foo=bar&aadOptscim062020&$top=1")).await;
            assert_eq!(asked.expect(200).body, plain.body);
        }
    }

    async fn a_query_answers_with_a_list_that_counts_every_match(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for number in 0..22 {
            create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": format!("user-{number}") })).await;
        }
        let all = f.scim().get("/Users").await;
        expect_list(&all, 25);
        assert_eq!(all.body["Resources"].as_array().unwrap().len(), 25);
        let page = f.scim().get("/Users?count=10").await;
        expect_list(&page, 25);
        assert_eq!(page.body["Resources"].as_array().unwrap().len(), 10);
        assert_eq!(page.body["startIndex"], json!(1));
        assert_eq!(page.body["itemsPerPage"], json!(10));
        let last = f.scim().get("/Users?count=10&startIndex=21").await;
        expect_list(&last, 25);
        assert_eq!((&last.body["startIndex"], &last.body["itemsPerPage"]), (&json!(21), &json!(5)));

        let one = f.users_where("userName eq \"bjensen\"").await;
        expect_list(&one, 1);
        assert_eq!(user_names(&one), ["bjensen"]);
        let none = f.users_where("userName eq \"none\"").await;
        expect_list(&none, 0);
        assert_eq!(none.body["Resources"], json!([]));
    }

    async fn a_filter_on_one_resource_is_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for filter in ["userName eq \"nobody\"", "userName eq \"bjensen\"", "no filter at all"] {
            let path = format!("/Users/{}?{}", f.u1, query(&[("filter", filter)]));
            assert_eq!(f.scim().get(&path).await.expect(200).body, f.user(&f.u1).await);
        }
    }

    async fn a_query_of_the_base_address_is_over_users_and_groups(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let all = f.scim().get("/").await;
        expect_list(&all, 5);
        assert_eq!(shown(&all.body), ["bjensen", "jsmith", "Zoe", "Tour Guides", "Empty"].into());
        let types = all.body["Resources"].as_array().unwrap().iter();
        let types: Vec<&str> = types.map(|item| item["meta"]["resourceType"].as_str().unwrap()).collect();
        assert_eq!(types, ["User", "User", "User", "Group", "Group"]);
        for item in all.body["Resources"].as_array().unwrap() {
            let (kind, endpoint, schema) = match item["meta"]["resourceType"].as_str().unwrap() {
                "User" => (USER, "/Users", ENTERPRISE),
                "Group" => (GROUP, "/Groups", GROUP),
                other => panic!("{other}"),
            };
            let path = format!("{endpoint}/{}", item["id"].as_str().unwrap());
            assert_eq!(&f.scim().get(&path).await.expect(200).body, item);
            let mut allowed = returned(&f, kind, &["always", "default"]).await;
            allowed.extend(common());
            allowed.insert(schema.to_owned());
            assert!(keys(item).is_subset(&allowed), "{item}");
        }
        for (filter, names) in [
            ("meta.resourceType eq \"User\"", &["bjensen", "jsmith", "Zoe"][..]),
            ("meta.resourceType eq \"Group\"", &["Tour Guides", "Empty"]),
            ("displayName pr", &["bjensen", "jsmith", "Tour Guides", "Empty"]),
            // What one type lacks has no value there.
            ("userName eq \"Tour Guides\"", &[]),
            ("not (userName pr)", &["Tour Guides", "Empty"]),
            ("title eq null and displayName pr", &["jsmith", "Tour Guides", "Empty"]),
            ("userName sw \"b\" or members pr", &["bjensen", "Tour Guides"]),
            ("not (userName pr) and not (members pr)", &["Empty"]),
        ] {
            for path in ["", "/"] {
                let list = f.scim().get(&format!("{path}?{}", query(&[("filter", filter)]))).await;
                assert_eq!(list.body["schemas"], json!([LIST_RESPONSE]), "{filter}: {}", list.body);
                assert_eq!(shown(&list.body), names.iter().copied().collect(), "{filter}");
                expect_list(&list, names.len() as u64);
            }
        }
        for filter in ["shoeSize eq 42", "active gt true", "userName pr or shoeSize pr"] {
            let refused = f.scim().get(&format!("?{}", query(&[("filter", filter)]))).await;
            expect_error(&refused, 400, "invalidFilter");
        }
    }

    async fn a_query_of_the_base_address_can_be_switched_off(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "features": { "root_query": false } })).await;
        expect_error(&f.scim().get("").await, 501, "");
        expect_error(&f.scim().get("?filter=id%20pr").await, 501, "");
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
        expect_error(&f.scim().post("/.search", body).await, 501, "");
        expect_list(&f.scim().get("/Users").await, 3);
    }

    async fn a_query_that_too_many_resources_match_is_refused(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_root_query_matches = 5);
        let f = Fixture::on(app.await).await;
        expect_list(&f.scim().get("").await, 5);
        create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": "one too many" })).await;
        for path in ["", "?count=1", "?startIndex=6", "?filter=id%20pr"] {
            expect_error(&f.scim().get(path).await, 400, "tooMany");
        }
        // Pages and lists of one type are another matter.
        expect_list(&f.scim().get("?filter=displayName%20pr").await, 4);
        for number in 0..3 {
            create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": format!("user-{number}") })).await;
        }
        expect_list(&f.scim().get("/Users").await, 7);
        expect_list(&f.scim().get("/Users?count=1").await, 7);
    }
}
