//! What a Redis says of itself, for whoever looks after it. Not used while serving.

use std::time::Duration;

use redis::Client;
use redis::aio::MultiplexedConnection;
use rollcall_model::Timestamp;
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::link::LinkError;
use crate::options::RedisOptions;

/// How long it may take, whatever the options say: a person waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a Redis says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisFacts {
    /// What its clock shows.
    pub now: Timestamp,
    /// Its version; `None` if our user may not ask.
    pub version: Option<String>,
    /// What it does when it is full.
    pub memory_policy: Option<String>,
    /// How much it may hold, in bytes; 0 is no limit.
    pub max_memory: u64,
}

/// Why a Redis cannot be used. The text holds no part of its URL.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct InspectError(#[from] LinkError);

/// Connects to a Redis and asks it.
///
/// # Errors
///
/// It cannot be reached, does not let us in, or does not answer in time.
pub async fn inspect(options: &RedisOptions) -> Result<RedisFacts, InspectError> {
    let asked = timeout(PATIENCE, ask(options)).await;
    let facts = asked.map_err(|_| LinkError::Slow(PATIENCE))?;
    Ok(facts.map_err(LinkError::from)?)
}

async fn ask(options: &RedisOptions) -> redis::RedisResult<RedisFacts> {
    let client = Client::open(options.url.expose_secret())?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(&mut redis).await?;
    let info = info(&mut redis).await.unwrap_or_default();
    Ok(RedisFacts {
        now: Timestamp::from_unix_micros(seconds.saturating_mul(1_000_000).saturating_add(micros)),
        version: field(&info, "redis_version"),
        memory_policy: field(&info, "maxmemory_policy"),
        max_memory: field(&info, "maxmemory")
            .and_then(|bytes| bytes.parse().ok())
            .unwrap_or(0),
    })
}

/// A user with the rights that serving needs may not ask this.
async fn info(redis: &mut MultiplexedConnection) -> redis::RedisResult<String> {
    let mut all = String::new();
    for section in ["server", "memory"] {
        let text: String = redis::cmd("INFO").arg(section).query_async(redis).await?;
        all.push_str(&text);
    }
    Ok(all)
}

fn field(info: &str, name: &str) -> Option<String> {
    let mut lines = info.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(key, _)| *key == name)?;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let info = "# Server\r\nredis_version:7.0.15\r\n# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!(field(info, "redis_version").as_deref(), Some("7.0.15"));
        assert_eq!(field(info, "maxmemory").as_deref(), Some("0"));
        assert_eq!(
            field(info, "maxmemory_policy").as_deref(),
            Some("noeviction")
        );
        assert_eq!(field(info, "memory"), None);
    }
}
