//! Writing a user in one statement does what the long way does, or nothing.

use rollcall_store::{ConnectionHandle, DirectoryQuery, FeedQuery, StoreError, User, UserKey};
use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, as_members, filter, group, resource, user};

/// What the events of a fixture tell, without ids and times.
async fn told(fixture: &Fixture) -> Vec<(String, Value)> {
    let query = FeedQuery {
        limit: 100,
        ..FeedQuery::default()
    };
    let events = fixture.store.read_feed(&query).await.unwrap().events;
    let users = events
        .into_iter()
        .filter(|event| event.kind.as_str().starts_with("user."));
    users
        .map(|event| {
            let mut data = event.data;
            data["user"].as_object_mut().unwrap().remove("id");
            (event.kind.as_str().to_owned(), data)
        })
        .collect()
}

/// Amy comes, changes her address, and is deactivated; both ways.
async fn a_life(fixture: &Fixture, ours: &ConnectionHandle, at_once: bool) -> User {
    let bodies = [
        json!({ "userName": "Amy", "externalId": "a1",
            "emails": [{ "value": "amy@example.com" }, { "value": "a@example.com" }] }),
        json!({ "userName": "Amy", "externalId": "a1", "emails": [{ "value": "Amy@new.example.com" }] }),
        json!({ "userName": "Amy", "externalId": "a1", "active": false,
            "emails": [{ "value": "Amy@new.example.com" }] }),
    ];
    let [first, rest @ ..] = bodies.map(resource);
    let request = fixture.request();
    if at_once {
        let mut amy = ours
            .insert_user_at_once(request, &first)
            .await
            .unwrap()
            .unwrap()
            .read()
            .unwrap();
        for after in rest {
            amy = ours
                .save_user_at_once(request, &amy, after)
                .await
                .unwrap()
                .unwrap()
                .read()
                .unwrap();
        }
        return amy;
    }
    let mut tx = ours.begin(request).await.unwrap();
    let mut amy = tx.insert_user(first).await.unwrap();
    tx.commit().await.unwrap();
    for after in rest {
        let mut tx = ours.begin(request).await.unwrap();
        let before = tx.lock_user(amy.id).await.unwrap().unwrap();
        amy = tx.save_user(before, after).await.unwrap();
        tx.commit().await.unwrap();
    }
    amy
}

async fn find(ours: &ConnectionHandle, text: &str) -> u64 {
    let query = DirectoryQuery {
        filter: Some(filter(text)),
        limit: 9,
        ..DirectoryQuery::default()
    };
    ours.search_users(&query).await.unwrap().total
}

on_each_database! {
    async fn both_ways_leave_the_same(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let (long, short) = (fixture.connection(&acme, 1).await, fixture.connection(&acme, 2).await);
        // SQLite does not go the short way; then there is nothing to compare it with.
        let short_way = short.writes_at_once();
        let amy = a_life(&fixture, &long, false).await;
        let expected = told(&fixture).await;
        let other = a_life(&fixture, &short, short_way).await;
        assert_eq!(told(&fixture).await, [expected.clone(), expected].concat());
        assert_eq!((amy.version, &amy.resource), (other.version, &other.resource));
        for (ours, amy) in [(&long, &amy), (&short, &other)] {
            assert_eq!(ours.find_user(amy.id).await.unwrap().as_ref(), Some(amy));
            assert_eq!(find(ours, "emails.value eq \"AMY@new.example.com\"").await, 1);
            assert_eq!(find(ours, "emails.value eq \"a@example.com\"").await, 0);
            assert_eq!(find(ours, "userName eq \"AMY\" and active eq false").await, 1);
            let everybody = DirectoryQuery { limit: 9, ..DirectoryQuery::default() };
            assert_eq!(ours.search_users(&everybody).await.unwrap().total, 1);
            let key = UserKey::UserName("AMY");
            let shown = ours.find_shown_user(key, true).await.unwrap().unwrap();
            assert_eq!(shown.user.read().unwrap(), *amy);
        }
    }

    async fn what_needs_more_than_one_statement_is_not_done(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap();
        tx.insert_group(group("Waiting"), &[rollcall_store::NamedMember::of("ext-1")]).await.unwrap();
        tx.commit().await.unwrap();
        let before = told(&fixture).await;

        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let many = [
            json!({ "userName": "AMY" }),
            json!({ "userName": "bob", "externalId": "ext-1" }),
            json!({ "userName": "bob", urn: { "manager": { "value": amy.id.to_scim() } } }),
        ];
        for body in many {
            let made = ours.insert_user_at_once(fixture.request(), &resource(body.clone())).await;
            assert_eq!(made.unwrap(), None, "{body}");
        }
        let request = fixture.request();
        let renamed = resource(json!({ "userName": "amy", "externalId": "ext-1" }));
        assert_eq!(ours.save_user_at_once(request, &amy, renamed).await.unwrap(), None);
        let mut stale = amy.clone();
        stale.version += 1;
        let changed = resource(json!({ "userName": "amy", "title": "Dr" }));
        assert_eq!(ours.save_user_at_once(request, &stale, changed).await.unwrap(), None);
        assert_eq!(told(&fixture).await, before, "nothing was written");
        // What does not change needs no statement, so it is done on every database.
        let same = ours.save_user_at_once(request, &stale, stale.resource.clone()).await.unwrap();
        assert_eq!(same.unwrap().read().unwrap(), stale);
    }

    async fn a_name_that_somebody_else_has_is_refused(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap();
        tx.insert_user(user("bob")).await.unwrap();
        tx.commit().await.unwrap();
        let saved = ours.save_user_at_once(fixture.request(), &amy, user("Bob")).await;
        if ours.writes_at_once() {
            assert!(matches!(saved, Err(StoreError::Conflict { attribute }) if attribute == "userName"));
        } else {
            assert_eq!(saved.unwrap(), None);
        }
    }

    async fn a_user_is_shown_with_its_groups_and_its_manager(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let theirs = fixture.connection(&acme, 2).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let boss = resource(json!({ "userName": "boss", "displayName": "The Boss" }));
        let boss = tx.insert_user(boss).await.unwrap();
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let body = json!({ "userName": "amy", urn: { "manager": { "value": boss.id.to_scim() } } });
        let amy = tx.insert_user(resource(body)).await.unwrap();
        let inner = tx.insert_group(group("Inner \"1\""), &as_members(&[amy.id])).await.unwrap();
        let nested = [rollcall_store::NamedMember::of(inner.group.id.to_scim())];
        let outer = tx.insert_group(group("Outer"), &nested).await.unwrap();
        tx.commit().await.unwrap();

        for key in [UserKey::Id(amy.id), UserKey::UserName("AMY")] {
            let shown = ours.find_shown_user(key, true).await.unwrap().unwrap();
            assert_eq!(shown.user.read().unwrap(), amy);
            let mut groups: Vec<_> = shown.groups.iter().map(|it| (it.id, it.display_name.as_str(), it.direct)).collect();
            assert!(groups.is_sorted_by_key(|(id, ..)| *id));
            groups.sort_unstable_by_key(|(.., direct)| !direct);
            assert_eq!(groups, [(inner.group.id, "Inner \"1\"", true), (outer.group.id, "Outer", false)]);
            let manager = shown.manager.unwrap();
            assert_eq!((manager.id, manager.display_name.as_deref()), (boss.id, Some("The Boss")));
            let alone = ours.find_shown_user(key, false).await.unwrap().unwrap();
            assert_eq!(alone.groups, []);
            assert_eq!(theirs.find_shown_user(key, true).await.unwrap(), None);
        }
        let of_boss = ours.find_shown_user(UserKey::Id(boss.id), true).await.unwrap().unwrap();
        assert_eq!((of_boss.groups, of_boss.manager), (Vec::new(), None));
    }
}
