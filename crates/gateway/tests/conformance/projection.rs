//! `attributes` and `excludedAttributes` (RFC 7644 §3.4.2.5, §3.9).

use std::collections::BTreeSet;

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{
    ENTERPRISE, Fixture, GROUP, PROBE, USER, bjensen, expect_error, expect_list, patch, query,
};

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// `U1` as a GET with these parameters shows it.
async fn u1(f: &Fixture, parameters: &[(&str, &str)]) -> Value {
    let path = format!("/Users/{}?{}", f.u1, query(parameters));
    f.scim().get(&path).await.expect(200).body
}

async fn only(f: &Fixture, names: &str) -> Value {
    u1(f, &[("attributes", names)]).await
}

async fn without(f: &Fixture, names: &str) -> Value {
    u1(f, &[("excludedAttributes", names)]).await
}

on_each_database! {
    async fn attributes_bring_the_always_set_and_what_is_named(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert_eq!(keys(&only(&f, "userName").await), ["id", "schemas", "userName"].into());
        let named = only(&f, "UserName, emails").await;
        assert_eq!(keys(&named), ["emails", "id", "schemas", "userName"].into());
        assert_eq!(named["emails"], f.user(&f.u1).await["emails"]);
        // A complex attribute comes with its parts, and one without a value does not come.
        assert_eq!(only(&f, "name").await["name"], json!({ "givenName": "Barbara", "familyName": "Jensen" }));
        let path = format!("/Users/{}?attributes=title", f.u3);
        let zoe = f.scim().get(&path).await.expect(200).body;
        assert_eq!(keys(&zoe), ["id", "schemas"].into());
    }

    async fn what_is_always_returned_comes_with_anything_and_what_is_returned_on_request_when_named(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let values = json!({ "alwaysRet": "a", "reqRet": "r", "exactStr": "e", "neverStr": "n" });
        let id = f.probe_user("probe", values).await;
        let shown = async |parameters: &[(&str, &str)]| {
            let path = format!("/Users/{id}?{}", query(parameters));
            f.scim().get(&path).await.expect(200).body
        };
        let named = shown(&[("attributes", "userName")]).await;
        assert_eq!(keys(&named), ["id", "schemas", "userName", PROBE].into());
        assert_eq!(named[PROBE], json!({ "alwaysRet": "a" }));
        for (parameter, names, expected) in [
            ("attributes", ":reqRet", json!({ "alwaysRet": "a", "reqRet": "r" })),
            ("attributes", ":neverStr", json!({ "alwaysRet": "a" })),
            ("attributes", "", json!({ "alwaysRet": "a", "exactStr": "e" })),
            ("excludedAttributes", ":exactStr", json!({ "alwaysRet": "a" })),
            ("excludedAttributes", ":alwaysRet", json!({ "alwaysRet": "a", "exactStr": "e" })),
        ] {
            let names = format!("{PROBE}{names}");
            assert_eq!(shown(&[(parameter, &names)]).await[PROBE], expected, "{parameter}={names}");
        }
    }

    async fn excluded_attributes_leave_out_what_is_named_and_no_more(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let whole = f.user(&f.u1).await;
        let less = without(&f, "id,emails, SCHEMAS").await;
        let mut expected = keys(&whole);
        expected.remove("emails");
        assert_eq!(keys(&less), expected);
        assert_eq!(less["id"], f.u1.as_str());
        assert_eq!(without(&f, "shoeSize").await, whole);
    }

    async fn both_parameters_at_once_are_refused_and_nothing_is_written(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let both = "attributes=userName&excludedAttributes=emails";
        let before = f.user(&f.u1).await;
        let item = format!("/Users/{}?{both}", f.u1);
        let mut new = bjensen();
        new["userName"] = json!("new");
        let title = patch(json!([{ "op": "remove", "path": "title" }]));
        let requests = [
            ("GET", item.clone(), None),
            ("GET", format!("/Users?{both}"), None),
            ("GET", format!("/Groups?{both}"), None),
            ("PUT", item.clone(), Some(new.clone())),
            ("PATCH", item, Some(title)),
            ("POST", format!("/Users?{both}"), Some(new)),
        ];
        for (method, path, body) in requests {
            expect_error(&f.scim().send(method, &path, body).await, 400, "invalidValue");
        }
        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": ["userName"], "excludedAttributes": ["emails"] });
        expect_error(&f.scim().post("/Users/.search", search).await, 400, "invalidValue");
        assert_eq!(f.user(&f.u1).await, before);
        expect_list(&f.scim().get("/Users").await, 3);
    }

    async fn parts_can_be_named(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert_eq!(only(&f, "name.givenName").await["name"], json!({ "givenName": "Barbara" }));
        let addresses = only(&f, "emails.value").await;
        assert_eq!(addresses["emails"], json!([{ "value": "bjensen@example.com" }, { "value": "babs@jensen.org" }]));
        assert_eq!(without(&f, "name.familyName").await["name"], json!({ "givenName": "Barbara" }));
        let untyped = without(&f, "emails.type,emails.primary").await;
        assert_eq!(untyped["emails"], addresses["emails"]);
    }

    async fn a_urn_may_stand_before_a_name_and_alone_means_the_extension(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let manager = json!([{ "op": "add", "path": format!("{ENTERPRISE}:manager"), "value": { "value": f.u2 } }]);
        let _ = f.patch_user(&f.u1, manager).await.expect(200);
        let whole = f.user(&f.u1).await;

        let number = only(&f, &format!("{ENTERPRISE}:employeeNumber")).await;
        assert_eq!(keys(&number), ["id", "schemas", ENTERPRISE].into());
        assert_eq!(number[ENTERPRISE], json!({ "employeeNumber": "701984" }));
        let name = only(&f, &format!("{USER}:userName")).await;
        assert_eq!(keys(&name), ["id", "schemas", "userName"].into());
        let nameless = without(&f, &format!("{ENTERPRISE}:manager.displayName,{USER}:name")).await;
        assert_eq!(nameless[ENTERPRISE]["manager"]["value"], f.u2.as_str());
        assert!(nameless[ENTERPRISE]["manager"].get("displayName").is_none());
        assert_eq!(nameless[ENTERPRISE]["department"], "Tour Operations");
        assert!(nameless.get("name").is_none());

        let extension = only(&f, ENTERPRISE).await;
        assert_eq!(keys(&extension), ["id", "schemas", ENTERPRISE].into());
        assert_eq!(extension[ENTERPRISE], whole[ENTERPRISE]);
        let base = without(&f, &ENTERPRISE.to_uppercase()).await;
        assert!(base.get(ENTERPRISE).is_none());
        assert_eq!(base["schemas"], json!([USER, ENTERPRISE]));
        assert_eq!(base["emails"], whole["emails"]);
    }

    async fn every_answer_with_a_resource_can_be_cut_down(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut new = bjensen();
        new["userName"] = json!("new");
        let search = |extra: Value| {
            let mut body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            body
        };
        let user = format!("/Users/{}", f.u1);
        let title = patch(json!([{ "op": "replace", "path": "title", "value": "Guide" }]));
        for (parameters, body, expected) in [
            ("attributes=userName", search(json!({ "attributes": ["userName"] })), BTreeSet::from(["id", "schemas", "userName"])),
            (
                "excludedAttributes=emails,meta,groups,name,externalId,active,title,userType,displayName",
                search(json!({ "excludedAttributes": ["emails", "meta", "groups", "name", "externalId", "active", "title", "userType", "displayName"] })),
                BTreeSet::from(["id", "schemas", "userName", ENTERPRISE]),
            ),
        ] {
            let made = f.scim().post(&format!("/Users?{parameters}"), new.clone()).await.expect(201);
            assert_eq!(keys(&made.body), expected);
            assert_eq!(f.scim().delete(&format!("/Users/{}", made.text("/id"))).await.status, 204);
            let one = format!("{user}?{parameters}");
            assert_eq!(keys(&f.scim().get(&one).await.expect(200).body), expected);
            assert_eq!(keys(&f.scim().put(&one, bjensen()).await.expect(200).body), expected);
            assert_eq!(keys(&f.scim().patch(&one, title.clone()).await.expect(200).body), expected);
            for path in ["/Users", ""] {
                let list = f.scim().get(&format!("{path}?{parameters}&filter=title%20pr")).await.expect(200);
                assert_eq!(keys(&list.body["Resources"][0]), expected, "{path}");
                let mut body = body.clone();
                body["filter"] = json!("title pr");
                let found = f.scim().post(&format!("{path}/.search"), body).await.expect(200);
                assert_eq!(found.body["Resources"], list.body["Resources"]);
            }
        }
        let guides = json!({ "schemas": [GROUP], "displayName": "Tour Guides", "members": [{ "value": f.u1 }] });
        let rename = patch(json!([{ "op": "replace", "path": "displayName", "value": "Guides" }]));
        let one = format!("/Groups/{}?attributes=displayName", f.g1);
        let named = BTreeSet::from(["displayName", "id", "schemas"]);
        let made = f.scim().post("/Groups?attributes=displayName", guides.clone()).await.expect(201);
        assert_eq!(keys(&made.body), named);
        assert_eq!(keys(&f.scim().put(&one, guides).await.expect(200).body), named);
        assert_eq!(keys(&f.scim().patch(&one, rename).await.expect(200).body), named);
        assert_eq!(keys(&f.scim().get(&one).await.expect(200).body), named);
    }

    async fn unknown_names_are_ignored_and_malformed_ones_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert_eq!(keys(&only(&f, "shoeSize").await), ["id", "schemas"].into());
        assert_eq!(keys(&only(&f, "shoeSize,userName,name.shoe,urn:x:y:z").await), ["id", "schemas", "userName"].into());
        for malformed in ["user name", "a.b.c", "emails[type eq \"work\"]"] {
            let path = format!("/Users/{}?{}", f.u1, query(&[("attributes", malformed)]));
            expect_error(&f.scim().get(&path).await, 400, "invalidValue");
        }
    }

    async fn schemas_and_id_stay_and_meta_comes_unless_it_is_left_out(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let whole = f.user(&f.u1).await;
        for (shown, has_meta) in [
            (only(&f, "title").await, false),
            (without(&f, "schemas,id").await, true),
            (without(&f, "meta").await, false),
        ] {
            assert_eq!((&shown["id"], &shown["schemas"]), (&whole["id"], &whole["schemas"]));
            assert_eq!(shown.get("meta").is_some(), has_meta, "{shown}");
        }
        let changed = only(&f, "meta.lastModified").await;
        assert_eq!(changed["meta"], json!({ "lastModified": whole["meta"]["lastModified"] }));
    }

    async fn a_group_can_be_read_without_its_members(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let excluded = ("excludedAttributes", "members");
        let one = f.scim().get(&format!("/Groups/{}?{}", f.g1, query(&[excluded]))).await.expect(200);
        let found = query(&[excluded, ("filter", "displayName eq \"Tour Guides\"")]);
        let list = f.scim().get(&format!("/Groups?{found}")).await;
        expect_list(&list, 1);
        assert_eq!(list.body["Resources"][0], one.body);
        assert_eq!(keys(&one.body), ["displayName", "id", "meta", "schemas"].into());
        assert!(keys(&f.group(&f.g1).await).contains("members"));
    }
}
