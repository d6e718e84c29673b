//! Internationalised user names (RFC 7644 §5 and §7.8, RFC 8265).

use rollcall_testkit::{Reply, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{Fixture, USER, create, expect_error, expect_list, user_names};
use crate::patch_probe::op;

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

fn named(name: &str) -> Value {
    json!({ "schemas": [USER], "userName": name })
}

impl Fixture {
    async fn post_named(&self, name: &str) -> Reply {
        self.scim().post("/Users", named(name)).await
    }
}

on_each_database! {
    async fn a_name_in_another_width_case_or_composition_is_taken(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (name, others) in [
            ("juliet", vec!["ＪＵＬＩＥＴ", "JULIET", "ｊuliet"]),
            ("οδοσ", vec!["ΟΔΟΣ", "Οδοσ"]),
            ("\u{e9}ric", vec!["E\u{301}ric", "\u{c9}RIC"]),
            ("fu\u{df}ball", vec!["FU\u{1e9e}BALL"]),
        ] {
            create(f.scim(), "/Users", named(name)).await;
            for other in others {
                expect_error(&f.post_named(other).await, 409, "uniqueness");
                let renamed = f.patch_user(&f.u3, op("replace", "userName", json!(other))).await;
                expect_error(&renamed, 409, "uniqueness");
                assert_eq!(f.names_where(&format!("userName eq \"{other}\"")).await, [name], "{other}");
            }
        }
        for different in ["fussball", "οδος", "foo bar", "foo  bar"] {
            create(f.scim(), "/Users", named(different)).await;
        }
    }

    async fn the_stored_form_keeps_its_case_and_width(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (name, key) in [("JSmith2", "jsmith2"), ("ＢＯＢ", "bob")] {
            let id = create(f.scim(), "/Users", named(name)).await;
            assert_eq!(f.user(&id).await["userName"], name);
            assert_eq!(f.names_where(&format!("userName eq \"{key}\"")).await, [name]);
        }
    }

    async fn filters_are_prepared_as_stored_names_are(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (operator, literal) in [
            ("eq", "ＢＪＥＮＳＥＮ"), ("sw", "ＢＪ"), ("ew", "ＳＥＮ"), ("co", "ＪＥＮ"), ("co", "JEN"),
            ("le", "ＢＪＥＮＳＥＮ"), ("lt", "ＢＫ"),
        ] {
            let found = f.names_where(&format!("userName {operator} \"{literal}\"")).await;
            assert_eq!(found, ["bjensen"], "{operator} {literal}");
        }
        expect_list(&f.users_where("userName ne \"ＢＪＥＮＳＥＮ\"").await, 2);
        expect_list(&f.users_where("userName gt \"ＢＪＥＮＳＥＮ\"").await, 2);
        let searched = f.scim().post("/Users/.search", json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "userName eq \"ＢＪＥＮＳＥＮ\"",
        })).await;
        assert_eq!(user_names(&searched), ["bjensen"]);
        // Other attributes ignore case and composition, but not width.
        assert_eq!(f.names_where("displayName eq \"BABS JENSEN\"").await, ["bjensen"]);
        expect_list(&f.users_where("displayName eq \"ＢＡＢＳ JENSEN\"").await, 0);
    }

    async fn an_odd_name_is_refused_by_strict_and_kept_by_compat(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let odd = [
            "henry\u{2163}", "\u{221e}", "\u{e000}", "a\u{200b}b", " ends", "ends ", "a\u{5d0}",
            "foo\u{3000}bar",
        ];
        f.choose(json!({ "profile": "strict" })).await;
        for name in odd {
            expect_error(&f.post_named(name).await, 400, "invalidValue");
            let renamed = f.patch_user(&f.u3, op("replace", "userName", json!(name))).await;
            expect_error(&renamed, 400, "invalidValue");
        }
        assert_eq!(f.user(&f.u3).await["userName"], "Zoe");
        for fits in ["two parts", "O'Brien+vpn#EXT#@example.com", "ＷＩＤＥ"] {
            create(f.scim(), "/Users", named(fits)).await;
        }

        f.choose(json!({ "profile": "compat" })).await;
        for name in odd {
            let id = create(f.scim(), "/Users", named(name)).await;
            assert_eq!(f.user(&id).await["userName"], name);
            assert_eq!(f.names_where(&format!("userName eq \"{name}\"")).await, [name]);
            expect_error(&f.post_named(name).await, 409, "uniqueness");
        }
        expect_error(&f.post_named("HENRY\u{2163}").await, 409, "uniqueness");
        create(f.scim(), "/Users", named("henryIV")).await;
    }

    async fn a_name_of_which_nothing_is_seen_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for profile in ["compat", "strict"] {
            f.choose(json!({ "profile": profile })).await;
            for name in ["", " ", "\u{ad}", "\u{200b}\u{feff}", "\u{3164} \u{2060}"] {
                expect_error(&f.post_named(name).await, 400, "invalidValue");
                let renamed = f.patch_user(&f.u3, op("replace", "userName", json!(name))).await;
                expect_error(&renamed, 400, "invalidValue");
            }
        }
        assert_eq!(f.user(&f.u3).await["userName"], "Zoe");
    }

    /// Every name of two letters of an alphabet whose letters are easily taken for each other.
    async fn a_filter_finds_a_name_exactly_if_it_cannot_be_given_again(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let letters = [
            "a", "A", "ａ", "σ", "Σ", "ς", "é", "E\u{301}", "ß", "\u{1e9e}", "İ", "ﬁ",
        ];
        let (mut taken, mut made) = (0, 0);
        for first in letters {
            for second in letters {
                let name = format!("{first}{second}");
                let found = f.users_where(&format!("userName eq \"{name}\"")).await.expect(200);
                let reply = f.post_named(&name).await;
                if found.body["totalResults"] == 0 {
                    assert_eq!(reply.status, 201, "{name}: {}", reply.body);
                    made += 1;
                } else {
                    expect_list(&found, 1);
                    expect_error(&reply, 409, "uniqueness");
                    taken += 1;
                }
            }
        }
        // a, σ, ς, é, ß, i̇ and ﬁ are letters of their own.
        assert_eq!((made, taken), (49, 144 - 49));
    }

    async fn bulk_prepares_names_in_the_same_way(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let operation = |name: &str, id: &str| json!({
            "method": "POST", "path": "/Users", "bulkId": id, "data": named(name),
        });
        let reply = f.scim().post("/Bulk", json!({
            "schemas": [BULK],
            "Operations": [
                operation("ＢＪＥＮＳＥＮ", "a"), operation("new", "b"), operation("ＮＥＷ", "c"),
            ],
        })).await.expect(200);
        let results = reply.body["Operations"].as_array().unwrap();
        let statuses: Vec<&str> = results.iter().filter_map(|it| it["status"].as_str()).collect();
        assert_eq!(statuses, ["409", "201", "409"]);
        assert_eq!(results[2]["response"]["scimType"], "uniqueness");
    }
}
