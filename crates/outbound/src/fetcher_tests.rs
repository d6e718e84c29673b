use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const LOOPBACK: &[&str] = &["127.0.0.0/8"];

fn fetcher(allowed: &[&str]) -> Fetcher {
    let timeouts = Timeouts {
        connect: Duration::from_millis(500),
        total: Duration::from_secs(2),
    };
    Fetcher::new(AllowedNetworks::parse(allowed).unwrap(), timeouts).unwrap()
}

/// A server that gives the same answer to every request, and its address.
async fn server(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}/")
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
}

#[tokio::test]
async fn a_document_is_read_with_its_lifetime() {
    let url = server(answer(
        "200 OK",
        "cache-control: public, max-age=600\r\n",
        "{}",
    ))
    .await;
    let fetched = fetcher(LOOPBACK).get(&url, 100).await.unwrap();
    assert_eq!(fetched.body, b"{}");
    assert_eq!(fetched.max_age, Some(Duration::from_secs(600)));
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let fetcher = fetcher(&["10.99.0.0/16"]);
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "http://127.0.0.1/",
        "http://8.8.8.8/",
        "http://localhost/",
    ] {
        let refused = fetcher.get(url, 100).await.unwrap_err();
        assert_eq!(refused, FetchError::Forbidden, "{url}");
    }
}

#[tokio::test]
async fn without_allowed_networks_there_is_no_plain_http() {
    let refused = fetcher(&[]).get("http://8.8.8.8/", 100).await.unwrap_err();
    assert_eq!(refused, FetchError::NotHttps);
}

#[tokio::test]
async fn a_redirect_is_checked_as_the_first_address_was() {
    let location = "location: https://169.254.169.254/latest/\r\n";
    let url = server(answer("302 Found", location, "")).await;
    let refused = fetcher(LOOPBACK).get(&url, 100).await.unwrap_err();
    assert_eq!(refused, FetchError::Forbidden);
}

#[tokio::test]
async fn a_redirect_in_a_circle_ends() {
    let url = server(answer("302 Found", "location: /again\r\n", "")).await;
    let refused = fetcher(LOOPBACK).get(&url, 100).await.unwrap_err();
    assert_eq!(refused, FetchError::Redirects(3));
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let url = server(answer("200 OK", "", &"x".repeat(101))).await;
    let refused = fetcher(LOOPBACK).get(&url, 100).await.unwrap_err();
    assert_eq!(refused, FetchError::TooLong(100));
}

#[tokio::test]
async fn a_host_that_stays_silent_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let refused = fetcher(LOOPBACK).get(&url, 100).await.unwrap_err();
    assert_eq!(refused, FetchError::Timeout);
}

#[tokio::test]
async fn other_failures_are_told_apart() {
    let fetcher = fetcher(LOOPBACK);
    let url = server(answer("503 Service Unavailable", "", "")).await;
    let refused = fetcher.get(&url, 100).await.unwrap_err();
    assert_eq!(refused, FetchError::Status(503));

    let url = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{".to_owned()).await;
    assert_eq!(
        fetcher.get(&url, 100).await.unwrap_err(),
        FetchError::Broken
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(
        fetcher.get(&url, 100).await.unwrap_err(),
        FetchError::Connect
    );

    let url = server(answer("200 OK", "", "not TLS")).await;
    let url = url.replace("http://", "https://");
    let refused = fetcher.get(&url, 100).await.unwrap_err();
    assert!(matches!(refused, FetchError::Tls(_)), "{refused:?}");
}
