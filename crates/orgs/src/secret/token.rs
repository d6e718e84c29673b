//! The text of SCIM tokens and API keys: made, shown once, recognised again.
//!
//! ```text
//! rc_ 4Vq0…43 characters…  1x9QzK
//! │   │                    └ CRC-32 of everything before it, six base62 digits
//! │   └ 32 random bytes, base64url without padding
//! └ what it opens: `rc_` a SCIM connection, `rco_` access tokens for one, `rck_` the management API,
//!       `rcl_` the setup portal once, `rcp_` a session of it
//! ```
//!
//! The fixed beginning lets a secret scanner recognise a leaked token. The checksum is no defence
//! against anybody: it tells a cut or mistyped paste from a wrong token before any look-up, so that
//! the IT admin can be told which of the two it is. A CRC-32 notices every change that stays within
//! 32 bits, thus every single wrong character.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryCryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const RANDOM_BYTES: usize = 32;
const RANDOM_CHARACTERS: usize = 43;
const CHECKSUM_CHARACTERS: usize = 6;
/// How many characters after the fixed beginning are kept for display: 30 of 256 random bits.
const SHOWN_CHARACTERS: usize = 5;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a token opens. Two kinds differ in their first characters and in their type, so the digest
/// of an API key cannot be looked up among SCIM tokens.
pub trait TokenKind {
    /// What the text begins with, underscore included.
    const BEGINNING: &'static str;
}

/// A SCIM token opens one SCIM connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimTokenText {}

impl TokenKind for ScimTokenText {
    const BEGINNING: &'static str = "rc_";
}

/// An API key opens the management API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyText {}

impl TokenKind for ApiKeyText {
    const BEGINNING: &'static str = "rck_";
}

/// What an OAuth client of a SCIM connection is given access tokens for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OauthClientText {}

impl TokenKind for OauthClientText {
    const BEGINNING: &'static str = "rco_";
}

/// The secret part of a link to the setup portal of one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortalLinkText {}

impl TokenKind for PortalLinkText {
    const BEGINNING: &'static str = "rcl_";
}

/// What a browser holds that exchanged such a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortalSessionText {}

impl TokenKind for PortalSessionText {
    const BEGINNING: &'static str = "rcp_";
}

/// The secret part of a new portal link.
pub type PortalLinkSecret = SecretToken<PortalLinkText>;
/// The secret of a new portal session.
pub type PortalSessionSecret = SecretToken<PortalSessionText>;
/// The secret of a new OAuth client.
pub type OauthClientSecret = SecretToken<OauthClientText>;
/// A new SCIM token.
pub type ScimTokenSecret = SecretToken<ScimTokenText>;
/// A new API key.
pub type ApiKeySecret = SecretToken<ApiKeyText>;

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct RandomSourceError(String);

impl RandomSourceError {
    pub(crate) fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// Why a text cannot be a token of the wanted kind, whoever made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenShapeError {
    /// It does not begin like one: another product's secret, or a wrong field.
    #[error("does not begin with `{expected}`")]
    NotOurs {
        /// The beginning of the wanted kind.
        expected: &'static str,
    },
    /// It begins like one and is too short.
    #[error("is cut off: {actual} characters instead of {expected}")]
    Truncated {
        /// How many bytes were given.
        actual: usize,
        /// How many a whole token has.
        expected: usize,
    },
    /// It is long enough, and its characters do not fit its checksum.
    #[error("is mistyped: the last characters do not fit the rest")]
    Checksum,
}

/// A secret that was just made, to be shown once.
///
/// It has no `Display`, its `Debug` shows `***`, and its memory is overwritten when it goes.
pub struct SecretToken<K> {
    text: Zeroizing<String>,
    kind: PhantomData<fn() -> K>,
}

impl<K: TokenKind> SecretToken<K> {
    /// Takes 32 bytes from `rng`, which is `rand::rngs::SysRng` outside tests.
    ///
    /// # Errors
    ///
    /// [`RandomSourceError`] if the generator fails.
    pub fn generate<R: TryCryptoRng>(rng: &mut R) -> Result<Self, RandomSourceError> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        rng.try_fill_bytes(bytes.as_mut_slice())
            .map_err(RandomSourceError::new)?;
        Ok(Self::from_bytes(&bytes))
    }

    fn from_bytes(bytes: &[u8; RANDOM_BYTES]) -> Self {
        // Reserved at once, because a string that grows leaves its old copy in memory.
        let mut text = Zeroizing::new(String::with_capacity(whole_length::<K>()));
        text.push_str(K::BEGINNING);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self {
            text,
            kind: PhantomData,
        }
    }

    /// Checks the shape of a text that a client presented.
    ///
    /// Nothing is looked up, so a good shape says nothing about whether the token was ever made.
    ///
    /// # Errors
    ///
    /// [`TokenShapeError`] says what is wrong, without the text.
    pub fn parse(text: &str) -> Result<Presented<K>, TokenShapeError> {
        if !text.starts_with(K::BEGINNING) {
            return Err(TokenShapeError::NotOurs {
                expected: K::BEGINNING,
            });
        }
        let expected = whole_length::<K>();
        if text.len() < expected {
            return Err(TokenShapeError::Truncated {
                actual: text.len(),
                expected,
            });
        }
        let (body, given) = text
            .split_at_checked(expected - CHECKSUM_CHARACTERS)
            .ok_or(TokenShapeError::Checksum)?;
        if *given != *checksum(body) {
            return Err(TokenShapeError::Checksum);
        }
        Ok(Presented {
            digest: digest(text),
            prefix: prefix::<K>(text),
            kind: PhantomData,
        })
    }

    /// The SHA-256 of the whole text: what is stored.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.text)
    }

    /// The fixed beginning and five characters more, to tell tokens apart on a screen.
    #[must_use]
    pub fn prefix(&self) -> String {
        prefix::<K>(&self.text)
    }

    /// The secret itself, for the one answer that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl<K> fmt::Debug for SecretToken<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(***)")
    }
}

/// What is kept of a well-formed token that a client presented: enough to look it up.
pub struct Presented<K> {
    digest: [u8; 32],
    prefix: String,
    kind: PhantomData<fn() -> K>,
}

impl<K> Presented<K> {
    /// The SHA-256 of the whole text.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The fixed beginning and five characters more; safe to log.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl<K> fmt::Debug for Presented<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

const fn whole_length<K: TokenKind>() -> usize {
    K::BEGINNING.len() + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn prefix<K: TokenKind>(text: &str) -> String {
    text.chars()
        .take(K::BEGINNING.len() + SHOWN_CHARACTERS)
        .collect()
}

/// Six base62 digits hold any CRC-32: 62⁶ is 13 times 2³².
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARACTERS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::rngs::SysRng;

    use super::*;

    fn token(bytes: [u8; 32]) -> String {
        ScimTokenSecret::from_bytes(&bytes).expose().to_owned()
    }

    fn refusal(text: &str) -> String {
        ScimTokenSecret::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_shape_is_fixed() {
        insta::assert_snapshot!(token([0; 32]), @"rc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ZsBqJ");
        insta::assert_snapshot!(ApiKeySecret::from_bytes(&[0; 32]).expose(), @"rck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA41cdey");
    }

    #[test]
    fn two_new_tokens_differ() {
        let first = ScimTokenSecret::generate(&mut SysRng).unwrap();
        let second = ScimTokenSecret::generate(&mut SysRng).unwrap();
        assert_ne!(first.expose(), second.expose());
    }

    #[test]
    fn debug_hides_the_secret() {
        let secret = ScimTokenSecret::from_bytes(&[7; 32]);
        assert_eq!(format!("{secret:?}"), "SecretToken(***)");
        let presented = ScimTokenSecret::parse(secret.expose()).unwrap();
        assert_eq!(
            format!("{presented:?}"),
            r#"Presented { prefix: "rc_BwcHB", .. }"#
        );
    }

    #[test]
    fn the_refusal_says_what_to_look_at() {
        let good = token([7; 32]);
        insta::assert_snapshot!(refusal("xoxb-123"), @"does not begin with `rc_`");
        insta::assert_snapshot!(refusal(&good[..20]), @"is cut off: 20 characters instead of 52");
        insta::assert_snapshot!(refusal(&format!("{good}A")), @"is mistyped: the last characters do not fit the rest");
    }

    #[test]
    fn an_api_key_is_not_a_scim_token() {
        let key = ApiKeySecret::from_bytes(&[7; 32]);
        assert_eq!(refusal(key.expose()), "does not begin with `rc_`");
        assert_eq!(key.prefix(), "rck_BwcHB");
    }

    #[test]
    fn a_letter_of_many_bytes_is_refused_wherever_it_stands() {
        let good = token([7; 32]);
        for place in 0..good.len() {
            let text = format!("{}é{}", &good[..place], &good[place + 1..]);
            assert!(ScimTokenSecret::parse(&text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_made_is_recognised(bytes: [u8; 32]) {
            let secret = ScimTokenSecret::from_bytes(&bytes);
            let presented = ScimTokenSecret::parse(secret.expose()).unwrap();
            prop_assert_eq!(presented.digest(), secret.digest());
            prop_assert_eq!(presented.prefix(), secret.prefix());
        }

        #[test]
        fn any_changed_character_is_noticed(bytes: [u8; 32], place in 0_usize..52, other in "[ -~]") {
            let mut text = token(bytes);
            prop_assume!(text[place..=place] != *other);
            text.replace_range(place..=place, &other);
            prop_assert!(ScimTokenSecret::parse(&text).is_err());
        }

        #[test]
        fn any_missing_piece_is_noticed(bytes: [u8; 32], from in 0_usize..52, length in 1_usize..52) {
            let mut text = token(bytes);
            let to = (from + length).min(text.len());
            text.replace_range(from..to, "");
            prop_assert!(ScimTokenSecret::parse(&text).is_err());
        }

        #[test]
        fn any_text_is_answered_without_a_panic(text in "(rc_)?.{0,80}") {
            let _ = ScimTokenSecret::parse(&text);
        }
    }
}
