//! A sign-in at the vendor's issuer that has begun and not ended: what its cookie holds.
//!
//! The cookie has a random secret, when it was made, and where to go on afterwards. `state`, `nonce`
//! and the verifier of PKCE are made from the first two, so nothing is stored before somebody
//! comes back, and there is no key of the server's to rotate. Whoever comes back without the cookie,
//! or with that of another sign-in, brings a `state` that is not its own. That one is used once is
//! seen to by the database (`Store::spend_sign_in`).

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration as CookieDuration;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_model::Timestamp;
use rollcall_orgs::console_sign_in::LIFETIME;
use rollcall_orgs::oidc::CodeFlow;
use zeroize::Zeroizing;

use super::secret::SessionSecret;
use super::{cookie, cookie_name};
use crate::answer::PageError;
use crate::console::Shared;

/// The cookie of a sign-in, without the prefix that one over TLS has.
const NAME: &str = "rollcall_sign_in";

/// A sign-in that has begun.
pub(crate) struct Flow {
    secret: SessionSecret,
    began_at: Timestamp,
    /// Where to go on. The browser can change it: look at it before going there.
    pub(crate) next: String,
}

impl Flow {
    /// Begins one.
    ///
    /// # Errors
    ///
    /// The operating system gives no random bytes.
    pub(crate) fn begin(next: &str, now: Timestamp) -> Result<Self, PageError> {
        Ok(Self {
            secret: SessionSecret::generate().map_err(PageError::Internal)?,
            began_at: now,
            next: next.to_owned(),
        })
    }

    /// The one that a browser has begun, over or not; `None` if there is none.
    pub(crate) fn of(shared: &Shared, req: &HttpRequest) -> Option<Self> {
        Self::parse(req.cookie(&cookie_name(shared, NAME))?.value())
    }

    fn parse(text: &str) -> Option<Self> {
        let (began_at, rest) = text.split_once('.')?;
        let (secret, next) = rest.split_once('.')?;
        Some(Self {
            secret: SessionSecret::parse(secret)?,
            began_at: Timestamp::from_unix_micros(began_at.parse().ok()?),
            next: String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?,
        })
    }

    /// The cookie that goes into the answer.
    pub(crate) fn cookie(&self, shared: &Shared) -> Cookie<'static> {
        let began_at = self.began_at.unix_micros();
        let next = URL_SAFE_NO_PAD.encode(&self.next);
        let value = format!("{began_at}.{}.{next}", self.secret.as_str());
        let mut cookie = cookie(shared, NAME, value);
        cookie.set_max_age(CookieDuration::try_from(LIFETIME).unwrap_or(CookieDuration::ZERO));
        cookie
    }

    /// What takes the cookie away.
    pub(crate) fn no_cookie(shared: &Shared) -> Cookie<'static> {
        let mut gone = cookie(shared, NAME, String::new());
        gone.make_removal();
        gone
    }

    /// When it is over.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.began_at.plus(LIFETIME)
    }

    /// Whether it can be ended now. A cookie that says that it was made later was not made here.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.began_at <= now && now < self.expires_at()
    }

    /// Whether a browser brings back the `state` that it was sent with. Takes the same time whatever
    /// is given.
    pub(crate) fn holds_state(&self, given: &str) -> bool {
        let tag = URL_SAFE_NO_PAD.decode(given);
        tag.is_ok_and(|tag| {
            hmac::verify(&self.key(), self.purpose("state").as_bytes(), &tag).is_ok()
        })
    }

    /// What goes to the issuer.
    pub(crate) fn code_flow(&self) -> CodeFlow {
        CodeFlow {
            state: self.derived("state"),
            nonce: self.derived("nonce"),
            verifier: Zeroizing::new(self.derived("verifier")),
        }
    }

    /// What it is known by once it was used.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.secret.digest()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_str().as_bytes())
    }

    fn purpose(&self, what: &str) -> String {
        format!("rollcall sign-in {what} {}", self.began_at.unix_micros())
    }

    fn derived(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key(), self.purpose(what).as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: Timestamp = Timestamp::from_unix_micros(1_795_305_600_000_000);

    fn begun() -> Flow {
        Flow::begin("/console/organizations", BEGAN).unwrap()
    }

    #[test]
    fn a_state_is_of_one_sign_in_and_every_value_is_another() {
        let (flow, other) = (begun(), begun());
        let own = flow.code_flow();
        assert!(flow.holds_state(&own.state));
        for wrong in ["", &own.nonce, &other.code_flow().state, &own.state[1..]] {
            assert!(!flow.holds_state(wrong), "{wrong}");
        }
        assert_ne!(own.nonce, *own.verifier);
        assert_ne!(own.state, *own.verifier);
        // RFC 7636 §4.1.
        assert!((43..=128).contains(&own.verifier.len()));
    }

    #[test]
    fn a_sign_in_that_is_made_to_last_longer_has_another_state() {
        let flow = begun();
        let state = flow.code_flow().state;
        assert!(flow.is_open(BEGAN) && !flow.is_open(BEGAN.plus(LIFETIME)));
        let later = Flow {
            began_at: BEGAN.plus(LIFETIME),
            ..flow
        };
        assert!(!later.is_open(BEGAN));
        assert!(!later.holds_state(&state));
    }

    #[test]
    fn what_is_no_cookie_of_a_sign_in_is_none() {
        let secret = SessionSecret::generate().unwrap();
        let secret = secret.as_str();
        assert!(Flow::parse(&format!("1.{secret}.")).is_some());
        for wrong in [
            "",
            "1",
            "1.2.3",
            &format!("x.{secret}."),
            &format!("1.{secret}.%"),
        ] {
            assert!(Flow::parse(wrong).is_none(), "{wrong}");
        }
    }
}
