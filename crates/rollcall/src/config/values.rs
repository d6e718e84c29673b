//! How single values are read, with the words for what is expected.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rollcall_gateway::TrustedProxies;
use rollcall_orgs::api_keys;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{DatabaseKind, Secret};

const SECRET_KEY_BYTES: usize = 32;
/// What reads JSON goes no deeper than a little more than this.
const MOST_NESTING: usize = 120;

/// Reads text and turns it into a value, or says what was expected.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    convert: impl FnOnce(&str) -> Option<T>,
    expected: &'static str,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    convert(text.trim()).ok_or_else(|| de::Error::custom(format_args!("expected {expected}")))
}

/// Reads a secret that must pass a check.
fn secret<'de, D: Deserializer<'de>>(
    deserializer: D,
    check: impl FnOnce(&str) -> bool,
    expected: &'static str,
) -> Result<Secret, D::Error> {
    let secret = Secret::deserialize(deserializer)?;
    if check(secret.expose()) {
        Ok(secret)
    } else {
        Err(de::Error::custom(format_args!("expected {expected}")))
    }
}

pub(super) fn socket_address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    text(
        from,
        |text| text.parse().ok(),
        "an IP address and a port, such as 127.0.0.1:8080 or [::]:8080 (a host name is not enough)",
    )
}

pub(super) fn optional_socket_address<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<SocketAddr>, D::Error> {
    socket_address(from).map(Some)
}

/// Keeps scheme, host, port and path; anything more would end up in the middle of endpoint URLs.
pub(super) fn public_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    fn convert(text: &str) -> Option<String> {
        let url = Url::parse(text).ok()?;
        let origin = url.origin();
        let is_web = matches!(url.scheme(), "http" | "https");
        let mut bare = Url::parse(&origin.ascii_serialization()).ok()?;
        bare.set_path(url.path());
        let path = url.path().trim_end_matches('/');
        // Anything else would mean something else in the route that the path becomes.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        let whole = bare == url && path.bytes().all(is_plain);
        (is_web && whole).then(|| format!("{}{path}", origin.ascii_serialization()))
    }
    text(
        from,
        convert,
        "`https://` or `http://`, a host and perhaps a port and a path, with nothing after it, \
         such as https://provisioning.example.com",
    )
    .map(Some)
}

pub(super) fn host_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    fn is_label(label: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    }
    fn convert(text: &str) -> Option<String> {
        // A last label of digits alone would be an IP address, which has no names below it.
        let last = text.rsplit('.').next()?;
        let is_name = text.len() <= 253
            && text.split('.').all(is_label)
            && !last.bytes().all(|byte| byte.is_ascii_digit());
        is_name.then(|| text.to_ascii_lowercase())
    }
    text(
        from,
        convert,
        "a host name alone, such as scim.example.com, without `https://`, port or `*`",
    )
    .map(Some)
}

pub(super) fn database_url<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
    secret(
        from,
        |url| DatabaseKind::of(url).is_some(),
        "a URL that begins with `sqlite:` or `postgres:`",
    )
}

pub(super) fn redis_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let check = |text: &str| {
        Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host())
    };
    secret(
        from,
        check,
        "a URL that begins with `redis://` or `rediss://`",
    )
    .map(Some)
}

pub(super) fn client_secret<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Secret>, D::Error> {
    let check = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    secret(from, check, "a secret that is not empty and has one line").map(Some)
}

pub(super) fn admin_key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    // It travels in an `Authorization` header, which takes no spaces.
    let check = |text: &str| {
        text.len() >= api_keys::MIN_GIVEN_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    secret(
        from,
        check,
        "at least 24 printable ASCII characters without spaces",
    )
    .map(Some)
}

pub(super) fn secret_key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let check = |text: &str| {
        STANDARD
            .decode(text)
            .is_ok_and(|bytes| bytes.len() == SECRET_KEY_BYTES)
    };
    secret(
        from,
        check,
        "32 bytes in base64, as from `openssl rand -base64 32`",
    )
    .map(Some)
}

pub(super) fn trusted_proxies<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<TrustedProxies, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    TrustedProxies::parse(&texts).map_err(de::Error::custom)
}

/// A number of something, at least 1.
pub(super) fn positive<'de, D: Deserializer<'de>, T>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default + PartialEq,
{
    let number = T::deserialize(from)?;
    if number == T::default() {
        return Err(de::Error::custom("expected at least 1"));
    }
    Ok(number)
}

/// A depth to which JSON is read.
pub(super) fn nesting<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let depth = usize::deserialize(from)?;
    if (1..=MOST_NESTING).contains(&depth) {
        Ok(depth)
    } else {
        Err(de::Error::custom(format_args!(
            "expected 1 to {MOST_NESTING}"
        )))
    }
}

pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    positive(from).map(Duration::from_secs)
}

pub(super) fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    positive(from).map(Duration::from_millis)
}
