//! Which proxies are believed about where a request comes from.
//!
//! A proxy adds the address that it was asked from to the end of `X-Forwarded-For`. So the list is
//! walked from its end, for as long as those who wrote it are trusted: the first address that is no
//! proxy of ours is the client, and everything before it is what that client wrote.
//!
//! The header `Forwarded` (RFC 7239) is not read. Most proxies pass on one that a client has sent, so
//! believing it beside `X-Forwarded-For` would let every client choose its address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};

use actix_web::http::header::HeaderMap;
use rollcall_model::Network;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// Who is believed about the address and the host of a request.
#[derive(Clone, Debug, Default)]
pub enum Proxies {
    /// Nobody: clients reach the gateway themselves.
    #[default]
    None,
    /// Whoever asks, about the address that was added last. That is true only where nobody but one
    /// proxy can reach the gateway.
    Anybody,
    /// These, and what they say of others of them.
    Listed(TrustedProxies),
}

/// Networks of proxies.
#[derive(Clone)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    /// Somebody else sent forwarded addresses, and the log says so.
    stranger: Arc<Once>,
}

/// A text that names no proxies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an address such as `10.0.0.7`, nor a network such as `10.0.0.0/24`, nor `loopback` \
     for this machine, nor `private` for it and everything that is not routed on the internet"
)]
pub struct NotProxies(String);

/// This machine.
const LOOPBACK: &[&str] = &["127.0.0.0/8", "::1"];
/// This machine, and what is not routed on the internet (RFC 1918, RFC 3927, RFC 4193). What a
/// provider shares among its customers (RFC 6598) is not among it.
const PRIVATE: &[&str] = &[
    "127.0.0.0/8",
    "::1",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
];

impl TrustedProxies {
    /// Reads networks, addresses, and the words for sets of them.
    ///
    /// # Errors
    ///
    /// The first text that is none of these.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, NotProxies> {
        let mut networks = Vec::new();
        for text in texts {
            let text = text.as_ref().trim();
            let named = match text {
                "loopback" => LOOPBACK,
                "private" => PRIVATE,
                _ => &[text],
            };
            for network in named {
                let network = network.parse().map_err(|_| NotProxies(text.to_owned()))?;
                networks.push(network);
            }
        }
        Ok(Self {
            networks,
            stranger: Arc::new(Once::new()),
        })
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    fn has(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.has(address))
    }

    /// Says once that the list does not fit, or that somebody goes round the proxies.
    fn note_stranger(&self, peer: IpAddr) {
        self.stranger.call_once(|| {
            tracing::warn!(
                %peer,
                "forwarded addresses are not believed that come from an address outside of \
                 `trusted_proxies`: add it if it is a proxy of yours; otherwise somebody reaches this \
                 server without one. This is said once"
            );
        });
    }
}

impl fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks = self.networks.iter().map(Network::to_string);
        f.debug_list().entries(networks).finish()
    }
}

impl Proxies {
    /// The client of a request that came from `peer`.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        match self {
            Self::None => peer,
            Self::Anybody => hops(headers).next().flatten().unwrap_or(peer),
            Self::Listed(trusted) => {
                let mut client = peer;
                for hop in hops(headers) {
                    if !trusted.has(client) {
                        break;
                    }
                    // What cannot be read was still written by that proxy of ours.
                    let Some(hop) = hop else { break };
                    client = hop;
                }
                if client == peer && !trusted.has(peer) && headers.contains_key(FORWARDED_FOR) {
                    trusted.note_stranger(peer);
                }
                client
            }
        }
    }

    /// The host that the client asked for, if a proxy that is believed says so. Clients choose it in
    /// any case, so it need not be walked to.
    pub(crate) fn host<'h>(&self, peer: Option<IpAddr>, headers: &'h HeaderMap) -> Option<&'h str> {
        let believed = match self {
            Self::None => false,
            Self::Anybody => true,
            Self::Listed(trusted) => peer.is_some_and(|peer| trusted.has(peer)),
        };
        let told = headers.get(FORWARDED_HOST).filter(|_| believed)?;
        told.to_str().ok()?.split(',').next().map(str::trim)
    }
}

/// The addresses that proxies have added, the last one first; `None` for what is no address.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    // Several lines are one list (RFC 9110 §5.3).
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).collect();
    lines.into_iter().rev().flat_map(|line| {
        let hops = line.as_bytes().rsplit(|byte| *byte == b',');
        hops.map(|hop| address(std::str::from_utf8(hop).ok()?.trim()))
    })
}

/// An address as proxies write it: some add the port, and then brackets to IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.parse().ok();
    let with_port = || text.parse().map(|address: SocketAddr| address.ip()).ok();
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: IpAddr = bare().or_else(with_port).or_else(in_brackets)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;
