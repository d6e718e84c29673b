//! How Redis is reached.

use std::time::Duration;

use secrecy::SecretString;

/// How Redis is reached, and where in it this installation keeps its keys.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// `redis://…`, or `rediss://…` for TLS, with user and password.
    pub url: SecretString,
    /// What every key and channel begins with, so that several installations can share a server.
    pub key_prefix: String,
    /// How long connecting may take, and any work off the path of a request.
    pub connect_timeout: Duration,
    /// How long a request waits for an answer before Redis counts as away.
    pub response_timeout: Duration,
}

/// The commands of Redis that are used, as the rules of an ACL: a user needs these and the keys and
/// channels that begin with the prefix.
pub const REDIS_COMMANDS: &[&str] = &[
    "+evalsha",
    "+script|load",
    "+time",
    "+exists",
    "+get",
    "+set",
    "+incr",
    "+incrby",
    "+publish",
    "+subscribe",
    "+hincrby",
    "+hmget",
    "+expire",
    "+ping",
    "+xadd",
    "+xrange",
    "+xrevrange",
];
