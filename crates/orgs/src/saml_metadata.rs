//! Reads what Rollcall needs from the metadata XML of a SAML 2.0 identity provider
//! (SAML 2.0 Metadata §2.3 and §2.4): who it is, where people sign in, what it signs with.
//!
//! Elements are found by their local names and their place in the tree, whatever prefix the
//! document chose for them. The place matters: a document may hold more certificates, of its own
//! signature or of a service provider, and those must not be trusted for sign-in.
//!
//! The signature of the document is not verified. An administrator pastes the document, so it is
//! trusted for the same reason as a certificate typed into a form would be. A DOCTYPE is refused
//! as a whole, so there are no entities to expand and no files or URLs to fetch.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use rollcall_model::SamlProvider;
use url::Url;

/// The longest document that is read, in bytes. Metadata of one identity provider has a few KiB.
pub const MAX_BYTES: usize = 1024 * 1024;

const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// The first byte of any certificate in DER: a SEQUENCE.
const DER_SEQUENCE: u8 = 0x30;

/// Why a document is not usable as the metadata of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SamlMetadataError {
    /// Longer than [`MAX_BYTES`].
    #[error(
        "the metadata is longer than {MAX_BYTES} bytes; use the metadata of this one application, not of a whole federation"
    )]
    TooLong,
    /// Not well-formed.
    #[error("the metadata is not well-formed XML, at byte {position}: {reason}")]
    NotXml {
        /// Where reading stopped.
        position: u64,
        /// What the XML reader says.
        reason: String,
    },
    /// There is a document type declaration.
    #[error(
        "the metadata has a DOCTYPE, which is refused; an HTML page begins like this, so check that the file is the metadata XML itself"
    )]
    Doctype,
    /// Well-formed, but something else.
    #[error(
        "the first element is `{found}` instead of `EntityDescriptor`: this is not SAML metadata"
    )]
    NotMetadata {
        /// The local name of the first element.
        found: String,
    },
    /// No entity has an `IDPSSODescriptor`.
    #[error(
        "there is no `IDPSSODescriptor`: this is not the metadata of an identity provider (it may be that of a service provider)"
    )]
    NoIdentityProvider,
    /// More than one entity has an `IDPSSODescriptor`.
    #[error("there are {count} identity providers in the metadata; give the metadata of one")]
    SeveralIdentityProviders {
        /// How many there are.
        count: usize,
    },
    /// The `EntityDescriptor` has no `entityID`.
    #[error("the `EntityDescriptor` has no `entityID`")]
    NoEntityId,
    /// No sign-in address with a binding that a browser can follow.
    #[error("there is no `SingleSignOnService` with the HTTP-Redirect or HTTP-POST binding")]
    NoSignInUrl,
    /// The sign-in address is not a web address.
    #[error("the address of the `SingleSignOnService` is not an http or https URL: `{location}`")]
    SignInUrl {
        /// What the document has there.
        location: String,
    },
    /// No key for signing.
    #[error(
        "there is no signing certificate: a `KeyDescriptor` without `use` or with `use=\"signing\"`, with an `X509Certificate` in it"
    )]
    NoCertificate,
    /// A signing certificate cannot be decoded.
    #[error("signing certificate {number} {error}")]
    Certificate {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        error: CertificateError,
    },
}

/// A text that is not a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an X.509 certificate in base64")]
pub struct CertificateError;

/// Reads a document.
///
/// HTTP-Redirect is preferred to HTTP-POST, because it needs no page in between. The certificates
/// keep their order, without repetitions: the first is usually the one in use.
///
/// # Errors
///
/// [`SamlMetadataError`], in words for the administrator who pasted the document.
pub fn parse(xml: &str) -> Result<SamlProvider, SamlMetadataError> {
    if xml.len() > MAX_BYTES {
        return Err(SamlMetadataError::TooLong);
    }
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}').trim());
    let mut document = Document::default();
    loop {
        let event = reader.read_event();
        let position = match event {
            Ok(_) => reader.buffer_position(),
            Err(_) => reader.error_position(),
        };
        let not_xml = |reason: String| SamlMetadataError::NotXml { position, reason };
        match event.map_err(|error| not_xml(error.to_string()))? {
            Event::Start(element) => document.start(&element, position)?,
            Event::Empty(element) => {
                document.start(&element, position)?;
                document.end();
            }
            Event::End(_) => document.end(),
            Event::Text(text) => document.text(&text.xml10_content()),
            Event::CData(text) => document.text(&text.xml10_content()),
            // Line ends inside certificates are sometimes written as `&#13;`. Any other reference
            // is kept as a character that no certificate has, so that it cannot pass unnoticed.
            Event::GeneralRef(reference) => {
                let resolved = reference.resolve_char_ref();
                let letter = resolved.map_err(|error| not_xml(error.to_string()))?;
                document.text(letter.unwrap_or('&').encode_utf8(&mut [0; 4]));
            }
            Event::DocType(_) => return Err(SamlMetadataError::Doctype),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if document.is_complete() => break,
            Event::Eof if document.root_seen => {
                return Err(not_xml("the document ends too early".to_owned()));
            }
            Event::Eof => return Err(not_xml("there is no element in it".to_owned())),
        }
    }
    document.finish()
}

/// Checks one certificate, PEM or bare base64, and returns the base64 without lines around it.
///
/// # Errors
///
/// [`CertificateError`] if it is not base64 of DER. Dates and signatures are not looked at.
pub fn certificate(text: &str) -> Result<String, CertificateError> {
    let bare = text
        .replace("-----BEGIN CERTIFICATE-----", "")
        .replace("-----END CERTIFICATE-----", "");
    let bare: String = bare.split_ascii_whitespace().collect();
    match STANDARD.decode(&bare) {
        Ok(der) if der.first() == Some(&DER_SEQUENCE) => Ok(bare),
        Ok(_) | Err(_) => Err(CertificateError),
    }
}

/// Where an element stands, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Root,
    Entities,
    Entity,
    IdentityProvider,
    SignInService,
    Key,
    KeyInfo,
    CertificateData,
    Certificate,
    Elsewhere,
}

impl Place {
    /// The place of a child element with the local name `name`.
    fn child(self, name: &str) -> Self {
        match (self, name) {
            (Self::Root | Self::Entities, "EntitiesDescriptor") => Self::Entities,
            (Self::Root | Self::Entities, "EntityDescriptor") => Self::Entity,
            (Self::Entity, "IDPSSODescriptor") => Self::IdentityProvider,
            (Self::IdentityProvider, "SingleSignOnService") => Self::SignInService,
            (Self::IdentityProvider, "KeyDescriptor") => Self::Key,
            (Self::Key, "KeyInfo") => Self::KeyInfo,
            (Self::KeyInfo, "X509Data") => Self::CertificateData,
            (Self::CertificateData, "X509Certificate") => Self::Certificate,
            _ => Self::Elsewhere,
        }
    }
}

/// What was found of one `EntityDescriptor`.
#[derive(Default)]
struct Entity {
    id: Option<String>,
    is_identity_provider: bool,
    redirect_url: Option<String>,
    post_url: Option<String>,
    certificates: Vec<String>,
}

/// What was read so far, and the places of the open elements.
#[derive(Default)]
struct Document {
    open: Vec<Place>,
    entities: Vec<Entity>,
    root_seen: bool,
}

impl Document {
    fn is_complete(&self) -> bool {
        self.root_seen && self.open.is_empty()
    }

    fn place(&self) -> Place {
        self.open.last().copied().unwrap_or(Place::Root)
    }

    fn start(&mut self, element: &BytesStart<'_>, position: u64) -> Result<(), SamlMetadataError> {
        let attribute = |name| attribute(element, name, position);
        let name = element.local_name().into_inner();
        if self.is_complete() {
            return Err(SamlMetadataError::NotXml {
                position,
                reason: "there is more than one outermost element".to_owned(),
            });
        }
        let mut place = self.place().child(name);
        if !self.root_seen && place == Place::Elsewhere {
            return Err(SamlMetadataError::NotMetadata {
                found: name.to_owned(),
            });
        }
        self.root_seen = true;
        match (place, self.entities.last_mut()) {
            (Place::Entity, _) => self.entities.push(Entity {
                id: attribute("entityID")?,
                ..Entity::default()
            }),
            (Place::IdentityProvider, Some(entity)) => entity.is_identity_provider = true,
            (Place::SignInService, Some(entity)) => {
                let url = match attribute("Binding")?.as_deref() {
                    Some(REDIRECT) => Some(&mut entity.redirect_url),
                    Some(POST) => Some(&mut entity.post_url),
                    Some(_) | None => None,
                };
                if let Some(url @ None) = url {
                    *url = attribute("Location")?;
                }
            }
            // A key without `use` is for both purposes.
            (Place::Key, _) if attribute("use")?.is_some_and(|purpose| purpose != "signing") => {
                place = Place::Elsewhere;
            }
            (Place::Certificate, Some(entity)) => entity.certificates.push(String::new()),
            _ => {}
        }
        self.open.push(place);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let certificates = self
            .entities
            .last_mut()
            .map(|entity| &mut entity.certificates);
        if self.open.last() == Some(&Place::Certificate)
            && let Some(certificate) = certificates.and_then(|all| all.last_mut())
        {
            certificate.push_str(text);
        }
    }

    fn end(&mut self) {
        self.open.pop();
    }

    fn finish(mut self) -> Result<SamlProvider, SamlMetadataError> {
        self.entities.retain(|entity| entity.is_identity_provider);
        let count = self.entities.len();
        if count > 1 {
            return Err(SamlMetadataError::SeveralIdentityProviders { count });
        }
        let entity = self
            .entities
            .pop()
            .ok_or(SamlMetadataError::NoIdentityProvider)?;
        let idp_entity_id = entity
            .id
            .filter(|id| !id.is_empty())
            .ok_or(SamlMetadataError::NoEntityId)?;
        let sso_url = entity
            .redirect_url
            .or(entity.post_url)
            .ok_or(SamlMetadataError::NoSignInUrl)?;
        if !is_web_address(&sso_url) {
            return Err(SamlMetadataError::SignInUrl { location: sso_url });
        }
        let mut certificates = Vec::new();
        for (text, number) in entity.certificates.iter().zip(1..) {
            let certificate = certificate(text)
                .map_err(|error| SamlMetadataError::Certificate { number, error })?;
            if !certificates.contains(&certificate) {
                certificates.push(certificate);
            }
        }
        if certificates.is_empty() {
            return Err(SamlMetadataError::NoCertificate);
        }
        Ok(SamlProvider {
            idp_entity_id,
            sso_url,
            certificates,
        })
    }
}

/// An attribute without a prefix, with its references resolved and no spaces around it.
fn attribute(
    element: &BytesStart<'_>,
    name: &str,
    position: u64,
) -> Result<Option<String>, SamlMetadataError> {
    let not_xml = |reason: String| SamlMetadataError::NotXml { position, reason };
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| not_xml(error.to_string()))?;
        if attribute.key.into_inner() == name {
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| not_xml(error.to_string()))?;
            return Ok(Some(value.trim().to_owned()));
        }
    }
    Ok(None)
}

/// Whether a browser may be sent there: `javascript:` and the like are not.
fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

#[cfg(test)]
#[path = "saml_metadata_tests.rs"]
mod tests;
