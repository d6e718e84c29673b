//! Slows down whoever tries out tokens (RFC 7644 §7.7).
//!
//! Counted are only texts that were never a token of anybody, by the address that they come from:
//! an expired or revoked token is a mistake of a customer whose address many others may share, and
//! it must learn so. A good token always gets in, whatever others did from its address, so nobody
//! can lock a customer out. 256 random bits are not guessed at any speed; what this ends is the
//! noise, and it tells a script that runs wild to stop.
//!
//! The counts are of one process and of one minute, and of at most [`MOST_ADDRESSES`] addresses: an
//! attacker with more of them is not slowed, and does not fill the memory either.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::Duration;

use rollcall_model::Timestamp;

/// How long failures are remembered.
const WINDOW: Duration = Duration::from_mins(1);
/// How many addresses are told apart within one window; about 2 MiB of memory.
const MOST_ADDRESSES: usize = 50_000;
/// An attacker is given this much of an IPv6 address at least.
const IPV6_NETWORK: u128 = !0 << 64;

/// The failures of the current window.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<Failures>);

#[derive(Debug, Default)]
struct Failures {
    /// When the window began; `None` before the first failure.
    began: Option<Timestamp>,
    by_address: HashMap<IpAddr, u32>,
}

impl Guesses {
    /// For how long an address is told to wait, if there were `limit` failures in this window. Notes
    /// nothing. For what costs somebody else's time before it can be told from a failure.
    pub fn must_wait(&self, from: IpAddr, limit: u32, now: Timestamp) -> Option<Duration> {
        let failures = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let left = WINDOW.saturating_sub(now.since(failures.began?));
        let count = failures.by_address.get(&network(from)).copied()?;
        (count >= limit && !left.is_zero()).then_some(left)
    }

    /// Notes a failure. If there were `limit` before it in this window, for how long the address
    /// is told to wait.
    pub fn note(&self, from: IpAddr, limit: u32, now: Timestamp) -> Option<Duration> {
        let mut failures = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let began = *failures.began.get_or_insert(now);
        let passed = now.since(began);
        let left = WINDOW.saturating_sub(passed);
        if left.is_zero() {
            failures.began = Some(now);
            failures.by_address.clear();
        }
        let known = failures.by_address.len();
        let count = match failures.by_address.entry(network(from)) {
            Entry::Occupied(count) => count.into_mut(),
            Entry::Vacant(_) if known >= MOST_ADDRESSES => return None,
            Entry::Vacant(free) => free.insert(0),
        };
        if *count < limit {
            *count += 1;
            return None;
        }
        Some(left)
    }
}

/// What an address is counted as.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & IPV6_NETWORK)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros(seconds * 1_000_000)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn after_the_limit_an_address_waits_for_the_rest_of_the_minute() {
        let guesses = Guesses::default();
        let from = address("192.0.2.1");
        assert_eq!(guesses.note(from, 2, at(100)), None);
        assert_eq!(guesses.note(from, 2, at(110)), None);
        assert_eq!(
            guesses.note(from, 2, at(120)),
            Some(Duration::from_secs(40))
        );
        let wait = |seconds| guesses.must_wait(from, 2, at(seconds));
        assert_eq!(wait(130), Some(Duration::from_secs(30)));
        assert_eq!(guesses.must_wait(from, 3, at(130)), None);
        assert_eq!(wait(160), None);
        assert_eq!(guesses.note(address("192.0.2.2"), 2, at(120)), None);
        assert_eq!(guesses.note(from, 2, at(160)), None);
    }

    #[test]
    fn an_ipv6_network_is_one_address_and_a_mapped_one_its_own() {
        let guesses = Guesses::default();
        assert_eq!(guesses.note(address("2001:db8::1"), 1, at(0)), None);
        assert!(guesses.note(address("2001:db8::2"), 1, at(0)).is_some());
        assert_eq!(guesses.note(address("2001:db8:0:1::1"), 1, at(0)), None);
        assert_eq!(guesses.note(address("::ffff:192.0.2.1"), 1, at(0)), None);
        assert!(guesses.note(address("192.0.2.1"), 1, at(0)).is_some());
    }

    #[test]
    fn memory_is_bounded() {
        let guesses = Guesses::default();
        for number in 0..MOST_ADDRESSES + 10 {
            let bits = u32::try_from(number).unwrap();
            guesses.note(IpAddr::V4(bits.into()), 1, at(0));
        }
        assert_eq!(guesses.0.lock().unwrap().by_address.len(), MOST_ADDRESSES);
        let early = IpAddr::V4(0.into());
        assert!(guesses.note(early, 1, at(0)).is_some());
    }
}
