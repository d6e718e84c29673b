//! The profiles `compat` and `strict` side by side.

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{
    ENTERPRISE, Fixture, GROUP, USER, create, expect_error, expect_list, patch, user_names,
};

/// Bodies that only `compat` takes, and what `strict` says of them.
fn beyond_the_letter() -> Vec<(Value, &'static str)> {
    vec![
        (
            json!({ "schemas": [USER], "active": "True" }),
            "invalidValue",
        ),
        (json!({ "schemas": [USER], "title": 5 }), "invalidValue"),
        (
            json!({ "schemas": [USER], "emails": { "value": "a@b.example" } }),
            "invalidValue",
        ),
        (
            json!({ "schemas": [USER], "title": ["Prof"] }),
            "invalidValue",
        ),
        (
            json!({ "schemas": [USER, "urn:x:unknown"] }),
            "invalidSyntax",
        ),
        (
            json!({ "schemas": [USER], "shoeSize": 42 }),
            "invalidSyntax",
        ),
    ]
}

on_each_database! {
    async fn what_only_compat_takes_is_refused_by_strict_and_changes_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (index, (mut body, _)) in beyond_the_letter().into_iter().enumerate() {
            body["userName"] = json!(format!("compat-{index}"));
            create(f.scim(), "/Users", body).await;
        }

        f.choose(json!({ "profile": "strict" })).await;

        for (index, (mut body, scim_type)) in beyond_the_letter().into_iter().enumerate() {
            body["userName"] = json!(format!("strict-{index}"));
            expect_error(&f.scim().post("/Users", body).await, 400, scim_type);
        }
        expect_list(&f.users_where("userName sw \"strict-\"").await, 0);
        expect_list(&f.users_where("userName sw \"compat-\"").await, 6);
    }

    async fn a_strict_patch_takes_the_forms_of_the_rfc_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let before = f.user(&f.u2).await;
        let refused = [
            (json!([{ "op": "replace", "path": "active", "value": "False" }]), "invalidValue"),
            (json!([{ "op": "replace", "path": "emails", "value": { "value": "a@b.example" } }]), "invalidValue"),
            (json!([{ "op": "remove", "path": "emails", "value": [{ "value": "a@b.example" }] }]), "invalidValue"),
            (json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@b.example" }]), "noTarget"),
        ];
        for (operations, scim_type) in refused {
            expect_error(&f.patch_user(&f.u2, operations).await, 400, scim_type);
        }
        assert_eq!(f.user(&f.u2).await, before);
        // Names ignore case whatever the profile (RFC 7643 §2.1).
        let done = f.patch_user(&f.u2, json!([{ "op": "Replace", "path": "ACTIVE", "value": true }]));
        assert_eq!(done.await.expect(200).body["active"], true);
    }

    async fn strict_never_reads_a_removal_with_a_value_as_the_removal_of_everybody(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let removal = json!([{ "op": "remove", "path": "members", "value": [{ "value": f.u2 }] }]);
        expect_error(&f.patch_group(&f.g1, removal).await, 400, "invalidValue");
        assert_eq!(f.group(&f.g1).await["members"][0]["value"], f.u1.as_str());
        assert!(f.group(&f.g2).await.get("members").is_none());
    }

    async fn strict_filters_take_json_literals_and_the_grammar_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let tolerated = [
            "active eq \"True\"",
            "userName eq bjensen",
            "emails[type eq \"work\"].value eq \"bjensen@example.com\"",
        ];
        for filter in tolerated {
            assert_eq!(f.names_where(filter).await, ["bjensen"], "{filter}");
        }
        f.choose(json!({ "profile": "strict" })).await;
        for filter in tolerated {
            expect_error(&f.users_where(filter).await, 400, "invalidFilter");
        }
        assert_eq!(user_names(&f.users_where("active eq true").await), ["bjensen"]);
    }

    async fn a_feature_that_is_off_is_answered_so(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "features": { "patch": false } })).await;
        let change = || patch(json!([{ "op": "replace", "path": "title", "value": "x" }]));
        expect_error(&f.scim().patch(&format!("/Users/{}", f.u3), change()).await, 501, "");
        let rename = patch(json!([{ "op": "replace", "path": "displayName", "value": "x" }]));
        expect_error(&f.scim().patch(&format!("/Groups/{}", f.g2), rename).await, 501, "");
        assert!(f.user(&f.u3).await.get("title").is_none());
        assert_eq!(f.group(&f.g2).await["schemas"], json!([GROUP]));
        assert_eq!(f.user(&f.u1).await["schemas"], json!([USER, ENTERPRISE]));
    }
}
