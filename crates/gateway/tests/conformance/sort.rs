//! Sorting (RFC 7644 §3.4.2.3).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::crowd;
use crate::fixture::{
    ENTERPRISE, Fixture, PROBE, USER, create, expect_error, expect_list, query, user_names,
};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

impl Fixture {
    /// The `userName`s in an order.
    async fn sorted(&self, by: &str, order: &str) -> Vec<String> {
        let query = query(&[("sortBy", by), ("sortOrder", order)]);
        user_names(
            &self
                .scim()
                .get(&format!("/Users?{query}"))
                .await
                .expect(200),
        )
    }

    async fn add(&self, mut user: Value) {
        user["schemas"] = json!([USER]);
        self.app.clock.advance_millis(1);
        create(self.scim(), "/Users", user).await;
    }
}

on_each_database! {
    async fn sorting_that_is_off_is_announced_and_its_parameters_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(config.body["sort"], json!({ "supported": true }));

        f.choose(json!({ "features": { "sort": false } })).await;

        let config = f.scim().get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(config.body["sort"], json!({ "supported": false }));
        for ignored in ["sortBy=userName&sortOrder=descending", "sortBy=shoeSize", "sortBy=title&sortOrder=up"] {
            let list = f.scim().get(&format!("/Users?{ignored}")).await;
            expect_list(&list, 3);
            assert_eq!(user_names(&list), ["bjensen", "jsmith", "Zoe"], "{ignored}");
        }
    }

    async fn users_come_in_the_order_of_an_attribute_and_ascending_is_the_default(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.add(json!({ "userName": "adam" })).await;
        let list = f.scim().get("/Users?sortBy=userName").await;
        expect_list(&list, 4);
        assert_eq!(user_names(&list), ["adam", "bjensen", "jsmith", "Zoe"]);
        assert_eq!(f.sorted("userName", "ascending").await, ["adam", "bjensen", "jsmith", "Zoe"]);
        assert_eq!(f.sorted("userName", "descending").await, ["Zoe", "jsmith", "bjensen", "adam"]);
    }

    async fn a_multi_valued_attribute_is_sorted_by_its_primary_value_else_by_the_first(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.add(json!({ "userName": "primary-second", "emails": [
            { "value": "z@example.com" }, { "value": "a@example.com", "primary": true } ] })).await;
        f.add(json!({ "userName": "first-of-two", "emails": [
            { "value": "c@example.com" }, { "value": "0@example.com" } ] })).await;
        assert_eq!(
            f.sorted("emails.value", "ascending").await,
            ["primary-second", "bjensen", "first-of-two", "jsmith", "Zoe"]
        );
        assert_eq!(
            f.sorted("emails.value", "descending").await,
            ["jsmith", "Zoe", "first-of-two", "bjensen", "primary-second"]
        );
    }

    async fn a_complex_attribute_is_sorted_by_a_part_that_is_named(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.add(json!({ "userName": "early", "name": { "familyName": "abel" } })).await;
        assert_eq!(f.sorted("name.familyName", "ascending").await, ["early", "bjensen", "jsmith", "Zoe"]);
        for by in ["name", "emails", ENTERPRISE, "meta"] {
            let refused = f.scim().get(&format!("/Users?{}", query(&[("sortBy", by)]))).await;
            expect_error(&refused, 400, "invalidValue");
        }
    }

    async fn those_without_a_value_come_last_ascending_and_first_descending(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert_eq!(f.sorted("title", "ascending").await, ["bjensen", "jsmith", "Zoe"]);
        assert_eq!(f.sorted("title", "descending").await, ["jsmith", "Zoe", "bjensen"]);
        // Empty text is no value either.
        f.add(json!({ "userName": "blank", "title": "", "externalId": "", "displayName": "" })).await;
        for by in ["title", "externalId"] {
            assert_eq!(f.sorted(by, "ascending").await, ["bjensen", "jsmith", "Zoe", "blank"], "{by}");
            assert_eq!(f.sorted(by, "descending").await, ["jsmith", "Zoe", "blank", "bjensen"], "{by}");
        }
        assert_eq!(f.sorted("displayName", "descending").await, ["Zoe", "blank", "jsmith", "bjensen"]);
    }

    async fn only_ascending_and_descending_are_orders(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for order in ["up", "asc", "", "1"] {
            let parameters = query(&[("sortBy", "userName"), ("sortOrder", order)]);
            expect_error(&f.scim().get(&format!("/Users?{parameters}")).await, 400, "invalidValue");
            let body = json!({ "schemas": [SEARCH], "sortBy": "userName", "sortOrder": order });
            expect_error(&f.scim().post("/Users/.search", body).await, 400, "invalidValue");
        }
    }

    async fn equals_keep_one_order_over_all_pages(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let same = crowd::numbered(100).map(|mut user| {
            user["title"] = json!("Clerk");
            user
        });
        let clerks = crowd::add(&f.app, &f.tenant, same).await;
        for order in ["ascending", "descending"] {
            let mut seen = Vec::new();
            for start in (1..=100).step_by(7) {
                let page = f.scim().get(&format!(
                    "/Users?filter=title%20eq%20%22clerk%22&sortBy=title&sortOrder={order}&count=7&startIndex={start}"
                )).await;
                expect_list(&page, 100);
                seen.extend(crowd::ids(&page));
            }
            assert_eq!(seen, clerks, "{order}");
        }
    }

    async fn names_are_taken_with_their_urn_and_in_any_letter_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (name, number) in [("nine", "9"), ("ten", "10")] {
            f.add(json!({ "userName": name, ENTERPRISE: { "employeeNumber": number } })).await;
        }
        let by = format!("{ENTERPRISE}:employeeNumber");
        assert_eq!(f.sorted(&by, "ascending").await, ["ten", "bjensen", "nine", "jsmith", "Zoe"]);
        let by = by.to_ascii_uppercase();
        assert_eq!(f.sorted(&by, "ascending").await, ["ten", "bjensen", "nine", "jsmith", "Zoe"]);
        let by = format!("{USER}:USERNAME");
        assert_eq!(f.sorted(&by, "ascending").await, ["bjensen", "jsmith", "nine", "ten", "Zoe"]);
        assert_eq!(f.sorted("USERNAME", "Descending").await, ["Zoe", "ten", "nine", "jsmith", "bjensen"]);
    }

    async fn what_is_unknown_or_never_shown_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for by in ["shoeSize", "password", "userName.value", "emails[type eq \"work\"].value", "", "meta.location"] {
            let parameters = query(&[("sortBy", by)]);
            expect_error(&f.scim().get(&format!("/Users?{parameters}")).await, 400, "invalidValue");
            let all = f.scim().get(&format!("?{parameters}")).await;
            expect_error(&all, 400, "invalidValue");
        }
    }

    async fn every_kind_of_list_is_sorted(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let groups = f.scim().get("/Groups?sortBy=displayName").await;
        expect_list(&groups, 2);
        assert_eq!(crowd::ids(&groups), [f.g2.as_str(), &f.g1]);

        let search = |by: &str, order: &str| json!({ "schemas": [SEARCH], "sortBy": by, "sortOrder": order });
        let found = f.scim().post("/Users/.search", search("displayName", "descending")).await;
        assert_eq!(crowd::ids(&found.expect(200)), [f.u3.as_str(), &f.u2, &f.u1]);
        let found = f.scim().post("/Groups/.search", search("displayName", "descending")).await;
        assert_eq!(crowd::ids(&found.expect(200)), [f.g1.as_str(), &f.g2]);

        // Both types in one order: "Babs Jensen", "Empty", "John Smith", "Tour Guides", and Zoe
        // without a name to show.
        let everything = [f.u1.as_str(), &f.g2, &f.u2, &f.g1, &f.u3];
        let found = f.scim().post("/.search", search("displayName", "ascending")).await;
        assert_eq!(crowd::ids(&found.expect(200)), everything);
        let rest = f.scim().get("?sortBy=displayName&startIndex=3").await.expect(200);
        assert_eq!(crowd::ids(&rest), everything[2..]);
        // Groups have no `userName`, so they have no value.
        let found = f.scim().get("?sortBy=userName&sortOrder=descending").await.expect(200);
        assert_eq!(crowd::ids(&found), [f.g1.as_str(), &f.g2, &f.u3, &f.u2, &f.u1]);
    }

    async fn each_type_has_an_order_of_its_own_on_every_kind_of_page(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let largest = 9_007_199_254_740_993_i64;
        // The values of each attribute in the order that they are to come in.
        let orders = [
            ("intAttr", vec![json!(-3), json!(9), json!(10), json!(largest - 1), json!(largest)]),
            ("decAttr", vec![json!(-0.5), json!(0.1), json!(1.5), json!(9.25), json!(10)]),
            ("boolAttr", vec![json!(false), json!(true)]),
            ("dateAttr", vec![
                json!("2011-05-13T04:42:34Z"), json!("2011-05-13T06:42:34.5+02:00"),
                json!("2011-05-13T04:42:35Z"), json!("2011-05-13T00:42:36-05:00"),
            ]),
            ("exactStr", vec![json!("B"), json!("a"), json!("c"), json!("ä")]),
            ("alwaysRet", vec![json!("a"), json!("B"), json!("c"), json!("Ä")]),
            ("tags", vec![json!(["a", "z"]), json!(["B"]), json!(["c", "a"])]),
        ];
        for (name, values) in orders {
            let mut expected = Vec::new();
            for (place, value) in values.iter().enumerate().rev() {
                let user_name = format!("{name}-{place}");
                expected.insert(0, f.probe_user(&user_name, json!({ name: value })).await);
            }
            let by = format!("{PROBE}:{name}");
            let filter = format!("userName sw \"{name}-\"");
            for order in ["ascending", "descending"] {
                let parameters = [("sortBy", by.as_str()), ("sortOrder", order), ("filter", &filter)];
                let whole = f.scim().get(&format!("/Users?{}", query(&parameters))).await.expect(200);
                assert_eq!(crowd::ids(&whole), expected, "{name} {order}");
                let pages = crowd::walk(f.scim(), &format!("/Users?count=2&{}", query(&parameters))).await;
                let walked: Vec<String> = pages.iter().flat_map(crowd::ids).collect();
                assert_eq!(walked, expected, "{name} {order}, by cursor");
                expected.reverse();
            }
        }
        for hidden in ["neverStr", "woStr"] {
            let parameters = query(&[("sortBy", &format!("{PROBE}:{hidden}"))]);
            expect_error(&f.scim().get(&format!("/Users?{parameters}")).await, 400, "invalidValue");
        }
    }

    async fn text_is_sorted_by_code_points_and_moments_by_time(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in ["c", "B", "a", "Ä", "_"] {
            f.add(json!({ "userName": format!("x-{name}"), "title": name, "externalId": name })).await;
        }
        let sorted = |by: &'static str| {
            let query = query(&[("sortBy", by), ("filter", "userName sw \"x-\"")]);
            let f = &f;
            async move { user_names(&f.scim().get(&format!("/Users?{query}")).await.expect(200)) }
        };
        // `title` ignores case, `externalId` does not; no locale puts `ä` beside `a`.
        assert_eq!(sorted("title").await, ["x-_", "x-a", "x-B", "x-c", "x-Ä"]);
        assert_eq!(sorted("externalId").await, ["x-B", "x-_", "x-a", "x-c", "x-Ä"]);

        f.app.clock.advance_millis(5);
        let _ = f.patch_user(&f.u1, json!([{ "op": "replace", "path": "title", "value": "Chief" }])).await;
        f.app.clock.advance_millis(5);
        let _ = f.patch_user(&f.u3, json!([{ "op": "replace", "path": "title", "value": "Clerk" }])).await;
        let all = f.sorted("meta.lastModified", "descending").await;
        assert_eq!(all[..2], ["Zoe", "bjensen"]);
    }
}
