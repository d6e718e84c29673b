//! Names of domains that an organization may claim.

use std::fmt;

use url::Host;

use crate::error::OrgsError;

/// What is left of the longest name in DNS for the label of the record before it.
const MAX_BYTES: usize = 230;

/// Domains that give addresses to anybody, one a line. Verifying one would claim strangers.
const PUBLIC_MAIL: &str = include_str!("public_mail.txt");

/// A domain that belongs to somebody: lower case, ASCII (RFC 5891 A-labels), below a public suffix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Reads the name of a domain, in any letters and case.
    ///
    /// # Errors
    ///
    /// It is no name, or one that belongs to nobody in particular.
    pub fn parse(text: &str) -> Result<Self, OrgsError> {
        let invalid = |reason: &str| Err(OrgsError::invalid("domain", reason));
        let text = text.trim().trim_end_matches('.');
        if text.contains('@') {
            return invalid("is an address; leave out what stands before the `@`, and the `@`");
        }
        let Ok(Host::Domain(name)) = Host::parse(text) else {
            return invalid("is not the name of a domain, such as `acme.com`");
        };
        let is_label = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(plain)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if name.len() > MAX_BYTES || !name.split('.').all(is_label) {
            return invalid("is not the name of a domain, such as `acme.com`");
        }
        if !name.contains('.') || psl::domain_str(&name).is_none() {
            return invalid("is a public suffix, below which everybody may have a domain");
        }
        if PUBLIC_MAIL.lines().any(|public| public == name) {
            return invalid(
                "is the domain of a public mail service: its addresses belong to people of no \
                 organization",
            );
        }
        Ok(Self(name))
    }

    /// The domain of an e-mail address; `None` if the text is no address.
    #[must_use]
    pub fn of_address(address: &str) -> Option<Self> {
        let (person, domain) = address.trim().rsplit_once('@')?;
        if person.is_empty() {
            return None;
        }
        Self::parse(domain).ok()
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        DomainName::parse(text).map_or_else(|error| error.to_string(), |name| name.to_string())
    }

    #[test]
    fn a_name_is_kept_in_lower_case_and_ascii() {
        assert_eq!(name(" Acme.COM. "), "acme.com");
        assert_eq!(name("bücher.example.com"), "xn--bcher-kva.example.com");
        assert_eq!(name("BÜCHER.de"), "xn--bcher-kva.de");
        assert_eq!(name("mail.acme.co.uk"), "mail.acme.co.uk");
    }

    #[test]
    fn what_belongs_to_nobody_in_particular_is_refused() {
        for text in ["com", "co.uk", "localhost", "github.io"] {
            let refused = "`domain` is a public suffix, below which everybody may have a domain";
            assert_eq!(name(text), refused, "{text}");
        }
        for text in ["gmail.com", "Outlook.com", "web.de"] {
            assert!(name(text).contains("public mail service"), "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for text in [
            "",
            "a b.com",
            "127.0.0.1",
            "[::1]",
            "a..com",
            "-a.com",
            "_x.com",
            "a/b.com",
        ] {
            let refused = "`domain` is not the name of a domain, such as `acme.com`";
            assert_eq!(name(text), refused, "{text}");
        }
        assert!(name("ada@acme.com").contains("is an address"));
        assert!(name(&format!("{}com", "abcdefghi.".repeat(24))).contains("not the name"));
    }

    #[test]
    fn the_domain_of_an_address_stands_after_its_last_at_sign() {
        let domain = |text| DomainName::of_address(text).map(|name| name.to_string());
        assert_eq!(domain("Ada@Acme.com").as_deref(), Some("acme.com"));
        assert_eq!(domain("\"a@b\"@acme.com").as_deref(), Some("acme.com"));
        assert_eq!(domain("@acme.com"), None);
        assert_eq!(domain("acme.com"), None);
    }

    #[test]
    fn the_list_of_public_mail_services_is_in_lower_case_and_sorted() {
        let lines: Vec<_> = PUBLIC_MAIL.lines().collect();
        assert!(lines.is_sorted());
        assert!(lines.iter().all(|line| line.to_lowercase() == **line));
    }
}
