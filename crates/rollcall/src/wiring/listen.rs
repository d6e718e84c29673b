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
    let main = take(config.listen, "listen")?;
    let metrics = config
        .metrics_listen
        .map(|address| take(address, "metrics_listen"))
        .transpose()?;
    let address = main.local_addr()?;
    Ok(Bound {
        main,
        tls,
        metrics,
        address,
    })
}

/// `key` is where the address is set.
fn take(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
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
