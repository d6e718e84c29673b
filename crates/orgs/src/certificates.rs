//! What an X.509 certificate says of itself (RFC 5280 §4.1).
//!
//! The dates of SAML providers are shown and reported, not enforced: a certificate in SAML metadata
//! is a key that an admin vouched for, and providers go on signing with expired ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rollcall_model::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// SHA-256 of its DER, in lower-case hexadecimal digits, as admin consoles show it.
    pub sha256_fingerprint: String,
    /// Whom it is for; `None` if it is no certificate.
    pub subject: Option<String>,
    /// From when on it is valid.
    pub not_before: Option<Timestamp>,
    /// Until when it is valid.
    pub not_after: Option<Timestamp>,
}

/// Reads a certificate: base64 of DER. What cannot be read is left out.
#[must_use]
pub fn read(certificate: &str) -> CertificateFacts {
    read_der(&STANDARD.decode(certificate).unwrap_or_default())
}

/// Reads a certificate as DER. What cannot be read is left out.
#[must_use]
pub fn read_der(der: &[u8]) -> CertificateFacts {
    let digest = Sha256::digest(der);
    let read = X509Certificate::from_der(der).ok();
    let read = read.map(|(_, certificate)| certificate);
    let validity = read.as_ref().map(|read| read.validity());
    CertificateFacts {
        sha256_fingerprint: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        subject: read.as_ref().map(|read| read.subject().to_string()),
        not_before: validity.map(|validity| moment(validity.not_before)),
        not_after: validity.map(|validity| moment(validity.not_after)),
    }
}

fn moment(time: ASN1Time) -> Timestamp {
    const MICROS: i64 = 1_000_000;
    Timestamp::from_unix_micros(time.timestamp().saturating_mul(MICROS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_has_a_fingerprint_only() {
        let facts = read("MAAA");
        assert_eq!(facts.sha256_fingerprint.len(), 64);
        assert_eq!(
            (facts.subject, facts.not_before, facts.not_after),
            (None, None, None)
        );
    }

    #[test]
    fn a_certificate_says_for_whom_and_for_how_long_it_is() {
        let pem = include_str!("../../rollcall/tests/data/tls.crt");
        let facts = read(&crate::saml_metadata::certificate(pem).unwrap());
        let expected = CertificateFacts {
            sha256_fingerprint: "a934e01457160c4826f7dd0d94589199ea29689ce8012fd272a35dfe6b1a195e"
                .to_owned(),
            subject: Some("CN=rollcall test".to_owned()),
            not_before: Some(Timestamp::from_unix_micros(1_795_323_080_000_000)),
            not_after: Some(Timestamp::from_unix_micros(4_948_923_080_000_000)),
        };
        assert_eq!(facts, expected);
    }
}
