//! `[traces]`

use percent_encoding::percent_decode_str;
use rollcall_metrics::traces::{CallerSampling, Protocol, TracesOptions};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{Secret, values};

/// Where spans are sent, and how many.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TracesConfig {
    /// Where the collector listens; `None`: there are no traces.
    #[serde(default, deserialize_with = "endpoint")]
    pub(crate) endpoint: Option<String>,
    /// How it is spoken to.
    #[serde(deserialize_with = "protocol")]
    pub(crate) protocol: Protocol,
    /// Headers for it: `name=value`, with commas between.
    #[serde(default, deserialize_with = "headers")]
    pub(crate) headers: Option<Secret>,
    /// The part of requests that is recorded, from 0 to 1.
    #[serde(deserialize_with = "part")]
    pub(crate) sampling_ratio: f64,
    /// Who decides that of requests with a caller's trace.
    #[serde(deserialize_with = "caller_sampling")]
    pub(crate) caller_sampling: CallerSampling,
    /// What this is called in traces.
    #[serde(deserialize_with = "name")]
    pub(crate) service_name: String,
    /// How many spans wait to be sent.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_waiting_spans: usize,
}

impl TracesConfig {
    /// As the exporter takes it; `None` if there are to be no traces.
    pub(crate) fn options(&self, version: &'static str) -> Option<TracesOptions> {
        let headers = self.headers.as_ref();
        Some(TracesOptions {
            endpoint: self.endpoint.clone()?,
            protocol: self.protocol,
            headers: headers
                .and_then(|headers| read_headers(headers.expose()))
                .unwrap_or_default(),
            sampling_ratio: self.sampling_ratio,
            caller_sampling: self.caller_sampling,
            service_name: self.service_name.clone(),
            version,
            max_waiting_spans: self.max_waiting_spans,
        })
    }
}

fn endpoint<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let convert = |text: &str| {
        let url = Url::parse(text).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        // A password would be in the log when the collector is away.
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        (is_web && is_bare).then(|| Some(text.to_owned()))
    };
    values::text(
        from,
        convert,
        "`http://` or `https://`, a host, and perhaps a port and a path, such as \
         http://127.0.0.1:4318; what a collector wants to know of its clients goes into \
         `traces.headers`",
    )
}

fn protocol<'de, D: Deserializer<'de>>(from: D) -> Result<Protocol, D::Error> {
    let convert = |text: &str| match text {
        "http/protobuf" => Some(Protocol::HttpProtobuf),
        "grpc" => Some(Protocol::Grpc),
        _ => None,
    };
    values::text(from, convert, "`http/protobuf` or `grpc`")
}

fn caller_sampling<'de, D: Deserializer<'de>>(from: D) -> Result<CallerSampling, D::Error> {
    let convert = |text: &str| match text {
        "ratio" => Some(CallerSampling::Ratio),
        "follow" => Some(CallerSampling::Follow),
        _ => None,
    };
    values::text(from, convert, "`ratio` or `follow`")
}

fn headers<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let secret = Secret::deserialize(from)?;
    if read_headers(secret.expose()).is_none() {
        return Err(de::Error::custom(
            "expected `name=value` with commas between several, and `%20`, `%2C` or `%3D` for a \
             space, comma or `=` in a value",
        ));
    }
    Ok(Some(secret))
}

/// Headers as `OTEL_EXPORTER_OTLP_HEADERS` has them (W3C Baggage without properties).
fn read_headers(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte);
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let plain = value
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
        (!name.is_empty() && name.bytes().all(is_name) && plain).then(|| (name, value.into_owned()))
    };
    pairs.map(read).collect()
}

/// A part of something. Variables come as text.
fn part<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let part = f64::deserialize(from)?;
    if (0.0..=1.0).contains(&part) {
        Ok(part)
    } else {
        Err(de::Error::custom("expected a number from 0 to 1"))
    }
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let convert = |text: &str| {
        let fits = (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    };
    values::text(from, convert, "a name of 1 to 200 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_the_standard_variable_has_them() {
        let read = |text| read_headers(text);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("Authorization=Bearer%20a%3Db , x-team=eu,"),
            Some(vec![
                pair("authorization", "Bearer a=b"),
                pair("x-team", "eu")
            ])
        );
        for text in ["authorization", "=value", "na me=value", "name=a%0Ab"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
