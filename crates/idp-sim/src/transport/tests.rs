use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::{RetryPolicy, SendError, Transport};
use crate::error::Failure;
use crate::journal::Acknowledged;
use crate::operation::Operation;
use crate::providers::IdpKind;
use crate::report::Tally;
use crate::request::RequestShape;
use crate::scripted_server::{Reply, ScriptedServer};
use crate::target::{Options, Target};

fn impatient() -> Options<'static> {
    let retry = RetryPolicy {
        first_backoff: Duration::ZERO,
        ..RetryPolicy::default()
    };
    Options {
        retry,
        ..Options::default()
    }
}

fn look_up() -> RequestShape {
    IdpKind::Entra.provider().find_user("ada@x.example")
}

fn create() -> RequestShape {
    IdpKind::Entra.provider().create_group("Ops")
}

fn busy() -> Reply {
    Reply::Answer(503, "Retry-After: 0\r\n", String::new())
}

async fn send(
    replies: Vec<Reply>,
    shape: &RequestShape,
    options: Options<'_>,
) -> (Result<u16, SendError>, u64, String) {
    let server = ScriptedServer::start(replies).await;
    let transport = Transport::new(&server.target, options).unwrap();
    let tally = Tally::default();
    let sent = transport
        .send(shape, &tally)
        .await
        .map(|answer| answer.status);
    (sent, tally.into_report().requests, server.asked().await)
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    let slow_down = Reply::Answer(429, "Retry-After: 0\r\n", String::new());
    let replies = vec![
        busy(),
        slow_down,
        Reply::json(200, json!({ "totalResults": 0 })),
    ];

    let (sent, requests, _) = send(replies, &look_up(), impatient()).await;

    assert_eq!((sent.unwrap(), requests), (200, 3));
}

#[tokio::test]
async fn a_create_that_a_busy_server_may_have_carried_out_is_not_sent_again() {
    let (sent, requests, _) = send(vec![busy()], &create(), impatient()).await;

    assert!(matches!(sent, Err(SendError::Lost(_))));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up_after_five_tries() {
    let replies = (0..5).map(|_| busy()).collect();

    let (sent, requests, _) = send(replies, &look_up(), impatient()).await;

    assert_eq!(requests, 5);
    insta::assert_snapshot!(Failure::from(sent.unwrap_err()), @"GET /Users for ada@x.example: 503: no body");
}

#[tokio::test]
async fn a_read_whose_answer_is_lost_is_sent_again() {
    let replies = vec![
        Reply::HangUp,
        Reply::json(200, json!({ "totalResults": 0 })),
    ];

    let (sent, requests, _) = send(replies, &look_up(), impatient()).await;

    assert_eq!((sent.unwrap(), requests), (200, 2));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_sent_again() {
    let (sent, requests, _) = send(vec![Reply::HangUp], &create(), impatient()).await;

    assert!(matches!(sent, Err(SendError::Lost(_))));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_refusal_is_reported_in_the_words_of_the_server() {
    let body = json!({ "status": "409", "detail": "userName is taken" });

    let (sent, ..) = send(vec![Reply::json(409, body)], &create(), impatient()).await;

    insta::assert_snapshot!(Failure::from(sent.unwrap_err()), @"POST /Groups for Ops: 409: userName is taken");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_a_failure() {
    let options = Options {
        max_answer_bytes: 10,
        ..impatient()
    };
    let reply = Reply::json(200, json!({ "totalResults": 0, "Resources": [] }));

    let (sent, ..) = send(vec![reply], &look_up(), options).await;

    insta::assert_snapshot!(Failure::from(sent.unwrap_err()), @"GET /Users for ada@x.example: 200: the answer is longer than 10 bytes");
}

#[tokio::test]
async fn an_acknowledged_write_is_in_the_journal_and_a_read_is_not() {
    let written = Mutex::new(Vec::new());
    let journal = |write: Acknowledged| written.lock().unwrap().push(write);
    let options = Options {
        journal: Some(&journal),
        ..impatient()
    };
    let made = json!({ "id": "g1", "meta": { "version": "W/\"1\"" } });

    send(vec![Reply::json(201, made)], &create(), options)
        .await
        .0
        .unwrap();
    send(
        vec![Reply::json(200, json!({ "id": "u1" }))],
        &look_up(),
        options,
    )
    .await
    .0
    .unwrap();
    let delete = IdpKind::Entra.provider().delete_user("u1", "ada").unwrap();
    send(
        vec![Reply::Answer(204, "", String::new())],
        &delete,
        options,
    )
    .await
    .0
    .unwrap();

    let written: Vec<String> = written
        .into_inner()
        .unwrap()
        .into_iter()
        .map(|w| {
            format!(
                "{} {} {:?} {:?} {}",
                w.method, w.path, w.id, w.etag, w.status
            )
        })
        .collect();
    insta::assert_snapshot!(written.join("\n"), @r#"
        POST /Groups Some("g1") Some("W/\"1\"") 201
        DELETE /Users/u1 Some("u1") None 204
        "#);
}

#[test]
fn a_query_of_the_base_url_is_repeated_on_every_request() {
    let target = Target::new("https://x.example/scim/?aadOptscim062020", "t");
    let transport = Transport::new(&target, Options::default()).unwrap();

    insta::assert_snapshot!(transport.url("/Users/u1"), @"https://x.example/scim/Users/u1?aadOptscim062020");
    insta::assert_snapshot!(transport.url("/Users?count=2"), @"https://x.example/scim/Users?aadOptscim062020&count=2");
}

#[test]
fn a_target_that_cannot_be_driven_is_refused_before_anything_is_sent() {
    let refused = |url, token| {
        let made = Transport::new(&Target::new(url, token), Options::default());
        made.err().unwrap().to_string()
    };

    let errors = [
        refused("localhost:8080/scim", "t"),
        refused("https://x.example", "a\nb"),
    ];
    insta::assert_snapshot!(errors.join("\n"), @"
        `localhost:8080/scim` is not an absolute http or https URL
        the token cannot be sent: it holds characters that no header may have
        ");
}

#[test]
fn the_token_is_not_printed() {
    insta::assert_snapshot!(format!("{:?}", Target::new("https://x.example", "rc_secret")), @r#"Target { base_url: "https://x.example", token: "***" }"#);
}

#[test]
fn a_failure_names_the_route_and_not_the_filter() {
    let failure = Failure::of(Operation::FindUser, "", "no answer");

    insta::assert_snapshot!(failure, @"GET /Users: no answer");
}
