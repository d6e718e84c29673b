//! Networks, and from which of them a SCIM connection takes requests.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

/// How many leading bits an IPv6 address has that stands for an IPv4 one (RFC 4291 §2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// The networks that requests may come from; if there are none, they may come from everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct AllowedSources(Vec<Network>);

/// A list that is none of networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedSourcesError {
    /// One of its texts is no network.
    #[error("`allowed_source_addresses` holds `{0}`, which is {NetworkError}")]
    NoNetwork(String),
    /// It is too long.
    #[error(
        "`allowed_source_addresses` holds more than {} networks",
        AllowedSources::MOST
    )]
    TooMany,
}

impl AllowedSources {
    /// How many networks there may be: each request is compared with all of them.
    pub const MOST: usize = 200;

    /// Whether a request may come from there. What comes from nowhere that is known may not, if it
    /// matters.
    #[must_use]
    pub fn allow(&self, source: Option<IpAddr>) -> bool {
        let Self(networks) = self;
        networks.is_empty()
            || source.is_some_and(|source| networks.iter().any(|network| network.has(source)))
    }
}

impl TryFrom<Vec<String>> for AllowedSources {
    type Error = AllowedSourcesError;

    fn try_from(texts: Vec<String>) -> Result<Self, AllowedSourcesError> {
        if texts.len() > Self::MOST {
            return Err(AllowedSourcesError::TooMany);
        }
        let networks = texts.into_iter().map(|text| {
            let network = text.parse();
            network.map_err(|NetworkError| AllowedSourcesError::NoNetwork(text))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

impl From<AllowedSources> for Vec<String> {
    fn from(AllowedSources(networks): AllowedSources) -> Self {
        networks.iter().map(Network::to_string).collect()
    }
}

/// A network of addresses, in the notation of RFC 4632 §3.1; one address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address such as `203.0.113.7`, nor a network such as `203.0.113.0/24`")]
pub struct NetworkError;

impl Network {
    /// Whether an address is in it, however it is written.
    #[must_use]
    pub fn has(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let text = text.trim();
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse::<IpNet>().map_err(|_| NetworkError)?,
        };
        Ok(Self(as_ipv4_if_it_is(network).trunc()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Addresses are compared as what they are, so networks have to be written as what they are.
fn as_ipv4_if_it_is(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else {
        return network;
    };
    let ipv4 = Ipv6Addr::to_ipv4_mapped(&mapped.addr());
    let bits = mapped.prefix_len().checked_sub(MAPPED_BITS);
    match ipv4
        .zip(bits)
        .map(|(address, bits)| Ipv4Net::new(address, bits))
    {
        Some(Ok(ipv4)) => ipv4.into(),
        Some(Err(_)) | None => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Result<AllowedSources, AllowedSourcesError> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        texts.try_into()
    }

    fn allowed(texts: &[&str], source: &str) -> bool {
        list(texts).unwrap().allow(source.parse().ok())
    }

    #[test]
    fn an_empty_list_allows_everybody_and_any_other_its_networks() {
        assert!(allowed(&[], "192.0.2.1") && allowed(&[], "unknown"));
        let networks = ["203.0.113.0/24", "2001:db8::/32", "192.0.2.1"];
        for inside in ["203.0.113.255", "2001:db8:1::7", "192.0.2.1"] {
            assert!(allowed(&networks, inside), "{inside}");
        }
        for outside in ["203.0.114.0", "2001:db9::1", "192.0.2.2", "unknown"] {
            assert!(!allowed(&networks, outside), "{outside}");
        }
    }

    #[test]
    fn an_ipv4_address_is_the_same_however_it_is_written() {
        assert!(allowed(&["203.0.113.0/24"], "::ffff:203.0.113.9"));
        assert!(allowed(&["::ffff:203.0.113.0/120"], "203.0.113.9"));
        assert!(allowed(&["::ffff:203.0.113.9"], "203.0.113.9"));
        // All of IPv6 is not all of IPv4.
        assert!(!allowed(&["::/0"], "203.0.113.9"));
    }

    #[test]
    fn a_list_is_shown_as_the_networks_that_it_means() {
        let shown: Vec<String> = list(&["203.0.113.7/24", " 192.0.2.1 ", "2001:db8::1"])
            .unwrap()
            .into();
        assert_eq!(shown, ["203.0.113.0/24", "192.0.2.1/32", "2001:db8::1/128"]);
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in [
            "",
            "203.0.113.0/33",
            "203.0.113",
            "example.com",
            "10.0.0.0/-1",
        ] {
            let error = list(&["192.0.2.1", text]).unwrap_err();
            assert_eq!(error, AllowedSourcesError::NoNetwork(text.to_owned()));
        }
        insta::assert_snapshot!(
            list(&["all"]).unwrap_err(),
            @"`allowed_source_addresses` holds `all`, which is not an address such as `203.0.113.7`, nor a network such as `203.0.113.0/24`"
        );
        let many = vec!["192.0.2.1"; AllowedSources::MOST + 1];
        assert_eq!(list(&many), Err(AllowedSourcesError::TooMany));
    }
}
