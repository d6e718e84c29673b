//! What the HTTPS listener speaks, and what it does not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};

use crate::rollcall::{Folder, Server, stderr};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

fn data(name: &str) -> PathBuf {
    Path::new(DATA).join(name)
}

fn serve(folder: &Folder, certificate: &Path, key: &Path) -> Server {
    let mut command = folder.command(&["serve"]);
    command
        .env("ROLLCALL_LISTEN", "127.0.0.1:0")
        .env("ROLLCALL_TLS_CERTIFICATE_FILE", certificate)
        .env("ROLLCALL_TLS_KEY_FILE", key);
    Server::start(command)
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url().trim_start_matches("https://")).unwrap()
}

/// A connection over TLS.
struct Connection(StreamOwned<ClientConnection, TcpStream>);

impl Connection {
    /// Trusts the two certificates of the tests, and knows one version of TLS.
    fn open(server: &Server, version: &'static SupportedProtocolVersion) -> Self {
        let mut roots = RootCertStore::empty();
        for name in ["tls.crt", "tls-rsa.crt"] {
            let certificate = CertificateDer::from_pem_file(data(name)).unwrap();
            roots.add(certificate).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "127.0.0.1".try_into().unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        Self(StreamOwned::new(client, connect(server)))
    }

    /// Asks for a path. The connection stays open.
    fn ask(&mut self, path: &str) -> String {
        write!(self.0, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        let head = String::from_utf8(answer).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.split_whitespace().next().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        head + &String::from_utf8(body).unwrap()
    }

    /// Whether the server has shown this certificate.
    fn was_shown(&self, name: &str) -> bool {
        let certificate = CertificateDer::from_pem_file(data(name)).unwrap();
        self.0.conn.peer_certificates().unwrap() == [certificate]
    }
}

/// The first bytes of a client that knows nothing newer than this version.
fn client_hello(minor: u8) -> Vec<u8> {
    let mut hello = vec![3, minor];
    hello.extend([7; 32]);
    // No session; ECDHE and RSA with AES-CBC and SHA-1; no compression; the curve P-256.
    hello.extend([0, 0, 6, 0xc0, 0x13, 0xc0, 0x09, 0x00, 0x2f, 1, 0]);
    hello.extend([0, 8, 0, 10, 0, 4, 0, 2, 0, 23]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![22, 3, minor, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    record
}

#[test]
fn tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    let folder = Folder::new();
    let server = serve(&folder, &data("tls.crt"), &data("tls.key"));
    for (offered, agreed) in [
        (&TLS12, ProtocolVersion::TLSv1_2),
        (&TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let mut connection = Connection::open(&server, offered);
        let answer = connection.ask("/healthz");
        assert_eq!(connection.0.conn.protocol_version(), Some(agreed));
        assert!(answer.starts_with("http/1.1 200 "), "{answer}");
    }
    // SSL 3.0, TLS 1.0 and TLS 1.1.
    for minor in 0..=2 {
        let mut stream = connect(&server);
        stream.write_all(&client_hello(minor)).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        // A fatal alert: handshake_failure or protocol_version.
        assert_eq!((answer[0], answer[5]), (21, 2), "3.{minor}: {answer:?}");
        assert!([40, 70].contains(&answer[6]), "3.{minor}: {answer:?}");
    }
    assert!(server.stop());
}

#[test]
fn plain_http_gets_no_answer_from_an_https_listener() {
    let folder = Folder::new();
    let server = serve(&folder, &data("tls.crt"), &data("tls.key"));
    let mut stream = connect(&server);
    let request = b"GET /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer rc_x\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(!answer.contains("HTTP/"), "{answer}");
    assert!(server.stop());
}

#[test]
fn plain_http_that_others_can_reach_does_not_start() {
    let folder = Folder::new();
    let mut command = folder.command(&["serve"]);
    command.env("ROLLCALL_LISTEN", "0.0.0.0:0");
    let refused = command.output().unwrap();
    assert!(!refused.status.success());
    let said = stderr(&refused);
    assert!(said.contains("there is no TLS"), "{said}");
}

/// Asks until it is so, for half a minute at most.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
    }
}

/// What a metric without labels stands at.
fn metric(server: &Server, name: &str) -> u64 {
    let text = Connection::open(server, &TLS13).ask("/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn a_new_certificate_is_served_without_a_restart_and_a_bad_one_is_not() {
    const FAILURES: &str = "rollcall_tls_reload_failures_total";
    const END: &str = "rollcall_tls_certificate_expires_timestamp_seconds";
    let folder = Folder::new();
    let put = |file, from| std::fs::copy(data(from), folder.path(file)).unwrap();
    put("crt", "tls.crt");
    put("key", "tls.key");
    let server = serve(&folder, &folder.path("crt"), &folder.path("key"));
    let mut before = Connection::open(&server, &TLS13);
    assert!(before.ask("/healthz").contains(" 200 ") && before.was_shown("tls.crt"));
    let first_end = metric(&server, END);

    // Half of the new pair.
    put("crt", "tls-rsa.crt");
    server.signal("HUP");
    until("a failure is counted", || metric(&server, FAILURES) > 0);
    for version in [&TLS12, &TLS13] {
        let mut connection = Connection::open(&server, version);
        assert!(connection.ask("/healthz").contains(" 200 ") && connection.was_shown("tls.crt"));
    }
    assert_eq!(metric(&server, END), first_end);

    put("key", "tls-rsa.key");
    server.signal("HUP");
    until("the new one is shown", || {
        let mut connection = Connection::open(&server, &TLS12);
        connection.ask("/healthz").contains(" 200 ") && connection.was_shown("tls-rsa.crt")
    });
    until("its end is told", || metric(&server, END) > first_end);
    // Whoever was connected before is so still.
    assert!(before.ask("/healthz").contains(" 200 ") && before.was_shown("tls.crt"));
    drop(before);
    assert!(server.stop());
}
