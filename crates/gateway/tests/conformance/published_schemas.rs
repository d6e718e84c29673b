//! What `/Schemas` says of attributes is well-formed, and is what the server does
//! (RFC 7643 §7, §8.7).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, PROBE, USER, create, expect_error, probe_schema, query};
use crate::users_and_groups::CERTIFICATE;

/// Every definition of `/Schemas` with its path, sub-attributes after their attribute.
fn definitions(schemas: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for schema in schemas["Resources"].as_array().unwrap() {
        collect(
            schema["id"].as_str().unwrap(),
            &schema["attributes"],
            ":",
            &mut found,
        );
    }
    found
}

fn collect(path: &str, attributes: &Value, separator: &str, found: &mut Vec<(String, Value)>) {
    for attribute in attributes.as_array().into_iter().flatten() {
        let path = format!("{path}{separator}{}", attribute["name"].as_str().unwrap());
        found.push((path.clone(), attribute.clone()));
        collect(&path, &attribute["subAttributes"], ".", found);
    }
}

fn is_one_of(value: &Value, words: &[&str]) -> bool {
    value.as_str().is_some_and(|word| words.contains(&word))
}

/// A value of a type, in JSON.
fn sample(definition: &Value) -> Value {
    let one = match definition["type"].as_str().unwrap() {
        "boolean" => json!(true),
        "integer" => json!(7),
        "decimal" => json!(7.5),
        "dateTime" => json!("2026-01-31T08:30:00.000Z"),
        "binary" => json!("AQI="),
        "reference" => json!("https://a.example/p"),
        "complex" => {
            let mut parts = json!({});
            for sub in definition["subAttributes"].as_array().unwrap() {
                let name = sub["name"].as_str().unwrap();
                if sub["mutability"] != "readOnly" && name != "$ref" && name != "primary" {
                    parts[name] = sample(sub);
                }
            }
            parts
        }
        _ => json!("sample"),
    };
    if definition["multiValued"] == true {
        json!([one])
    } else {
        one
    }
}

/// A value that no attribute of the type takes, whatever the tolerance.
fn misfit(definition: &Value) -> Value {
    let one = match definition["type"].as_str().unwrap() {
        "boolean" | "integer" | "decimal" | "dateTime" | "binary" => json!("not so!"),
        "complex" => json!(7),
        _ => json!(true),
    };
    if definition["multiValued"] == true {
        json!([one])
    } else {
        one
    }
}

/// A user with one attribute.
fn user_with(name: &str, urn: &str, attribute: &str, value: Value) -> Value {
    let mut user = json!({ "schemas": [USER], "userName": name });
    if urn == USER {
        user[attribute] = value;
    } else {
        user["schemas"] = json!([USER, urn]);
        user[urn] = json!({ attribute: value });
    }
    user
}

on_each_database! {
    async fn definitions_use_the_words_of_the_rfc_and_only_where_they_belong(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let schemas = f.scim().get("/Schemas").await.expect(200).body;
        let definitions = definitions(&schemas);
        assert!(definitions.iter().any(|(path, _)| path.starts_with(PROBE)));
        for (path, definition) in &definitions {
            let kind = definition["type"].as_str().unwrap();
            let types = [
                "string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex",
            ];
            assert!(types.contains(&kind), "{path}: {kind}");
            let mutability = ["readOnly", "readWrite", "immutable", "writeOnly"];
            assert!(is_one_of(&definition["mutability"], &mutability), "{path}");
            assert!(is_one_of(&definition["returned"], &["always", "never", "default", "request"]), "{path}");
            for name in ["required", "multiValued"] {
                assert!(definition[name].is_boolean(), "{path}: {name}");
            }
            if let Some(uniqueness) = definition.get("uniqueness") {
                assert!(is_one_of(uniqueness, &["none", "server", "global"]), "{path}");
            }
            if matches!(kind, "complex" | "boolean") {
                assert!(definition.get("uniqueness").is_none(), "{path}");
                assert!(definition.get("caseExact").is_none(), "{path}");
            }
            assert_eq!(kind == "complex", definition.get("subAttributes").is_some(), "{path}");
            assert_eq!(kind == "reference", definition.get("referenceTypes").is_some(), "{path}");
            for target in definition["referenceTypes"].as_array().into_iter().flatten() {
                let targets = ["User", "Group", "external", "uri", "Schema", "ResourceType"];
                assert!(is_one_of(target, &targets), "{path}: {target}");
            }
        }
        let of = |path: &str| &definitions.iter().find(|(it, _)| it == path).unwrap().1;
        assert_eq!(of(&format!("{USER}:x509Certificates.value"))["type"], "binary");
        let of_type = of("urn:ietf:params:scim:schemas:core:2.0:Schema:attributes.type");
        let words = of_type["canonicalValues"].as_array().unwrap();
        assert!(words.contains(&json!("binary")), "{of_type}");
        for name in ["name", "emails", "addresses", "active"] {
            let definition = of(&format!("{USER}:{name}"));
            assert!(definition.get("uniqueness").is_none(), "{name}");
            assert!(definition.get("caseExact").is_none(), "{name}");
        }
    }

    async fn every_user_attribute_does_what_its_definition_says(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let schemas = f.scim().get("/Schemas").await.expect(200).body;
        let mut probed = 0;
        for schema in schemas["Resources"].as_array().unwrap() {
            let urn = schema["id"].as_str().unwrap();
            if ![USER, ENTERPRISE, PROBE].contains(&urn) {
                continue;
            }
            for definition in schema["attributes"].as_array().unwrap() {
                let attribute = definition["name"].as_str().unwrap();
                // Its values are references: unknown ones have rules of their own.
                if ["userName", "manager"].contains(&attribute) {
                    continue;
                }
                let told = format!("{urn}:{attribute}");
                let name = format!("probe-{probed}");
                probed += 1;
                let is_sent = !is_one_of(&definition["mutability"], &["readOnly", "writeOnly"]);
                let wrong = user_with(&format!("wrong-{name}"), urn, attribute, misfit(definition));
                let wrong = f.scim().post("/Users", wrong).await;
                if is_sent {
                    expect_error(&wrong, 400, "invalidValue");
                } else {
                    assert_eq!(wrong.status, 201, "{told}: {}", wrong.body);
                }

                let value = match attribute {
                    "x509Certificates" => json!([{ "value": CERTIFICATE }]),
                    _ => sample(definition),
                };
                let id = create(f.scim(), "/Users", user_with(&name, urn, attribute, value.clone())).await;
                let parameters = query(&[("attributes", &told)]);
                let address = format!("/Users/{id}");
                let asked = f.scim().get(&format!("{address}?{parameters}")).await.expect(200).body;
                let whole = f.user(&id).await;
                let of = |answer: &Value| match urn == USER {
                    true => answer.get(attribute).cloned(),
                    false => answer[urn].get(attribute).cloned(),
                };
                let stored = is_sent.then(|| value.clone());
                let returned = definition["returned"].as_str().unwrap();
                let on_request = if returned == "never" { None } else { stored.clone() };
                let unasked = if returned == "request" { None } else { on_request.clone() };
                assert_eq!(of(&asked), on_request, "{told}");
                assert_eq!(of(&whole), unasked, "{told}");

                let change = json!([{ "op": "replace", "path": told, "value": value }]);
                let refused = f.patch_user(&id, change).await;
                if is_sent {
                    assert_eq!(refused.status, 200, "{told}: {}", refused.body);
                } else {
                    expect_error(&refused, 400, "mutability");
                }
            }
        }
        assert!(probed > 30, "{probed}");
        let count = probe_schema()["attributes"].as_array().unwrap().len();
        assert_eq!(count, 16);
    }
}
