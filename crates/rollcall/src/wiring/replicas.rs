//! What a process shares with the others of its installation.

use anyhow::Context;
use rollcall_metrics::Metrics;
use rollcall_model::SystemClock;
use rollcall_replicas::{RedisOptions, Replicas};

use crate::config::{Config, DatabaseKind};

/// Shares over Redis if the configuration names one. Nobody waits for Redis to answer.
///
/// # Errors
///
/// The URL cannot be used. The sentence does not hold it.
pub(super) fn share(config: &Config, metrics: Metrics) -> anyhow::Result<Replicas> {
    let Some(options) = redis_options(config) else {
        if config.database_kind() == DatabaseKind::Postgres {
            tracing::info!(
                "`redis_url` is not set: rate limits are those of each process, and what another \
                 process changes is seen within seconds"
            );
        }
        return Ok(Replicas::alone(metrics));
    };
    Replicas::over_redis(&options, &SystemClock, metrics).context("`redis_url` cannot be used")
}

/// How Redis is reached, if the configuration names one.
pub(crate) fn redis_options(config: &Config) -> Option<RedisOptions> {
    let url = config.redis_url.as_ref()?;
    Some(RedisOptions {
        url: url.as_secret_string().clone(),
        key_prefix: config.redis.key_prefix.clone(),
        connect_timeout: config.redis.connect_timeout,
        response_timeout: config.redis.response_timeout,
    })
}
