//! Snapshots by themselves: long ones, those that are cut, compressed ones, and bound keys.

use std::time::Duration;

use flate2::read::GzDecoder;
use rollcall_model::{OrgRef, RequestId};
use rollcall_scim::{Catalog, Resource};
use rollcall_store::NamedMember;
use rollcall_testkit::{Connection, TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};

use super::consumer::Copy;

/// More than are read at once, of users as of memberships.
const MANY: usize = 1_300;

/// Puts people and groups into a tenant through the store: what is tested is not how they got there.
async fn long(database: TestDatabase, limit: Duration) -> (TestApp, Connection) {
    let app = TestApp::start_with(database, |settings| {
        settings.limits.snapshot_timeout = limit;
    })
    .await;
    let acme = app.connect("Acme").await;
    let store = &app.state().store;
    let organization = OrgRef::Id(acme.organization.parse().unwrap());
    let organization = store.open_organization(&organization).await.unwrap();
    let organization = organization.unwrap();
    let connection = organization.open_connection(acme.id.parse().unwrap());
    let connection = connection.await.unwrap().unwrap();
    let request = RequestId::new(app.clock.as_ref());
    let mut tx = connection.begin(request).await.unwrap();
    let catalog = Catalog::core();
    let mut members = Vec::new();
    for number in 0..MANY {
        let body = json!({ "userName": format!("person-{number}") });
        let person = Resource::parse(catalog.user(), body).unwrap().resource;
        let id = tx.insert_user(person).await.unwrap().id.to_scim();
        members.push(NamedMember::of(&id));
    }
    for name in ["All", "All again"] {
        let body = json!({ "displayName": name });
        let group = Resource::parse(catalog.group(), body).unwrap().resource;
        tx.insert_group(group, &members).await.unwrap();
    }
    tx.commit().await.unwrap();
    (app, acme)
}

on_each_database! {
    async fn a_long_snapshot_holds_everybody_once(database: TestDatabase) {
        let (app, acme) = long(database, Duration::from_mins(1)).await;
        let copy = Copy::begin(&app.api, &acme.slug).await;
        assert_eq!(copy.users.len(), MANY);
        for group in copy.groups.values() {
            assert!(group.users.iter().eq(copy.users.keys()));
        }
    }

    async fn a_snapshot_is_compressed_for_those_who_take_it(database: TestDatabase) {
        let (app, acme) = long(database, Duration::from_mins(1)).await;
        let path = format!("/v1/organizations/{}/snapshot", acme.slug);
        let request = app.api.request("GET", &path).header("accept-encoding", "gzip");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        let body = answer.bytes().await.unwrap();
        let text = std::io::read_to_string(GzDecoder::new(&body[..])).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last, json!({ "type": "end", "users": MANY, "groups": 2 }));
    }

    async fn a_snapshot_that_takes_too_long_has_no_end(database: TestDatabase) {
        let (app, acme) = long(database, Duration::from_millis(1)).await;
        let path = format!("/v1/organizations/{}/snapshot", acme.slug);
        let answer = app.api.request("GET", &path).send().await;
        // It may be broken off before or after its first line.
        let read = match answer {
            Ok(answer) => answer.text().await,
            Err(error) => Err(error),
        };
        assert!(read.is_err(), "{read:?}");
    }

    async fn snapshots_let_go_of_their_connections(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/snapshot", acme.slug);
        // More than there are places for, each left after its head.
        for _ in 0..30 {
            let answer = app.api.request("GET", &path).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            drop(answer);
        }
        let copy = Copy::begin(&app.api, &acme.slug).await;
        assert!(copy.users.is_empty());
    }

    async fn an_organization_that_is_gone_has_no_snapshot(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}?confirm={}", acme.slug, acme.slug);
        let _ = app.api.delete(&path).await.expect(204);
        let path = format!("/v1/organizations/{}/snapshot", acme.slug);
        let _ = app.api.get(&path).await.expect(404);
    }
}
