//! Lists, pages and look-ups over HTTP.

use std::collections::BTreeSet;

use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

async fn push(connection: &Connection, user_name: &str) -> String {
    let body = json!({
        "userName": user_name,
        "externalId": format!("Ext-{user_name}"),
        "displayName": format!("The {user_name}"),
        "emails": [
            { "value": format!("{user_name}@work.example"), "type": "work" },
            { "value": format!("{user_name}@home.example"), "type": "home" },
        ],
    });
    connection
        .scim
        .post("/Users", body)
        .await
        .expect(201)
        .text("/id")
}

async fn filter(connection: &Connection, filter: &str) -> Reply {
    let query: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    connection.scim.get(&format!("/Users?filter={query}")).await
}

async fn found(connection: &Connection, text: &str) -> Vec<String> {
    let list = filter(connection, text).await.expect(200);
    let resources = list.body["Resources"].as_array().unwrap();
    assert_eq!(list.body["totalResults"], json!(resources.len()));
    resources
        .iter()
        .map(|user| user["userName"].as_str().unwrap().to_owned())
        .collect()
}

on_each_database! {
    async fn every_user_is_on_exactly_one_page(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut expected = BTreeSet::new();
        for number in 0..7 {
            expected.insert(push(&acme, &format!("user{number}")).await);
        }

        let mut seen = BTreeSet::new();
        for start in [1, 4, 7] {
            let page = acme.scim.get(&format!("/Users?startIndex={start}&count=3")).await.expect(200);
            let resources = page.body["Resources"].as_array().unwrap().clone();
            assert_eq!(page.body["totalResults"], json!(7));
            assert_eq!(page.body["itemsPerPage"], json!(resources.len()));
            assert_eq!(page.body["startIndex"], json!(start));
            seen.extend(resources.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(seen, expected);
        let beyond = acme.scim.get("/Users?startIndex=8&count=3").await.expect(200);
        assert_eq!(beyond.body["Resources"], json!([]));
        let none = acme.scim.get("/Users?count=0").await.expect(200);
        assert_eq!((&none.body["totalResults"], &none.body["Resources"]), (&json!(7), &json!([])));
    }

    async fn a_page_is_never_larger_than_the_limit(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_results = 2).await;
        let acme = app.connect("Acme").await;
        for number in 0..3 {
            push(&acme, &format!("user{number}")).await;
        }
        let page = acme.scim.get("/Users?count=1000").await.expect(200);
        assert_eq!((&page.body["itemsPerPage"], &page.body["totalResults"]), (&json!(2), &json!(3)));
        let config = acme.scim.get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(config.body["filter"]["maxResults"], json!(2));
    }

    async fn a_user_is_found_by_each_indexed_attribute(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let id = push(&acme, "amy").await;
        push(&acme, "bob").await;

        let finds_amy = [
            "userName eq \"AMY\"".to_owned(),
            "userName Eq \"amy\"".to_owned(),
            "externalId eq \"Ext-amy\"".to_owned(),
            "displayName eq \"the AMY\"".to_owned(),
            "emails.value eq \"Amy@home.example\"".to_owned(),
            "emails eq \"amy@work.example\"".to_owned(),
            format!("id eq \"{id}\""),
            "emails[type eq \"work\"].value eq \"amy@work.example\"".to_owned(),
            format!("id eq \"{id}\" and not (active eq false)"),
            "urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"amy\"".to_owned(),
            "userName sw \"A\"".to_owned(),
            "displayName ew \"MY\"".to_owned(),
            "emails[type eq \"work\" and value co \"amy\"]".to_owned(),
            "(userName eq \"amy\" or userName eq \"zoe\") and not (title pr)".to_owned(),
            "userName lt \"b\"".to_owned(),
        ];
        for text in finds_amy {
            assert_eq!(found(&acme, &text).await, ["amy"], "{text}");
        }
        let finds_nobody = [
            "userName eq \"nobody\"",
            "externalId eq \"ext-amy\"",
            "emails[type eq \"home\"].value eq \"amy@work.example\"",
            "id eq \"0\"",
            "userName eq \"amy\" and userName eq \"bob\"",
        ];
        for text in finds_nobody {
            assert_eq!(found(&acme, text).await, [""; 0], "{text}");
        }
    }

    async fn a_filter_that_cannot_be_answered_is_refused_and_not_guessed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        push(&acme, "amy").await;
        let refused = [
            "userName eq",
            "emails gt",
            "(userName pr",
            "nonsense eq \"x\"",
            "active gt true",
        ];
        for text in refused {
            let answer = filter(&acme, text).await.expect(400);
            assert_eq!(answer.body["scimType"], "invalidFilter", "{text}");
        }
    }

    async fn an_address_that_was_replaced_finds_nobody(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let id = push(&acme, "amy").await;
        let body = json!({ "Operations": [
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "adams@work.example" },
        ]});
        let _ = acme.scim.patch(&format!("/Users/{id}"), body).await.expect(200);

        assert_eq!(found(&acme, "emails.value eq \"amy@work.example\"").await, [""; 0]);
        assert_eq!(found(&acme, "emails.value eq \"adams@work.example\"").await, ["amy"]);
        assert_eq!(found(&acme, "emails.value eq \"amy@home.example\"").await, ["amy"]);
    }

    async fn only_the_attributes_asked_for_come_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        push(&acme, "amy").await;
        let list = acme.scim.get("/Users?attributes=userName").await.expect(200);
        let user = list.body["Resources"][0].as_object().unwrap();
        let names: Vec<&str> = user.keys().map(String::as_str).collect();
        assert_eq!(names, ["schemas", "id", "userName"]);
    }

    async fn a_query_by_post_answers_as_the_list_does(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        push(&acme, "amy").await;
        push(&acme, "bob").await;
        let search = |extra: Value| {
            let mut body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            body
        };

        let body = search(json!({ "filter": "userName sw \"a\"", "attributes": ["userName"] }));
        let found = acme.scim.post("/Users/.search", body).await.expect(200);
        let listed = acme.scim.get("/Users?filter=userName%20sw%20%22a%22&attributes=userName").await;
        assert_eq!(found.body, listed.expect(200).body);
        let none = acme.scim.post("/Groups/.search", search(json!({}))).await.expect(200);
        assert_eq!(none.body["totalResults"], json!(0));
        let refused = acme.scim.post("/Users/.search", json!({ "filter": "id pr" })).await.expect(400);
        assert_eq!(refused.body["scimType"], "invalidSyntax");
    }

    async fn a_query_over_all_types_goes_on_from_users_to_groups(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        push(&acme, "amy").await;
        push(&acme, "bob").await;
        for name in ["Sales", "Amy's"] {
            let _ = acme.scim.post("/Groups", json!({ "displayName": name })).await.expect(201);
        }
        let types = |reply: &Reply| -> Vec<String> {
            let resources = reply.body["Resources"].as_array().unwrap();
            resources.iter().map(|it| it["meta"]["resourceType"].as_str().unwrap().to_owned()).collect()
        };

        let middle = acme.scim.get("?startIndex=2&count=2").await.expect(200);
        assert_eq!(middle.body["totalResults"], json!(4));
        assert_eq!(types(&middle), ["User", "Group"]);
        let end = acme.scim.get("?startIndex=4&count=10").await.expect(200);
        assert_eq!(types(&end), ["Group"]);
        let amy = acme.scim.get("?filter=displayName%20co%20%22amy%22").await.expect(200);
        assert_eq!(types(&amy), ["User", "Group"]);
        let users = acme.scim.get("?filter=userName%20pr").await.expect(200);
        assert_eq!(types(&users), ["User", "User"]);
        let _ = acme.scim.get("?filter=nonsense%20pr").await.expect(400);
    }
}
