//! What an operator can set: `rollcall.toml` and the environment.
//!
//! Three layers, the later winning: the defaults in `config.default.toml` (compiled in), the
//! operator's file, the environment. The default file is the one place where a key is named,
//! described and given its default; the reference in the manual ([`markdown`]) and the list of
//! known keys are read from it, and a test compares it with the fields of [`Config`].
//!
//! Everything is checked when it is loaded, so a [`Config`] that exists can be served with.

mod concurrency;
mod database;
mod effective;
mod error;
mod events;
mod layers;
mod limits;
mod log;
mod management_oidc;
mod metrics;
mod oauth;
mod outbound;
mod portal;
mod rate_limits;
mod redis;
mod reference;
mod request_log;
mod scim;
mod secret;
mod standard;
mod traces;
mod values;
mod webhooks;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rollcall_gateway::{Proxies, TrustedProxies};
use serde::Deserialize;

pub(crate) use self::concurrency::ConcurrencyConfig;
pub(crate) use self::database::{DatabaseConfig, DatabaseKind, SqliteSynchronous};
pub(crate) use self::effective::effective;
pub(crate) use self::error::ConfigError;
pub(crate) use self::events::EventsConfig;
pub(crate) use self::limits::LimitsConfig;
pub(crate) use self::log::{LogConfig, LogFormat};
pub(crate) use self::management_oidc::ManagementOidcConfig;
pub(crate) use self::metrics::MetricsConfig;
pub(crate) use self::oauth::OauthConfig;
pub(crate) use self::outbound::OutboundConfig;
pub(crate) use self::portal::PortalConfig;
pub(crate) use self::rate_limits::RateLimitsConfig;
pub(crate) use self::redis::RedisConfig;
pub(crate) use self::reference::markdown;
pub(crate) use self::request_log::RequestLogConfig;
pub(crate) use self::scim::ScimConfig;
pub(crate) use self::secret::Secret;
pub(crate) use self::traces::TracesConfig;
pub(crate) use self::webhooks::WebhooksConfig;

/// The commented default file, as `rollcall config default` prints it.
pub(crate) const DEFAULT_FILE: &str = include_str!("../../config.default.toml");

/// The file to read when nobody names one: `rollcall.toml` in the working directory, if it is there.
pub(crate) fn usual_file() -> Option<&'static Path> {
    let path = Path::new("rollcall.toml");
    path.exists().then_some(path)
}

/// The environment of the process, for [`Config::load`].
///
/// Bytes that are not Unicode become replacement characters, so that a damaged setting is refused
/// for what it is and not passed over.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (lossy(name), lossy(value)))
}

/// Everything that can be set, checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The address to serve on.
    #[serde(deserialize_with = "values::socket_address")]
    pub(crate) listen: SocketAddr,
    /// Scheme, host, port and path of printed endpoint URLs, without a slash at the end. Unset, it is
    /// the address that is listened on.
    #[serde(default, deserialize_with = "values::public_url")]
    pub(crate) public_url: Option<String>,
    /// Under which domain organizations have their own hosts, in lower case.
    #[serde(default, deserialize_with = "values::host_name")]
    pub(crate) base_domain: Option<String>,
    /// `sqlite://…` or `postgres://…`; see [`Config::database_kind`].
    #[serde(deserialize_with = "values::database_url")]
    pub(crate) database_url: Secret,
    /// `redis://…` or `rediss://…`.
    #[serde(default, deserialize_with = "values::redis_url")]
    pub(crate) redis_url: Option<Secret>,
    /// A first API key given from outside.
    #[serde(default, deserialize_with = "values::admin_key")]
    pub(crate) admin_key: Option<Secret>,
    /// 32 bytes in base64. Always there with PostgreSQL.
    #[serde(default, deserialize_with = "values::secret_key")]
    pub(crate) secret_key: Option<Secret>,
    /// The address that serves `/metrics` alone.
    #[serde(default, deserialize_with = "values::optional_socket_address")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Whether a proxy terminates TLS and its forwarded addresses are believed.
    pub(crate) behind_proxy: bool,
    /// Which proxies; if there are none, whoever asks.
    #[serde(deserialize_with = "values::trusted_proxies")]
    pub(crate) trusted_proxies: TrustedProxies,
    /// The certificate chain, PEM. There if and only if the key is.
    #[serde(default)]
    pub(crate) tls_certificate_file: Option<PathBuf>,
    /// The private key, PEM.
    #[serde(default)]
    pub(crate) tls_key_file: Option<PathBuf>,
    /// How SQLite commits.
    pub(crate) sqlite_synchronous: SqliteSynchronous,
    /// Whether `serve` brings the database up to date.
    pub(crate) auto_migrate: bool,
    /// What is logged, and how.
    pub(crate) log: LogConfig,
    /// What is measured beyond the usual.
    pub(crate) metrics: MetricsConfig,
    /// How much one request may ask for.
    pub(crate) limits: LimitsConfig,
    /// How much a SCIM connection may ask for.
    pub(crate) rate_limits: RateLimitsConfig,
    /// How many requests of one connection work and wait.
    pub(crate) concurrency: ConcurrencyConfig,
    /// How Redis is used.
    pub(crate) redis: RedisConfig,
    /// The pool of connections.
    pub(crate) database: DatabaseConfig,
    /// Whose tokens the management API takes.
    pub(crate) management_oidc: ManagementOidcConfig,
    /// Access tokens for OAuth clients.
    pub(crate) oauth: OauthConfig,
    /// Requests to addresses that others named.
    pub(crate) outbound: OutboundConfig,
    /// The feed of events.
    pub(crate) events: EventsConfig,
    /// How webhooks are sent.
    pub(crate) webhooks: WebhooksConfig,
    /// The setup portal.
    pub(crate) portal: PortalConfig,
    /// The SCIM endpoint.
    pub(crate) scim: ScimConfig,
    /// What the request log keeps.
    pub(crate) request_log: RequestLogConfig,
    /// Where spans are sent, and how many.
    pub(crate) traces: TracesConfig,
}

impl Config {
    /// Reads the layers and checks the result.
    ///
    /// Without a `file` there are the defaults and the environment. `environment` may hold any
    /// variables; those that begin neither with `ROLLCALL_` nor with `OTEL_` are passed over.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the key, where its value came from, and what to do.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let config: Self = layers::load(file, environment)?;
        config.check()?;
        Ok(config)
    }

    /// Which database [`Self::database_url`] names.
    pub(crate) fn database_kind(&self) -> DatabaseKind {
        // Anything but the two kinds was refused when the value was read.
        DatabaseKind::of(self.database_url.expose()).unwrap_or(DatabaseKind::Sqlite)
    }

    /// The certificate and key files, when Rollcall itself serves HTTPS.
    pub(crate) fn tls_files(&self) -> Option<(&Path, &Path)> {
        self.tls_certificate_file
            .as_deref()
            .zip(self.tls_key_file.as_deref())
    }

    /// Who is believed about the address and the host of a request.
    pub(crate) fn proxies(&self) -> Proxies {
        match self.behind_proxy {
            false => Proxies::None,
            true if self.trusted_proxies.is_empty() => Proxies::Anybody,
            true => Proxies::Listed(self.trusted_proxies.clone()),
        }
    }

    /// The rules between keys; each value alone was checked when it was read.
    fn check(&self) -> Result<(), ConfigError> {
        let (certificate, key) = ("tls_certificate_file", "tls_key_file");
        let half = |given, missing| Err(ConfigError::HalfTls { given, missing });
        let has_certificate = match (&self.tls_certificate_file, &self.tls_key_file) {
            (Some(_), Some(_)) => true,
            (None, None) => false,
            (Some(_), None) => return half(certificate, key),
            (None, Some(_)) => return half(key, certificate),
        };
        if !self.listen.ip().is_loopback() && !self.behind_proxy && !has_certificate {
            return Err(ConfigError::PlainHttp {
                listen: self.listen,
            });
        }
        if !self.trusted_proxies.is_empty() && !self.behind_proxy {
            return Err(ConfigError::ProxiesOfNobody);
        }
        if self.database_kind() == DatabaseKind::Postgres && self.secret_key.is_none() {
            return Err(ConfigError::NoSecretKey);
        }
        if self.metrics_listen == Some(self.listen) && self.listen.port() != 0 {
            return Err(ConfigError::SameListen {
                listen: self.listen,
            });
        }
        if self.events.redis_stream.is_some() && self.redis_url.is_none() {
            return Err(ConfigError::StreamWithoutRedis);
        }
        self.management_oidc.check()?;
        self.database.check()?;
        self.limits.check()
    }
}
