use std::net::Ipv4Addr;

use actix_web::http::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

/// Who asked, where the proxies are those of 10.0.0.0/8 and fd00::/8.
fn client(peer: &str, lines: &[&str]) -> String {
    let proxies = TrustedProxies::parse(&["10.0.0.0/8", "fd00::/8"]).unwrap();
    let client = Proxies::Listed(proxies).client(peer.parse().unwrap(), &headers(lines));
    client.to_string()
}

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let value = HeaderValue::from_str(line).unwrap();
        headers.append(HeaderName::from_static(FORWARDED_FOR), value);
    }
    headers
}

#[test]
fn the_list_is_walked_from_its_end_past_our_proxies_alone() {
    let list = "203.0.113.9, 198.51.100.7, 10.0.0.2";
    assert_eq!(client("10.0.0.1", &[list]), "198.51.100.7");
    assert_eq!(
        client("10.0.0.1", &["203.0.113.9", "198.51.100.7, 10.0.0.2"]),
        "198.51.100.7"
    );
    assert_eq!(
        client("fd00::1", &["10.0.0.3,2001:db8::7 ,fd00::2"]),
        "2001:db8::7"
    );
    // All of them are ours: the one that asked the first of them.
    assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
}

#[test]
fn whoever_is_not_in_the_list_is_the_client_whatever_it_says() {
    for lines in [&["198.51.100.7"][..], &["10.0.0.2"], &[""], &[]] {
        assert_eq!(client("192.0.2.1", lines), "192.0.2.1");
    }
}

#[test]
fn what_is_no_address_ends_the_walk_at_the_proxy_that_wrote_it() {
    for word in [
        "unknown",
        "_hidden",
        "",
        "198.51.100.7.8",
        "198.51.100.7 8",
        "\u{7f}",
    ] {
        let Ok(value) =
            HeaderValue::from_bytes(format!("203.0.113.9, {word}, 10.0.0.2").as_bytes())
        else {
            continue;
        };
        let mut headers = HeaderMap::new();
        headers.append(HeaderName::from_static(FORWARDED_FOR), value);
        let proxies = Proxies::Listed(TrustedProxies::parse(&["10.0.0.0/8"]).unwrap());
        let told = proxies.client([10, 0, 0, 1].into(), &headers);
        assert_eq!(told, IpAddr::from([10, 0, 0, 2]), "{word}");
    }
}

#[test]
fn ports_brackets_and_mapped_addresses_are_read_as_the_address_that_they_are() {
    for written in [
        "198.51.100.7:4711",
        "::ffff:198.51.100.7",
        "[::ffff:198.51.100.7]:1",
    ] {
        assert_eq!(client("::ffff:10.0.0.1", &[written]), "198.51.100.7");
    }
    for written in ["[2001:db8::7]:4711", "[2001:db8::7]", "2001:db8::7"] {
        assert_eq!(client("10.0.0.1", &[written]), "2001:db8::7");
    }
}

#[test]
fn words_stand_for_networks() {
    let trusts = |word: &str, address: &str| {
        let proxies = TrustedProxies::parse(&[word]).unwrap();
        proxies.has(address.parse().unwrap())
    };
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert!(
            trusts("loopback", address) && trusts("private", address),
            "{address}"
        );
    }
    for address in [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.7.7",
        "fd12::1",
        "fe80::1",
    ] {
        assert!(
            !trusts("loopback", address) && trusts("private", address),
            "{address}"
        );
    }
    for address in ["172.32.0.1", "100.64.0.1", "198.51.100.7", "2001:db8::1"] {
        assert!(!trusts("private", address), "{address}");
    }
    insta::assert_snapshot!(
        TrustedProxies::parse(&["private", "proxy.internal"]).unwrap_err(),
        @"`proxy.internal` is not an address such as `10.0.0.7`, nor a network such as `10.0.0.0/24`, nor `loopback` for this machine, nor `private` for it and everything that is not routed on the internet"
    );
}

#[test]
fn a_host_is_taken_from_our_proxies_alone() {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_static("acme.scim.example.com, inner");
    headers.append(HeaderName::from_static(FORWARDED_HOST), value);
    let proxies = Proxies::Listed(TrustedProxies::parse(&["10.0.0.0/8"]).unwrap());
    let host = |proxies: &Proxies, peer: [u8; 4]| {
        proxies.host(Some(peer.into()), &headers).map(str::to_owned)
    };
    let told = Some("acme.scim.example.com".to_owned());
    assert_eq!(host(&proxies, [10, 0, 0, 1]), told);
    assert_eq!(host(&proxies, [192, 0, 2, 1]), None);
    assert_eq!(host(&Proxies::Anybody, [192, 0, 2, 1]), told);
    assert_eq!(host(&Proxies::None, [10, 0, 0, 1]), None);
}

fn ours() -> impl Strategy<Value = IpAddr> {
    any::<[u8; 3]>().prop_map(|[b, c, d]| Ipv4Addr::new(10, b, c, d).into())
}

fn strangers() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>()
        .prop_map(|address| address.to_canonical())
        .prop_filter("it is ours", |address| {
            !TrustedProxies::parse(&["10.0.0.0/8"])
                .unwrap()
                .has(*address)
        })
}

proptest! {
    /// A client may write what it likes: what counts is where it was seen to come from.
    #[test]
    fn nothing_that_a_client_writes_moves_its_address(
        written in proptest::collection::vec("[0-9a-f.:, \\[\\]x]{0,40}", 0..4),
        client in strangers(),
        between in proptest::collection::vec(ours(), 0..4),
        peer in ours(),
        on_a_line_of_its_own in any::<bool>(),
    ) {
        let seen: Vec<String> = std::iter::once(client).chain(between).map(|seen| seen.to_string()).collect();
        let mut lines = written;
        match lines.last_mut() {
            Some(line) if !on_a_line_of_its_own => *line = format!("{line}, {}", seen.join(", ")),
            _ => lines.push(seen.join(",")),
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let proxies = Proxies::Listed(TrustedProxies::parse(&["10.0.0.0/8"]).unwrap());
        prop_assert_eq!(proxies.client(peer, &headers(&lines)), client);
    }

    /// Round the proxies, nobody is believed anything.
    #[test]
    fn nothing_that_a_stranger_writes_is_read(
        written in proptest::collection::vec("[0-9a-f.:, ]{0,40}", 0..4),
        peer in strangers(),
    ) {
        let lines: Vec<&str> = written.iter().map(String::as_str).collect();
        let proxies = Proxies::Listed(TrustedProxies::parse(&["10.0.0.0/8"]).unwrap());
        prop_assert_eq!(proxies.client(peer, &headers(&lines)), peer);
    }
}
