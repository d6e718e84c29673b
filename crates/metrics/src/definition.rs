//! What it takes to define a metric: a name, a kind, a help text and the names of its labels.

use std::fmt;

use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

/// Upper bounds of the histogram buckets, in seconds.
///
/// A read from SQLite takes well under a millisecond and a request times out after half a minute
/// by default; the bounds lie between the two, closest where a percentile is usually read.
pub(crate) const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// The same for what is tried again for three days: from a quick delivery to one that came with the
/// last attempt.
pub(crate) const UP_TO_DAYS: &[f64] = &[
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 3_600.0, 14_400.0,
    43_200.0, 86_400.0, 259_200.0,
];

/// The same for the database, whose quickest answers are a tenth of the quickest request.
pub(crate) const FROM_MICROSECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; read it with `rate()`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets; read it with `histogram_quantile()`.
    Histogram,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}

/// A metric as the manual lists it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Description {
    /// The name in the exposition.
    pub name: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// What it counts, one sentence.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// Upper bounds of the buckets, in seconds. For histograms alone.
    pub(crate) buckets: &'static [f64],
}

/// A type of the `prometheus` crate that can be made from a [`Description`].
pub(crate) trait Define: Collector + Clone + Sized + 'static {
    /// How metrics of this type move.
    const KIND: Kind;

    /// An instance that no registry knows yet.
    fn define(description: &Description) -> prometheus::Result<Self>;

    /// An instance that `registry` collects.
    fn register(description: &Description, registry: &Registry) -> prometheus::Result<Self> {
        let metric = Self::define(description)?;
        registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}

impl Define for IntCounter {
    const KIND: Kind = Kind::Counter;

    fn define(description: &Description) -> prometheus::Result<Self> {
        Self::new(description.name, description.help)
    }
}

impl Define for IntCounterVec {
    const KIND: Kind = Kind::Counter;

    fn define(description: &Description) -> prometheus::Result<Self> {
        let opts = Opts::new(description.name, description.help);
        Self::new(opts, description.labels)
    }
}

impl Define for IntGauge {
    const KIND: Kind = Kind::Gauge;

    fn define(description: &Description) -> prometheus::Result<Self> {
        Self::new(description.name, description.help)
    }
}

impl Define for IntGaugeVec {
    const KIND: Kind = Kind::Gauge;

    fn define(description: &Description) -> prometheus::Result<Self> {
        let opts = Opts::new(description.name, description.help);
        Self::new(opts, description.labels)
    }
}

impl Define for Histogram {
    const KIND: Kind = Kind::Histogram;

    fn define(description: &Description) -> prometheus::Result<Self> {
        let opts = HistogramOpts::new(description.name, description.help);
        Self::with_opts(opts.buckets(description.buckets.to_vec()))
    }
}

impl Define for HistogramVec {
    const KIND: Kind = Kind::Histogram;

    fn define(description: &Description) -> prometheus::Result<Self> {
        let opts = HistogramOpts::new(description.name, description.help);
        Self::new(
            opts.buckets(description.buckets.to_vec()),
            description.labels,
        )
    }
}
