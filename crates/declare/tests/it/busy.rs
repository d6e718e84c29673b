//! Servers that are busy, elsewhere, or none of ours.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use rollcall_declare::{Api, Options, make};
use rollcall_testkit::block_on;

use crate::installation::read;

/// A server that gives these answers to requests, one after the other, and tells what was asked.
fn server(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            asked.push(lines.next().unwrap().unwrap());
            while !lines.next().unwrap().unwrap().is_empty() {}
            let (head, body) = answer.split_once("\n\n").unwrap();
            let head = head.replace('\n', "\r\n");
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .unwrap();
        }
        asked
    };
    (url, std::thread::spawn(serve))
}

/// What comes of a plan for an empty file.
fn planned(url: &str) -> Result<(), String> {
    let api = Api::new(url, "rck_secret".to_owned().into()).unwrap();
    let made = block_on(make(&api, &read("version = 1"), &Options::default(), || {}));
    made.map(|plan| assert!(plan.is_empty()))
        .map_err(|error| error.to_string())
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let (url, asked) = server(&[
        "503 Service Unavailable\nretry-after: 0\n\n",
        "429 Too Many Requests\nretry-after: 0\n\n",
        "200 OK\n\n{\"data\": [], \"next_cursor\": null}",
    ]);
    planned(&url).unwrap();
    let request = "GET /v1/organizations HTTP/1.1".to_owned();
    assert_eq!(asked.join().unwrap(), vec![request; 3]);
}

#[test]
fn a_key_is_not_sent_to_where_an_answer_points() {
    let (url, asked) =
        server(&["302 Found\nlocation: http://127.0.0.1:1/v1/organizations\n\nelsewhere"]);
    insta::assert_snapshot!(planned(&url).unwrap_err(), @"GET /v1/organizations answers 302 Found: it names another address; give that one");
    assert_eq!(asked.join().unwrap().len(), 1);
}

#[test]
fn an_answer_that_is_none_of_ours_is_told_so() {
    let (url, _) = server(&["200 OK\n\n<html>"]);
    insta::assert_snapshot!(planned(&url).unwrap_err(), @"GET /v1/organizations: the answer is not one of a Rollcall management API");
    let (url, _) = server(&["404 Not Found\n\n<html>no such page</html>"]);
    insta::assert_snapshot!(planned(&url).unwrap_err(), @"GET /v1/organizations answers 404 Not Found: <html>no such page</html>");
}
