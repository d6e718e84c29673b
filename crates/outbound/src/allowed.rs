//! The private networks that the operator allows.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::address;

/// Networks that may be reached although they are not public, and without TLS: a login provider
/// that runs beside the product. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Vec<IpNet>);

/// A text that names no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no network; write one as `10.20.0.0/16` or `fd00::/8`, or an address alone")]
pub struct NotANetwork(String);

impl AllowedNetworks {
    /// Reads networks in CIDR notation; an address alone is a network of one.
    ///
    /// # Errors
    ///
    /// The first text that is neither.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, NotANetwork> {
        let network = |text: &T| {
            let text = text.as_ref().trim();
            let alone = || IpAddr::from_str(text).map(IpNet::from);
            let network = IpNet::from_str(text).or_else(|_| alone());
            network
                .map(|network| network.trunc())
                .map_err(|_| NotANetwork(text.to_owned()))
        };
        texts
            .iter()
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether no network is allowed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is in one of them.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let plain = address::plain(address);
        self.0.iter().any(|network| network.contains(&plain))
    }
}

impl fmt::Display for AllowedNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_disguise_is_held_by_the_network_it_ends_in() {
        let allowed = AllowedNetworks::parse(&["10.0.0.0/8", "::1"]).unwrap();
        let holds = |text: &str| allowed.holds(text.parse().unwrap());
        assert!(holds("10.9.8.7"));
        assert!(holds("::ffff:10.9.8.7"));
        assert!(holds("::1"));
        assert!(!holds("11.0.0.1"));
        assert!(!holds("::2"));
    }

    #[test]
    fn a_text_that_is_no_network_is_shown() {
        let error = AllowedNetworks::parse(&["10.0.0.0/8", "intranet"]).unwrap_err();
        insta::assert_snapshot!(error, @"`intranet` is no network; write one as `10.20.0.0/16` or `fd00::/8`, or an address alone");
    }
}
