//! The exporter of the library, with an eye on what it does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{
    Protocol as Wire, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;

use super::counts::Counts;
use super::options::{Protocol, TracesError, TracesOptions};

/// How long the collector may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Counts what the exporter of the library sends.
#[derive(Debug)]
pub(super) struct Exporter {
    inner: SpanExporter,
    counts: Arc<Counts>,
}

impl Exporter {
    pub(super) fn new(options: &TracesOptions, counts: &Arc<Counts>) -> Result<Self, TracesError> {
        let inner = match options.protocol {
            Protocol::HttpProtobuf => over_http(options),
            Protocol::Grpc => over_grpc(options),
        };
        Ok(Self {
            inner: inner?,
            counts: Arc::clone(counts),
        })
    }
}

fn over_http(options: &TracesOptions) -> Result<SpanExporter, TracesError> {
    // It has a runtime of its own, which cannot be made on another one.
    let client = std::thread::spawn(|| {
        reqwest::blocking::Client::builder()
            .timeout(TIMEOUT)
            // The headers are for the collector alone.
            .redirect(reqwest::redirect::Policy::none())
            .build()
    });
    let client = client.join().map_err(|_| TracesError::Client(None))?;
    let headers: HashMap<_, _> = options.headers.iter().cloned().collect();
    SpanExporter::builder()
        .with_http()
        .with_protocol(Wire::HttpBinary)
        .with_endpoint(options.http_endpoint())
        .with_headers(headers)
        .with_http_client(client.map_err(|error| TracesError::Client(Some(error)))?)
        .build()
        .map_err(TracesError::Exporter)
}

fn over_grpc(options: &TracesOptions) -> Result<SpanExporter, TracesError> {
    let mut exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&options.endpoint)
        .with_timeout(TIMEOUT)
        .with_metadata(MetadataMap::from_headers(options.header_map()?));
    if options.endpoint.starts_with("https://") {
        exporter = exporter.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
    }
    exporter.build().map_err(TracesError::Exporter)
}

impl opentelemetry_sdk::trace::SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.counts.leave(spans);
        let said = self.inner.export(batch).await;
        self.counts.sent(spans, &said);
        said
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
