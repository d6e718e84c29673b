//! Addresses and certificates: taken and read before anything else is done.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::anyhow;
use tokio::net::TcpSocket;

use super::tls::Certificate;
use crate::config::Config;

/// The addresses that a server has taken, and what it will speak there.
pub(crate) struct Bound {
    pub(super) main: TcpListener,
    pub(super) tls: Option<Arc<Certificate>>,
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
        .map(|(certificate, key)| Certificate::read(certificate, key).map(Arc::new))
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
