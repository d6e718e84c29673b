//! The resource types and resources that the targets work on.

use std::sync::LazyLock;

use rollcall_scim::schema::Profile;
use rollcall_scim::{Catalog, Resource};

/// A user with values of most types, as it is stored.
const USER: &str = r#"{
    "userName": "bjensen@example.com",
    "externalId": "701984",
    "name": { "familyName": "Jensen", "givenName": "Barbara" },
    "displayName": "Babs Jensen",
    "title": "Tour Guide",
    "active": true,
    "emails": [
        { "value": "bjensen@example.com", "type": "work", "primary": true },
        { "value": "babs@jensen.example", "type": "home" }
    ],
    "addresses": [{ "locality": "Hollywood", "country": "US", "type": "work" }],
    "roles": [{ "value": "guide", "display": "Guide", "primary": true }],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "department": "Tours",
        "manager": { "value": "26118915" }
    }
}"#;

/// A group, whose members are no part of it.
const GROUP: &str = r#"{ "externalId": "g1", "displayName": "Tour Guides" }"#;

/// Made once: a fuzzer asks a thousand times a second.
static CATALOGS: LazyLock<[Catalog; 2]> = LazyLock::new(|| {
    [Profile::Compat, Profile::Strict].map(|profile| Catalog::core().with_profile(profile))
});

/// The core schemas under the rules of each profile.
pub(crate) fn catalogs() -> &'static [Catalog; 2] {
    &CATALOGS
}

/// [`USER`], read.
pub(crate) fn user() -> Resource {
    stored(USER)
}

/// [`GROUP`], read.
pub(crate) fn group() -> Resource {
    stored(GROUP)
}

fn stored(text: &str) -> Resource {
    Resource::from_stored(text).expect("the samples are compiled in")
}
