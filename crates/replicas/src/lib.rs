#![doc = include_str!("../README.md")]

mod counts;
mod event_stream;
mod inspect;
mod limits;
mod link;
mod options;
mod replicas;
mod stale;

pub use counts::Recent;
pub use event_stream::{EventStream, EventStreamError, StreamEntry};
pub use inspect::{InspectError, RedisFacts, inspect};
pub use limits::{MOST_BURST_SECONDS, Quota, Standing, Verdict};
pub use options::{REDIS_COMMANDS, RedisOptions};
pub use replicas::{RedisHealth, Replicas, ReplicasError};
