//! Typed ids: a UUIDv7 inside, `prefix_` and 26 characters outside.
//!
//! The text form is a TypeID: the 128 bits in Crockford's base32, most significant first,
//! so ids sort as text in the order they were made. A `usr_…` does not parse as an [`OrgId`],
//! and no function that wants one takes the other. SCIM resource ids ([`UserId`], [`GroupId`])
//! are shown to identity providers as plain UUIDs; their prefix appears in events and logs only.
//!
//! The codec is our own twenty lines because the crates that offer it bring an id type with them,
//! and the type is what this module is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{Clock, Timestamp};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ENCODED_LEN: usize = 26;

/// A text that is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that begins with `{expected}_` and goes on with 26 letters and digits")]
pub struct IdError {
    /// The prefix that was wanted.
    pub expected: &'static str,
}

fn encode(id: Uuid) -> String {
    let bits = id.as_u128();
    (0..ENCODED_LEN)
        .rev()
        .map(|digit| char::from(ALPHABET[((bits >> (5 * digit)) & 31) as usize]))
        .collect()
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != ENCODED_LEN {
        return None;
    }
    let mut bits: u128 = 0;
    for (place, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        // 26 digits hold 130 bits; the first one may only use three of its five.
        if place == 0 && digit > 7 {
            return None;
        }
        bits = (bits << 5) | digit as u128;
    }
    Some(Uuid::from_u128(bits))
}

/// A new UUIDv7 that carries the clock's time.
fn new_uuid(clock: &dyn Clock) -> Uuid {
    let millis = clock.now().unix_millis().max(0);
    let seconds = u64::try_from(millis / 1_000).unwrap_or(0);
    let nanos = u32::try_from(millis % 1_000).unwrap_or(0) * 1_000_000;
    let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos);
    Uuid::new_v7(time)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident = $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id that carries the clock's time, so that ids sort by age.
            #[must_use]
            pub fn new(clock: &dyn Clock) -> Self {
                Self(new_uuid(clock))
            }

            /// Takes a UUID that is known to be an id of this kind, as from its own table.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, as the database stores it.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or(IdError { expected: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// A customer organization: the unit of isolation.
    OrgId = "org"
}
id! {
    /// A login provider of an organization.
    SsoConnectionId = "sso"
}
id! {
    /// One provisioning configuration of an organization.
    ScimConnectionId = "scim"
}
id! {
    /// A bearer secret of one SCIM connection.
    TokenId = "tok"
}
id! {
    /// An OAuth client of one SCIM connection.
    OauthClientId = "occ"
}
id! {
    /// A key that access tokens are signed with.
    SigningKeyId = "jwk"
}
id! {
    /// A vendor's credential for the management API.
    ApiKeyId = "key"
}
id! {
    /// One change, as the feed tells it.
    EventId = "evt"
}
id! {
    /// A place where events are sent.
    WebhookEndpointId = "whe"
}
id! {
    /// One event on its way to one webhook endpoint.
    WebhookDeliveryId = "whd"
}
id! {
    /// One row of the audit log.
    AuditId = "aud"
}
id! {
    /// One HTTP request, in logs, events and answers.
    RequestId = "req"
}
id! {
    /// One reference to what does not exist yet.
    ParkedReferenceId = "park"
}
id! {
    /// A time-limited link to the setup portal.
    PortalLinkId = "plk"
}
id! {
    /// What a portal link was exchanged for.
    PortalSessionId = "pse"
}
id! {
    /// A form that a portal session may send once.
    PortalFormId = "pfm"
}
id! {
    /// A SCIM user.
    UserId = "usr"
}
id! {
    /// A SCIM group.
    GroupId = "grp"
}

impl RequestId {
    /// The lowest id that a request of this moment can have.
    #[must_use]
    pub fn first_at(moment: Timestamp) -> Self {
        const RANDOM_BITS: u32 = 80;
        let millis = u128::try_from(moment.unix_millis()).unwrap_or(0);
        Self(Uuid::from_u128(millis << RANDOM_BITS))
    }
}

macro_rules! scim_resource_id {
    ($name:ident) => {
        impl $name {
            /// Reads the form that identity providers see: a plain UUID, lower case, hyphenated.
            ///
            /// Ids are compared exactly (RFC 7643 §3.1), so no other spelling of the same UUID
            /// is an id; the answer is then `None`, as for an id that does not exist.
            #[must_use]
            pub fn from_scim(text: &str) -> Option<Self> {
                let uuid = Uuid::try_parse(text).ok()?;
                (uuid.as_hyphenated().to_string() == text).then_some(Self(uuid))
            }

            /// The form that identity providers see.
            #[must_use]
            pub fn to_scim(self) -> String {
                self.0.as_hyphenated().to_string()
            }
        }
    };
}

scim_resource_id!(UserId);
scim_resource_id!(GroupId);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ManualClock;

    fn fixed() -> Uuid {
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00ab)
    }

    #[test]
    fn an_id_is_shown_with_its_prefix_and_26_characters() {
        insta::assert_snapshot!(OrgId::from_uuid(fixed()), @"org_01j0000000e00800000000005b");
    }

    #[test]
    fn an_id_of_another_kind_does_not_parse() {
        let user = UserId::from_uuid(fixed()).to_string();
        insta::assert_snapshot!(
            user.parse::<OrgId>().unwrap_err(),
            @"expected an id that begins with `org_` and goes on with 26 letters and digits"
        );
    }

    #[test]
    fn ids_sort_by_the_clock_as_text_and_as_values() {
        let clock = ManualClock::at(Timestamp::from_unix_micros(1_700_000_000_000_000));
        let first = OrgId::new(&clock);
        clock.advance_millis(1);
        let second = OrgId::new(&clock);
        assert!(first < second);
        assert!(first.to_string() < second.to_string());
    }

    #[test]
    fn a_million_ids_of_one_moment_differ() {
        const HOW_MANY: usize = 1_000_000;
        let clock = ManualClock::at(Timestamp::from_unix_micros(1_700_000_000_000_000));
        let mut ids: Vec<UserId> = (0..HOW_MANY).map(|_| UserId::new(&clock)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), HOW_MANY);
    }

    #[test]
    fn a_request_of_a_moment_comes_after_the_first_id_of_that_moment() {
        let clock = ManualClock::at(Timestamp::from_unix_micros(1_700_000_000_000_000));
        let first = RequestId::first_at(clock.now());
        assert!(RequestId::new(&clock) > first);
        clock.advance_millis(1);
        assert!(RequestId::first_at(clock.now()) > first);
    }

    #[test]
    fn a_scim_id_in_capitals_is_no_id() {
        let id = UserId::from_uuid(fixed());
        assert_eq!(UserId::from_scim(&id.to_scim()), Some(id));
        assert_eq!(UserId::from_scim(&id.to_scim().to_uppercase()), None);
        assert_eq!(UserId::from_scim("0"), None);
    }

    proptest! {
        #[test]
        fn every_uuid_comes_back_from_its_text(bits: u128) {
            let id = OrgId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<OrgId>(), Ok(id));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = text.parse::<OrgId>();
            let _ = format!("org_{text}").parse::<OrgId>();
        }
    }
}
