//! The certificate of the HTTPS listener, which can be changed while it serves.
//!
//! Whatever renews certificates writes two files, and none of it does so at once. So both files are
//! read again every minute, and at once on SIGHUP; a pair is taken if it fits, and otherwise the
//! old one stays and a metric counts. Content is compared, not times: a secret that Kubernetes
//! mounts changes by a link that is turned to another folder. New handshakes get the new
//! certificate; connections that are open keep theirs.

mod pair;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::bail;
use rollcall_metrics::Metrics;
use rollcall_model::{Clock, SystemClock, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::Signal;
use tokio::time::MissedTickBehavior;

use self::pair::{Files, Pair};

/// How often the files are read.
pub(super) const READ_EVERY: Duration = Duration::from_mins(1);

/// How long before its end a certificate is worth a line in the log at the start.
const SOON: Duration = Duration::from_hours(24 * 14);

/// The certificate that is served.
pub(super) struct Certificate {
    files: Files,
    provider: Arc<CryptoProvider>,
    clock: Arc<dyn Clock>,
    served: RwLock<Pair>,
    /// What was wrong with the files when they were read last, so that it is logged once.
    wrong: Mutex<Option<String>>,
}

impl Certificate {
    /// Reads the files for the first time.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with them.
    pub(super) fn read(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        Self::read_with(certificate, key, Arc::new(SystemClock))
    }

    fn read_with(certificate: &Path, key: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pair = files.read(&provider)?;
        tell(&files, &pair, clock.now());
        Ok(Self {
            files,
            provider,
            clock,
            served: RwLock::new(pair),
            wrong: Mutex::default(),
        })
    }

    /// TLS 1.2 and 1.3 with whatever is served at the time of each handshake.
    ///
    /// # Errors
    ///
    /// The cryptography knows neither version.
    pub(super) fn config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let resolver: Arc<dyn ResolvesServerCert> = self.clone();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        Ok(builder
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver))
    }

    /// Reads the files `every` so often and at each hangup, for as long as it is not dropped.
    pub(super) async fn follow(
        self: Arc<Self>,
        metrics: Metrics,
        every: Duration,
        mut hangups: Signal,
    ) {
        metrics.set_certificate_end(self.ends_at());
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => false,
                Some(()) = hangups.recv() => true,
            };
            let certificate = Arc::clone(&self);
            // A file may be on a network that is away.
            let read = tokio::task::spawn_blocking(move || certificate.read_again(asked)).await;
            if !matches!(read, Ok(true)) {
                metrics.certificate_not_taken();
            }
            metrics.set_certificate_end(self.ends_at());
        }
    }

    /// Serves what the files have now, if it can be served; says whether. `asked` is whether
    /// somebody waits for an answer in the log.
    fn read_again(&self, asked: bool) -> bool {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        match self.take() {
            Ok(taken) => {
                if !taken && (asked || wrong.is_some()) {
                    tracing::info!("the files of the certificate hold the one that is served");
                }
                *wrong = None;
                true
            }
            Err(error) => {
                let error = format!("{error:#}");
                if asked || wrong.as_ref() != Some(&error) {
                    tracing::error!(
                        %error,
                        "the certificate is not changed; the one from before is served on"
                    );
                }
                *wrong = Some(error);
                false
            }
        }
    }

    /// Whether the files have another pair than is served, which is served from now on.
    fn take(&self) -> anyhow::Result<bool> {
        let pair = self.files.read(&self.provider)?;
        let now = self.clock.now();
        {
            let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
            // Both keys fit the same certificate, so they are the same.
            if served.certified.cert == pair.certified.cert {
                return Ok(false);
            }
            if let Some(reason) = pair.refused_at(now)
                && served.refused_at(now).is_none()
            {
                bail!("{}: {reason}", self.files.certificate.display());
            }
        }
        tell(&self.files, &pair, now);
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = pair;
        Ok(true)
    }

    /// When the certificate that is served ends, in seconds since 1970.
    fn ends_at(&self) -> i64 {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        let end = served.facts.not_after;
        end.map_or(0, |end| end.unix_millis().div_euclid(1_000))
    }
}

/// Says what is served from now on, and what is wrong with it.
fn tell(files: &Files, pair: &Pair, now: Timestamp) {
    let facts = &pair.facts;
    tracing::info!(
        subject = facts.subject.as_deref().unwrap_or_default(),
        sha256 = facts.sha256_fingerprint,
        ends = facts.not_after.map(tracing::field::display),
        "HTTPS is served with the certificate {}",
        files.certificate.display()
    );
    if let Some(reason) = pair.refused_at(now) {
        tracing::warn!(
            "clients will refuse {}: {reason}",
            files.certificate.display()
        );
    } else if let Some(end) = facts.not_after.filter(|end| *end < now.plus(SOON)) {
        tracing::warn!(
            "the certificate {} ends at {end}",
            files.certificate.display()
        );
    }
    if files.key_is_open() {
        tracing::warn!(
            "everybody on this machine can read the private key {}; `chmod o= {}` ends that",
            files.key.display(),
            files.key.display()
        );
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&served.certified))
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
