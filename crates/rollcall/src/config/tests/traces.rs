//! `[traces]`, and the variables of OpenTelemetry that stand for it.

use rollcall_metrics::traces::{CallerSampling, Protocol};

use super::*;

#[test]
fn the_variables_of_opentelemetry_stand_for_the_settings() {
    let config = with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b"),
        ("OTEL_SERVICE_NAME", "provisioning"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_PROPAGATORS", "tracecontext"),
    ]);
    let traces = config.unwrap().traces;
    assert_eq!(traces.endpoint.as_deref(), Some("http://collector:4317"));
    assert_eq!(traces.protocol, Protocol::Grpc);
    assert_eq!(traces.service_name, "provisioning");
    assert_eq!(traces.sampling_ratio, 0.25);
    assert_eq!(traces.caller_sampling, CallerSampling::Follow);
    assert_eq!(traces.max_waiting_spans, 100);
    let options = traces.options("1").unwrap();
    let header = ("x-key".to_owned(), "a b".to_owned());
    assert_eq!(options.headers, [header]);
}

#[test]
fn the_file_and_the_own_variables_win_over_those_of_opentelemetry() {
    let folder = Folder::with("[traces]\nendpoint = \"http://of-file:4318\"\n");
    let standard = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://of-all:4318"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://of-traces:4318",
        ),
        ("OTEL_SERVICE_NAME", "of-all"),
        ("ROLLCALL_TRACES__SERVICE_NAME", "own"),
        ("ROLLCALL_TRACES__SAMPLING_RATIO", "1"),
    ];
    let traces = folder.load(&standard).unwrap().traces;
    assert_eq!(traces.endpoint.as_deref(), Some("http://of-file:4318"));
    assert_eq!(traces.service_name, "own");
    assert_eq!(traces.sampling_ratio, 1.0);

    let traces = with(&standard).unwrap().traces;
    assert_eq!(traces.endpoint.as_deref(), Some("http://of-traces:4318"));
}

#[test]
fn nothing_of_opentelemetry_counts_where_it_is_switched_off() {
    for off in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ] {
        let given = [
            off,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
        ];
        assert_eq!(with(&given).unwrap().traces.endpoint, None, "{off:?}");
    }
    assert!(with(&[]).unwrap().traces.options("1").is_none());
}

#[test]
fn the_headers_are_a_secret_that_can_be_in_a_file() {
    let folder = Folder::with("");
    let path = folder.write("headers", "authorization=Bearer%20very-secret\n");
    let config = with(&[("ROLLCALL_TRACES__HEADERS_FILE", &path)]).unwrap();
    assert!(!format!("{config:?}").contains("very-secret"));
    let headers = config.traces.headers.unwrap();
    assert_eq!(headers.expose(), "authorization=Bearer%20very-secret");
}

#[test]
fn wrong_values_are_refused_by_the_name_of_where_they_stand() {
    let refused = |name, value| refusal(&[(name, value)]);
    insta::assert_snapshot!(refused("ROLLCALL_TRACES__SAMPLING_RATIO", "1.5"), @"`traces.sampling_ratio` in ROLLCALL_TRACES__SAMPLING_RATIO: expected a number from 0 to 1");
    insta::assert_snapshot!(refused("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"), @"`traces.protocol` in OTEL_EXPORTER_OTLP_PROTOCOL: expected `http/protobuf` or `grpc`");
    insta::assert_snapshot!(refused("ROLLCALL_TRACES__CALLER_SAMPLING", "yes"), @"`traces.caller_sampling` in ROLLCALL_TRACES__CALLER_SAMPLING: expected `ratio` or `follow`");
    let headers = refused("ROLLCALL_TRACES__HEADERS", "very-secret");
    assert!(!headers.contains("very-secret"), "{headers}");
    for endpoint in ["collector:4317", "http://me:secret@collector", "ftp://x"] {
        let said = refused("ROLLCALL_TRACES__ENDPOINT", endpoint);
        assert!(said.contains("traces.headers"), "{said}");
        assert!(!said.contains("secret@"), "{said}");
    }
    let sampler = refused("OTEL_TRACES_SAMPLER", "jaeger_remote");
    assert!(sampler.contains("OTEL_TRACES_SAMPLER"), "{sampler}");
}
