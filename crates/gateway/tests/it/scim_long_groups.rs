//! Groups with more members than an answer holds in memory, and answers that are compressed.

use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use rollcall_model::{OrgRef, RequestId};
use rollcall_scim::{Catalog, Resource};
use rollcall_store::NamedMember;
use rollcall_testkit::{Client, Connection, Reply, TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};

/// More than are held in memory at once.
const MANY: usize = 1_100;

/// A group of many people and one group.
struct Long {
    _app: TestApp,
    acme: Connection,
    path: String,
    /// The ids of its members, in the order in which they are shown.
    members: Vec<String>,
}

/// Puts people and groups into a tenant through the store: what is tested is not how they got there.
async fn long_group(database: TestDatabase, limit: Duration) -> Long {
    let app = TestApp::start_with(database, |settings| {
        settings.limits.long_answer_timeout = limit;
    })
    .await;
    let acme = app.connect("Acme").await;
    let store = &app.state().store;
    let organization = OrgRef::Id(acme.organization.parse().unwrap());
    let organization = store.open_organization(&organization).await.unwrap();
    let organization = organization.unwrap();
    let connection = organization.open_connection(acme.id.parse().unwrap());
    let connection = connection.await.unwrap().unwrap();
    let catalog = Catalog::core();
    let mut tx = connection
        .begin(RequestId::new(app.clock.as_ref()))
        .await
        .unwrap();
    let mut members = Vec::new();
    for number in 0..MANY {
        let body = json!({ "userName": format!("person-{number}") });
        let person = Resource::parse(catalog.user(), body).unwrap().resource;
        members.push(tx.insert_user(person).await.unwrap().id.to_scim());
    }
    members.sort();
    let group = |name: &str| {
        let body = json!({ "displayName": name });
        Resource::parse(catalog.group(), body).unwrap().resource
    };
    let crew = tx.insert_group(group("Crew"), &[]).await.unwrap().group;
    members.push(crew.id.to_scim());
    let named: Vec<_> = members.iter().map(NamedMember::of).collect();
    let all = tx.insert_group(group("All"), &named).await.unwrap().group;
    tx.commit().await.unwrap();
    Long {
        _app: app,
        acme,
        path: format!("/Groups/{}", all.id.to_scim()),
        members,
    }
}

fn values(group: &Value) -> Vec<String> {
    let members = group["members"].as_array().unwrap().iter();
    members
        .map(|member| member["value"].as_str().unwrap().to_owned())
        .collect()
}

/// A GET whose client says that it takes gzip, and the body that it comes to.
async fn get_compressed(scim: &Client, path: &str) -> (Reply, String) {
    let answer = scim.request("GET", path).header("accept-encoding", "gzip");
    let answer = answer.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.bytes().await.unwrap();
    let mut text = String::new();
    if headers.contains_key("content-encoding") {
        GzDecoder::new(bytes.as_ref())
            .read_to_string(&mut text)
            .unwrap();
    } else {
        text = String::from_utf8(bytes.to_vec()).unwrap();
    }
    let body = serde_json::from_str(&text).unwrap();
    (
        Reply {
            status,
            headers,
            body,
        },
        text,
    )
}

on_each_database! {
    async fn a_long_group_is_written_as_a_short_one_is_shown(database: TestDatabase) {
        let long = long_group(database, Duration::from_secs(60)).await;
        let scim = &long.acme.scim;
        let read = scim.get(&long.path).await.expect(200);
        assert_eq!(values(&read.body), long.members);
        assert!(!read.headers.contains_key("content-length"), "it is not held in memory");
        assert_eq!(read.header("etag"), "W/\"1\"");
        assert_eq!(read.header("location"), read.text("/meta/location"));
        assert_eq!(read.header("content-location"), read.header("location"));
        assert_eq!(read.header("content-type"), "application/scim+json; charset=utf-8");
        let names: Vec<_> = read.body.as_object().unwrap().keys().collect();
        assert_eq!(names, ["schemas", "id", "displayName", "members", "meta"]);
        let base = long.acme.scim.base();
        let first = &long.members[0];
        let display = read.text("/members/0/display");
        assert!(display.starts_with("person-"));
        assert_eq!(read.body["members"][0], json!({
            "value": first, "$ref": format!("{base}/Users/{first}"), "type": "User", "display": display,
        }));
        assert_eq!(read.body["members"][MANY]["type"], "Group");
        assert_eq!(read.body["members"][MANY]["display"], "Crew");

        // A short one still tells its length.
        let crew = scim.get(&format!("/Groups/{}", long.members[MANY])).await.expect(200);
        assert!(crew.headers.contains_key("content-length"));
    }

    async fn a_projection_holds_for_each_member_of_a_long_group(database: TestDatabase) {
        let long = long_group(database, Duration::from_secs(60)).await;
        let scim = &long.acme.scim;
        let read = scim.get(&format!("{}?attributes=members.value", long.path)).await.expect(200);
        assert_eq!(values(&read.body), long.members);
        let names: Vec<_> = read.body.as_object().unwrap().keys().collect();
        assert_eq!(names, ["schemas", "id", "members"]);
        for member in read.body["members"].as_array().unwrap() {
            assert_eq!(member.as_object().unwrap().len(), 1, "{member}");
        }
        let without = scim.get(&format!("{}?excludedAttributes=members", long.path)).await.expect(200);
        assert_eq!(without.body.get("members"), None);
        assert!(without.headers.contains_key("content-length"));
    }

    async fn a_list_with_a_long_group_shows_it_as_a_get_does(database: TestDatabase) {
        let long = long_group(database, Duration::from_secs(60)).await;
        let scim = &long.acme.scim;
        let crew = format!("/Groups/{}", long.members[MANY]);
        let each = [scim.get(&crew).await.expect(200).body, scim.get(&long.path).await.expect(200).body];
        assert_eq!(each[0].get("members"), None);
        for path in ["/Groups", "/Groups?cursor=&count=5", "/?filter=displayName%20pr"] {
            let list = scim.get(path).await.expect(200);
            assert!(!list.headers.contains_key("content-length"), "{path}");
            assert_eq!(list.body["totalResults"], 2);
            assert_eq!(list.body["itemsPerPage"], 2);
            assert_eq!(list.body.get("nextCursor"), None);
            let mut shown = list.body["Resources"].as_array().unwrap().clone();
            shown.sort_by_key(|group| group["displayName"] == "All");
            assert_eq!(shown, each, "{path}");
        }
        let some = scim.get("/Groups?attributes=members.type&count=2").await.expect(200);
        let shown = some.body["Resources"].as_array().unwrap();
        let members: Vec<_> = shown.iter().filter_map(|group| group["members"].as_array()).collect();
        assert_eq!(members.len(), 1);
        assert_eq!(members[0].len(), MANY + 1);
        assert_eq!(members[0][0], json!({ "type": "User" }));
        let first = scim.get("/Groups?cursor=&count=1").await.expect(200);
        assert_eq!(first.body["itemsPerPage"], 1);
        assert!(first.body["nextCursor"].is_string());
    }

    async fn the_head_of_a_long_group_needs_no_member(database: TestDatabase) {
        let long = long_group(database, Duration::from_secs(60)).await;
        let scim = &long.acme.scim;
        let head = scim.send("HEAD", &long.path, None).await.expect(200);
        assert_eq!(head.header("etag"), "W/\"1\"");
        assert_eq!(head.body, Value::Null);
        let same = scim.request("GET", &long.path).header("if-none-match", "W/\"1\"");
        let same = Client::read(same).await.expect(304);
        assert_eq!(same.header("etag"), "W/\"1\"");
        assert_eq!(same.body, Value::Null);
        let stale = scim.request("GET", &long.path).header("if-match", "W/\"7\"");
        let _ = Client::read(stale).await.expect(412);
    }

    async fn a_client_that_takes_too_long_gets_no_end_and_holds_nothing(database: TestDatabase) {
        let long = long_group(database, Duration::ZERO).await;
        // More often than there are connections.
        for _ in 0..12 {
            let answer = long.acme.scim.request("GET", &long.path).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 200);
            assert!(answer.text().await.is_err());
        }
        let _ = long.acme.scim.get("/Users?count=1").await.expect(200);
    }

    async fn a_long_answer_is_compressed_for_those_who_take_it(database: TestDatabase) {
        let long = long_group(database, Duration::from_secs(60)).await;
        let scim = &long.acme.scim;
        for path in [long.path.as_str(), "/Users?count=1000", "/Groups"] {
            let plain = scim.get(path).await.expect(200);
            assert_eq!(plain.header("content-encoding"), "");
            assert_eq!(plain.header("vary"), "accept-encoding", "{path}");
            let (compressed, _) = get_compressed(scim, path).await;
            assert_eq!(compressed.header("content-encoding"), "gzip", "{path}");
            assert_eq!(compressed.header("vary"), "accept-encoding");
            assert_eq!(compressed.body, plain.body);
            assert_eq!(compressed.header("etag"), plain.header("etag"));
        }
        let (short, _) = get_compressed(scim, "/Users?count=1").await;
        assert_eq!(short.header("content-encoding"), "");
        let head = scim.request("HEAD", "/Users?count=1000").header("accept-encoding", "gzip");
        let head = head.send().await.unwrap();
        assert_eq!(head.headers()["content-encoding"], "gzip");
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[test]
fn an_answer_to_a_creation_is_never_compressed() {
    rollcall_testkit::block_on(async {
        let app = TestApp::start_with(TestDatabase::sqlite().await, |settings| {
            settings.limits.compress_from_bytes = 1;
        })
        .await;
        let acme = app.connect("Acme").await;
        let read = app
            .api
            .request("GET", &acme.path())
            .header("accept-encoding", "gzip");
        assert_eq!(Client::read(read).await.header("content-encoding"), "gzip");
        let tokens = format!("{}/tokens", acme.path());
        let created = app
            .api
            .request("POST", &tokens)
            .header("accept-encoding", "gzip");
        let created = created.header("content-type", "application/json");
        let created = Client::read(created.body(json!({ "name": "second" }).to_string())).await;
        let created = created.expect(201);
        assert_eq!(created.header("content-encoding"), "");
        assert!(created.text("/secret").starts_with("rc_"));
    });
}
