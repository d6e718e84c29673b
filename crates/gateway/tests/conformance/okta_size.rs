//! A directory of a size that Okta asks about: lists come at once, and a membership that is
//! replaced is written as its difference (RFC 7644 §3.5.2.3).

use std::time::{Duration, Instant};

use rollcall_model::{OrgRef, RequestId};
use rollcall_scim::{Catalog, Resource};
use rollcall_store::NamedMember;
use rollcall_testkit::{TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{Fixture, expect_list};
use crate::patch_probe::op;

/// How many there are of everything. A tenth on PostgreSQL, where each row that is put in is a
/// journey to the server and back; what is looked at is the same.
fn many(database: &TestDatabase) -> usize {
    if database.url().starts_with("sqlite") {
        10_000
    } else {
        1_000
    }
}

/// Puts people, groups, and a group of all of them but the last into the tenant. Through the
/// store: what is tested is not how they got there. Gives the ids of the people, in the order in
/// which members are shown, and the id of the group.
async fn fill(f: &Fixture, many: usize) -> (Vec<String>, String) {
    let store = &f.app.state().store;
    let organization = OrgRef::Id(f.tenant.organization.parse().unwrap());
    let organization = store
        .open_organization(&organization)
        .await
        .unwrap()
        .unwrap();
    let connection = f.tenant.id.parse().unwrap();
    let connection = organization
        .open_connection(connection)
        .await
        .unwrap()
        .unwrap();
    let catalog = Catalog::core();
    let mut tx = connection
        .begin(RequestId::new(f.app.clock.as_ref()))
        .await
        .unwrap();
    let mut people = Vec::with_capacity(many);
    for number in 0..many {
        let body = json!({ "userName": format!("person-{number}") });
        let person = Resource::parse(catalog.user(), body).unwrap().resource;
        people.push(tx.insert_user(person).await.unwrap().id);
        let body = json!({ "displayName": format!("Crew {number}") });
        let crew = Resource::parse(catalog.group(), body).unwrap().resource;
        tx.insert_group(crew, &[]).await.unwrap();
    }
    people.sort();
    let body = json!({ "displayName": "Everybody" });
    let everybody = Resource::parse(catalog.group(), body).unwrap().resource;
    let members = people[..many - 1].iter().map(|id| id.to_scim());
    let members: Vec<_> = members.map(NamedMember::of).collect();
    let group = tx.insert_group(everybody, &members).await.unwrap().group;
    tx.commit().await.unwrap();
    let people = people.iter().map(|id| id.to_scim()).collect();
    (people, group.id.to_scim())
}

on_each_database! {
    async fn a_large_directory_is_listed_at_once_and_a_membership_replaced_by_its_difference(database: TestDatabase) {
        let many = many(&database);
        let f = Fixture::start(database).await;
        let (people, group) = fill(&f, many).await;

        // The quickest of a few, since tests share the machine with others.
        let mut quickest = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            let groups = f.scim().get("/Groups").await;
            quickest = quickest.min(begun.elapsed());
            expect_list(&groups, u64::try_from(many).unwrap() + 3);
        }
        assert!(quickest < Duration::from_millis(600), "{quickest:?}");
        let begun = Instant::now();
        let matching = (0..many).filter(|number| number.to_string().starts_with("99"));
        let matching = u64::try_from(matching.count()).unwrap();
        expect_list(&f.users_where("userName co \"PERSON-99\"").await, matching);
        assert!(begun.elapsed() < Duration::from_secs(60));

        let members: Value = people[1..].iter().map(|id| json!({ "value": id })).collect();
        let begun = Instant::now();
        let _ = f.patch_group(&group, op("replace", "members", members)).await.expect(204);
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert_eq!(f.member_ids(&group).await, &people[1..]);
        let shown = f.scim().get(&format!("/Groups/{group}?attributes=meta")).await.expect(200);
        assert_eq!(shown.body["meta"]["version"], "W/\"2\"");
        let path = format!(
            "/v1/events?organization={}&types=group.member_added,group.member_removed",
            f.tenant.organization,
        );
        let events = f.app.api.get(&path).await.expect(200).body["data"].clone();
        let told: Vec<(&Value, &Value)> = events.as_array().unwrap().iter()
            .filter(|event| event["data"]["group"]["id"] == group.as_str())
            .map(|event| (&event["type"], &event["data"]["user"]["id"]))
            .collect();
        let (left, joined) = (json!(people[0]), json!(people[many - 1]));
        let expected = [(&json!("group.member_removed"), &left), (&json!("group.member_added"), &joined)];
        assert_eq!(told, expected);
    }
}
