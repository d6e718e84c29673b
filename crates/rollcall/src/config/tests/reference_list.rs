//! The default file describes every key, and the reference is made from it.

use std::collections::BTreeSet;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::*;

/// Asks a type for the names of its fields, which serde hands to the deserializer.
struct FieldNames;

/// The answer travels as the error, since no value is wanted.
#[derive(Debug)]
struct Fields(&'static [&'static str]);

impl std::fmt::Display for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Fields {}

impl de::Error for Fields {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self(&[])
    }
}

impl<'de> Deserializer<'de> for FieldNames {
    type Error = Fields;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fields> {
        Err(Fields(&[]))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Fields> {
        Err(Fields(fields))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields<'de, T: Deserialize<'de>>(section: &str) -> Vec<String> {
    let Err(Fields(names)) = T::deserialize(FieldNames) else {
        panic!("no struct");
    };
    names
        .iter()
        .map(|name| format!("{section}{name}"))
        .collect()
}

#[test]
fn the_default_file_describes_every_field_and_nothing_else() {
    let sections = [
        "log",
        "metrics",
        "limits",
        "concurrency",
        "rate_limits",
        "redis",
        "database",
        "management_oidc",
        "oauth",
        "outbound",
        "events",
        "webhooks",
        "portal",
        "scim",
        "request_log",
        "traces",
    ];
    let mut expected: BTreeSet<String> = fields::<Config>("").into_iter().collect();
    for section in sections {
        assert!(expected.remove(section), "{section}");
    }
    expected.extend(fields::<LogConfig>("log."));
    expected.extend(fields::<MetricsConfig>("metrics."));
    expected.extend(fields::<LimitsConfig>("limits."));
    expected.extend(fields::<ConcurrencyConfig>("concurrency."));
    expected.extend(fields::<RateLimitsConfig>("rate_limits."));
    expected.extend(fields::<RedisConfig>("redis."));
    expected.extend(fields::<DatabaseConfig>("database."));
    expected.extend(fields::<ManagementOidcConfig>("management_oidc."));
    expected.extend(fields::<OauthConfig>("oauth."));
    expected.extend(fields::<OutboundConfig>("outbound."));
    expected.extend(fields::<EventsConfig>("events."));
    expected.extend(fields::<WebhooksConfig>("webhooks."));
    expected.extend(fields::<PortalConfig>("portal."));
    expected.extend(fields::<ScimConfig>("scim."));
    expected.extend(fields::<RequestLogConfig>("request_log."));
    expected.extend(fields::<TracesConfig>("traces."));
    for secret in layers::SECRETS {
        assert!(expected.contains(*secret), "{secret}");
        expected.insert(format!("{secret}_file"));
    }

    let described: BTreeSet<String> = reference::entries()
        .into_iter()
        .map(|entry| entry.key)
        .collect();

    assert_eq!(described, expected);
}

#[test]
fn every_key_has_a_meaning() {
    for entry in reference::entries() {
        assert!(entry.meaning.ends_with('.'), "{entry:?}");
    }
}

#[test]
fn no_key_looks_like_a_variable_of_others() {
    for entry in reference::entries() {
        let name = entry.variable();
        assert!(!layers::is_not_a_setting(&name, "tcp://x"), "{name}");
    }
}

#[test]
fn the_reference_lists_variable_key_default_and_meaning() {
    let text = markdown();
    let head: Vec<&str> = text.lines().take(5).collect();
    insta::assert_snapshot!(head.join("\n"), @"
    | variable | key | default | meaning |
    | --- | --- | --- | --- |
    | `ROLLCALL_LISTEN` | `listen` | `127.0.0.1:8080` | The IP address and port to serve on. Plain HTTP is served on a loopback address only, unless `behind_proxy` says that a proxy in front terminates TLS; otherwise give a certificate. |
    | `ROLLCALL_PUBLIC_URL` | `public_url` | not set | What the endpoint URLs of customers begin with: scheme, host, port, and a path if a proxy puts one before ours. Without it, the address that is listened on. |
    | `ROLLCALL_BASE_DOMAIN` | `base_domain` | not set | Also serves each organization at its own host, `{slug}.{base_domain}`. Needs a wildcard DNS record, and a wildcard certificate where TLS ends. |
    ");
    let (_, section) = text.split_once("## `[scim]`").unwrap();
    let section = section.split("## ").next().unwrap();
    insta::assert_snapshot!(section, @"
    | variable | key | default | meaning |
    | --- | --- | --- | --- |
    | `ROLLCALL_SCIM__EXTRA_PATHS` | `scim.extra_paths` | `[]` | More paths that serve the SCIM endpoint whose token names the connection, such as a path that your customers have configured already. Each begins with `/`. |
    | `ROLLCALL_SCIM__TOMBSTONE_RETENTION_DAYS` | `scim.tombstone_retention_days` | `30` | Days that a deleted user or group can be brought back for. What is needed for that is kept so long and removed within an hour or two after. 0 keeps nothing. A change counts for what is deleted from then on. |
    ");
}
