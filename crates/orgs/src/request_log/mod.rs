//! What a line of the request log means to a person, and which setting of the identity provider
//! changes it.
//!
//! Every refusal of the SCIM endpoint has a [`RequestReason`], and every reason a text; where the way
//! out is a setting of the identity provider, the text names a [`Place`], and each place has a sentence
//! for each provider whose console we know and one for the others. All of it is in [`english`], and
//! nothing of it is stored: a better text explains old lines too.
//!
//! For pages: read lines with `ConnectionHandle::list_requests` and `find_request`, and show
//! [`explain`] beside each. What to give to support is [`support_bundle`].

pub mod bundle;
pub mod english;

use rollcall_model::{IdpKind, RequestCategory, RequestReason};
use rollcall_store::LoggedRequest;
use serde::Serialize;

pub use bundle::support_bundle;
use english::Text;

/// Where in an identity provider something is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Endpoint URL and token.
    Credentials,
    /// By which attribute people are matched.
    Matching,
    /// Which attributes are sent, and as what.
    Mapping,
    /// Which groups are pushed.
    Groups,
    /// Sending again what failed.
    Again,
    /// How fast and how much is sent.
    Pace,
    /// How requests are written.
    Dialect,
    /// Nothing there: the vendor has to change something here.
    Vendor,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 8] = [
        Self::Credentials,
        Self::Matching,
        Self::Mapping,
        Self::Groups,
        Self::Again,
        Self::Pace,
        Self::Dialect,
        Self::Vendor,
    ];
}

/// What a line means, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Who has to do something about it.
    pub category: RequestCategory,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What that means.
    pub meaning: &'static str,
    /// What to do about it; `None` where nothing need be done.
    pub advice: Option<&'static str>,
    /// Where that is set in the identity provider; `None` where nothing need be set.
    pub setting: Option<&'static str>,
    /// The provider that `setting` speaks of; `generic` for one whose console we do not know.
    #[serde(serialize_with = "name_of")]
    pub idp: IdpKind,
    /// The allowances that the request needed, each with what it is.
    pub quirks: Vec<ExplainedQuirk>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn name_of<S: serde::Serializer>(idp: &IdpKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(idp.as_str())
}

/// An allowance that a request needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedQuirk {
    /// Its name, as in the metrics.
    pub name: String,
    /// What was sent, and what was made of it.
    pub meaning: &'static str,
}

/// Explains a line.
///
/// `idp` is what the vendor or customer said the provider is, for requests that do not tell; the one
/// that the request was recognised as comes first.
#[must_use]
pub fn explain(request: &LoggedRequest, idp: Option<IdpKind>) -> Explanation {
    let idp = request
        .idp()
        .or(idp)
        .filter(|idp| english::KNOWN.contains(idp))
        .unwrap_or(IdpKind::Generic);
    let text = match request.reason {
        Some(reason) => english::of_reason(reason),
        None => english::of_category(request.category, !request.quirks.is_empty()),
    };
    let quirks = request.quirks.iter().map(|name| ExplainedQuirk {
        name: name.clone(),
        meaning: english::of_quirk(name),
    });
    let Text {
        title,
        meaning,
        advice,
        place,
    } = text;
    Explanation {
        category: request.category,
        title,
        meaning,
        advice,
        setting: place.map(|place| english::of_place(place, idp)),
        idp,
        quirks: quirks.collect(),
    }
}

/// Explains an ending by its reason alone, for documents and tests.
#[must_use]
pub const fn title_of(reason: RequestReason) -> &'static str {
    english::of_reason(reason).title
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rollcall_model::{RequestId, SystemClock, Timestamp};

    use super::*;

    fn line(reason: Option<RequestReason>, idp: Option<IdpKind>) -> LoggedRequest {
        LoggedRequest {
            id: RequestId::new(&SystemClock),
            at: Timestamp::from_unix_micros(0),
            method: "GET".to_owned(),
            route: "/Users".to_owned(),
            filter: None,
            status: 400,
            outcome: "invalid".to_owned(),
            category: reason.map_or(RequestCategory::Success, RequestReason::category),
            reason,
            scim_type: None,
            quirks: Vec::new(),
            idp: idp.map(|idp| idp.as_str().to_owned()),
            duration_micros: 0,
            detail: None,
            times: 1,
        }
    }

    #[test]
    fn every_refusal_has_an_explanation_for_every_provider() {
        let mut titles = HashSet::new();
        for reason in RequestReason::ALL {
            for idp in IdpKind::ALL {
                let explained = explain(&line(Some(*reason), Some(idp)), None);
                assert_eq!(explained.category, reason.category());
                assert!(explained.meaning.ends_with('.'), "{reason}");
                let advice = explained.advice.unwrap_or_default();
                assert!(advice.ends_with('.'), "{reason} has no advice");
                let setting = explained.setting.unwrap_or("none.");
                assert!(setting.ends_with('.'), "{reason} {idp}: {setting}");
            }
            assert!(titles.insert(title_of(*reason)), "{reason}");
        }
    }

    #[test]
    fn every_category_has_an_explanation_without_a_reason() {
        for category in RequestCategory::ALL {
            for quirks in [false, true] {
                let text = english::of_category(*category, quirks);
                assert!(!text.title.is_empty() && text.meaning.ends_with('.'));
            }
        }
    }

    #[test]
    fn every_place_names_a_setting_of_the_four_providers_and_of_any_other() {
        for place in Place::ALL {
            let texts: HashSet<_> = english::KNOWN
                .into_iter()
                .chain([IdpKind::Generic])
                .map(|idp| english::of_place(place, idp))
                .collect();
            // What the vendor has to do is the same for all.
            let different = if place == Place::Vendor { 1 } else { 5 };
            assert_eq!(texts.len(), different, "{place:?}");
        }
    }

    #[test]
    fn the_provider_that_the_request_tells_comes_before_the_one_that_was_said() {
        let expired = Some(RequestReason::TokenExpired);
        let of = |told, said| explain(&line(expired, told), said).idp;
        assert_eq!(of(Some(IdpKind::Okta), Some(IdpKind::Entra)), IdpKind::Okta);
        assert_eq!(of(None, Some(IdpKind::Entra)), IdpKind::Entra);
        assert_eq!(of(Some(IdpKind::Rauthy), None), IdpKind::Generic);
        assert_eq!(of(None, None), IdpKind::Generic);
    }
}
