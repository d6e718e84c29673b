//! Characteristics of attributes: who may write them, when they are shown, what must be unique
//! (RFC 7643 §7).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{
    Fixture, GROUP, PROBE, USER, bjensen, create, expect_error, expect_list, patch, probe_user,
    query,
};

/// The attributes of `X` that an answer shows.
fn probe(answer: &Value) -> &Value {
    &answer[PROBE]
}

on_each_database! {
    async fn what_is_read_only_is_ignored_in_bodies_and_refused_as_a_path(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let mut body = probe_user("reader", json!({ "roStr": "mine", "exactStr": "kept" }));
        body["id"] = json!("mine");
        body["meta"] = json!({ "created": "1999-01-01T00:00:00Z", "resourceType": "Dog" });
        body["groups"] = json!([{ "value": f.g1 }]);
        let made = f.scim().post("/Users", body.clone()).await.expect(201);
        let id = made.text("/id");
        body["id"] = json!(id);
        let replaced = f.scim().put(&format!("/Users/{id}"), body).await.expect(200);
        for answer in [&made.body, &replaced.body] {
            assert_eq!(answer["id"], id.as_str());
            assert_eq!(answer["meta"]["resourceType"], "User");
            assert!(answer["meta"]["created"].as_str().unwrap().starts_with("2026-"), "{answer}");
            assert!(answer.get("groups").is_none(), "{answer}");
            assert_eq!(probe(answer), &json!({ "exactStr": "kept" }));
        }
        assert_eq!(f.group(&f.g1).await["members"].as_array().unwrap().len(), 1);
        for path in ["id", "meta.created", "groups", &format!("{PROBE}:roStr")] {
            let change = json!([{ "op": "replace", "path": path, "value": "x" }]);
            expect_error(&f.patch_user(&id, change).await, 400, "mutability");
        }
        assert_eq!(f.user(&id).await["meta"]["version"], made.body["meta"]["version"]);
    }

    async fn what_is_read_write_changes_at_any_time(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let mut body = bjensen();
        body["title"] = json!("Guide");
        let _ = f.scim().put(&format!("/Users/{}", f.u1), body).await.expect(200);
        assert_eq!(f.user(&f.u1).await["title"], "Guide");
        let change = json!([{ "op": "replace", "path": "title", "value": "Chief" }]);
        let _ = f.patch_user(&f.u1, change).await.expect(200);
        assert_eq!(f.user(&f.u1).await["title"], "Chief");
    }

    async fn what_is_immutable_is_set_once(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let id = f.probe_user("set", json!({ "immStr": "a" })).await;
        let address = format!("/Users/{id}");
        let path = format!("{PROBE}:immStr");

        let other = probe_user("set", json!({ "immStr": "b" }));
        expect_error(&f.scim().put(&address, other).await, 400, "mutability");
        let null = probe_user("set", json!({ "immStr": null }));
        expect_error(&f.scim().put(&address, null).await, 400, "mutability");
        for change in [
            json!([{ "op": "replace", "path": path, "value": "b" }]),
            json!([{ "op": "add", "path": path, "value": "b" }]),
            json!([{ "op": "remove", "path": path }]),
        ] {
            expect_error(&f.patch_user(&id, change).await, 400, "mutability");
        }
        assert_eq!(probe(&f.user(&id).await), &json!({ "immStr": "a" }));
        // Leaving it out is no attempt to change it.
        let without = json!({ "schemas": [USER], "userName": "set", "title": "x" });
        let kept = f.scim().put(&address, without).await.expect(200);
        assert_eq!(probe(&kept.body), &json!({ "immStr": "a" }));

        let late = f.probe_user("late", json!({ "tags": ["x"] })).await;
        let now = probe_user("late", json!({ "immStr": "a" }));
        let set = f.scim().put(&format!("/Users/{late}"), now).await.expect(200);
        assert_eq!(probe(&set.body), &json!({ "immStr": "a" }));
    }

    async fn what_may_only_be_written_is_never_shown_anywhere(database: TestDatabase) {
        const SECRET: &str = "hush-4711";
        let f = Fixture::start_with_probe(database).await;
        let mut body = probe_user("writer", json!({ "woStr": SECRET, "exactStr": "x" }));
        body["password"] = json!(SECRET);
        let made = f.scim().post("/Users", body.clone()).await.expect(201);
        let id = made.text("/id");
        let address = format!("/Users/{id}");
        let asked = query(&[("attributes", &format!("password,title,{PROBE}:woStr"))]);
        let without_path = patch(json!([{ "op": "replace", "value": {
            "password": SECRET, "title": "y", PROBE: { "woStr": SECRET } } }]));
        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "userName eq \"writer\"", "attributes": ["password", "title"] });
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "PUT", "path": address, "data": body.clone() }] });
        let replies = [
            f.scim().put(&format!("{address}?{asked}"), body).await.expect(200),
            f.scim().patch(&format!("{address}?{asked}"), without_path).await.expect(200),
            f.scim().get(&address).await.expect(200),
            f.scim().get(&format!("{address}?{asked}")).await.expect(200),
            f.scim().get("/Users").await.expect(200),
            f.scim().post("/Users/.search", search).await.expect(200),
            f.scim().post("/Bulk", bulk).await.expect(200),
            f.app.api.get(&format!("{}/users", f.tenant.path())).await.expect(200),
            made,
        ];
        for reply in &replies {
            let text = reply.body.to_string();
            assert!(!text.contains(SECRET) && !text.contains("password"), "{text}");
        }
        let events = json!(f.app.events(&f.tenant.organization).await).to_string();
        assert!(events.contains("writer") && !events.contains(SECRET), "{events}");
        for path in ["password".to_owned(), format!("{PROBE}:woStr")] {
            let change = json!([{ "op": "replace", "path": path, "value": SECRET }]);
            expect_error(&f.patch_user(&id, change).await, 400, "mutability");
        }
    }

    async fn what_is_returned_always_or_never_is_so_whatever_is_asked(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let sent = json!({ "alwaysRet": "here", "neverStr": "s3cret" });
        let id = f.probe_user("shown", sent).await;
        let shown = |parameters: &[(&str, &str)]| {
            let address = format!("/Users/{id}?{}", query(parameters));
            let scim = f.scim().clone();
            async move { scim.get(&address).await.expect(200).body }
        };
        let excluded = format!("id,{PROBE}:alwaysRet");
        for parameters in [
            [("attributes", "title")],
            [("excludedAttributes", excluded.as_str())],
        ] {
            let answer = shown(&parameters).await;
            assert_eq!(answer["id"], id.as_str());
            assert_eq!(probe(&answer), &json!({ "alwaysRet": "here" }));
        }
        let named = format!("password,{PROBE}:neverStr");
        let answer = shown(&[("attributes", named.as_str())]).await;
        assert!(!answer.to_string().contains("s3cret"), "{answer}");

        expect_list(&f.users_where(&format!("{PROBE}:neverStr eq \"s3cret\"")).await, 1);
        expect_list(&f.users_where(&format!("{PROBE}:neverStr eq \"other\"")).await, 0);
        let found = f.users_where(&format!("{PROBE}:neverStr pr")).await;
        assert!(!found.body.to_string().contains("s3cret"), "{}", found.body);
        let events = json!(f.app.events(&f.tenant.organization).await).to_string();
        assert!(!events.contains("s3cret"), "{events}");
        let listed = f.app.api.get(&format!("{}/users", f.tenant.path())).await.expect(200);
        assert!(!listed.body.to_string().contains("s3cret"), "{}", listed.body);
    }

    async fn what_is_returned_by_default_can_be_left_out(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let has_title = |parameters: &'static str| {
            let address = format!("/Users/{}{parameters}", f.u1);
            let scim = f.scim().clone();
            async move { scim.get(&address).await.expect(200).body.get("title").is_some() }
        };
        assert!(has_title("").await);
        assert!(!has_title("?attributes=userName").await);
        assert!(!has_title("?excludedAttributes=title").await);
    }

    async fn what_is_returned_on_request_is_shown_to_who_asks_or_supplies_it(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let sent = json!({ "reqRet": "r", "exactStr": "x" });
        let made = f.scim().post("/Users", probe_user("asked", sent.clone())).await.expect(201);
        assert_eq!(probe(&made.body), &sent);
        let id = made.text("/id");
        let address = format!("/Users/{id}");
        assert_eq!(probe(&f.user(&id).await), &json!({ "exactStr": "x" }));
        let listed = f.users_where("userName eq \"asked\"").await.expect(200);
        assert_eq!(probe(&listed.body["Resources"][0]), &json!({ "exactStr": "x" }));
        let parameters = query(&[("attributes", &format!("{PROBE}:reqRet"))]);
        let asked = f.scim().get(&format!("{address}?{parameters}")).await.expect(200);
        assert_eq!(probe(&asked.body), &json!({ "reqRet": "r" }));

        let title = json!([{ "op": "replace", "path": "title", "value": "t" }]);
        let patched = f.patch_user(&id, title).await.expect(200);
        assert_eq!(probe(&patched.body), &json!({ "exactStr": "x" }));
        for change in [
            json!([{ "op": "replace", "path": format!("{PROBE}:reqRet"), "value": "r2" }]),
            json!([{ "op": "replace", "path": PROBE, "value": { "reqRet": "r2" } }]),
            json!([{ "op": "replace", "value": { PROBE: { "reqRet": "r2" } } }]),
        ] {
            let patched = f.patch_user(&id, change).await.expect(200);
            assert_eq!(patched.body[PROBE]["reqRet"], "r2");
        }
        let replaced = f.scim().put(&address, probe_user("asked", sent)).await.expect(200);
        assert_eq!(replaced.body[PROBE]["reqRet"], "r");
        let silent = probe_user("asked", json!({ "exactStr": "x" }));
        let replaced = f.scim().put(&address, silent).await.expect(200);
        assert_eq!(probe(&replaced.body), &json!({ "exactStr": "x" }));
    }

    async fn a_value_that_must_be_unique_is_taken_once(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let first = f.probe_user("first", json!({ "uniqStr": "k", "exactStr": "same" })).await;
        let second = f.probe_user("second", json!({ "uniqStr": "l", "exactStr": "same" })).await;
        let path = format!("{PROBE}:uniqStr");

        let clash = f.scim().post("/Users", probe_user("third", json!({ "uniqStr": "K" }))).await;
        expect_error(&clash, 409, "uniqueness");
        assert!(clash.body["detail"].as_str().unwrap().contains("uniqStr"), "{}", clash.body);
        let address = format!("/Users/{second}");
        let put = f.scim().put(&address, probe_user("second", json!({ "uniqStr": "k" }))).await;
        expect_error(&put, 409, "uniqueness");
        let set = |value: &str| json!([{ "op": "replace", "path": path, "value": value }]);
        expect_error(&f.patch_user(&second, set("K")).await, 409, "uniqueness");
        assert_eq!(f.user(&second).await[PROBE]["uniqStr"], "l");
        expect_list(&f.users_where("userName eq \"third\"").await, 0);

        // One's own value is no clash, and a value that was given up is free.
        let _ = f.patch_user(&first, set("K")).await.expect(200);
        let _ = f.patch_user(&first, set("m")).await.expect(200);
        let _ = f.patch_user(&second, set("k")).await.expect(200);
        let _ = f.scim().delete(&format!("/Users/{first}")).await.expect(204);
        let _ = f.probe_user("fourth", json!({ "uniqStr": "m" })).await;
        // Another tenant has values of its own.
        let other = f.app.connect("T2").await;
        let schemas = format!("{}/schemas", other.path());
        let _ = f.app.api.post(&schemas, crate::fixture::probe_schema()).await.expect(201);
        create(&other.scim, "/Users", probe_user("first", json!({ "uniqStr": "k" }))).await;
    }

    async fn of_two_who_bring_a_unique_value_at_once_one_gets_it(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let post = |name: usize| {
            let body = probe_user(&format!("racer-{name}"), json!({ "uniqStr": "goal" }));
            let scim = f.scim().clone();
            async move { scim.post("/Users", body).await.status }
        };
        let statuses = futures_util::future::join_all((0..8).map(post)).await;
        let won = statuses.iter().filter(|status| **status == 201).count();
        let lost = statuses.iter().filter(|status| **status == 409).count();
        assert_eq!((won, lost), (1, 7), "{statuses:?}");
        expect_list(&f.users_where(&format!("{PROBE}:uniqStr eq \"GOAL\"")).await, 1);
    }

    async fn uniqueness_follows_the_case_rule_and_global_reaches_as_far_as_the_tenant(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let urn = "urn:example:scim:schemas:extension:unique:2.0:User";
        f.add_schema(json!({ "id": urn, "attributes": [
            { "name": "exact", "caseExact": true, "uniqueness": "server" },
            { "name": "loose", "uniqueness": "global" },
            { "name": "number", "type": "integer", "uniqueness": "server" },
            { "name": "badges", "type": "complex", "multiValued": true, "subAttributes": [
                { "name": "value", "uniqueness": "server" } ] },
        ] })).await;
        let user = |name: &str, attributes: Value| json!({
            "schemas": [USER, urn], "userName": name, urn: attributes });
        let first = json!({
            "exact": "k", "loose": "k", "number": 7, "badges": [{ "value": "b1" }, { "value": "b2" }] });
        create(f.scim(), "/Users", user("first", first)).await;
        create(f.scim(), "/Users", user("other-case", json!({ "exact": "K" }))).await;
        for (name, taken) in [
            ("same", json!({ "exact": "k" })),
            ("global", json!({ "loose": "K" })),
            ("number", json!({ "number": 7 })),
            ("element", json!({ "badges": [{ "value": "b3" }, { "value": "B2" }] })),
        ] {
            expect_error(&f.scim().post("/Users", user(name, taken)).await, 409, "uniqueness");
        }
        // Nothing of a refused user is left that could be in the way.
        create(f.scim(), "/Users", user("free", json!({ "badges": [{ "value": "b3" }] }))).await;
    }

    async fn values_that_need_not_be_unique_may_repeat(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in ["one", "two"] {
            let body = json!({ "schemas": [USER], "userName": name, "displayName": "Twin" });
            create(f.scim(), "/Users", body).await;
        }
        expect_list(&f.users_where("displayName eq \"Twin\"").await, 2);
    }

    async fn filters_follow_the_case_rule_and_answers_keep_the_case(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let id = f.probe_user("cased", json!({ "exactStr": "AbC" })).await;
        expect_list(&f.users_where(&format!("{PROBE}:exactStr eq \"abc\"")).await, 0);
        expect_list(&f.users_where(&format!("{PROBE}:exactStr eq \"AbC\"")).await, 1);
        assert_eq!(f.user(&id).await[PROBE]["exactStr"], "AbC");
        expect_list(&f.users_where("title eq \"TOUR guide\"").await, 1);
        assert_eq!(f.user(&f.u1).await["title"], "Tour Guide");
    }

    async fn what_is_required_must_have_a_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in [None, Some(json!("")), Some(json!("  ")), Some(Value::Null)] {
            for (path, schema, attribute) in
                [("/Users", USER, "userName"), ("/Groups", GROUP, "displayName")]
            {
                let mut body = json!({ "schemas": [schema] });
                if let Some(name) = &name {
                    body[attribute] = name.clone();
                }
                expect_error(&f.scim().post(path, body.clone()).await, 400, "invalidValue");
                let id = if path == "/Users" { &f.u1 } else { &f.g1 };
                let address = format!("{path}/{id}");
                expect_error(&f.scim().put(&address, body).await, 400, "invalidValue");
            }
        }
    }

    async fn a_required_part_is_asked_for_where_its_whole_is_there(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let urn = "urn:example:scim:schemas:extension:parts:2.0:User";
        f.add_schema(json!({ "id": urn, "attributes": [
            { "name": "car", "type": "complex", "subAttributes": [
                { "name": "plate", "required": true }, { "name": "colour" } ] },
        ] })).await;
        let user = |name: &str, car: Value| json!({
            "schemas": [USER, urn], "userName": name, urn: { "car": car } });
        create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": "walks" })).await;
        create(f.scim(), "/Users", user("drives", json!({ "plate": "A 1" }))).await;
        let nameless = f.scim().post("/Users", user("lost", json!({ "colour": "red" }))).await;
        expect_error(&nameless, 400, "invalidValue");
        assert!(nameless.body["detail"].as_str().unwrap().contains("car.plate"));
    }

    async fn suggested_values_are_compared_without_regard_to_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mails = json!([{ "value": "loud@example.com", "type": "WORK" }]);
        let body = json!({ "schemas": [USER], "userName": "loud", "emails": mails });
        create(f.scim(), "/Users", body).await;
        let mut found = f.names_where("emails[type eq \"work\"]").await;
        found.sort_unstable();
        assert_eq!(found, ["bjensen", "loud"]);
    }

    async fn many_values_are_an_array_and_one_is_none(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = |attribute: &str, value: Value| json!({
            "schemas": [USER], "userName": attribute, attribute: value });
        let two_titles = user("title", json!(["a", "b"]));
        expect_error(&f.scim().post("/Users", two_titles).await, 400, "invalidValue");
        let single = || user("emails", json!({ "value": "a@example.com" }));
        let made = f.scim().post("/Users", single()).await.expect(201);
        assert_eq!(made.body["emails"], json!([{ "value": "a@example.com" }]));

        f.choose(json!({ "profile": "strict" })).await;
        for body in [single(), user("title", json!(["a"]))] {
            expect_error(&f.scim().post("/Users", body).await, 400, "invalidValue");
        }
    }
}
