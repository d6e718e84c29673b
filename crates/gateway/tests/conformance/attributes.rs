//! Names, types and values of attributes (RFC 7643 §2.1 to §2.5).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PROBE, USER, create, expect_error, expect_list, query};

const CUSTOM: &str = "urn:example:scim:schemas:extension:custom:2.0:User";

/// A schema with one attribute.
fn schema(attribute: Value) -> Value {
    json!({ "id": CUSTOM, "attributes": [attribute] })
}

fn user(name: &str, attributes: Value) -> Value {
    let mut body = json!({ "schemas": [USER], "userName": name });
    for (name, value) in attributes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Names whose order does not matter.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

on_each_database! {
    async fn names_ignore_case_and_come_back_as_the_schema_spells_them(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({ "schemas": [USER], "USERNAME": "ci1", "NickName": "x",
            "NAME": { "GIVENNAME": "C" }, "eMails": [{ "VALUE": "a@example.com" }] });
        let made = f.scim().post("/Users", body).await.expect(201).body;
        assert_eq!(made["userName"], "ci1");
        assert_eq!(made["nickName"], "x");
        assert_eq!(made["name"], json!({ "givenName": "C" }));
        assert_eq!(made["emails"], json!([{ "value": "a@example.com" }]));
        let twice = json!({ "schemas": [USER], "userName": "a", "USERNAME": "b" });
        expect_error(&f.scim().post("/Users", twice).await, 400, "invalidSyntax");
        for text in [
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a","userName":"a"}"#,
            r#"{"userName":"a","name":{"givenName":"x","GivenName":"y"}}"#,
        ] {
            let request = f.scim().request("POST", "/Users")
                .header("content-type", "application/scim+json")
                .body(text.to_owned());
            let reply = rollcall_testkit::Client::read(request).await;
            expect_error(&reply, 400, "invalidSyntax");
        }
    }

    async fn a_schema_that_cannot_be_obeyed_is_refused_by_name(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("{}/schemas", f.tenant.path());
        let complex = |sub: Value| json!({ "name": "a", "type": "complex", "subAttributes": [sub] });
        let refused = [
            (schema(json!({ "name": "1bad" })), "attributes[0].name"),
            (schema(json!({ "name": "a b" })), "attributes[0].name"),
            (schema(json!({ "type": "string" })), "attributes[0].name"),
            (schema(json!({ "name": "externalId" })), "attributes[0].name"),
            (schema(json!({ "name": "ID", "mutability": "readWrite" })), "attributes[0].name"),
            (schema(json!({ "name": "a", "type": "map" })), "attributes[0].type"),
            (schema(json!({ "name": "a", "type": "String" })), "attributes[0].type"),
            (schema(json!({ "name": "a", "mutability": "readonly" })), "attributes[0].mutability"),
            (schema(json!({ "name": "a", "returned": "Always" })), "attributes[0].returned"),
            (schema(json!({ "name": "a", "uniqueness": "unique" })), "attributes[0].uniqueness"),
            (schema(json!({ "name": "a", "multivalued": true })), "attributes[0].multivalued"),
            (schema(json!({ "name": "a", "required": "yes" })), "attributes[0].required"),
            (schema(json!({ "name": "a", "type": "boolean", "uniqueness": "server" })), "attributes[0].uniqueness"),
            (schema(json!({ "name": "a", "mutability": "writeOnly", "returned": "default" })), "attributes[0].returned"),
            (schema(json!({ "name": "a", "type": "complex" })), "attributes[0].subAttributes"),
            (schema(json!({ "name": "a", "subAttributes": [{ "name": "b" }] })), "attributes[0].subAttributes"),
            (schema(complex(json!({ "name": "b", "type": "complex" }))), "attributes[0].subAttributes[0].type"),
            (schema(complex(json!({ "name": "b", "multiValued": true }))), "attributes[0].subAttributes[0].multiValued"),
            (schema(json!({ "name": "a", "referenceTypes": ["uri"] })), "attributes[0].referenceTypes"),
            (schema(json!({ "name": "a", "canonicalValues": [1] })), "attributes[0].canonicalValues"),
            (json!({ "id": CUSTOM, "attributes": [{ "name": "a" }, { "name": "A" }] }), "attributes[1].name"),
            (json!({ "id": CUSTOM, "attributes": [] }), "attributes"),
            (json!({ "id": CUSTOM }), "attributes"),
            (json!({ "id": "acme", "attributes": [{ "name": "a" }] }), "id"),
            (json!({ "attributes": [{ "name": "a" }] }), "id"),
            (json!({ "id": USER, "attributes": [{ "name": "a" }] }), "id"),
            (json!({ "id": "urn:ietf:params:scim:schemas:core:2.0:Robot", "attributes": [{ "name": "a" }] }), "id"),
            (json!({ "id": CUSTOM, "attributes": [{ "name": "a" }], "resource_type": "Robot" }), "resource_type"),
        ];
        for (body, field) in refused {
            let reply = f.app.api.post(&path, body.clone()).await;
            assert_eq!(reply.status, 422, "{body}: {}", reply.body);
            assert_eq!(reply.body["field"], field, "{body}: {}", reply.body);
        }
        let listed = f.app.api.get(&path).await.expect(200);
        assert_eq!(listed.body["data"], json!([]));
        // The one name beyond the grammar that everybody uses.
        f.add_schema(json!({ "id": CUSTOM, "attributes": [
            { "name": "$ref" }, { "name": "with-hyphen_and$9" } ] })).await;
    }

    async fn what_a_schema_leaves_out_has_the_default(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.add_schema(schema(json!({ "name": "plain" }))).await;
        let published = f.scim().get(&format!("/Schemas/{CUSTOM}")).await.expect(200).body;
        assert_eq!(published["attributes"], json!([{
            "name": "plain", "type": "string", "multiValued": false, "description": "",
            "required": false, "caseExact": false, "mutability": "readWrite",
            "returned": "default", "uniqueness": "none" }]));
        for name in ["one", "two"] {
            create(f.scim(), "/Users", user(name, json!({ CUSTOM: { "plain": "Same" } }))).await;
        }
        expect_list(&f.users_where(&format!("{CUSTOM}:plain eq \"sAME\"")).await, 2);
        let number = user("three", json!({ CUSTOM: { "plain": true } }));
        expect_error(&f.scim().post("/Users", number).await, 400, "invalidValue");
    }

    async fn each_type_has_one_form(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        for attributes in [
            json!({ "userName": true }),
            json!({ "active": "yes" }),
            json!({ "name": "x" }),
            json!({ "name": { "givenName": {} } }),
            json!({ PROBE: { "binAttr": "A*" } }),
            json!({ PROBE: { "binAttr": "AQI==" } }),
            json!({ PROBE: { "dateAttr": "2011-05-13" } }),
            json!({ PROBE: { "dateAttr": "10:00:00Z" } }),
            json!({ PROBE: { "dateAttr": "yesterday" } }),
            json!({ PROBE: { "intAttr": 1.5 } }),
            json!({ PROBE: { "intAttr": 1.0 } }),
            json!({ PROBE: { "refAttr": 5 } }),
            json!({ "x509Certificates": [{ "value": "AQ-_" }] }),
        ] {
            let reply = f.scim().post("/Users", user("misfit", attributes.clone())).await;
            assert_eq!(reply.status, 400, "{attributes}");
            expect_error(&reply, 400, "invalidValue");
        }
        let text = format!(r#"{{"schemas":["{USER}"],"userName":"exponent","{PROBE}":{{"intAttr":1e3}}}}"#);
        let request = f.scim().request("POST", "/Users")
            .header("content-type", "application/scim+json")
            .body(text);
        expect_error(&rollcall_testkit::Client::read(request).await, 400, "invalidValue");
        let fits = json!({ "intAttr": -7, "decAttr": 3, "boolAttr": false, "refAttr": "/x",
            "dateAttr": "2011-05-13T04:42:34Z", "binAttr": "AQI=" });
        f.probe_user("fits", fits).await;

        f.choose(json!({ "profile": "strict" })).await;
        for attributes in [
            json!({ "userName": 42 }),
            json!({ "emails": "{}" }),
            json!({ "active": 1 }),
            json!({ "active": "true" }),
            json!({ "active": "False" }),
            json!({ PROBE: { "decAttr": "3" } }),
            json!({ PROBE: { "intAttr": "3" } }),
        ] {
            let mut body = user("strict", attributes);
            body["schemas"] = json!([USER, PROBE]);
            expect_error(&f.scim().post("/Users", body).await, 400, "invalidValue");
        }
    }

    async fn numbers_are_written_as_their_type_wants(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let id = f.probe_user("numbers", json!({ "decAttr": 3, "intAttr": -7 })).await;
        let request = f.scim().request("GET", &format!("/Users/{id}"));
        let text = request.send().await.unwrap().text().await.unwrap();
        assert!(text.contains(r#""decAttr":3.0"#) && text.contains(r#""intAttr":-7"#), "{text}");
        for filter in ["decAttr eq 3", "decAttr eq 3.0", "decAttr lt 3.5", "intAttr eq -7", "intAttr le -7"] {
            expect_list(&f.users_where(&format!("{PROBE}:{filter}")).await, 1);
        }
        expect_list(&f.users_where(&format!("{PROBE}:decAttr gt 3")).await, 0);
        let half = json!([{ "op": "replace", "path": format!("{PROBE}:decAttr"), "value": 0.5 }]);
        assert_eq!(f.patch_user(&id, half).await.expect(200).body[PROBE]["decAttr"], json!(0.5));
    }

    async fn text_survives_the_round_trip(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let text = "Zoë 👩‍🚀 עברית e\u{301}";
        let id = create(f.scim(), "/Users", user("unicode", json!({ "displayName": text }))).await;
        assert_eq!(f.user(&id).await["displayName"], text);
        let listed = f.users_where("userName eq \"unicode\"").await;
        assert_eq!(listed.body["Resources"][0]["displayName"], text);
    }

    async fn suggested_values_bind_if_the_tenant_wants_it(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.add_schema(schema(json!({ "name": "size", "canonicalValues": ["S", "M"] }))).await;
        let spare = |name: &str| user(name, json!({
            "emails": [{ "value": "a@example.com", "type": "spare" }] }));
        let huge = |name: &str| user(name, json!({ CUSTOM: { "size": "XXL" } }));
        let id = create(f.scim(), "/Users", spare("free")).await;
        assert_eq!(f.user(&id).await["emails"][0]["type"], "spare");
        create(f.scim(), "/Users", huge("large")).await;

        f.choose(json!({ "restrict_canonical_values": true })).await;
        for body in [spare("bound"), huge("bound")] {
            expect_error(&f.scim().post("/Users", body).await, 400, "invalidValue");
        }
        let change = json!([{ "op": "add", "path": "emails", "value": [{ "value": "b@example.com", "type": "spare" }] }]);
        expect_error(&f.patch_user(&f.u3, change).await, 400, "invalidValue");
        let work = json!({ "emails": [{ "value": "a@example.com", "type": "Work" }], CUSTOM: { "size": "m" } });
        let made = f.scim().post("/Users", user("bound", work)).await.expect(201);
        assert_eq!(made.body["emails"][0]["type"], "Work");
    }

    async fn moments_may_have_fractions_and_offsets_or_none(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        f.probe_user("offset", json!({ "dateAttr": "2011-05-13T06:42:34.123+02:00" })).await;
        f.probe_user("bare", json!({ "dateAttr": "2011-05-13T04:42:34.123" })).await;
        f.probe_user("later", json!({ "dateAttr": "2011-05-13T04:42:35Z" })).await;
        let same = format!("{PROBE}:dateAttr eq \"2011-05-13T04:42:34.123Z\"");
        assert_eq!(sorted(f.names_where(&same).await), ["bare", "offset"]);
        let after = format!("{PROBE}:dateAttr gt \"2011-05-13T04:42:34.123Z\"");
        assert_eq!(f.names_where(&after).await, ["later"]);
    }

    async fn padding_of_base64_says_nothing(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        f.probe_user("padded", json!({ "binAttr": "AQI=" })).await;
        f.probe_user("short", json!({ "binAttr": "AQI" })).await;
        f.probe_user("other", json!({ "binAttr": "AQ==" })).await;
        for literal in ["AQI=", "AQI"] {
            let filter = format!("{PROBE}:binAttr eq \"{literal}\"");
            assert_eq!(sorted(f.names_where(&filter).await), ["padded", "short"], "{filter}");
        }
        let refused = f.users_where(&format!("{PROBE}:binAttr sw \"AQ\"")).await;
        expect_error(&refused, 400, "invalidFilter");
    }

    async fn a_reference_may_be_relative_and_can_be_followed(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let second = create(f.scim(), "/Users", user("second", json!({}))).await;
        for reference in [format!("Users/{second}"), format!("../Users/{}", f.u2)] {
            let add = json!([{ "op": "add", "path": "members", "value": [{ "$ref": reference }] }]);
            assert!(matches!(f.patch_group(&f.g1, add).await.status, 200 | 204));
        }
        let group = f.group(&f.g1).await;
        let members = group["members"].as_array().unwrap();
        assert_eq!(members.len(), 3);
        for member in members {
            let address = member["$ref"].as_str().unwrap();
            let client = f.app.scim_at(address, Some(&f.tenant.token));
            assert_eq!(client.get("").await.expect(200).body["id"], member["value"]);
        }
        let gone = members.iter().find(|member| member["value"] == second.as_str()).unwrap();
        let _ = f.scim().delete(&format!("/Users/{second}")).await.expect(204);
        let client = f.app.scim_at(gone["$ref"].as_str().unwrap(), Some(&f.tenant.token));
        expect_error(&client.get("").await, 404, "");
    }

    async fn a_reference_to_nobody_is_refused_where_the_tenant_wants_it(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "unknown_references": "refuse" })).await;
        let nobody = "00000000-0000-0000-0000-000000000000";
        let group = json!({ "schemas": [crate::fixture::GROUP], "displayName": "Ghosts",
            "members": [{ "value": nobody }] });
        let refused = f.scim().post("/Groups", group).await;
        expect_error(&refused, 400, "invalidValue");
        assert!(refused.body["detail"].as_str().unwrap().contains(nobody), "{}", refused.body);
    }

    async fn references_are_compared_with_their_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        create(f.scim(), "/Users", user("linked", json!({ "profileUrl": "https://a.example/p" }))).await;
        expect_list(&f.users_where("profileUrl eq \"HTTPS://A.EXAMPLE/P\"").await, 0);
        expect_list(&f.users_where("profileUrl eq \"https://a.example/p\"").await, 1);
    }

    async fn the_order_of_members_in_an_object_says_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let ordered = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"NAME","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"x@example.com","type":"work"}]}"#;
        let shuffled = r#"{"emails":[{"type":"work","value":"x@example.com"}],"name":{"familyName":"B","givenName":"A"},"userName":"NAME","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"#;
        let mut made = Vec::new();
        for (text, name) in [(ordered, "ordered"), (shuffled, "shuffled")] {
            let body: Value = serde_json::from_str(&text.replace("NAME", name)).unwrap();
            let mut answer = f.scim().post("/Users", body).await.expect(201).body;
            for own in ["id", "userName", "meta"] {
                answer.as_object_mut().unwrap().remove(own);
            }
            made.push(answer.to_string());
        }
        assert_eq!(made[0], made[1]);
    }

    async fn absent_null_and_empty_are_one_state(database: TestDatabase) {
        let f = Fixture::start(database).await;
        create(f.scim(), "/Users", user("absent", json!({}))).await;
        create(f.scim(), "/Users", user("null", json!({ "title": null, "name": null }))).await;
        create(f.scim(), "/Users", user("empty", json!({ "emails": [], "name": {} }))).await;
        for name in ["absent", "null", "empty"] {
            let found = f.users_where(&format!("userName eq \"{name}\"")).await;
            let answer = &found.body["Resources"][0];
            for unassigned in ["title", "emails", "name"] {
                assert!(answer.get(unassigned).is_none(), "{answer}");
            }
        }
        assert_eq!(f.names_where("title pr").await, ["bjensen"]);
        assert_eq!(f.names_where("emails pr").await, ["bjensen"]);
    }

    async fn null_and_an_empty_array_clear_a_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let title = json!([{ "op": "replace", "path": "title", "value": null },
            { "op": "replace", "path": "emails", "value": [] }]);
        let patched = f.patch_user(&f.u1, title).await.expect(200).body;
        assert!(patched.get("title").is_none() && patched.get("emails").is_none(), "{patched}");
        let mut body = crate::fixture::bjensen();
        let _ = f.scim().put(&format!("/Users/{}", f.u1), body.clone()).await.expect(200);
        body["title"] = Value::Null;
        body["emails"] = json!([]);
        let put = f.scim().put(&format!("/Users/{}", f.u1), body).await.expect(200).body;
        assert!(put.get("title").is_none() && put.get("emails").is_none(), "{put}");
    }

    async fn no_answer_ever_holds_null(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        f.probe_user("nulls", json!({ "tags": null, "intAttr": 1 })).await;
        let nulls = user("nothing", json!({ "title": null, "emails": [{ "value": "a@b.example", "type": null }] }));
        create(f.scim(), "/Users", nulls).await;
        for path in ["/Users", "/Groups", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Users/nobody"] {
            let answer = f.scim().get(path).await.body;
            assert!(!answer.to_string().contains("null,") && !answer.to_string().contains(":null"), "{answer}");
        }
        let parameters = query(&[("attributes", "title,emails,groups")]);
        let answer = f.scim().get(&format!("/Users/{}?{parameters}", f.u3)).await.expect(200).body;
        assert!(!answer.to_string().contains(":null"), "{answer}");
    }

    async fn a_whole_without_parts_is_no_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let clear = json!([
            { "op": "replace", "path": "name.givenName", "value": null },
            { "op": "replace", "path": "name.familyName", "value": null } ]);
        let patched = f.patch_user(&f.u2, clear).await.expect(200).body;
        assert!(patched.get("name").is_none(), "{patched}");
        assert!(f.user(&f.u2).await.get("name").is_none());
        assert_eq!(f.names_where("name pr").await, ["bjensen"]);
    }
}
