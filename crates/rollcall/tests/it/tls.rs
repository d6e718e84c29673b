//! What the HTTPS listener speaks, and what it does not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};

use crate::rollcall::{Folder, Server, stderr};

fn serve(folder: &Folder) -> Server {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let mut command = folder.command(&["serve"]);
    command.envs([
        ("ROLLCALL_LISTEN", "127.0.0.1:0"),
        ("ROLLCALL_TLS_CERTIFICATE_FILE", &format!("{data}/tls.crt")),
        ("ROLLCALL_TLS_KEY_FILE", &format!("{data}/tls.key")),
    ]);
    Server::start(command)
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url().trim_start_matches("https://")).unwrap()
}

/// Asks over one version of TLS for the health of a server; the version that was agreed on, and
/// the answer.
fn ask(server: &Server, version: &'static SupportedProtocolVersion) -> (ProtocolVersion, String) {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../data/tls.crt")).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), "127.0.0.1".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, connect(server));
    let request = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A server may close without saying so; what it answered is there all the same.
    let _ = stream.read_to_end(&mut answer);
    let agreed = stream.conn.protocol_version().unwrap();
    (agreed, String::from_utf8(answer).unwrap())
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
    let server = serve(&folder);
    for (offered, agreed) in [
        (&TLS12, ProtocolVersion::TLSv1_2),
        (&TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let (version, answer) = ask(&server, offered);
        assert_eq!(version, agreed);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
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
    let server = serve(&folder);
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
