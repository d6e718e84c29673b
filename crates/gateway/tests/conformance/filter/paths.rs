//! What can be named in a filter.

use rollcall_testkit::on_each_database;
use serde_json::json;

use super::{expect_names, expect_refused};
use crate::fixture::{ENTERPRISE, Fixture, USER, expect_list, query};

on_each_database! {
    async fn a_urn_may_stand_before_a_name_in_any_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let manager = json!([{ "op": "add", "path": format!("{ENTERPRISE}:manager"), "value": { "value": f.u2 } }]);
        let _ = f.patch_user(&f.u1, manager).await.expect(200);
        let probes = [
            format!("{USER}:userName sw \"J\""),
            format!("{USER}:name.givenName eq \"Barbara\""),
            format!("{ENTERPRISE}:employeeNumber eq \"701984\""),
            format!("{ENTERPRISE}:manager.value eq \"{}\"", f.u2),
            format!("{}:userName eq \"bjensen\"", USER.to_uppercase()),
            format!("{}:DEPARTMENT sw \"tour\"", ENTERPRISE.to_uppercase()),
        ];
        assert_eq!(f.names_where(&probes[0]).await, f.names_where("userName sw \"J\"").await);
        assert_eq!(f.names_where(&probes[0]).await, ["jsmith"]);
        for probe in &probes[1..] {
            assert_eq!(f.names_where(probe).await, ["bjensen"], "{probe}");
        }
        let unknown = format!("{USER}:employeeNumber pr");
        expect_refused(&f, &[&unknown, "urn:x:y:userName pr", USER]).await;
    }

    async fn a_multi_valued_attribute_matches_when_any_value_does(database: TestDatabase) {
        let f = Fixture::start(database).await;
        expect_names(&f, &[
            ("emails.type eq \"home\"", &["bjensen"]),
            ("emails.type eq \"work\"", &["bjensen"]),
            ("emails.type eq \"other\"", &[]),
            ("emails.primary eq true", &["bjensen"]),
        ]).await;
    }

    async fn a_bare_multi_valued_attribute_is_its_value_and_another_complex_one_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for rest in ["co \"example.com\"", "eq \"babs@jensen.org\"", "ne \"babs@jensen.org\"", "pr"] {
            let (bare, whole) = (format!("emails {rest}"), format!("emails.value {rest}"));
            assert_eq!(f.names_where(&bare).await, f.names_where(&whole).await, "{rest}");
        }
        expect_names(&f, &[("emails co \"example.com\"", &["bjensen"])]).await;
        expect_refused(&f, &["name eq \"x\"", "name co \"Jensen\"", "meta sw \"2026\""]).await;
    }

    async fn schemas_can_be_filtered_on(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let extended = format!("schemas eq \"{ENTERPRISE}\"");
        assert_eq!(f.names_where(&extended).await, ["bjensen"]);
        assert_eq!(f.names_where(&format!("schemas eq \"{USER}\"")).await.len(), 3);
        expect_names(&f, &[("schemas eq \"urn:x:y\"", &[])]).await;
    }

    async fn id_external_id_and_meta_can_be_filtered_on(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let location = f.user(&f.u1).await["meta"]["location"].as_str().unwrap().to_owned();
        let probes = [
            format!("id eq \"{}\"", f.u1),
            "externalId eq \"E-701984\"".to_owned(),
            "meta.created lt \"2026-11-23T00:00:00Z\" and title pr".to_owned(),
            "meta.version pr and title pr".to_owned(),
            "meta.version eq \"W/\\\"1\\\"\" and title pr".to_owned(),
            "meta.resourceType eq \"User\" and title pr".to_owned(),
            "meta.location pr and title pr".to_owned(),
            format!("meta.location eq \"{location}\""),
            format!("meta.location ew \"/Users/{}\"", f.u1),
            format!("meta.location sw \"{}/Users/\" and title pr", f.scim().base()),
        ];
        for probe in probes {
            assert_eq!(f.names_where(&probe).await, ["bjensen"], "{probe}");
        }
        expect_names(&f, &[
            ("externalId eq \"e-701984\"", &[]),
            ("meta.created lt \"2026-11-21T00:00:00Z\"", &[]),
            ("meta.resourceType eq \"Group\"", &[]),
            ("meta.location eq \"https://elsewhere.example/Users/1\"", &[]),
        ]).await;
    }

    async fn membership_can_be_asked_for_from_both_sides(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let (u1, g1) = (&f.u1, &f.g1);
        let base = f.scim().base().to_owned();
        let groups = [
            (format!("id eq \"{g1}\" and members eq \"{u1}\""), 1),
            (format!("id eq \"{}\" and members eq \"{u1}\"", f.g2), 0),
            (format!("members.value eq \"{u1}\""), 1),
            (format!("members[value eq \"{u1}\"]"), 1),
            (format!("members[value eq \"{u1}\" and type eq \"User\"]"), 1),
            (format!("members.value eq \"{}\"", f.u2), 0),
            (format!("not (members.value eq \"{u1}\")"), 1),
            ("members.$ref pr".to_owned(), 1),
            ("members[$ref co \"Users\"]".to_owned(), 1),
            ("members[$ref co \"/Groups/\"]".to_owned(), 0),
            (format!("members.$ref eq \"{base}/Users/{u1}\""), 1),
            (format!("members.$ref eq \"{base}/Users/{}\"", f.u2), 0),
            (format!("members[$ref ew \"{u1}\" and value eq \"{u1}\"]"), 1),
            ("not (members pr)".to_owned(), 1),
        ];
        for (filter, total) in groups {
            let list = f.scim().get(&format!("/Groups?{}", query(&[("filter", &filter)]))).await;
            assert_eq!(list.body["totalResults"], total, "{filter}: {}", list.body);
            expect_list(&list, total);
        }
        let users = [
            format!("groups.value eq \"{g1}\""),
            "groups.display eq \"tour guides\"".to_owned(),
            "groups pr".to_owned(),
            "groups.$ref pr".to_owned(),
            format!("groups.$ref eq \"{base}/Groups/{g1}\""),
            format!("groups[$ref ew \"/Groups/{g1}\" and type eq \"direct\"]"),
        ];
        for filter in users {
            assert_eq!(f.names_where(&filter).await, ["bjensen"], "{filter}");
        }
    }
}
