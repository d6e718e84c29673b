//! The notation of attribute names (RFC 7644 §3.10).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, USER, expect_error, query, user_names};

on_each_database! {
    async fn a_name_with_its_urn_is_taken_everywhere_in_any_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mixed = |text: &str| -> String {
            let letters = text.chars().enumerate();
            letters.map(|(at, letter)| if at % 2 == 0 { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }).collect()
        };
        let exact = (format!("{ENTERPRISE}:department"), format!("{USER}:name.familyName"));
        for (department, family_name) in [exact.clone(), (mixed(&exact.0), mixed(&exact.1))] {
            let filter = format!("{department} eq \"tour operations\" and {family_name} eq \"jensen\"");
            assert_eq!(f.names_where(&filter).await, ["bjensen"], "{filter}");

            let both = [("sortBy", family_name.as_str()), ("sortOrder", "descending"), ("filter", "name pr")];
            let sorted = f.scim().get(&format!("/Users?{}", query(&both))).await.expect(200);
            assert_eq!(user_names(&sorted), ["jsmith", "bjensen"], "{family_name}");

            let path = |parameter: &str| {
                let names = format!("{department},{family_name}");
                format!("/Users/{}?{}", f.u1, query(&[(parameter, &names)]))
            };
            let some = f.scim().get(&path("attributes")).await.expect(200).body;
            assert_eq!((&some[ENTERPRISE], &some["name"]),
                (&json!({ "department": "Tour Operations" }), &json!({ "familyName": "Jensen" })));
            assert!(some.get("title").is_none());
            let rest = f.scim().get(&path("excludedAttributes")).await.expect(200).body;
            assert_eq!((&rest[ENTERPRISE], &rest["name"]),
                (&json!({ "employeeNumber": "701984" }), &json!({ "givenName": "Barbara" })));

            let operations = json!([
                { "op": "replace", "path": department, "value": "Tour operations" },
                { "op": "replace", "path": family_name, "value": "JENSEN" },
            ]);
            let changed = f.patch_user(&f.u1, operations).await.expect(200).body;
            assert_eq!(changed[ENTERPRISE]["department"], "Tour operations");
            assert_eq!(changed["name"]["familyName"], "JENSEN");
            let back = json!([
                { "op": "replace", "path": department, "value": "Tour Operations" },
                { "op": "replace", "path": family_name, "value": "Jensen" },
            ]);
            let _ = f.patch_user(&f.u1, back).await.expect(200);
        }
    }

    async fn a_core_name_needs_no_urn_and_that_of_an_extension_does_under_strict(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert_eq!(f.names_where("employeeNumber eq \"701984\"").await, ["bjensen"]);
        f.choose(json!({ "profile": "strict" })).await;
        assert_eq!(f.names_where("title eq \"tour guide\"").await, ["bjensen"]);
        expect_error(&f.users_where("employeeNumber eq \"701984\"").await, 400, "invalidFilter");
        let refused = f.patch_user(&f.u1, json!([{ "op": "replace", "path": "employeeNumber", "value": "1" }])).await;
        expect_error(&refused, 400, "invalidPath");
        let some = f.scim().get(&format!("/Users/{}?attributes=employeeNumber", f.u1)).await.expect(200);
        assert_eq!(some.body.get(ENTERPRISE), None::<&Value>);
    }
}
