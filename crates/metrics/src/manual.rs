//! The page of the manual, docs/metrics.md.

use crate::definition::{Description, Kind};
use crate::metrics::descriptions;

const INTRODUCTION: &str = "\
`/metrics` is text for Prometheus (version 0.0.4), on the main listener or on `metrics_listen`. What has labels begins
at zero, so that the first failure is an increase. `deploy/prometheus` has rules for it, `deploy/grafana` dashboards.

No label names an organization, a user or an address, and each has a known set of values. Only with
`metrics.connections` (`top` or `all`; `off` by default) are there series of single SCIM connections.

This text format has no exemplars, so no metric leads to a trace. Log lines and lines of the request log do: find
the requests of the moment there, by status and duration, and follow their trace ids.
";

/// What the collector of the `prometheus` crate tells of a process on Linux.
const OF_THE_PROCESS: &[(&str, Kind, &str)] = &[
    (
        "process_cpu_seconds_total",
        Kind::Counter,
        "CPU seconds that the process has used, in user and system mode.",
    ),
    (
        "process_open_fds",
        Kind::Gauge,
        "File descriptors that are open.",
    ),
    (
        "process_max_fds",
        Kind::Gauge,
        "File descriptors that may be open.",
    ),
    (
        "process_resident_memory_bytes",
        Kind::Gauge,
        "Memory that the process has in use.",
    ),
    (
        "process_virtual_memory_bytes",
        Kind::Gauge,
        "Memory that the process has reserved.",
    ),
    (
        "process_start_time_seconds",
        Kind::Gauge,
        "When the process started, in seconds since 1970.",
    ),
    ("process_threads", Kind::Gauge, "Threads of the process."),
];

/// Every metric as a Markdown table, for the manual.
#[must_use]
pub fn markdown() -> String {
    let rows = descriptions().into_iter().map(|metric| {
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let Description {
            name, kind, help, ..
        } = metric;
        format!("| `{name}` | {kind} | {} | {help} |\n", labels.join(", "))
    });
    let head = format!(
        "{INTRODUCTION}\n| metric | kind | labels | what it counts |\n| --- | --- | --- | --- |\n"
    );
    let process = OF_THE_PROCESS
        .iter()
        .map(|(name, kind, help)| format!("| `{name}` | {kind} |  | {help} |\n"));
    std::iter::once(head).chain(rows).chain(process).collect()
}
