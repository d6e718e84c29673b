//! Where spans are sent, and how many.

use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// What the path of an endpoint ends with when it takes traces over HTTP.
const HTTP_PATH: &str = "/v1/traces";

/// How spans travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// As Protobuf in HTTP requests.
    HttpProtobuf,
    /// By gRPC.
    Grpc,
}

/// Whether the caller of a request is asked about recording it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerSampling {
    /// No: chance decides, as it does without a caller.
    Ratio,
    /// Yes, if it says anything.
    Follow,
}

/// Where spans are sent, and how many.
#[derive(Clone)]
pub struct TracesOptions {
    /// Where the collector listens.
    pub endpoint: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Headers for the collector, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The part of requests that is recorded.
    pub sampling_ratio: f64,
    /// Who decides that of requests with a caller's trace.
    pub caller_sampling: CallerSampling,
    /// What this is called in traces.
    pub service_name: String,
    /// The release.
    pub version: &'static str,
    /// How many spans wait to be sent; what is more is dropped.
    pub max_waiting_spans: usize,
}

/// Headers are secrets.
impl fmt::Debug for TracesOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracesOptions")
            .field("endpoint", &self.endpoint)
            .field("protocol", &self.protocol)
            .field("sampling_ratio", &self.sampling_ratio)
            .field("caller_sampling", &self.caller_sampling)
            .finish_non_exhaustive()
    }
}

/// Why there can be no traces.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// There is no HTTP client.
    #[error("the HTTP client for traces could not be made")]
    Client(#[source] Option<reqwest::Error>),
    /// A header is none.
    #[error("a header for the collector of traces has a name or a value that HTTP does not allow")]
    Header,
    /// The library takes no such endpoint.
    #[error("spans cannot be sent to the endpoint of the configuration")]
    Exporter(#[source] ExporterBuildError),
}

impl TracesOptions {
    pub(super) fn http_endpoint(&self) -> String {
        let endpoint = self.endpoint.trim_end_matches('/');
        if endpoint.ends_with(HTTP_PATH) {
            endpoint.to_owned()
        } else {
            format!("{endpoint}{HTTP_PATH}")
        }
    }

    pub(super) fn header_map(&self) -> Result<HeaderMap, TracesError> {
        let header = |(name, value): &(String, String)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        };
        let headers = self.headers.iter().map(header);
        headers.collect::<Option<_>>().ok_or(TracesError::Header)
    }

    /// What all spans have in common. `OTEL_RESOURCE_ATTRIBUTES` adds to it.
    pub(super) fn resource(&self) -> Resource {
        let instance = format!("{:032x}", rand::random::<u128>());
        Resource::builder()
            .with_service_name(self.service_name.clone())
            .with_attribute(KeyValue::new("service.version", self.version))
            .with_attribute(KeyValue::new("service.instance.id", instance))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(endpoint: &str) -> TracesOptions {
        TracesOptions {
            endpoint: endpoint.to_owned(),
            protocol: Protocol::HttpProtobuf,
            headers: vec![("x-key".to_owned(), "a-secret".to_owned())],
            sampling_ratio: 1.0,
            caller_sampling: CallerSampling::Ratio,
            service_name: "rollcall".to_owned(),
            version: "1",
            max_waiting_spans: 1,
        }
    }

    #[test]
    fn the_path_for_traces_is_added_unless_it_is_there() {
        let path = |endpoint| options(endpoint).http_endpoint();
        assert_eq!(path("http://c:4318"), "http://c:4318/v1/traces");
        assert_eq!(path("http://c:4318/"), "http://c:4318/v1/traces");
        assert_eq!(path("https://c/otlp"), "https://c/otlp/v1/traces");
        assert_eq!(path("https://c/otlp/v1/traces"), "https://c/otlp/v1/traces");
    }

    #[test]
    fn headers_are_shown_to_nobody_and_must_be_some() {
        let mut options = options("http://c:4318");
        assert!(!format!("{options:?}").contains("a-secret"));
        assert!(!format!("{:?}", options.header_map().unwrap()).contains("a-secret"));
        options.headers.push(("a b".to_owned(), String::new()));
        assert!(matches!(options.header_map(), Err(TracesError::Header)));
    }
}
