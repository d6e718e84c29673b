//! PATCH in general (RFC 7644 §3.5.2). What an answer looks like is in `patch_answers`.

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, GROUP, PATCH_OP, USER, create, expect_error, patch};
use crate::patch_probe::{op, pathless, remove};

/// A body as it would set a title, with other `schemas`.
fn titled(schemas: Option<Value>) -> Value {
    let mut body = patch(op("replace", "title", json!("x")));
    match schemas {
        Some(schemas) => body["schemas"] = schemas,
        None => drop(body.as_object_mut().unwrap().remove("schemas")),
    }
    body
}

on_each_database! {
    async fn patch_is_announced_and_works(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let announced = f.scim().get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(announced.body["patch"], json!({ "supported": true }));
        let user = f.changed_user(&f.u3, op("add", "title", json!("x"))).await;
        assert_eq!(user["title"], "x");
        let group = f.changed_group(&f.g2, op("replace", "displayName", json!("Crew"))).await;
        assert_eq!(group["displayName"], "Crew");
    }

    async fn a_body_that_is_no_patch_message_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let before = f.user(&f.u1).await;
        let operation = |operation: Value| patch(json!([operation]));
        let refused = [
            titled(Some(json!([USER]))),
            titled(Some(json!([]))),
            titled(Some(json!(PATCH_OP))),
            json!({ "schemas": [PATCH_OP] }),
            patch(json!({})),
            patch(json!([])),
            patch(json!(null)),
            patch(json!(["replace"])),
            operation(json!({ "path": "title", "value": "x" })),
            operation(json!({ "op": "move", "path": "title", "value": "x" })),
            operation(json!({ "op": "test", "path": "title", "value": "x" })),
            operation(json!({ "op": 5, "path": "title", "value": "x" })),
            operation(json!({ "op": ["add", "remove"], "path": "title", "value": "x" })),
            json!([]),
            op("replace", "title", json!("x")),
            json!("replace"),
            json!(null),
        ];
        for body in refused {
            let reply = f.scim().patch(&path, body.clone()).await;
            assert_eq!(reply.status, 400, "{body}");
            expect_error(&reply, 400, "invalidSyntax");
        }
        assert_eq!(f.user(&f.u1).await, before);
    }

    async fn a_patch_without_schemas_is_taken_by_compat_and_refused_by_strict(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        assert_eq!(f.scim().patch(&path, titled(None)).await.expect(200).body["title"], "x");
        f.choose(json!({ "profile": "strict" })).await;
        let before = f.user(&f.u1).await;
        expect_error(&f.scim().patch(&path, titled(None)).await, 400, "invalidSyntax");
        assert_eq!(f.user(&f.u1).await, before);
    }

    async fn names_and_operations_ignore_case_and_unknown_members_are_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let body = json!({
            "SCHEMAS": [PATCH_OP],
            "id": "an echo",
            "operations": [
                { "Op": "Replace", "Path": "title", "Value": "x", "name": "n" },
                { "OP": "Add", "PATH": "NickName", "VALUE": "Babs" },
                { "op": "REMOVE", "path": "usertype" },
            ],
        });
        let user = f.scim().patch(&format!("/Users/{}", f.u1), body).await.expect(200).body;
        assert_eq!(user["title"], "x");
        assert_eq!(user["nickName"], "Babs");
        assert!(user.get("userType").is_none());
    }

    async fn a_key_that_is_there_twice_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let before = f.user(&f.u1).await;
        for operation in [
            r#"{"op":"add","op":"remove","path":"title","value":"x"}"#,
            r#"{"op":"add","path":"title","Path":"nickName","value":"x"}"#,
            r#"{"op":"add","path":"title","value":"x","value":"y"}"#,
        ] {
            let body = format!(r#"{{"schemas":["{PATCH_OP}"],"Operations":[{operation}]}}"#);
            expect_error(&f.patch_text(&path, &body).await, 400, "invalidSyntax");
        }
        let twice = format!(r#"{{"schemas":["{PATCH_OP}"],"Operations":[],"operations":[]}}"#);
        expect_error(&f.patch_text(&path, &twice).await, 400, "invalidSyntax");
        assert_eq!(f.user(&f.u1).await, before);
    }

    async fn every_form_of_path_is_understood(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let address = json!([{ "type": "work", "locality": "Hollywood" }]);
        let user = f.changed_user(&f.u1, json!([
            { "op": "replace", "path": "name.familyName", "value": "J1" },
            { "op": "replace", "path": format!("{USER}:name.middleName"), "value": "J2" },
            { "op": "replace", "path": "NAME.GIVENNAME", "value": "J3" },
            { "op": "add", "path": "addresses", "value": address },
            { "op": "add", "path": "addresses[type eq \"work\"]", "value": { "region": "CA" } },
            { "op": "add", "path": "addresses[TYPE EQ \"work\"].Country", "value": "US" },
            { "op": "add", "path": format!("{ENTERPRISE}:manager.value"), "value": f.u2 },
            { "op": "add", "path": format!("{}:DIVISION", ENTERPRISE.to_uppercase()), "value": "D" },
        ])).await;
        assert_eq!(
            user["name"],
            json!({ "familyName": "J1", "givenName": "J3", "middleName": "J2" })
        );
        let work = json!([{ "locality": "Hollywood", "region": "CA", "country": "US", "type": "work" }]);
        assert_eq!(user["addresses"], work);
        assert_eq!(user[ENTERPRISE]["manager"]["value"], f.u2.as_str());
        assert_eq!(user[ENTERPRISE]["division"], "D");

        f.changed_group(&f.g1, op("add", "members", json!([{ "value": f.u2 }]))).await;
        assert_eq!(f.member_ids(&f.g1).await.len(), 2);
        let path = format!("members[value eq \"{}\"]", f.u1);
        f.changed_group(&f.g1, remove(&path)).await;
        assert_eq!(f.member_ids(&f.g1).await, [f.u2.as_str()]);
        // The path is understood: what is refused is to write what the server fills in.
        let display = format!("members[value eq \"{}\"].display", f.u2);
        f.refuse_for_group(&f.g1, vec![(op("replace", &display, json!("John")), "mutability")]).await;
    }

    async fn a_path_that_is_malformed_is_invalid_and_so_is_a_bad_filter_in_it(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let malformed = [
            json!("name."), json!(".x"), json!("emails["), json!("emails[type eq \"work\""),
            json!("emails[0]"), json!("a.b.c"), json!(""), json!(" "), json!("/name/givenName"),
            json!(5), json!(["title"]), json!("emails/0/value"), json!("/emails/0"),
            json!("emails[type eq \"work\"]value"), json!("emails[]"), json!("ti tle"),
        ];
        let mut probes: Vec<(Value, &str)> = malformed
            .into_iter()
            .map(|path| (json!([{ "op": "replace", "path": path, "value": "x" }]), "invalidPath"))
            .collect();
        for path in ["emails[type regex \"x\"]", "emails[primary gt true].value", "emails[shoe pr]"] {
            probes.push((op("replace", path, json!("x")), "invalidFilter"));
        }
        f.refuse_for_user(&f.u1, probes).await;
    }

    async fn a_path_that_names_no_attribute_is_refused_by_strict(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let unknown = ["shoeSize", "name.shoe", "urn:x:Foo:bar", "emails[type eq \"work\"].shoe"];
        let probes = unknown.map(|path| (op("add", path, json!("x")), "invalidPath"));
        f.refuse_for_user(&f.u1, probes.into()).await;
        f.refuse_for_group(&f.g1, vec![(op("add", "shoeSize", json!("x")), "invalidPath")]).await;
    }

    async fn extensions_are_reached_by_their_urn_and_stand_in_schemas_while_they_have_data(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let number = format!("{ENTERPRISE}:employeeNumber");
        let user = f.changed_user(&f.u3, op("add", &number, json!("1"))).await;
        assert_eq!(user["schemas"], json!([USER, ENTERPRISE]));
        let user = f.changed_user(&f.u3, op("add", ENTERPRISE, json!({ "department": "x" }))).await;
        assert_eq!(user[ENTERPRISE], json!({ "employeeNumber": "1", "department": "x" }));
        let user = f.changed_user(&f.u3, remove(ENTERPRISE)).await;
        assert!(user.get(ENTERPRISE).is_none());
        assert_eq!(user["schemas"], json!([USER]));

        let user = f.changed_user(&f.u3, json!([
            { "op": "add", "path": "schemas", "value": [ENTERPRISE] },
            { "op": "add", "value": { ENTERPRISE: { "division": "d" } } },
        ])).await;
        assert_eq!(user["schemas"], json!([USER, ENTERPRISE]));
        assert_eq!(user[ENTERPRISE], json!({ "division": "d" }));
        let taken_out = |urn: &str| remove(&format!("schemas[value eq \"{urn}\"]"));
        f.refuse_for_user(&f.u3, vec![
            (taken_out(USER), "mutability"),
            (remove("schemas"), "mutability"),
        ]).await;
        let user = f.changed_user(&f.u3, taken_out(ENTERPRISE)).await;
        assert_eq!(user["schemas"], json!([USER]));
        assert!(user.get(ENTERPRISE).is_none());
    }

    async fn what_the_server_writes_cannot_be_patched(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let time = "2020-01-01T00:00:00Z";
        f.refuse_for_user(&f.u1, vec![
            (op("replace", "id", json!("x")), "mutability"),
            (op("add", "groups", json!([{ "value": f.g2 }])), "mutability"),
            (op("replace", "meta.created", json!(time)), "mutability"),
            (op("replace", "meta", json!({ "created": time })), "mutability"),
            (remove("id"), "mutability"),
            (remove("meta"), "mutability"),
            (op("replace", &format!("{ENTERPRISE}:manager.displayName"), json!("x")), "mutability"),
        ]).await;
    }

    async fn what_clients_echo_without_a_path_is_passed_over(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let renamed = pathless("replace", json!({ "id": f.g1, "displayName": "n" }));
        assert_eq!(f.changed_group(&f.g1, renamed).await["displayName"], "n");
        let whole = f.user(&f.u1).await;
        f.keep_user(&f.u1, vec![
            pathless("replace", whole.clone()),
            pathless("add", whole),
            pathless("replace", json!({ "id": "another", "meta": {}, "schemas": [USER] })),
        ]).await;
        assert_eq!(f.group(&f.g1).await["schemas"], json!([GROUP]));
    }

    async fn a_value_must_fit_the_schema(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let unfit = |title: Value| vec![
            (op("replace", "title", title), "invalidValue"),
            (op("replace", "active", json!("maybe")), "invalidValue"),
            (op("replace", "name", json!("x")), "invalidValue"),
            (op("add", "emails", json!([null])), "invalidValue"),
            (op("add", "emails", json!(5)), "invalidValue"),
        ];
        f.refuse_for_user(&f.u1, unfit(json!({ "a": 1 }))).await;
        f.choose(json!({ "profile": "strict" })).await;
        f.refuse_for_user(&f.u1, unfit(json!(5))).await;
        f.refuse_for_user(&f.u1, vec![(op("add", "emails", json!("x")), "invalidValue")]).await;
    }

    async fn operations_run_in_order_and_all_of_them_or_none(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u2, json!([
            { "op": "replace", "path": "title", "value": "a" },
            { "op": "replace", "path": "title", "value": "b" },
            { "op": "add", "path": "roles", "value": [{ "value": "a" }] },
            { "op": "remove", "path": "roles" },
            { "op": "add", "path": "roles", "value": [{ "value": "b" }] },
        ])).await;
        assert_eq!(user["title"], "b");
        assert_eq!(user["roles"], json!([{ "value": "b" }]));

        let events = f.app.event_types(&f.tenant.organization).await;
        let taken = json!([
            { "op": "replace", "path": "title", "value": "new" },
            { "op": "replace", "path": "userName", "value": "bjensen" },
        ]);
        expect_error(&f.patch_user(&f.u2, taken).await, 409, "uniqueness");
        let members = json!([
            { "op": "add", "path": "members", "value": [{ "value": f.u2 }] },
            { "op": "replace", "path": "displayName", "value": "new" },
            { "op": "replace", "path": "displayName", "value": null },
        ]);
        expect_error(&f.patch_group(&f.g1, members).await, 400, "mutability");
        assert_eq!(f.user(&f.u2).await, user);
        assert_eq!(f.member_ids(&f.g1).await, [f.u1.as_str()]);
        assert_eq!(f.app.event_types(&f.tenant.organization).await, events);
    }

    async fn what_is_required_cannot_go_even_for_a_moment(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.refuse_for_user(&f.u1, vec![(json!([
            { "op": "remove", "path": "userName" },
            { "op": "add", "path": "userName", "value": "another" },
        ]), "mutability")]).await;
        f.refuse_for_group(&f.g1, vec![(json!([
            { "op": "remove", "path": "displayName" },
            { "op": "add", "path": "displayName", "value": "another" },
        ]), "mutability")]).await;
        // Uniqueness is asked of the result alone, so a name that is taken may come and go.
        let passing = json!([
            { "op": "replace", "path": "userName", "value": "jsmith" },
            { "op": "replace", "path": "userName", "value": "babs" },
        ]);
        assert_eq!(f.changed_user(&f.u1, passing).await["userName"], "babs");
    }

    async fn one_value_at_most_is_primary(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let primary = |user: &Value| -> Vec<String> {
            let emails = user["emails"].as_array().unwrap().iter();
            emails
                .filter(|email| email["primary"] == true)
                .map(|email| email["value"].as_str().unwrap().to_owned())
                .collect()
        };
        let added = op("add", "emails", json!({ "value": "n@x.example", "primary": true }));
        let user = f.changed_user(&f.u1, added).await;
        assert_eq!(user["emails"].as_array().unwrap().len(), 3);
        assert_eq!(primary(&user), ["n@x.example"]);
        let moved = op("replace", "emails[type eq \"home\"].primary", json!(true));
        assert_eq!(primary(&f.changed_user(&f.u1, moved).await), ["babs@jensen.org"]);
        let last = json!([
            { "op": "replace", "path": "emails[type eq \"work\"].primary", "value": true },
            { "op": "replace", "path": "emails[value eq \"n@x.example\"].primary", "value": true },
        ]);
        assert_eq!(primary(&f.changed_user(&f.u1, last).await), ["n@x.example"]);

        let two = json!([
            { "value": "a@x.example", "primary": true },
            { "value": "b@x.example", "primary": true },
        ]);
        f.refuse_for_user(&f.u1, vec![
            (op("replace", "emails", two.clone()), "invalidValue"),
            (op("add", "emails", two.clone()), "invalidValue"),
            (pathless("replace", json!({ "emails": two })), "invalidValue"),
            (op("replace", "emails[value pr].primary", json!(true)), "invalidValue"),
        ]).await;
    }

    async fn the_members_of_patches_at_the_same_time_are_all_kept(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut people = Vec::new();
        for number in 0..50 {
            let person = json!({ "schemas": [USER], "userName": format!("person-{number}") });
            people.push(create(f.scim(), "/Users", person).await);
        }
        let adding = people.iter().map(|id| {
            f.patch_group(&f.g2, op("add", "members", json!([{ "value": id }])))
        });
        for reply in futures_util::future::join_all(adding).await {
            assert_eq!(reply.status, 204, "{}", reply.body);
        }
        let mut members = f.member_ids(&f.g2).await;
        members.sort();
        people.sort();
        assert_eq!(members, people);
        assert_eq!(f.group(&f.g2).await["meta"]["version"], "W/\"51\"");
    }
}
