use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use prometheus::Registry;
use rollcall_model::ManualClock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CipherSuite, ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use super::*;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

fn data(name: &str) -> std::path::PathBuf {
    Path::new(DATA).join(name)
}

/// The suite that a server with this certificate agrees on with a client that knows one only.
fn agreed(certificate: &str, suite: CipherSuite) -> Option<CipherSuite> {
    let file = |ending: &str| data(&format!("{certificate}.{ending}"));
    let server = Certificate::read(&file("crt"), &file("key")).unwrap();
    let server = Arc::new(server).config().unwrap();
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(file("crt")).unwrap() {
        roots.add(root.unwrap()).unwrap();
    }
    let mut provider = aws_lc_rs::default_provider();
    provider
        .cipher_suites
        .retain(|known| known.suite() == suite);
    assert_eq!(provider.cipher_suites.len(), 1, "{suite:?}");
    let version = provider.cipher_suites[0].version();
    let client = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut sent = Vec::new();
        if client.write_tls(&mut sent).unwrap() > 0 {
            server.read_tls(&mut sent.as_slice()).unwrap();
            server.process_new_packets().ok()?;
        }
        let mut sent = Vec::new();
        if server.write_tls(&mut sent).unwrap() > 0 {
            client.read_tls(&mut sent.as_slice()).unwrap();
            client.process_new_packets().ok()?;
        }
    }
    Some(server.negotiated_cipher_suite()?.suite())
}

#[test]
fn the_suites_that_entra_id_knows_are_offered() {
    let elliptic = [
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS13_AES_128_GCM_SHA256,
    ];
    for suite in elliptic {
        assert_eq!(agreed("tls", suite), Some(suite));
    }
    let rsa = [
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS13_AES_256_GCM_SHA384,
    ];
    for suite in rsa {
        assert_eq!(agreed("tls-rsa", suite), Some(suite));
    }
    assert_eq!(agreed("tls-rsa", elliptic[0]), None);
}

/// Files that hold the first of the two certificates at the beginning.
struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    certificate: Arc<Certificate>,
}

/// When the first certificate of the tests is valid, and the second one not yet.
const BETWEEN: Timestamp = Timestamp::from_unix_micros(1_795_400_000_000_000);
/// When both are.
const LATER: Timestamp = Timestamp::from_unix_micros(1_800_000_000_000_000);

impl World {
    fn at(now: Timestamp) -> Self {
        let folder = TempDir::new().unwrap();
        fs::copy(data("tls.crt"), folder.path().join("crt")).unwrap();
        fs::copy(data("tls.key"), folder.path().join("key")).unwrap();
        Self::of(folder, now)
    }

    fn of(folder: TempDir, now: Timestamp) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let file = |name| folder.path().join(name);
        let certificate =
            Certificate::read_with(&file("crt"), &file("key"), clock.clone()).unwrap();
        Self {
            folder,
            clock,
            certificate: Arc::new(certificate),
        }
    }

    fn put(&self, file: &str, from: &str) {
        fs::copy(data(from), self.folder.path().join(file)).unwrap();
    }

    fn serves(&self, name: &str) -> bool {
        let expected = CertificateDer::from_pem_file(data(name)).unwrap();
        let served = self.certificate.served.read().unwrap();
        served.certified.cert == [expected]
    }

    fn refusal(&self) -> String {
        let error = format!("{:#}", self.certificate.take().unwrap_err());
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

#[test]
fn a_pair_that_fits_takes_the_place_of_the_old_one() {
    let world = World::at(LATER);
    assert!(!world.certificate.take().unwrap());
    world.put("crt", "tls-rsa.crt");
    world.put("key", "tls-rsa.key");
    assert!(world.certificate.take().unwrap() && world.serves("tls-rsa.crt"));
    assert!(!world.certificate.take().unwrap());
}

#[test]
fn half_of_a_pair_leaves_the_old_one_until_the_other_half_is_there() {
    let world = World::at(LATER);
    world.put("crt", "tls-rsa.crt");
    insta::assert_snapshot!(world.refusal(), @"cannot serve HTTPS with crt and key: keys may not be consistent: KeyMismatch");
    assert!(world.serves("tls.crt"));
    world.put("key", "tls-rsa.key");
    assert!(world.certificate.take().unwrap() && world.serves("tls-rsa.crt"));
    world.put("key", "tls.key");
    insta::assert_snapshot!(world.refusal(), @"cannot serve HTTPS with crt and key: keys may not be consistent: KeyMismatch");
    assert!(world.serves("tls-rsa.crt"));
}

#[test]
fn what_is_cut_off_or_gone_leaves_the_old_one() {
    let world = World::at(LATER);
    let file = |name: &str| world.folder.path().join(name);
    let whole = fs::read_to_string(data("tls-rsa.crt")).unwrap();
    fs::write(file("crt"), &whole[..whole.len() / 2]).unwrap();
    insta::assert_snapshot!(world.refusal(), @"cannot read the certificate crt: missing section end marker: [67, 69, 82, 84, 73, 70, 73, 67, 65, 84, 69]");
    fs::write(file("crt"), "").unwrap();
    insta::assert_snapshot!(world.refusal(), @"there is no certificate in crt");
    fs::remove_file(file("crt")).unwrap();
    insta::assert_snapshot!(world.refusal(), @"cannot read the certificate crt: I/O error: No such file or directory (os error 2)");
    world.put("crt", "tls.crt");
    fs::write(file("key"), "").unwrap();
    insta::assert_snapshot!(world.refusal(), @"cannot read the private key key: no items found");
    assert!(world.serves("tls.crt"));
}

#[test]
fn a_certificate_that_is_not_valid_yet_waits_for_its_day() {
    let world = World::at(BETWEEN);
    world.put("crt", "tls-rsa.crt");
    world.put("key", "tls-rsa.key");
    insta::assert_snapshot!(world.refusal(), @"crt: the certificate is valid from 2026-11-25T03:12:30.000Z on");
    assert!(world.serves("tls.crt"));
    world.clock.advance(Duration::from_hours(24 * 7));
    assert!(world.certificate.take().unwrap() && world.serves("tls-rsa.crt"));
}

#[test]
fn a_link_that_is_turned_to_another_folder_is_a_change() {
    let folder = TempDir::new().unwrap();
    for (version, name) in [("v1", "tls"), ("v2", "tls-rsa")] {
        let version = folder.path().join(version);
        fs::create_dir(&version).unwrap();
        for ending in ["crt", "key"] {
            fs::copy(data(&format!("{name}.{ending}")), version.join(ending)).unwrap();
        }
    }
    let link = |from: &str, to: &str| symlink(from, folder.path().join(to)).unwrap();
    link("v1", "..data");
    link("..data/crt", "crt");
    link("..data/key", "key");
    let turned = folder.path().join("..turned");
    symlink("v2", &turned).unwrap();
    let data = folder.path().join("..data");
    let world = World::of(folder, LATER);
    fs::rename(turned, data).unwrap();
    assert!(world.certificate.take().unwrap() && world.serves("tls-rsa.crt"));
}

#[test]
fn a_key_that_everybody_can_read_is_noticed() {
    let world = World::at(LATER);
    let open = |mode| {
        let key = world.folder.path().join("key");
        fs::set_permissions(key, fs::Permissions::from_mode(mode)).unwrap();
        world.certificate.files.key_is_open()
    };
    assert!(open(0o644) && open(0o604));
    assert!(!open(0o600) && !open(0o440));
}

/// The value of a metric without labels.
fn value(metrics: &Metrics, name: &str) -> String {
    let (_, text) = metrics.render().unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim().to_owned()
}

#[tokio::test]
async fn files_are_followed_without_being_asked_to_and_failures_are_counted() {
    let world = World::at(LATER);
    let metrics = Metrics::register(Registry::new(), "test").unwrap();
    let hangups = signal(SignalKind::hangup()).unwrap();
    let certificate = Arc::clone(&world.certificate);
    let followed = certificate.follow(metrics.clone(), Duration::from_millis(1), hangups);
    let followed = tokio::spawn(followed);
    let end = "rollcall_tls_certificate_expires_timestamp_seconds";
    let failures = "rollcall_tls_reload_failures_total";

    rollcall_testkit::eventually("the first end is told", async || {
        value(&metrics, end) == "4948923080"
    })
    .await;
    world.put("key", "tls-rsa.key");
    rollcall_testkit::eventually("a half is counted", async || {
        value(&metrics, failures) != "0"
    })
    .await;
    assert_eq!(value(&metrics, end), "4948923080");
    world.put("crt", "tls-rsa.crt");
    rollcall_testkit::eventually("the second end is told", async || {
        value(&metrics, end) != "4948923080"
    })
    .await;
    assert!(world.serves("tls-rsa.crt"));
    followed.abort();
}
