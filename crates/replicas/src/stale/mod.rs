//! What is to be forgotten, told to the other replicas and heard from them.
//!
//! Pub/sub loses what is sent while nobody listens. So each message carries a number, one more than
//! the last, and whoever listens compares: after a gap, a new connection, or a number that
//! is not the one it saw last (asked every second), it forgets everything. The number begins at
//! the time in microseconds, so that a Redis that came back empty cannot count up to
//! where it was.

mod announce;
mod listen;

pub(crate) use self::announce::Announcer;
pub(crate) use self::listen::Listener;

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use redis::aio::ConnectionManager;

/// How long to wait before Redis is tried again.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// Where messages go, and who sends them.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    generation_key: String,
    name: String,
    /// Tells the messages of this process from those of others.
    own: String,
}

impl Channel {
    pub(crate) fn new(key_prefix: &str, own: String) -> Self {
        Self {
            generation_key: format!("{key_prefix}generation"),
            name: format!("{key_prefix}stale"),
            own,
        }
    }
}

/// ARGV: the channel, the sender, and what is stale. Without anything stale it only tells the number.
/// Gives the last number as text: Lua would cut it. Reads it by a write, so that a Redis that is full
/// or a replica of another counts as away for everything and not for some things.
static PUBLISH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 0 then
            local clock = redis.call('TIME')
            redis.call('SET', KEYS[1], string.format('%.0f', clock[1] * 1000000 + clock[2]))
        end
        for i = 3, #ARGV do
            local generation = string.format('%.0f', redis.call('INCR', KEYS[1]))
            redis.call('PUBLISH', ARGV[1], generation .. ' ' .. ARGV[2] .. ' ' .. ARGV[i])
        end
        return string.format('%.0f', redis.call('INCRBY', KEYS[1], 0))",
    )
});

/// Tells what is stale; gives the number of the last message, of whomever.
async fn publish(
    mut manager: ConnectionManager,
    channel: Channel,
    stale: Vec<String>,
) -> redis::RedisResult<u64> {
    let mut script = PUBLISH.key(&channel.generation_key);
    script.arg(&channel.name).arg(&channel.own);
    for stale in &stale {
        script.arg(stale);
    }
    script.invoke_async(&mut manager).await
}
