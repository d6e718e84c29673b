//! What a genuine token must say (OpenID Connect Core §2 and §3.1.3.7).

use std::time::Duration;

use rollcall_model::{Identity, Timestamp};
use serde_json::{Map, Value};

use crate::oidc::refused::IdTokenRefused;

/// How far the clocks of a provider and of this machine may be apart.
pub(super) const LEEWAY: Duration = Duration::from_secs(60);

/// The claim that equals the SCIM `externalId`, unless an SSO connection says otherwise.
pub const DEFAULT_EXTERNAL_ID_CLAIM: &str = "sub";

/// The claims of a token whose signature was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub(super) const fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// One claim.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One claim that is a text and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    pub(super) fn check_issuer(&self, issuer: &str) -> Result<(), IdTokenRefused> {
        if self.text("iss") == Some(issuer) {
            Ok(())
        } else {
            Err(IdTokenRefused::Issuer)
        }
    }

    fn audiences(&self) -> Vec<&str> {
        match self.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn check_audience(&self, audience: &str) -> Result<(), IdTokenRefused> {
        if self.audiences().contains(&audience) {
            Ok(())
        } else {
            Err(IdTokenRefused::Audience)
        }
    }

    /// `azp`: a token for several clients must name the one that it was given to, and one that
    /// names another was given to another.
    pub(super) fn check_authorized_party(&self, client_id: &str) -> Result<(), IdTokenRefused> {
        let several = self
            .audiences()
            .iter()
            .any(|audience| *audience != client_id);
        match self.get("azp") {
            None if several => Err(IdTokenRefused::Audience),
            None => Ok(()),
            Some(party) if party.as_str() == Some(client_id) => Ok(()),
            Some(_) => Err(IdTokenRefused::Audience),
        }
    }

    pub(super) fn check_times(&self, now: Timestamp) -> Result<(), IdTokenRefused> {
        let expires = self.moment("exp")?;
        let expires = expires.ok_or(IdTokenRefused::Malformed("it has no `exp`"))?;
        if expires.plus(LEEWAY) <= now {
            return Err(IdTokenRefused::Expired);
        }
        for name in ["nbf", "iat"] {
            if self
                .moment(name)?
                .is_some_and(|from| from > now.plus(LEEWAY))
            {
                return Err(IdTokenRefused::NotYetValid);
            }
        }
        Ok(())
    }

    /// What an id token has beyond any other token.
    pub(super) fn check_id_token(&self, nonce: Option<&str>) -> Result<(), IdTokenRefused> {
        if self.text("sub").is_none() {
            return Err(IdTokenRefused::Malformed("it has no `sub`"));
        }
        if self.get("iat").is_none() {
            return Err(IdTokenRefused::Malformed("it has no `iat`"));
        }
        if nonce.is_some() && self.text("nonce") != nonce {
            return Err(IdTokenRefused::Nonce);
        }
        Ok(())
    }

    /// A `NumericDate` (RFC 7519 §2): seconds, which may have a fraction.
    fn moment(&self, name: &str) -> Result<Option<Timestamp>, IdTokenRefused> {
        /// The year 9999, beyond which no moment can be shown.
        const LAST: f64 = 253_402_300_799.0;
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
            Some(seconds) if (0.0..=LAST).contains(&seconds) => {
                let micros = (seconds * 1e6) as i64;
                Ok(Some(Timestamp::from_unix_micros(micros)))
            }
            _ => Err(IdTokenRefused::Malformed(
                "a time in it is not a number of seconds",
            )),
        }
    }

    pub(super) fn identity(&self, external_id_claim: Option<&str>) -> Identity {
        let owned = |name: &str| self.text(name).map(str::to_owned);
        Identity {
            subject: owned("sub").unwrap_or_default(),
            email: owned("email"),
            email_verified: self.says_yes("email_verified") || self.says_yes("xms_edov"),
            name: owned("name"),
            external_id: owned(external_id_claim.unwrap_or(DEFAULT_EXTERNAL_ID_CLAIM)),
        }
    }

    /// Some providers send booleans as text or number.
    fn says_yes(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(yes)) => *yes,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true") || text == "1",
            Some(Value::Number(number)) => number.as_u64() == Some(1),
            _ => false,
        }
    }
}
