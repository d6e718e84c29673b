//! RFC 7643 section 4: User, Group, Enterprise User.

use rollcall_testkit::{Reply, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, GROUP, USER, create, expect_error, expect_list, query};

/// The smallest DER that has the shape of a certificate.
pub(crate) const CERTIFICATE: &str = "MAcwADAAAwEA";

fn person(name: &str) -> Value {
    json!({ "schemas": [USER], "userName": name })
}

/// A person with one more attribute.
async fn post_with(f: &Fixture, attribute: &str, value: Value) -> Reply {
    let mut body = person("probe");
    body[attribute] = value;
    f.scim().post("/Users", body).await
}

/// Posts each value and takes the user away again; refused ones must be refused whole.
async fn expect_taken(f: &Fixture, attribute: &str, value: Value) {
    let made = post_with(f, attribute, value.clone()).await;
    assert_eq!(made.status, 201, "{attribute} {value}: {}", made.body);
    assert_eq!(
        made.body[attribute], value,
        "stored and shown as it was sent"
    );
    let _ = f
        .scim()
        .delete(&format!("/Users/{}", made.text("/id")))
        .await
        .expect(204);
}

async fn expect_refused(f: &Fixture, attribute: &str, value: Value) {
    let refused = post_with(f, attribute, value.clone()).await;
    expect_error(&refused, 400, "invalidValue");
    let detail = refused.text("/detail");
    assert!(detail.contains(attribute), "{detail}");
    let changed = json!([{ "op": "replace", "path": attribute, "value": value }]);
    expect_error(&f.patch_user(&f.u3, changed).await, 400, "invalidValue");
    expect_list(&f.users_where("userName eq \"probe\"").await, 0);
    assert!(f.user(&f.u3).await.get(attribute).is_none());
}

/// The groups of a user, as `display` and `type`, sorted.
async fn groups_of(f: &Fixture, id: &str) -> Vec<(String, String)> {
    let user = f.user(id).await;
    let groups = user["groups"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut groups: Vec<_> = groups
        .iter()
        .map(|group| (text(&group["display"]), text(&group["type"])))
        .collect();
    groups.sort();
    groups
}

on_each_database! {
    async fn a_user_name_is_there_and_unique_whatever_its_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let kind = f.scim().get("/ResourceTypes/User").await.expect(200);
        assert_eq!(kind.body["schema"], USER);

        for body in [json!({ "schemas": [USER] }), person(""), person("   ")] {
            expect_error(&f.scim().post("/Users", body).await, 400, "invalidValue");
        }
        let removed = f.patch_user(&f.u1, json!([{ "op": "remove", "path": "userName" }])).await;
        expect_error(&removed, 400, "mutability");

        expect_error(&f.scim().post("/Users", person("BJENSEN")).await, 409, "uniqueness");
        let before = f.user(&f.u2).await;
        let taken = json!([{ "op": "replace", "path": "userName", "value": "bjensen" }]);
        expect_error(&f.patch_user(&f.u2, taken).await, 409, "uniqueness");
        let put = f.scim().put(&format!("/Users/{}", f.u2), person("bJensen")).await;
        expect_error(&put, 409, "uniqueness");
        assert_eq!(f.user(&f.u2).await, before);
        let itself = json!([{ "op": "replace", "path": "userName", "value": "BJensen" }]);
        assert_eq!(f.patch_user(&f.u1, itself).await.expect(200).body["userName"], "BJensen");
    }

    async fn a_formatted_name_is_never_older_than_its_parts(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert!(f.user(&f.u1).await["name"].get("formatted").is_none());
        let whole = json!([{ "op": "add", "path": "name.formatted", "value": "Ms. Barbara Jensen" }]);
        let formatted = f.patch_user(&f.u1, whole).await.expect(200);
        assert_eq!(formatted.body["name"]["formatted"], "Ms. Barbara Jensen");
        let married = json!([{ "op": "replace", "path": "name.familyName", "value": "Smith" }]);
        let name = f.patch_user(&f.u1, married).await.expect(200).body["name"].clone();
        assert_eq!(name, json!({ "givenName": "Barbara", "familyName": "Smith" }));
        let both = json!([
            { "op": "replace", "path": "name.familyName", "value": "Doe" },
            { "op": "replace", "path": "name.formatted", "value": "Barbara Doe" },
        ]);
        let name = f.patch_user(&f.u1, both).await.expect(200).body["name"].clone();
        assert_eq!((&name["familyName"], &name["formatted"]), (&json!("Doe"), &json!("Barbara Doe")));
    }

    async fn values_that_nobody_can_read_are_refused_under_every_profile(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for profile in ["compat", "strict"] {
            f.choose(json!({ "profile": profile })).await;
            expect_refused(&f, "profileUrl", json!("not a url")).await;
            expect_taken(&f, "profileUrl", json!("https://login.example.com/bjensen")).await;
            expect_refused(&f, "photos", json!([{ "value": "not a url" }])).await;
            expect_taken(&f, "photos", json!([{ "value": "https://photos.example.com/b.jpg", "type": "photo" }])).await;
            expect_refused(&f, "locale", json!("en US")).await;
            for tag in ["en-US", "en_US"] {
                expect_taken(&f, "locale", json!(tag)).await;
            }
            let pem = format!("-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----");
            for value in [pem, format!("{CERTIFICATE}{CERTIFICATE}")] {
                expect_refused(&f, "x509Certificates", json!([{ "value": value }])).await;
            }
            expect_taken(&f, "x509Certificates", json!([{ "value": CERTIFICATE }])).await;
        }
    }

    async fn other_notations_are_stored_in_compat_and_refused_by_strict(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let table = [
            ("preferredLanguage", json!("fr-CA, fr;q=0.8"), json!("en_US")),
            ("timezone", json!("Europe/Paris"), json!("CET+1")),
            ("emails", json!([{ "value": "babs@example.com" }]), json!([{ "value": "no-at-sign" }])),
            ("addresses", json!([{ "country": "SE" }]), json!([{ "country": "USA" }])),
        ];
        for (attribute, letter, other) in &table {
            expect_taken(&f, attribute, letter.clone()).await;
            expect_taken(&f, attribute, other.clone()).await;
        }
        let kept = create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": "kept", "timezone": "CET+1",
            "emails": [{ "value": "no-at-sign" }] })).await;
        f.choose(json!({ "profile": "strict" })).await;
        for (attribute, letter, other) in table {
            expect_taken(&f, attribute, letter).await;
            expect_refused(&f, attribute, other).await;
        }
        // What was taken before does not stand in the way of other changes.
        let changes = json!([
            { "op": "replace", "path": "title", "value": "Guide" },
            { "op": "add", "path": "emails", "value": [{ "value": "b@example.com", "type": "work" }] },
        ]);
        let changed = f.patch_user(&kept, changes).await.expect(200);
        assert_eq!((&changed.body["title"], &changed.body["timezone"]), (&json!("Guide"), &json!("CET+1")));
    }

    async fn values_without_a_form_are_kept_as_they_were_sent(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for (attribute, value) in [
            ("ims", json!([{ "value": "Some One @AIM", "type": "aim" }])),
            ("addresses", json!([{ "locality": "Lund" }])),
            ("roles", json!([{ "value": "Student" }])),
            ("entitlements", json!([{ "value": "Any thing: at all", "type": "x" }])),
        ] {
            for profile in ["compat", "strict"] {
                f.choose(json!({ "profile": profile })).await;
                expect_taken(&f, attribute, value.clone()).await;
            }
        }
    }

    async fn an_inactive_user_is_still_there(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let off = json!([{ "op": "replace", "path": "active", "value": false }]);
        let _ = f.patch_user(&f.u1, off).await.expect(200);
        assert_eq!(f.user(&f.u1).await["active"], false);
        let found = f.users_where("userName eq \"bjensen\"").await;
        expect_list(&found, 1);
        assert_eq!(found.body["Resources"][0]["active"], false);
        assert_eq!(f.group(&f.g1).await["members"][0]["value"], f.u1.as_str());
    }

    async fn a_password_is_in_no_answer_no_event_and_no_log(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let secret = "correct horse battery";
        let mut body = person("secretive");
        body["password"] = json!(secret);
        let made = f.scim().post("/Users", body.clone()).await.expect(201);
        let path = format!("/Users/{}", made.text("/id"));
        let put = f.scim().put(&path, body).await.expect(200);
        let by_path = json!([{ "op": "replace", "path": "password", "value": secret }]);
        let refused = f.patch_user(&made.text("/id"), by_path).await;
        expect_error(&refused, 400, "mutability");
        let without_path = json!([{ "op": "replace", "value": { "password": secret, "title": "x" } }]);
        let patched = f.patch_user(&made.text("/id"), without_path).await.expect(200);
        assert_eq!(patched.body["title"], "x");
        let asked = f.scim().get(&format!("{path}?attributes=password,userName")).await.expect(200);
        let listed = f.scim().get("/Users?attributes=password").await.expect(200);
        f.app.flush().await;
        let connection = f.tenant.path();
        let seen_by_operators = [
            f.app.api.get(&format!("{connection}/users")).await.expect(200),
            f.app.api.get(&format!("{connection}/requests")).await.expect(200),
            f.app.api.get("/v1/events?limit=500").await.expect(200),
        ];
        for reply in [&made, &put, &refused, &patched, &asked, &listed].into_iter().chain(&seen_by_operators) {
            let text = reply.body.to_string();
            assert!(!text.contains(secret), "{text}");
            assert!(reply.body.get("password").is_none());
        }
    }

    async fn groups_of_a_user_are_read_only_and_tell_how_it_is_in_them(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut body = person("okta");
        for groups in [json!([]), json!([{ "value": f.g2 }])] {
            body["groups"] = groups;
            let put = f.scim().put(&format!("/Users/{}", f.u3), body.clone()).await.expect(200);
            assert!(put.body.get("groups").is_none());
        }
        body["userName"] = json!("another");
        let made = f.scim().post("/Users", body).await.expect(201);
        assert!(made.body.get("groups").is_none());
        assert!(f.group(&f.g2).await.get("members").is_none());
        let added = json!([{ "op": "add", "path": "groups", "value": [{ "value": f.g2 }] }]);
        expect_error(&f.patch_user(&f.u3, added).await, 400, "mutability");

        let joined = json!([{ "op": "add", "path": "members", "value": [{ "value": f.u2 }] }]);
        let _ = f.patch_group(&f.g1, joined).await.expect(204);
        let group = f.user(&f.u2).await["groups"][0].clone();
        assert_eq!((&group["value"], &group["display"], &group["type"]), (&json!(f.g1), &json!("Tour Guides"), &json!("direct")));
        assert_eq!(group["$ref"], format!("{}/Groups/{}", f.scim().base(), f.g1));

        let nested = json!([{ "op": "add", "path": "members", "value": [{ "value": f.g1 }] }]);
        let _ = f.patch_group(&f.g2, nested).await.expect(204);
        let expected = [("Empty", "indirect"), ("Tour Guides", "direct")];
        assert_eq!(groups_of(&f, &f.u1).await, expected.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    }

    async fn a_group_has_a_name_and_need_not_have_members(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for body in [json!({ "schemas": [GROUP] }), json!({ "schemas": [GROUP], "displayName": "" })] {
            expect_error(&f.scim().post("/Groups", body).await, 400, "invalidValue");
        }
        let removed = f.patch_group(&f.g1, json!([{ "op": "remove", "path": "displayName" }])).await;
        expect_error(&removed, 400, "mutability");
        for members in [None, Some(json!([]))] {
            let mut body = json!({ "schemas": [GROUP], "displayName": "Nobody" });
            if let Some(members) = members {
                body["members"] = members;
            }
            let made = f.scim().post("/Groups", body).await.expect(201);
            assert!(made.body.get("members").is_none());
        }
    }

    async fn a_member_is_shown_whole_and_comes_or_goes_but_never_changes(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let base = f.scim().base();
        let before = f.group(&f.g1).await;
        assert_eq!(before["members"], json!([{
            "value": f.u1, "$ref": format!("{base}/Users/{}", f.u1), "type": "User", "display": "Babs Jensen",
        }]));
        let edit = json!([{ "op": "replace", "path": format!("members[value eq \"{}\"].value", f.u1), "value": f.u2 }]);
        expect_error(&f.patch_group(&f.g1, edit).await, 400, "mutability");
        assert_eq!(f.group(&f.g1).await, before);
        let named = f.scim().get(&format!("/Groups?{}", query(&[("filter", "members.display eq \"BABS Jensen\"")]))).await;
        expect_list(&named, 1);
    }

    async fn groups_may_hold_groups_but_never_themselves(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let outer = json!({ "schemas": [GROUP], "displayName": "Outer", "members": [{ "value": f.g1, "type": "Group" }] });
        let outer = f.scim().post("/Groups", outer).await.expect(201);
        let base = f.scim().base();
        assert_eq!(outer.body["members"], json!([{
            "value": f.g1, "$ref": format!("{base}/Groups/{}", f.g1), "type": "Group", "display": "Tour Guides",
        }]));
        let wrong = json!({ "schemas": [GROUP], "displayName": "Wrong", "members": [{ "value": f.g1, "type": "User" }] });
        expect_error(&f.scim().post("/Groups", wrong).await, 400, "invalidValue");
        let add = |member: &str| json!([{ "op": "add", "path": "members", "value": [{ "value": member }] }]);
        expect_error(&f.patch_group(&f.g1, add(&f.g1)).await, 400, "invalidValue");
        expect_error(&f.patch_group(&f.g1, add(&outer.text("/id"))).await, 400, "invalidValue");
        assert_eq!(f.group(&f.g1).await["members"].as_array().unwrap().len(), 1);
    }

    async fn group_names_are_unique_only_where_the_tenant_asks_for_it(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let group = |name: &str| json!({ "schemas": [GROUP], "displayName": name });
        let twin = create(f.scim(), "/Groups", group("empty")).await;
        f.choose(json!({ "unique_group_names": true })).await;
        expect_error(&f.scim().post("/Groups", group("EMPTY")).await, 409, "uniqueness");
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Tour guides" }]);
        expect_error(&f.patch_group(&f.g2, rename).await, 409, "uniqueness");
        let path = format!("/Groups/{}", f.g2);
        expect_error(&f.scim().put(&path, group("TOUR GUIDES")).await, 409, "uniqueness");
        // What shares its name already keeps it, in any case, and may leave it.
        let _ = f.scim().put(&path, group("EMPTY")).await.expect(200);
        let _ = f.scim().put(&format!("/Groups/{twin}"), group("Other")).await.expect(200);
        let _ = f.scim().put(&format!("/Groups/{twin}"), group("Third")).await.expect(200);

        let racing: Vec<_> = (0..8)
            .map(|number| {
                let scim = f.scim().clone();
                let body = group(if number % 2 == 0 { "Race" } else { "RACE" });
                tokio::spawn(async move { scim.post("/Groups", body).await.status })
            })
            .collect();
        let mut statuses = Vec::new();
        for request in racing {
            statuses.push(request.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    }

    async fn enterprise_attributes_stand_under_their_urn_with_a_manager_described(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert_eq!(f.user(&f.u1).await[ENTERPRISE]["department"], "Tour Operations");
        let mut body = person("report");
        body["schemas"] = json!([USER, ENTERPRISE]);
        body[ENTERPRISE] = json!({ "manager": { "value": f.u2, "displayName": "Somebody else" } });
        let made = f.scim().post("/Users", body.clone()).await.expect(201);
        assert_eq!(f.user(&made.text("/id")).await[ENTERPRISE]["manager"], json!({
            "value": f.u2, "$ref": format!("{}/Users/{}", f.scim().base(), f.u2), "displayName": "John Smith",
        }));

        body["userName"] = json!("early");
        body[ENTERPRISE] = json!({ "manager": { "value": "not-here-yet" } });
        let early = f.scim().post("/Users", body.clone()).await.expect(201);
        assert_eq!(early.body[ENTERPRISE]["manager"], json!({ "value": "not-here-yet" }));
        body["userName"] = json!("refused");
        for settings in [json!({ "unknown_references": "refuse" }), json!({ "profile": "strict", "unknown_references": "park" })] {
            f.choose(settings).await;
            let refused = f.scim().post("/Users", body.clone()).await;
            expect_error(&refused, 400, "invalidValue");
            assert!(refused.text("/detail").contains("not-here-yet"));
        }
    }

    async fn what_refers_to_a_deleted_user_goes_with_it(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let reports = json!([{ "op": "add", "path": format!("{ENTERPRISE}:manager"), "value": { "value": f.u1 } }]);
        let managed = f.patch_user(&f.u2, reports).await.expect(200);
        assert_eq!(managed.body[ENTERPRISE]["manager"]["displayName"], "Babs Jensen");
        let before = f.group(&f.g1).await;
        let _ = f.scim().delete(&format!("/Users/{}", f.u1)).await.expect(204);
        let (group, report) = (f.group(&f.g1).await, f.user(&f.u2).await);
        assert!(group.get("members").is_none());
        let modified = |group: &Value| group["meta"]["lastModified"].as_str().unwrap().to_owned();
        assert!(modified(&group) > modified(&before));
        assert_eq!((report.get(ENTERPRISE), &report["meta"]["version"]), (None, &json!("W/\"3\"")));
    }
}
