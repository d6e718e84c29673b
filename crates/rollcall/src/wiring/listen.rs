//! Addresses and certificates: taken and read before anything else is done.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpSocket;

use crate::config::Config;

/// The addresses that a server has taken, and what it will speak there.
pub(crate) struct Bound {
    pub(super) main: TcpListener,
    pub(super) tls: Option<ServerConfig>,
    pub(super) metrics: Option<TcpListener>,
    address: SocketAddr,
}

impl Bound {
    /// A URL that reaches the server from this machine.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("{scheme}://{address}")
    }
}

/// Takes the addresses of a configuration and reads its certificate.
///
/// # Errors
///
/// An address is taken or not on this machine, or the certificate is not usable.
pub(crate) fn bind(config: &Config) -> anyhow::Result<Bound> {
    let tls = config
        .tls_files()
        .map(|(certificate, key)| read_certificate(certificate, key))
        .transpose()?;
    let backlog = config.limits.backlog;
    let main = take(config.listen, backlog, "listen")?;
    let metrics = config
        .metrics_listen
        .map(|address| take(address, backlog, "metrics_listen"))
        .transpose()?;
    let address = main.local_addr()?;
    Ok(Bound {
        main,
        tls,
        metrics,
        address,
    })
}

/// As [`TcpListener::bind`], which has a backlog of its own.
fn listen(address: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A start right after a stop must not wait for connections that linger.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)?.into_std()
}

/// `key` is where the address is set.
fn take(address: SocketAddr, backlog: u32, key: &str) -> anyhow::Result<TcpListener> {
    listen(address, backlog).map_err(|error| {
        let variable = format!("ROLLCALL_{}", key.to_uppercase());
        let advice = match error.kind() {
            ErrorKind::AddrInUse => format!(
                "another program has it. Stop that one, or set `{key}` ({variable}) to \
                 another port"
            ),
            ErrorKind::AddrNotAvailable => format!(
                "this machine does not have that address. Set `{key}` ({variable}) to one \
                 that it has, or to 0.0.0.0 for all of them"
            ),
            ErrorKind::PermissionDenied => {
                format!("that port needs a privilege. Set `{key}` ({variable}) to one above 1023")
            }
            _ => error.to_string(),
        };
        anyhow!("cannot listen on {address}: {advice}")
    })
}

fn read_certificate(certificate: &Path, key: &Path) -> anyhow::Result<ServerConfig> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
    if chain.is_empty() {
        bail!("there is no certificate in {}", certificate.display());
    }
    let private_key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read the private key {}", key.display()))?;
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private_key)
        .with_context(|| {
            format!(
                "cannot serve HTTPS with {} and {}",
                certificate.display(),
                key.display()
            )
        })
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use rustls::{CipherSuite, ClientConfig, ClientConnection, RootCertStore, ServerConnection};

    use super::*;

    const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

    /// The suite that a server with this certificate agrees on with a client that knows one only.
    fn agreed(certificate: &str, suite: CipherSuite) -> Option<CipherSuite> {
        let file = |ending: &str| Path::new(DATA).join(format!("{certificate}.{ending}"));
        let server = read_certificate(&file("crt"), &file("key")).unwrap();
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
}
