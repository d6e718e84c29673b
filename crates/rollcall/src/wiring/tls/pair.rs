//! A certificate chain and its private key, as two files have them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use rollcall_model::Timestamp;
use rollcall_orgs::certificates::{self, CertificateFacts};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Where a certificate chain and its private key are.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// A certificate chain with the private key that belongs to it.
pub(super) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    /// What the certificate of the server says of itself; those behind it in the chain are not
    /// asked, since chains are served with old roots at their end that nobody looks at.
    pub(super) facts: CertificateFacts,
}

impl Files {
    /// Reads both. What is written at the same time is seen in halves, and halves do not fit.
    ///
    /// # Errors
    ///
    /// A sentence with the name of the file in which something is missing or wrong.
    pub(super) fn read(&self, provider: &CryptoProvider) -> anyhow::Result<Pair> {
        let Self { certificate, key } = self;
        let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
        let Some(first) = chain.first() else {
            bail!("there is no certificate in {}", certificate.display());
        };
        let facts = certificates::read_der(first);
        let private_key = PrivateKeyDer::from_pem_file(key)
            .with_context(|| format!("cannot read the private key {}", key.display()))?;
        let certified =
            CertifiedKey::from_der(chain, private_key, provider).with_context(|| {
                format!(
                    "cannot serve HTTPS with {} and {}",
                    certificate.display(),
                    key.display()
                )
            })?;
        Ok(Pair {
            certified: Arc::new(certified),
            facts,
        })
    }

    /// Whether every user of this machine can read the private key. A group may: that is how
    /// Debian and Kubernetes hand out keys.
    pub(super) fn key_is_open(&self) -> bool {
        const OTHERS: u32 = 0o007;
        fs::metadata(&self.key).is_ok_and(|key| key.permissions().mode() & OTHERS != 0)
    }
}

impl Pair {
    /// Why clients refuse it at that time.
    pub(super) fn refused_at(&self, now: Timestamp) -> Option<String> {
        match (self.facts.not_before, self.facts.not_after) {
            (_, Some(end)) if end < now => Some(format!("the certificate ended at {end}")),
            (Some(begin), _) if now < begin => {
                Some(format!("the certificate is valid from {begin} on"))
            }
            _ => None,
        }
    }
}
