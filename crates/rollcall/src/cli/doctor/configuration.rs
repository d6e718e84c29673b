//! Whether what is configured is wise. That it can be served with was checked when it was read.

use std::io;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use url::Url;

use super::report::Report;
use crate::config::{Config, DatabaseKind, SqliteSynchronous};

const CHECK: &str = "configuration";

pub(super) fn check(report: &mut Report, config: &Config, file: Option<&Path>) -> io::Result<()> {
    let from = file.map_or_else(
        || "the defaults and the environment".to_owned(),
        |file| format!("{} and the environment", file.display()),
    );
    report.ok(CHECK, format!("{from} can be served with"))?;
    if let Some(file) = file.filter(|file| others_may_read(file)) {
        report.warning(
            CHECK,
            format!("every user of this machine can read {}", file.display()),
            "if it holds a password or a key, `chmod 600` it, or put secrets into files of their \
             own (`…_file`)",
        )?;
    }
    let public = config
        .public_url
        .as_deref()
        .and_then(|url| Url::parse(url).ok());
    if let Some(url) = public.filter(|url| url.scheme() == "http" && !is_here(url)) {
        report.warning(
            CHECK,
            format!("`public_url` is plain HTTP ({url}), so tokens travel for everybody to read"),
            "serve it over HTTPS and write https:// there",
        )?;
    }
    if config.behind_proxy && config.trusted_proxies.is_empty() {
        report.warning(
            CHECK,
            "`behind_proxy` is set without `trusted_proxies`: whoever reaches this address can say where a \
             request comes from",
            "name the addresses of your proxies there",
        )?;
    }
    if config.metrics_listen.is_none() && (config.behind_proxy || !config.listen.ip().is_loopback())
    {
        report.warning(
            CHECK,
            "/metrics is served to everybody who reaches the main address",
            "set `metrics_listen` to an address that only your Prometheus reaches",
        )?;
    }
    if config.database_kind() == DatabaseKind::Sqlite {
        if config.sqlite_synchronous == SqliteSynchronous::Normal {
            report.warning(
                CHECK,
                "`sqlite_synchronous` is normal: a power cut may lose the last answered changes",
                "set it to full unless you chose that",
            )?;
        }
    } else if travels_open(config.database_url.expose()) {
        report.warning(
            CHECK,
            "`database_url` names another machine and does not ask for TLS",
            "add `?sslmode=verify-full` to it, or `require` if the server has no certificate that \
             can be verified",
        )?;
    }
    let redis = config.redis_url.as_ref();
    let redis = redis.and_then(|url| Url::parse(url.expose()).ok());
    if redis.is_some_and(|url| url.scheme() == "redis" && !is_here(&url)) {
        report.warning(
            CHECK,
            "`redis_url` names another machine and does not use TLS",
            "write rediss:// if the server speaks TLS, or keep it in a network of its own",
        )?;
    }
    Ok(())
}

fn others_may_read(file: &Path) -> bool {
    // One that cannot be looked at was read all the same; it is not our worry here.
    std::fs::metadata(file).is_ok_and(|it| it.permissions().mode() & 0o004 != 0)
}

/// Whether a URL stays on this machine. Of a scheme that it does not know, `url` leaves an address as
/// a text.
fn is_here(url: &Url) -> bool {
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        // A socket in the file system.
        return true;
    };
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

fn travels_open(database_url: &str) -> bool {
    let Ok(url) = Url::parse(database_url) else {
        return false;
    };
    let mode = url.query_pairs().find(|(name, _)| name == "sslmode");
    let mode = mode.map(|(_, mode)| mode.into_owned()).unwrap_or_default();
    let asks = ["require", "verify-ca", "verify-full"].contains(&mode.as_str());
    let host = url.query_pairs().find(|(name, _)| name == "host");
    let is_socket = host.is_some_and(|(_, host)| host.starts_with('/'));
    !asks && !is_socket && !is_here(&url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_should_be_encrypted() {
        let table = [
            ("postgres://me@db.example.com/rollcall", true),
            ("postgres://me@db.example.com/rollcall?sslmode=prefer", true),
            (
                "postgres://me@db.example.com/rollcall?sslmode=require",
                false,
            ),
            ("postgres://me@10.0.0.7/rollcall?sslmode=verify-full", false),
            ("postgres://me@localhost/rollcall", false),
            ("postgres://me@127.0.0.1:5432/rollcall", false),
            ("postgres:///rollcall?host=/var/run/postgresql", false),
        ];
        for (url, open) in table {
            assert_eq!(travels_open(url), open, "{url}");
        }
    }
}
