//! The certificate that the server serves HTTPS with, and how long any certificate is good.

use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rollcall_model::{Clock, SystemClock, Timestamp};
use rollcall_orgs::certificates;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::report::Report;
use crate::config::Config;

const CHECK: &str = "certificate";

/// Fewer days than this are said.
const FEW_DAYS: u64 = 14;

pub(super) fn check(report: &mut Report, config: &Config) -> io::Result<()> {
    let Some((certificate, key)) = config.tls_files() else {
        let found = if config.behind_proxy {
            "the proxy in front has it"
        } else {
            "none: plain HTTP is served on a loopback address only"
        };
        return report.ok(CHECK, found);
    };
    let mend = "correct `tls_certificate_file` and `tls_key_file`: PEM files, of which the first begins \
                with the server's own certificate";
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = match chain {
        Ok(chain) if !chain.is_empty() => chain,
        Ok(_) => {
            let found = format!("there is none in {}", certificate.display());
            return report.failed(CHECK, found, mend);
        }
        Err(error) => {
            let found = format!("{} cannot be read: {error}", certificate.display());
            return report.failed(CHECK, found, mend);
        }
    };
    let first = chain.first().cloned();
    let usable = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| error.to_string())
        .and_then(|key| {
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
                .map_err(|error| error.to_string())
        });
    if let Err(error) = usable {
        let found = format!("{} does not go with it: {error}", key.display());
        return report.failed(CHECK, found, mend);
    }
    let file = certificate.display().to_string();
    tell_days(report, CHECK, &file, first.as_deref().unwrap_or_default())
}

/// Says how long a certificate is good; `der` is its bytes.
pub(super) fn tell_days(
    report: &mut Report,
    check: &'static str,
    whose: &str,
    der: &[u8],
) -> io::Result<()> {
    let Some(end) = certificates::read(&STANDARD.encode(der)).not_after else {
        let mend = "replace it by an X.509 certificate";
        return report.failed(check, format!("that of {whose} cannot be read"), mend);
    };
    let mend = "renew it, and find out why nothing does that by itself";
    match days_left(end, SystemClock.now()) {
        None => report.failed(check, format!("that of {whose} ended at {end}"), mend),
        Some(days @ 0..FEW_DAYS) => {
            report.warning(check, format!("that of {whose} ends in {days} days"), mend)
        }
        Some(days) => report.ok(check, format!("that of {whose} is good for {days} days")),
    }
}

fn days_left(end: Timestamp, now: Timestamp) -> Option<u64> {
    (now < end).then(|| end.since(now).as_secs() / (24 * 3_600))
}
