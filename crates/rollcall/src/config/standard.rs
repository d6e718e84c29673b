//! The variables that every program with OpenTelemetry knows, as settings of `[traces]`.
//!
//! They stand below the file and below the variables of Rollcall: whoever sets both meant the narrower
//! one. Those that say nothing about where and how much (`OTEL_RESOURCE_ATTRIBUTES`,
//! `OTEL_EXPORTER_OTLP_TIMEOUT`, `OTEL_EXPORTER_OTLP_COMPRESSION`, `OTEL_BSP_SCHEDULE_DELAY`,
//! `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`) are read by the library.

use std::collections::{BTreeMap, HashMap};

/// The variables that stand for one key, the narrower one first.
const KEYS: &[(&str, [&str; 2])] = &[
    (
        "traces.endpoint",
        [
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ],
    ),
    (
        "traces.protocol",
        [
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
        ],
    ),
    (
        "traces.headers",
        [
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "OTEL_EXPORTER_OTLP_HEADERS",
        ],
    ),
    ("traces.service_name", ["OTEL_SERVICE_NAME", ""]),
    ("traces.max_waiting_spans", ["OTEL_BSP_MAX_QUEUE_SIZE", ""]),
];

/// What these variables say: key, value, and the variable. Nothing, if they say that there are to be no
/// traces.
pub(super) fn settings(
    variables: &HashMap<String, String>,
) -> BTreeMap<&'static str, (String, &'static str)> {
    let of = |name: &str| {
        let value = variables.get(name).map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    };
    let is = |name, what: &str| of(name).is_some_and(|value| value.eq_ignore_ascii_case(what));
    let mut settings = BTreeMap::new();
    if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return settings;
    }
    for (key, names) in KEYS {
        let given = names.iter().find_map(|name| Some((of(name)?, *name)));
        if let Some((value, name)) = given {
            settings.insert(*key, (value.to_owned(), name));
        }
    }
    const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
    const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
    if let Some(sampler) = of(SAMPLER) {
        let (follows, kind) = match sampler.strip_prefix("parentbased_") {
            Some(kind) => (true, kind),
            None => (false, sampler),
        };
        let (ratio, name) = match kind {
            "always_on" => ("1", SAMPLER),
            "always_off" => ("0", SAMPLER),
            "traceidratio" => (of(ARGUMENT).unwrap_or("1"), ARGUMENT),
            // No number: refused, with the name of the variable.
            other => (other, SAMPLER),
        };
        settings.insert("traces.sampling_ratio", (ratio.to_owned(), name));
        if follows {
            settings.insert("traces.caller_sampling", ("follow".to_owned(), SAMPLER));
        }
    }
    settings
}
