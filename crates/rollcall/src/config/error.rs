//! What can be wrong with a configuration, in words for the person who wrote it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A configuration that cannot be served with. No variant shows the value of a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file is not there or not readable.
    #[error("cannot read the configuration file {}", .path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML: {reason}", .path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Line, column and cause, without the text of the line: it may hold a secret.
        reason: String,
    },
    /// Keys or variables that mean nothing.
    #[error("unknown: {}; `rollcall config default` prints every key", .names.join(", "))]
    Unknown {
        /// Each with where it is.
        names: Vec<String>,
    },
    /// A secret is given as a value and as a file in the same place.
    #[error("`{key}` and `{key}_file` are both given {origin}; keep one of them")]
    ValueAndFile {
        /// The key of the secret.
        key: String,
        /// Where both are.
        origin: String,
    },
    /// The file of a secret is not there or not readable.
    #[error("cannot read {}, named by `{key}_file` {origin}", .path.display())]
    ReadSecret {
        /// The key of the secret.
        key: String,
        /// Where the file is named.
        origin: String,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A value that its key cannot have.
    #[error("`{key}` {origin}: {reason}")]
    Value {
        /// The key.
        key: String,
        /// Where the value is.
        origin: String,
        /// What is expected.
        reason: String,
    },
    /// Tokens would travel in plain text over a network.
    #[error(
        "`listen` is {listen}, which others can reach, and there is no TLS. Either listen on a \
         loopback address such as 127.0.0.1:8080, or set `behind_proxy = true` \
         (ROLLCALL_BEHIND_PROXY=true) if a proxy in front terminates TLS, or give a certificate \
         with `tls_certificate_file` and `tls_key_file`"
    )]
    PlainHttp {
        /// The address.
        listen: SocketAddr,
    },
    /// Proxies that are trusted, where none is.
    #[error(
        "`trusted_proxies` is set and `behind_proxy` is not: set `behind_proxy = true` \
         (ROLLCALL_BEHIND_PROXY=true), or leave `trusted_proxies` out if clients reach this server \
         themselves"
    )]
    ProxiesOfNobody,
    /// A certificate without its key, or the reverse.
    #[error("`{given}` is set and `{missing}` is not; HTTPS needs both")]
    HalfTls {
        /// The key that is set.
        given: &'static str,
        /// The key that is not.
        missing: &'static str,
    },
    /// A setting that belongs to an issuer or to a client there, without it.
    #[error("`{given}` is set and `{missing}` is not; the one means nothing without the other")]
    HalfManagementOidc {
        /// The key that is set.
        given: &'static str,
        /// The key that is not.
        missing: &'static str,
    },
    /// An issuer that is used for nothing.
    #[error(
        "`management_oidc.issuer` is set, and nothing says what for: give \
         `management_oidc.audience` for its tokens to be taken by the management API, or \
         `management_oidc.client_id` for people to sign in to the console"
    )]
    IdleManagementOidc,
    /// `metrics_listen` is the address that everything else is served on.
    #[error(
        "`metrics_listen` and `listen` are both {listen}: give metrics an address of their own, or \
         leave `metrics_listen` out and they are served on `listen`"
    )]
    SameListen {
        /// The address.
        listen: SocketAddr,
    },
    /// PostgreSQL without a key for what must be read back.
    #[error(
        "`secret_key` (ROLLCALL_SECRET_KEY) is not set, and PostgreSQL needs one that every \
         replica has; `openssl rand -base64 32` makes one. Keep it: without it, stored OIDC \
         client secrets cannot be read again"
    )]
    NoSecretKey,
    /// A Redis stream, and no Redis.
    #[error(
        "`events.redis_stream` is set and `redis_url` is not; events are added to a stream of that Redis"
    )]
    StreamWithoutRedis,
    /// A default page that is larger than the largest.
    #[error(
        "`limits.default_results` is {default}, more than `limits.max_results`, which is {max}"
    )]
    PageOverMaximum {
        /// The default.
        default: u64,
        /// The maximum.
        max: u64,
    },
    /// A pool that is to be larger when nobody uses it than it may become.
    #[error(
        "`database.min_connections` is {min}, more than `database.max_connections`, which is {max}"
    )]
    PoolOverMaximum {
        /// The minimum.
        min: u32,
        /// The maximum.
        max: u32,
    },
}
