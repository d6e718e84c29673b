//! What each operator matches, by the type of its attribute.

use rollcall_testkit::on_each_database;
use serde_json::json;

use super::{expect_names, expect_refused};
use crate::fixture::{Fixture, USER, create, expect_list};

const ALL: &[&str] = &["bjensen", "jsmith", "Zoe"];

on_each_database! {
    async fn only_what_matches_is_returned_whatever_the_case_of_names_and_operators(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let found = f.users_where("userName eq \"bjensen\"").await;
        expect_list(&found, 1);
        assert_eq!(found.body["Resources"][0]["id"], f.u1.as_str());
        expect_names(&f, &[
            ("USERNAME Eq \"bjensen\"", &["bjensen"]),
            ("userName EQ \"bjensen\"", &["bjensen"]),
            ("title PR AND UserName Sw \"b\"", &["bjensen"]),
            ("NOT (userName PR)", &[]),
            ("userName eq \"zoe\" OR title pr", &["bjensen", "Zoe"]),
        ]).await;
    }

    async fn eq_matches_identical_values_of_every_type(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({
            "schemas": [USER], "userName": "types", "title": "Prof",
            "profileUrl": "https://example.com/People/Types",
            "x509Certificates": [{ "value": "MAcwADAAAwEA" }],
        });
        create(f.scim(), "/Users", body).await;
        let created = f.user(&f.u1).await["meta"]["created"].as_str().unwrap().to_owned();
        expect_names(&f, &[
            ("title eq \"Prof\"", &["types"]),
            ("title eq \"Pro\"", &[]),
            ("active eq false", &["jsmith"]),
            ("active eq true", &["bjensen"]),
            ("profileUrl eq \"https://example.com/People/Types\"", &["types"]),
            // References are case-exact.
            ("profileUrl eq \"https://example.com/people/types\"", &[]),
            ("x509Certificates.value eq \"MAcwADAAAwEA\"", &["types"]),
            ("x509Certificates.value eq \"qujdra==\"", &[]),
            (&format!("meta.created eq \"{created}\""), &["bjensen"]),
            ("meta.created eq \"2020-01-01T00:00:00Z\"", &[]),
        ]).await;
    }

    async fn ne_is_true_where_eq_is_not_also_without_a_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("userType ne \"Employee\"", &["jsmith", "Zoe"]),
            ("userType ne \"Contractor\"", ALL),
            ("emails.value ne \"bjensen@example.com\"", &["jsmith", "Zoe"]),
            ("not (userType eq \"Employee\")", &["jsmith", "Zoe"]),
        ]).await;
    }

    async fn parts_of_a_text_are_found_inside_at_its_beginning_and_at_its_end(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("displayName co \"Jens\"", &["bjensen"]),
            ("displayName co \"\"", &["bjensen", "jsmith"]),
            ("displayName co \"Jensenn\"", &[]),
            ("userName sw \"BJ\"", &["bjensen"]),
            ("userName sw \"bjensen\"", &["bjensen"]),
            ("userName sw \"jensen\"", &[]),
            ("emails.value ew \"@example.com\"", &["bjensen"]),
            ("emails.value ew \"bjensen@example.com\"", &["bjensen"]),
            ("emails.value ew \"@example\"", &[]),
        ]).await;
    }

    async fn pr_asks_for_a_value_and_in_a_complex_one_for_any_part(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("title pr", &["bjensen"]),
            ("name pr", &["bjensen", "jsmith"]),
            ("emails pr", &["bjensen"]),
            ("name.middleName pr", &[]),
            ("active pr", &["bjensen", "jsmith"]),
            ("groups pr", &["bjensen"]),
        ]).await;
    }

    async fn texts_are_ordered_by_their_code_points_and_case_rule(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (name, external) in [("lower", "b"), ("upper", "B")] {
            let body = json!({ "schemas": [USER], "userName": name, "externalId": external });
            create(f.scim(), "/Users", body).await;
        }
        expect_names(&f, &[
            ("userName gt \"a\"", &["bjensen", "jsmith", "Zoe", "lower", "upper"]),
            ("userName ge \"bjensen\" and userName le \"BJENSEN\"", &["bjensen"]),
            ("userName lt \"C\"", &["bjensen"]),
            ("userName gt \"upper\"", &["Zoe"]),
            // `externalId` is case-exact, and capitals come first.
            ("externalId gt \"B\"", &["bjensen", "lower"]),
            ("externalId ge \"b\"", &["lower"]),
            ("externalId lt \"b\"", &["bjensen", "upper"]),
        ]).await;
    }

    async fn moments_are_compared_as_instants(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let seen = f.user(&f.u1).await["meta"]["lastModified"].as_str().unwrap().to_owned();
        assert_eq!(seen, "2026-11-22T00:00:00.000Z");
        let of_u1 = |op: &str, moment: &str| format!("userName eq \"bjensen\" and meta.lastModified {op} \"{moment}\"");
        for (op, moment, found) in [
            ("gt", "2026-11-21T23:59:59Z", true),
            ("ge", seen.as_str(), true),
            ("gt", seen.as_str(), false),
            ("le", seen.as_str(), true),
            ("lt", "2026-11-22T00:00:00.001Z", true),
            ("eq", "2026-11-22T01:30:00+01:30", true),
            ("eq", "2026-11-21T19:00:00-05:00", true),
            ("gt", "2026-11-22T00:30:00+01:00", true),
            ("lt", "2026-11-22T00:30:00+01:00", false),
        ] {
            let filter = of_u1(op, moment);
            assert_eq!(f.names_where(&filter).await.len(), usize::from(found), "{filter}");
        }
    }

    async fn an_order_of_booleans_or_bytes_is_refused_even_where_nobody_is(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let empty = f.app.connect("Empty").await;
        let unordered = [
            "active gt true", "active le false", "x509Certificates.value lt \"a\"",
            "x509Certificates[value ge \"a\"]",
        ];
        expect_refused(&f, &unordered).await;
        for filter in unordered {
            let path = format!("/Users?{}", crate::fixture::query(&[("filter", filter)]));
            crate::fixture::expect_error(&empty.scim.get(&path).await, 400, "invalidFilter");
        }
    }

    async fn and_or_and_not_do_what_they_say(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            // U1: title, name. U2: name. U3: neither.
            ("title pr and name pr", &["bjensen"]),
            ("title pr and not (name pr)", &[]),
            ("not (title pr) and name pr", &["jsmith"]),
            ("not (title pr) and not (name pr)", &["Zoe"]),
            ("title pr or name pr", &["bjensen", "jsmith"]),
            ("title pr or not (name pr)", &["bjensen", "Zoe"]),
            ("not (title pr) or name pr", ALL),
            ("not (title pr) or not (name pr)", &["jsmith", "Zoe"]),
            ("not (not (title pr))", &["bjensen"]),
            ("title pr and userType eq \"Employee\"", &["bjensen"]),
            ("not (title pr and userType eq \"Employee\")", &["jsmith", "Zoe"]),
        ]).await;
    }

    async fn null_is_what_has_no_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("title eq null", &["jsmith", "Zoe"]),
            ("title ne null", &["bjensen"]),
            ("name.familyName eq null and userName pr", &["Zoe"]),
            ("emails.value eq null", &["jsmith", "Zoe"]),
        ]).await;
        expect_refused(&f, &["title gt null", "title co null", "active le null"]).await;
    }

    async fn text_is_compared_by_the_case_rule_of_its_attribute(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("userName eq \"BJENSEN\"", &["bjensen"]),
            ("userName co \"JENS\"", &["bjensen"]),
            ("userName sw \"BJ\"", &["bjensen"]),
            ("userName ew \"SEN\"", &["bjensen"]),
        ]).await;
        let (start, end) = (&f.u1[..8], &f.u1[20..]);
        for (op, text) in [("eq", f.u1.as_str()), ("co", &f.u1[4..30]), ("sw", &f.u1[..30]), ("ew", end)] {
            assert_eq!(f.names_where(&format!("id {op} \"{text}\"")).await, ["bjensen"], "id {op} {text}");
            let capitals = text.to_uppercase();
            assert_ne!(capitals, text, "a UUID of digits alone proves nothing");
            assert!(f.names_where(&format!("id {op} \"{capitals}\"")).await.is_empty(), "id {op} {capitals}");
        }
        assert!(f.names_where(&format!("id sw \"{start}\"")).await.contains(&"bjensen".to_owned()));
    }

    async fn case_is_folded_by_the_rules_of_unicode(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({ "schemas": [USER], "userName": "school", "displayName": "ÉCOLE" });
        create(f.scim(), "/Users", body).await;
        expect_names(&f, &[
            ("displayName eq \"école\"", &["school"]),
            ("displayName eq \"e\u{301}cole\"", &["school"]),
            ("displayName sw \"é\"", &["school"]),
            ("displayName co \"COL\"", &["school"]),
            ("displayName eq \"ecole\"", &[]),
        ]).await;
    }

    async fn what_was_shown_last_is_what_is_compared(database: TestDatabase) {
        let f = Fixture::start(database).await;
        // `active` has no default here: one who was made without it shows none and matches none.
        assert!(f.user(&f.u3).await.get("active").is_none());
        expect_names(&f, &[
            ("active eq true", &["bjensen"]),
            ("not (active pr)", &["Zoe"]),
        ]).await;
        let set = json!([{ "op": "replace", "path": "active", "value": "True" }]);
        assert_eq!(f.patch_user(&f.u3, set).await.expect(200).body["active"], true);
        expect_names(&f, &[("active eq true", &["bjensen", "Zoe"])]).await;
    }
}
