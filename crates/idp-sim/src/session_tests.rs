//! Whole conversations with a server that follows a script.

use serde_json::{Value, json};

use crate::change::Change;
use crate::directory::{Directory, Group, Person};
use crate::error::SimulationError;
use crate::providers::IdpKind;
use crate::report::Report;
use crate::scripted_server::{Reply, ScriptedServer};
use crate::session::Session;
use crate::target::Options;

fn empty() -> Reply {
    Reply::json(200, json!({ "totalResults": 0, "Resources": [] }))
}

fn found(resource: &Value) -> Reply {
    Reply::json(200, json!({ "totalResults": 1, "Resources": [resource] }))
}

fn done() -> Reply {
    Reply::Answer(204, "", String::new())
}

fn options() -> Options<'static> {
    Options {
        concurrency: std::num::NonZeroUsize::MIN,
        ..Options::default()
    }
}

fn company() -> Directory {
    Directory {
        users: vec![
            Person {
                employee_number: Some("1".to_owned()),
                ..Person::new("ada@x.example")
            },
            Person {
                manager: Some("ada@x.example".to_owned()),
                employee_number: Some("2".to_owned()),
                ..Person::new("bo@x.example")
            },
        ],
        groups: vec![Group {
            name: "Ops".to_owned(),
            members: vec!["ada@x.example".to_owned(), "bo@x.example".to_owned()],
        }],
    }
}

/// What an endpoint keeps of a person.
fn stored(kind: IdpKind, index: usize) -> Value {
    let person = &company().users[index];
    let mut user = kind.provider().create_user(person).body.unwrap();
    user["id"] = json!(format!("u{index}"));
    if person.manager.is_some() {
        user[crate::attribute::ENTERPRISE_USER]["manager"] = json!({ "value": "u0" });
    }
    user
}

async fn sync(kind: IdpKind, replies: Vec<Reply>) -> (Report, String) {
    let script = [empty(), empty()].into_iter().chain(replies).collect();
    let server = ScriptedServer::start(script).await;
    let session = Session::connect(&server.target, kind, options())
        .await
        .unwrap();
    let report = session.sync(&company()).await;
    (report, server.asked().await)
}

async fn change(kind: IdpKind, replies: Vec<Reply>, change: Change) -> (Report, String) {
    let script = [empty(), empty()].into_iter().chain(replies).collect();
    let server = ScriptedServer::start(script).await;
    let session = Session::connect(&server.target, kind, options())
        .await
        .unwrap();
    let report = session.change(change).await.unwrap();
    (report, server.asked().await)
}

fn counts(report: &Report) -> [u64; 4] {
    [
        report.created,
        report.updated,
        report.unchanged,
        report.deleted,
    ]
}

#[tokio::test]
async fn entra_fills_an_empty_endpoint_people_then_managers_then_groups() {
    let created = |id| Reply::json(201, json!({ "id": id }));
    let replies = vec![
        empty(),
        created("u0"),
        empty(),
        created("u1"),
        done(),
        empty(),
        created("g0"),
        done(),
    ];

    let (report, asked) = sync(IdpKind::Entra, replies).await;

    assert_eq!((counts(&report), report.failed), ([3, 0, 0, 0], vec![]));
    let asked: Vec<&str> = asked.lines().skip(3).map(first_words).collect();
    insta::assert_snapshot!(asked.join("\n"), @"
        POST /scim/v2/Users
        GET /scim/v2/Users?filter=userName+eq+%22bo%40x.example%22
        POST /scim/v2/Users
        PATCH /scim/v2/Users/u1
        GET /scim/v2/Groups?excludedAttributes=members&filter=displayName+eq+%22Ops%22
        POST /scim/v2/Groups
        PATCH /scim/v2/Groups/g0
        ");
}

/// Method and path; the bodies are in the tests of the provider.
fn first_words(line: &str) -> &str {
    line.split(" {").next().unwrap_or(line)
}

#[tokio::test]
async fn a_second_run_over_an_unchanged_directory_only_reads() {
    for kind in IdpKind::ALL {
        let group = json!({ "id": "g0", "displayName": "Ops",
                            "members": [{ "value": "u0" }, { "value": "u1" }] });
        let replies = vec![
            found(&stored(kind, 0)),
            found(&stored(kind, 1)),
            found(&group),
            Reply::json(200, group.clone()),
        ];

        let (report, _) = sync(kind, replies).await;

        assert_eq!(
            (counts(&report), report.writes()),
            ([0, 0, 3, 0], 0),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_looked_up_and_not_repeated() {
    let kind = IdpKind::Okta;
    let group = json!({ "id": "g0", "displayName": "Ops",
                        "members": [{ "value": "u0" }, { "value": "u1" }] });
    let replies = vec![
        empty(),
        Reply::HangUp,
        found(&stored(kind, 0)),
        found(&stored(kind, 1)),
        found(&group),
        Reply::json(200, group.clone()),
    ];

    let (report, asked) = sync(kind, replies).await;

    assert_eq!(counts(&report), [1, 0, 2, 0]);
    assert_eq!(asked.matches("POST").count(), 1);
}

#[tokio::test]
async fn a_refused_person_is_reported_and_neither_added_nor_removed() {
    let kind = IdpKind::Okta;
    let group = json!({ "id": "g0", "displayName": "Ops", "members": [{ "value": "u0" }] });
    let refusal = json!({ "status": "400", "detail": "no seats left" });
    let replies = vec![
        empty(),
        Reply::json(400, refusal),
        found(&stored(kind, 1)),
        found(&group),
        Reply::json(200, group.clone()),
        done(),
    ];

    let (report, asked) = sync(kind, replies).await;

    insta::assert_snapshot!(report.failed[0], @"POST /Users for ada@x.example: 400: no seats left");
    insta::assert_snapshot!(asked.lines().last().unwrap(), @r#"PATCH /scim/v2/Groups/g0 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"u1","display":"bo@x.example"}]}]}"#);
}

#[tokio::test]
async fn only_entra_creates_somebody_who_may_not_sign_in() {
    let leaver = Directory {
        users: vec![Person {
            active: false,
            ..Person::new("cy@x.example")
        }],
        groups: vec![],
    };
    for (kind, created) in [(IdpKind::Okta, 0), (IdpKind::Entra, 1)] {
        let mut script = vec![empty(), empty(), empty()];
        script.extend((0..created).map(|_| Reply::json(201, json!({ "id": "u2" }))));
        let server = ScriptedServer::start(script).await;
        let session = Session::connect(&server.target, kind, options())
            .await
            .unwrap();

        let report = session.sync(&leaver).await;

        assert_eq!((report.created, report.failed), (created, vec![]), "{kind}");
    }
}

#[tokio::test]
async fn entra_matches_again_when_a_create_conflicts() {
    let kind = IdpKind::Entra;
    let group = json!({ "id": "g0", "displayName": "Ops",
                        "members": [{ "value": "u0" }, { "value": "u1" }] });
    let replies = vec![
        empty(),
        Reply::json(409, json!({ "detail": "taken" })),
        found(&stored(kind, 0)),
        found(&stored(kind, 1)),
        found(&group),
        Reply::json(200, group.clone()),
    ];

    let (report, _) = sync(kind, replies).await;

    assert_eq!((counts(&report), report.failed), ([0, 0, 3, 0], vec![]));
}

#[tokio::test]
async fn okta_reads_a_person_before_it_takes_the_access_away() {
    let kind = IdpKind::Okta;
    let ada = stored(kind, 0);
    let replies = vec![found(&ada), Reply::json(200, ada.clone()), done()];

    let (report, asked) = change(kind, replies, Change::deactivate_user("ada@x.example")).await;

    assert_eq!(counts(&report), [0, 1, 0, 0]);
    let asked: Vec<&str> = asked.lines().skip(2).collect();
    insta::assert_snapshot!(asked.join("\n"), @r#"
        GET /scim/v2/Users?filter=userName%20eq%20%22ada%40x.example%22&startIndex=1&count=100
        GET /scim/v2/Users/u0
        PATCH /scim/v2/Users/u0 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}
        "#);
}

#[tokio::test]
async fn entra_moves_a_person_by_two_patches() {
    let kind = IdpKind::Entra;
    let replies = vec![
        found(&stored(kind, 0)),
        found(&json!({ "id": "g0", "displayName": "Ops" })),
        found(&json!({ "id": "g1", "displayName": "Leads" })),
        done(),
        done(),
    ];

    let (_, asked) = change(
        kind,
        replies,
        Change::move_user("ada@x.example", "Ops", "Leads"),
    )
    .await;

    let asked: Vec<&str> = asked.lines().skip(2).collect();
    insta::assert_snapshot!(asked.join("\n"), @r#"
        GET /scim/v2/Users?filter=userName+eq+%22ada%40x.example%22
        GET /scim/v2/Groups?excludedAttributes=members&filter=displayName+eq+%22Ops%22
        GET /scim/v2/Groups?excludedAttributes=members&filter=displayName+eq+%22Leads%22
        PATCH /scim/v2/Groups/g0 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Remove","path":"members","value":[{"value":"u0"}]}]}
        PATCH /scim/v2/Groups/g1 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"members","value":[{"$ref":null,"value":"u0"}]}]}
        "#);
}

#[tokio::test]
async fn entra_writes_a_new_name_path_by_path() {
    let kind = IdpKind::Entra;
    let replies = vec![found(&stored(kind, 0)), done()];

    let (_, asked) = change(
        kind,
        replies,
        Change::rename_user("ada@x.example", "Ada", "King"),
    )
    .await;

    insta::assert_snapshot!(asked.lines().last().unwrap(), @r#"PATCH /scim/v2/Users/u0 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"name.givenName","value":"Ada"},{"op":"Add","path":"name.familyName","value":"King"},{"op":"Replace","path":"displayName","value":"Ada King"}]}"#);
}

#[tokio::test]
async fn a_test_that_finds_somebody_fails_the_connection() {
    let server = ScriptedServer::start(vec![found(&json!({ "id": "u9" }))]).await;

    let error = Session::connect(&server.target, IdpKind::Entra, options())
        .await
        .err()
        .unwrap();

    assert!(matches!(error, SimulationError::ConnectionTest(_)));
    insta::assert_snapshot!(error, @"the connection test failed: GET /Users: nobody can have the name asked for, and yet the look-up found somebody");
}

#[tokio::test]
async fn an_import_reads_until_the_last_page() {
    let page = |from: u32, to: u32| {
        let users: Vec<Value> = (from..to).map(|n| json!({ "id": n.to_string() })).collect();
        Reply::json(200, json!({ "totalResults": 150, "Resources": users }))
    };
    let script = vec![empty(), empty(), page(0, 100), page(100, 150), empty()];
    let server = ScriptedServer::start(script).await;
    let session = Session::connect(&server.target, IdpKind::Okta, options())
        .await
        .unwrap();

    let imported = session.import().await.unwrap();

    assert_eq!((imported.users.len(), imported.groups.len()), (150, 0));
    let asked = server.asked().await;
    insta::assert_snapshot!(asked.lines().skip(2).collect::<Vec<_>>().join("\n"), @"
        GET /scim/v2/Users?startIndex=1&count=100
        GET /scim/v2/Users?startIndex=101&count=100
        GET /scim/v2/Groups?startIndex=1&count=100
        ");
}

#[test]
fn a_session_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}

    let target = crate::target::Target::new("http://127.0.0.1:1/scim", "t");
    let directory = Directory::default();
    is_send(&crate::simulation::run(
        &target,
        IdpKind::Okta,
        &directory,
        Options::default(),
    ));
}
