//! Names to addresses, without the forbidden ones.
//!
//! The client connects to what this answers and asks nobody else, so a name is checked by the
//! very addresses that are used.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::is_public;
use crate::allowed::AllowedNetworks;

/// Which addresses a client may connect to.
#[derive(Clone)]
pub(crate) struct Reach {
    /// Whether the public internet is within reach.
    pub(crate) public: bool,
    /// Private networks that are.
    pub(crate) allowed: Arc<AllowedNetworks>,
}

impl Reach {
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        self.public && is_public(address) || self.allowed.holds(address)
    }
}

/// Why a name leads nowhere.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Unresolved {
    /// There are addresses, and none of them is within reach.
    #[error("every address of the name is forbidden")]
    Forbidden,
    /// There is no address.
    #[error("the name has no address: {0}")]
    NoAddress(String),
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found.map_err(|reason| Unresolved::NoAddress(reason.to_string()))?;
            let found: Vec<SocketAddr> = found.collect();
            let within: Vec<_> = found
                .iter()
                .copied()
                .filter(|address| reach.holds(address.ip()))
                .collect();
            match (found.is_empty(), within.is_empty()) {
                (true, _) => Err(Unresolved::NoAddress("no records".to_owned()).into()),
                (false, true) => Err(Unresolved::Forbidden.into()),
                (false, false) => Ok(Box::new(within.into_iter()) as Addrs),
            }
        })
    }
}
