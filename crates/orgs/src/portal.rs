//! The setup portal's way in: links that the vendor hands out, and the sessions behind them.
//!
//! A link opens one organization, once, and not for long. Looking at it changes nothing, since
//! chat and mail programs look at every link that they show; only the exchange uses it up.

use std::time::Duration;

use rand::rngs::SysRng;
use rollcall_model::{
    Actor, Origin, PortalFormId, PortalLink, PortalLinkId, PortalLinkState, PortalSession,
    PortalSessionId, RequestId,
};
use rollcall_store::{NewPortalLink, NewPortalSession, OrgHandle, Store};
use url::Url;
use zeroize::Zeroizing;

use crate::error::OrgsError;
use crate::field;
use crate::secret::{PortalLinkSecret, PortalSessionSecret};

/// What stands between the public address and the secret of a link.
pub const LINK_PATH: &str = "/portal/link/";

/// How long a link can be exchanged if nobody says otherwise, in seconds: a day.
pub const DEFAULT_LINK_SECONDS: u64 = 24 * 60 * 60;
/// The shortest and the longest time that may be asked for, in seconds: a minute and 30 days.
const LINK_SECONDS: std::ops::RangeInclusive<u64> = 60..=30 * 24 * 60 * 60;
/// How long a session lasts. A setup takes an hour, and its admin looks at another window meanwhile,
/// so there is no shorter limit for one that does nothing.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(4);

/// Where the pages of the portal may lead back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnOrigins(Vec<String>);

impl ReturnOrigins {
    /// Takes origins such as `https://app.example.com`; none at all allows every `https` address.
    ///
    /// # Errors
    ///
    /// A sentence about the first text that is no origin.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let origin = |text: &String| {
            let url = Url::parse(text).map_err(|reason| format!("`{text}` is no URL: {reason}"))?;
            let plain = url.origin().ascii_serialization();
            let is_origin = matches!(url.scheme(), "https" | "http")
                && plain == text.trim_end_matches('/').to_lowercase();
            is_origin
                .then_some(plain)
                .ok_or_else(|| format!("`{text}` is not an origin such as https://app.example.com"))
        };
        texts.iter().map(origin).collect::<Result<_, _>>().map(Self)
    }

    /// An address that pages may lead back to.
    fn check(&self, text: &str) -> Result<String, OrgsError> {
        const FIELD: &str = "return_url";
        let text = field::opaque(FIELD, text)?;
        if self.0.is_empty() {
            return field::https_url(FIELD, &text);
        }
        let url = Url::parse(&text)
            .map_err(|reason| OrgsError::invalid(FIELD, format!("is no URL: {reason}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            let reason = "must not hold a user name or password";
            return Err(OrgsError::invalid(FIELD, reason));
        }
        if self.0.contains(&url.origin().ascii_serialization()) {
            return Ok(text);
        }
        let reason = format!("must begin with one of: {}", self.0.join(", "));
        Err(OrgsError::invalid(FIELD, reason))
    }
}

/// A portal link and the secret that is shown this once.
pub struct IssuedPortalLink {
    /// What is kept.
    pub link: PortalLink,
    /// What is not.
    pub secret: PortalLinkSecret,
}

impl IssuedPortalLink {
    /// The address to hand out. It holds the secret, so it is shown this once.
    #[must_use]
    pub fn url(&self, public_url: &str) -> Zeroizing<String> {
        let secret = self.secret.expose();
        Zeroizing::new(format!("{public_url}{LINK_PATH}{secret}"))
    }
}

/// A portal session and the secret that its browser is given.
pub struct IssuedPortalSession {
    /// The organization that it opens.
    pub org: OrgHandle,
    /// What is kept.
    pub session: PortalSession,
    /// What is not.
    pub secret: PortalSessionSecret,
}

/// Makes a link to the setup portal of an organization.
///
/// # Errors
///
/// A field is not valid.
pub async fn create_link(
    org: &OrgHandle,
    expires_in_seconds: Option<u64>,
    return_url: Option<&str>,
    allowed: &ReturnOrigins,
    origin: Origin,
) -> Result<IssuedPortalLink, OrgsError> {
    let seconds = expires_in_seconds.unwrap_or(DEFAULT_LINK_SECONDS);
    if !LINK_SECONDS.contains(&seconds) {
        let (least, most) = (LINK_SECONDS.start(), LINK_SECONDS.end());
        let reason = format!("must be {least} to {most}");
        return Err(OrgsError::invalid("expires_in_seconds", reason));
    }
    let return_url = return_url.map(|text| allowed.check(text)).transpose()?;
    let secret = PortalLinkSecret::generate(&mut SysRng)?;
    let mut tx = org.begin(origin).await?;
    let link = tx
        .insert_portal_link(NewPortalLink {
            id: PortalLinkId::new(org.clock()),
            digest: secret.digest(),
            return_url,
            expires_at: org.clock().now().plus(Duration::from_secs(seconds)),
        })
        .await?;
    tx.commit().await?;
    Ok(IssuedPortalLink { link, secret })
}

/// Revokes a link now, and ends the session that it was exchanged for.
///
/// # Errors
///
/// There is none of that id.
pub async fn revoke_link(
    org: &OrgHandle,
    id: PortalLinkId,
    origin: Origin,
) -> Result<PortalLink, OrgsError> {
    let mut tx = org.begin(origin).await?;
    let link = tx.revoke_portal_link(id).await?;
    let link = link.ok_or(OrgsError::NotFound {
        what: "portal link",
    })?;
    tx.commit().await?;
    Ok(link)
}

/// The link of a secret with its organization, which is not opened by that; `None` if nobody made it
/// or it cannot be exchanged any more. Changes nothing.
///
/// # Errors
///
/// The database is not available.
pub async fn look_at(
    store: &Store,
    secret: &str,
) -> Result<Option<(OrgHandle, PortalLink)>, OrgsError> {
    let Ok(presented) = PortalLinkSecret::parse(secret) else {
        return Ok(None);
    };
    let found = store.find_portal_link(&presented.digest()).await?;
    let now = store.clock().now();
    Ok(found.filter(|(_, link)| link.state(now) == PortalLinkState::Open))
}

/// Exchanges the secret of a link for a session; `None` if it opens nothing.
///
/// # Errors
///
/// The database is not available.
pub async fn exchange(
    store: &Store,
    secret: &str,
    request_id: RequestId,
) -> Result<Option<IssuedPortalSession>, OrgsError> {
    let Some((org, link)) = look_at(store, secret).await? else {
        return Ok(None);
    };
    let id = PortalSessionId::new(store.clock());
    let secret = PortalSessionSecret::generate(&mut SysRng)?;
    let origin = Origin {
        actor: Actor::PortalSession(id),
        request_id,
    };
    let mut tx = org.begin(origin).await?;
    let new = NewPortalSession {
        id,
        digest: secret.digest(),
        expires_at: store.clock().now().plus(SESSION_LIFETIME),
    };
    let Some(session) = tx.exchange_portal_link(link.id, new).await? else {
        return Ok(None);
    };
    tx.commit().await?;
    Ok(Some(IssuedPortalSession {
        org,
        session,
        secret,
    }))
}

/// The organization and the session of a secret that a browser presented; `None` if it opens nothing.
///
/// # Errors
///
/// The database is not available.
pub async fn authenticate(
    store: &Store,
    secret: &str,
) -> Result<Option<(OrgHandle, PortalSession)>, OrgsError> {
    let Ok(presented) = PortalSessionSecret::parse(secret) else {
        return Ok(None);
    };
    Ok(store.open_portal_session(&presented.digest()).await?)
}

/// Whether a session sends this form for the first time; see
/// [`OrgTx::spend_portal_form`](rollcall_store::OrgTx::spend_portal_form).
///
/// # Errors
///
/// The session is gone.
pub async fn spend_form(
    org: &OrgHandle,
    session: PortalSessionId,
    form: PortalFormId,
    origin: Origin,
) -> Result<bool, OrgsError> {
    let tx = org.begin(origin).await?;
    let first = tx.spend_portal_form(session, form).await?;
    tx.commit().await?;
    Ok(first)
}

/// Ends a session now.
///
/// # Errors
///
/// The database is not available.
pub async fn end_session(
    org: &OrgHandle,
    id: PortalSessionId,
    origin: Origin,
) -> Result<(), OrgsError> {
    let mut tx = org.begin(origin).await?;
    tx.end_portal_session(id).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origins: &[&str]) -> ReturnOrigins {
        let texts: Vec<_> = origins.iter().map(|text| (*text).to_owned()).collect();
        ReturnOrigins::parse(&texts).unwrap()
    }

    fn refusal(origins: &[&str], text: &str) -> String {
        allowed(origins).check(text).unwrap_err().to_string()
    }

    #[test]
    fn without_a_list_any_https_address_will_do() {
        assert!(
            allowed(&[])
                .check("https://app.example.com/done?x=1")
                .is_ok()
        );
        for bad in ["http://app.example.com", "javascript:alert(1)", "//x", ""] {
            assert!(allowed(&[]).check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_allows_its_origins_and_nothing_that_looks_like_them() {
        let origins = ["https://app.example.com", "https://dev.example.com:8443/"];
        assert!(allowed(&origins).check("https://app.example.com/a").is_ok());
        assert!(
            allowed(&origins)
                .check("https://dev.example.com:8443/a")
                .is_ok()
        );
        for bad in [
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://me@app.example.com/",
            "http://app.example.com/",
            "https://app.example.com:444/",
        ] {
            assert!(allowed(&origins).check(bad).is_err(), "{bad}");
        }
        insta::assert_snapshot!(
            refusal(&origins, "https://evil.example/"),
            @"`return_url` must begin with one of: https://app.example.com, https://dev.example.com:8443"
        );
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in [
            "app.example.com",
            "https://app.example.com/path",
            "javascript:x",
            "https://*.example.com/?",
        ] {
            assert!(ReturnOrigins::parse(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
