//! The replayer, against a server that answers from a script and keeps what it was sent.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
};

use rollcall_testkit::replay::{Case, Endpoint, Outcome, replay};
use serde_json::{Value, json};

/// Takes one answer after another, and gives every request as text.
///
/// An empty answer stands for a server that closes the connection instead.
fn serve(answers: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/scim/v2/c1/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut requests = Vec::new();
        let mut connection: Option<BufReader<TcpStream>> = None;
        for answer in answers {
            if answer.is_empty() {
                connection = None;
                continue;
            }
            let stream =
                connection.get_or_insert_with(|| BufReader::new(listener.accept().unwrap().0));
            requests.push(read_request(stream));
            stream.get_mut().write_all(&answer).unwrap();
        }
        requests
    });
    (base_url, server)
}

/// Head and body, without what differs from run to run.
fn read_request(stream: &mut impl BufRead) -> String {
    let mut text = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let line = line.trim_end();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
        if !line.starts_with("host: ") {
            text.push_str(line);
            text.push('\n');
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn json_answer(status: &str, body: &Value) -> Vec<u8> {
    answer(status, "", body.to_string().as_bytes())
}

fn case(steps: Value) -> Case {
    serde_json::from_value(json!({
        "id": "made-up",
        "idp": "generic",
        "title": "",
        "tier": "rfc",
        "source": "",
        "steps": steps,
    }))
    .unwrap()
}

/// Plays the steps against the answers: the error, and the requests that arrived.
async fn play(steps: Value, answers: Vec<Vec<u8>>) -> (Option<String>, String) {
    let (base_url, server) = serve(answers);
    let Outcome { id, error } = replay(&Endpoint::new(&base_url, "secret"), &case(steps)).await;
    assert_eq!(id, "made-up");
    (error, server.join().unwrap().join("\n---\n"))
}

#[tokio::test]
async fn a_request_leaves_as_it_is_written_and_a_null_header_is_left_out() {
    let steps = json!([
        {
            "method": "GET",
            "path": "//Users?flag&filter=a+eq+%22b%22&x=?[y]",
            "headers": { "user-agent": null, "Accept-Charset": "utf-8" },
            "expect": { "status": [200] },
        },
        {
            "method": "POST",
            "path": "/Users",
            "headers": { "Accept": null, "Authorization": "none", "content-type": "text/plain" },
            "raw_body": "not ${i}",
            "expect": { "status": [400] },
        },
        { "method": "PATCH", "path": "/Users/1", "expect": {} },
    ]);
    let answers = vec![
        answer("200 OK", "", b"{}"),
        answer("400 Bad Request", "", b""),
        answer("204 No Content", "", b""),
    ];

    let (error, requests) = play(steps, answers).await;

    assert_eq!(error, None);
    insta::assert_snapshot!(requests, @r#"
    GET /scim/v2/c1//Users?flag&filter=a+eq+%22b%22&x=?%5By%5D HTTP/1.1
    accept: application/scim+json
    authorization: Bearer secret
    accept-charset: utf-8

    ---
    POST /scim/v2/c1/Users HTTP/1.1
    user-agent: rollcall-replay/1
    authorization: none
    content-type: text/plain
    content-length: 5
    not 0
    ---
    PATCH /scim/v2/c1/Users/1 HTTP/1.1
    accept: application/scim+json
    user-agent: rollcall-replay/1
    authorization: Bearer secret
    content-length: 0
    "#);
}

#[tokio::test]
async fn what_is_saved_is_used_and_what_was_created_is_deleted_newest_first() {
    let steps = json!([
        {
            "method": "POST",
            "path": "/Users?attributes=id",
            "body": { "userName": "u${i}" },
            "repeat": 2,
            "save": { "ids[]": "/id", "last": "/id", "place": "@Location" },
            "expect": { "status": [201], "json": { "/id": { "kind": "string" } } },
        },
        {
            "method": "PUT",
            "path": "/Groups/${last}",
            "body": { "members": { "$each": "ids", "item": { "value": "${item}" } } },
            "expect": {
                "status": [200],
                "json": { "/n": 1, "/place": "${place}" },
                "headers": { "etag": { "contains": "W/" } },
            },
        },
        { "method": "GET", "path": "/never", "if_prev": [404], "expect": {} },
        { "method": "GET", "path": "/always", "if_prev": [200], "expect": {} },
    ]);
    let located = "Location: /here\r\n";
    let answers = vec![
        answer("201 Created", located, br#"{"id":"a/1"}"#),
        answer("201 Created", located, br#"{"id":"b"}"#),
        answer(
            "200 OK",
            "ETag: W/\"1\"\r\n",
            br#"{"n":1.0,"place":"/here"}"#,
        ),
        answer("200 OK", "", b""),
        answer("204 No Content", "", b""),
        answer("500 Internal Server Error", "", b""),
    ];

    let (error, requests) = play(steps, answers).await;

    assert_eq!(error, None);
    let lines: Vec<_> = requests
        .lines()
        .filter(|line| line.contains(" /") || line.starts_with('{'))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    POST /scim/v2/c1/Users?attributes=id HTTP/1.1
    {"userName":"u0"}
    POST /scim/v2/c1/Users?attributes=id HTTP/1.1
    {"userName":"u1"}
    PUT /scim/v2/c1/Groups/b HTTP/1.1
    {"members":[{"value":"a/1"},{"value":"b"}]}
    GET /scim/v2/c1/always HTTP/1.1
    DELETE /scim/v2/c1/Users/b HTTP/1.1
    DELETE /scim/v2/c1/Users/a%2F1 HTTP/1.1
    "#);
}

#[tokio::test]
async fn a_wrong_answer_is_told_in_full_and_what_it_made_is_deleted() {
    let steps = json!([
        { "method": "GET", "path": "/Users", "expect": { "status": [200] } },
        {
            "method": "POST",
            "path": "/Users",
            "body": {},
            "expect": {
                "json": { "/id": "2", "/active": { "kind": "boolean" } },
                "headers": { "Location": { "exists": true } },
            },
        },
        { "method": "GET", "path": "/never", "expect": {} },
    ]);
    let answers = vec![
        answer("200 OK", "", b""),
        json_answer("201 Created", &json!({ "id": "1", "active": "true" })),
        answer("204 No Content", "", b""),
    ];

    let (error, requests) = play(steps, answers).await;

    insta::assert_snapshot!(error.unwrap(), @r#"step 2 POST /Users -> 201: header Location is <missing>, want {"exists":true}; /id is "1", want "2"; /active is "true", want {"kind":"boolean"}"#);
    assert!(requests.contains("DELETE /scim/v2/c1/Users/1 HTTP/1.1"));
}

#[tokio::test]
async fn a_status_that_is_not_expected_is_told_with_the_body() {
    let steps = json!([{ "method": "GET", "path": "/Users", "expect": { "status": [200, 204] } }]);

    let (error, _) = play(steps, vec![answer("404 Not Found", "", b"no\nsuch")]).await;

    insta::assert_snapshot!(error.unwrap(), @"step 1 GET /Users: status 404 not in [200, 204]; no such");
}

#[tokio::test]
async fn an_empty_204_is_not_compared_and_an_empty_200_is() {
    let expect = json!({ "status": [200, 204], "json": { "/id": "1" } });
    let steps = json!([
        { "method": "PATCH", "path": "/Users/1", "body": {}, "expect": expect },
        { "method": "PATCH", "path": "/Users/1", "body": {}, "expect": expect },
    ]);
    let answers = vec![
        answer("204 No Content", "", b""),
        answer("200 OK", "", b" \n"),
    ];

    let (error, _) = play(steps, answers).await;

    insta::assert_snapshot!(error.unwrap(), @"step 2 PATCH /Users/1 -> 200: body is empty");
}

#[tokio::test]
async fn chunked_and_compressed_answers_are_read() {
    let packed = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(br#"{"id":"1"}"#).unwrap();
        encoder.finish().unwrap()
    };
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
        4\r\n{\"id\r\n6\r\n\":\"1\"}\r\n0\r\n\r\n";
    let step = json!({ "method": "GET", "path": "/x", "expect": { "json": { "/id": "1" } } });
    let answers = vec![
        answer("200 OK", "Content-Encoding: gzip\r\n", &packed),
        chunked.to_vec(),
    ];

    let (error, _) = play(json!([step, step]), answers).await;

    assert_eq!(error, None);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let step = json!({ "method": "GET", "path": "/x", "expect": { "status": [200] } });
    let ok = answer("200 OK", "", b"{}");

    let (error, requests) = play(json!([step, step]), vec![ok.clone(), vec![], ok]).await;

    assert_eq!(error, None);
    assert_eq!(requests.matches("GET ").count(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_of_the_case() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let steps = json!([{ "method": "GET", "path": "/x", "expect": {} }]);

    let outcome = replay(&Endpoint::new(&base_url, "-"), &case(steps)).await;

    let error = outcome.error.unwrap();
    assert!(
        error.starts_with("step 1 GET /x: no connection: "),
        "{error}"
    );
}
