//! Creating resources (RFC 7644 §3.3).

use rollcall_testkit::{Client, Reply, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{Fixture, GROUP, PROBE, USER, bjensen, create, expect_error, expect_list};

/// A POST of a body that no JSON library would write.
async fn post_text(scim: &Client, path: &str, body: &'static str) -> Reply {
    let request = scim
        .request("POST", path)
        .header("content-type", "application/scim+json")
        .body(body);
    Client::read(request).await
}

/// The attributes of an answer, in the order of the alphabet.
fn names(answer: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = answer
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

on_each_database! {
    async fn a_new_resource_is_answered_whole_with_its_address_and_version(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut whole = bjensen();
        whole["userName"] = json!("barbara");
        let group = json!({ "schemas": [GROUP], "displayName": "Choir", "members": [{ "value": f.u2 }] });
        for (endpoint, body) in [
            ("/Users", json!({ "schemas": [USER], "userName": "minimal" })),
            ("/Users", whole),
            ("/Groups", group),
        ] {
            let made = f.scim().post(endpoint, body).await.expect(201);
            let path = format!("{endpoint}/{}", made.text("/id"));
            let location = made.header("location");
            assert_eq!(location, format!("{}{path}", f.scim().base()));
            assert_eq!(location, made.text("/meta/location"));
            assert_eq!(made.header("etag"), made.text("/meta/version"));
            assert!(!made.header("etag").is_empty());
            let read = f.app.scim_at(location, Some(&f.tenant.token)).get("").await.expect(200);
            assert_eq!(read.body, made.body);
        }
    }

    async fn what_the_server_writes_itself_is_not_taken_from_a_body(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let user = f.scim().post("/Users", json!({
            "schemas": [USER],
            "userName": "hopeful",
            "id": f.u1,
            "meta": {
                "resourceType": "Group", "created": "1999-01-01T00:00:00Z", "version": "W/\"99\"",
                "lastModified": "1999-01-01T00:00:00Z", "location": "https://elsewhere.example/1",
            },
            "groups": [{ "value": f.g2 }],
            PROBE: { "roStr": "mine" },
        })).await.expect(201);
        assert_ne!(user.body["id"], f.u1.as_str());
        assert_eq!(user.body["meta"]["resourceType"], "User");
        assert!(user.text("/meta/created").starts_with("2026-11-22T00:00:00"));
        assert!(user.text("/meta/lastModified").starts_with("2026-11-22T00:00:00"));
        assert_eq!(user.body["meta"]["version"], "W/\"1\"");
        assert!(user.text("/meta/location").starts_with(f.scim().base()));
        assert!(user.body.get("groups").is_none());
        assert!(user.body.get(PROBE).is_none());
        assert!(f.group(&f.g2).await.get("members").is_none());

        let group = json!({ "schemas": [GROUP], "displayName": "Hopeful", "meta": { "resourceType": "User" } });
        let group = f.scim().post("/Groups", group).await.expect(201);
        assert_eq!(group.body["meta"]["resourceType"], "Group");
    }

    async fn nothing_is_filled_in_that_was_not_sent(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let without = json!({ "schemas": [USER], "userName": "without" });
        let refusing = json!({ "schemas": [USER], "userName": "refusing", "active": null,
            "title": null, "emails": [], "name": {} });
        for body in [without, refusing] {
            let made = f.scim().post("/Users", body).await.expect(201);
            assert_eq!(names(&made.body), ["id", "meta", "schemas", "userName"]);
            assert_eq!(f.user(&made.text("/id")).await, made.body);
        }
        // Without a word of it a user may sign in all the same; what is shown is what was sent.
        assert_eq!(f.names_where("active pr and userName co \"with\"").await, [""; 0]);
    }

    async fn a_user_name_that_is_taken_is_a_conflict_and_adds_nobody(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in ["bjensen", "BJensen", "jsmith"] {
            let body = json!({ "schemas": [USER], "userName": name, "title": "Second" });
            let refused = f.scim().post("/Users", body).await;
            expect_error(&refused, 409, "uniqueness");
            assert!(refused.text("/detail").contains("`userName`"), "{}", refused.body);
        }
        expect_list(&f.scim().get("/Users").await, 3);
        expect_list(&f.users_where("title eq \"Second\"").await, 0);
    }

    async fn of_many_equal_creations_at_once_one_succeeds(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let requests: Vec<_> = (0..50)
            .map(|number| {
                let scim = f.scim().clone();
                let name = if number % 2 == 0 { "racer" } else { "RACER" };
                let body = json!({ "schemas": [USER], "userName": name });
                tokio::spawn(async move { scim.post("/Users", body).await })
            })
            .collect();
        let mut created = 0;
        for request in requests {
            let reply = request.await.unwrap();
            if reply.status == 201 {
                created += 1;
            } else {
                expect_error(&reply, 409, "uniqueness");
            }
        }
        assert_eq!(created, 1);
        expect_list(&f.users_where("userName eq \"racer\"").await, 1);
    }

    async fn a_projection_shapes_the_answer_and_not_what_is_stored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut body = bjensen();
        body["userName"] = json!("short");
        let short = f.scim().post("/Users?attributes=userName", body.clone()).await.expect(201);
        assert_eq!(names(&short.body), ["id", "schemas", "userName"]);
        let stored = f.user(&short.text("/id")).await;
        assert_eq!(stored["title"], "Tour Guide");
        assert_eq!(stored["emails"].as_array().unwrap().len(), 2);

        body["userName"] = json!("shorter");
        let without = f.scim().post("/Users?excludedAttributes=emails,title", body).await.expect(201);
        assert!(without.body.get("emails").is_none() && without.body.get("title").is_none());
        assert_eq!(without.body["displayName"], "Babs Jensen");
        assert_eq!(f.user(&without.text("/id")).await["title"], "Tour Guide");
    }

    async fn what_is_no_json_object_is_bad_syntax(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for endpoint in ["/Users", "/Groups"] {
            for body in ["{", "[]", "\"x\"", "", "null", "7", "{\"userName\": \"x\"} {}"] {
                let refused = post_text(f.scim(), endpoint, body).await;
                expect_error(&refused, 400, "invalidSyntax");
            }
        }
        expect_list(&f.scim().get("/Users").await, 3);
    }

    async fn a_value_that_is_missing_or_wrong_is_a_bad_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let refused = [
            ("/Users", json!({ "schemas": [USER], "displayName": "Nameless" })),
            ("/Users", json!({ "schemas": [USER], "userName": null })),
            ("/Users", json!({ "schemas": [USER], "userName": " " })),
            ("/Users", json!({ "schemas": [USER], "userName": { "value": "x" } })),
            ("/Users", json!({ "schemas": [USER], "userName": "x", "active": "perhaps" })),
            ("/Users", json!({ "schemas": [USER], "userName": "x", "name": 5 })),
            ("/Groups", json!({ "schemas": [GROUP] })),
        ];
        for (endpoint, body) in refused {
            expect_error(&f.scim().post(endpoint, body).await, 400, "invalidValue");
        }
        expect_list(&f.scim().get("/Users").await, 3);
        expect_list(&f.scim().get("/Groups").await, 2);
    }

    async fn a_creation_that_fails_leaves_nothing_behind(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "unknown_references": "refuse" })).await;
        let nobody = "01890000-0000-7000-8000-000000000000";
        let body = json!({ "schemas": [GROUP], "displayName": "Half",
            "members": [{ "value": f.u3 }, { "value": nobody }] });
        let before = f.app.events(&f.tenant.organization).await.len();
        let refused = f.scim().post("/Groups", body).await;
        expect_error(&refused, 400, "invalidValue");
        assert!(refused.text("/detail").contains(nobody), "{}", refused.body);
        expect_list(&f.scim().get("/Groups").await, 2);
        assert!(f.user(&f.u3).await.get("groups").is_none());
        assert_eq!(f.app.events(&f.tenant.organization).await.len(), before);
        // The name is as free as before.
        create(f.scim(), "/Groups", json!({ "schemas": [GROUP], "displayName": "Half" })).await;
    }
}
