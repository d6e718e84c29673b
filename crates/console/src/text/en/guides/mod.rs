//! What to do at the identity provider, step by step, for each that is known well.
//!
//! The guides are data, one file for each provider: the pages fill in the real address, and a
//! translation is another set of them. `{product}` in a text stands for the vendor's product. Names of
//! menus are those of late 2026; providers move them, so each step also says what it is for.
//!
//! The manual has them too, in `docs/guides`: `make generate` writes those pages from here.

mod entra;
mod generic;
mod google;
mod jumpcloud;
#[cfg(test)]
mod manual;
mod okta;
mod onelogin;
mod ping;

use rollcall_model::IdpKind;

/// What to do at one identity provider.
pub(crate) struct Guide {
    /// Which one it is.
    pub(crate) kind: IdpKind,
    /// Its name for people.
    pub(crate) name: &'static str,
    /// What it is, in a few words, for whoever chooses.
    pub(crate) hint: &'static str,
    /// What it cannot do, to be known before anything is set up.
    pub(crate) limits: &'static [&'static str],
    /// In order.
    pub(crate) steps: &'static [Step],
    /// When its first request comes, and what it asks first.
    pub(crate) first_request: &'static str,
    /// How long it takes until people are here, and changes of them.
    pub(crate) first_sync: &'static str,
    /// What becomes of whoever leaves.
    pub(crate) leavers: &'static [&'static str],
    /// What it shows when it is refused. What to do is the same for all: [`WHEN_REFUSED`].
    pub(crate) refused: &'static str,
    /// What surprises people later on.
    pub(crate) habits: &'static [&'static str],
}

/// What to do when a provider says that it is not authorized, in the order of how often it helps.
pub(crate) const WHEN_REFUSED: [&str; 4] = [
    "Paste the token again, alone: no word in front, no space or line end. A token that was cut off is refused \
     like a wrong one.",
    "Compare the address: it belongs to this connection, and the token as well. A token of another connection is \
     refused here.",
    "Look whether the token has ended or was revoked, under Tokens. A new one can be made at any time, while the \
     old one still works.",
    "Look under Requests. If the request that was refused is there, it says why. If there is none, the provider did \
     not reach this address: compare it letter by letter, and look whether the provider may send to it.",
];

/// One thing to do.
pub(crate) struct Step {
    /// What is done.
    pub(crate) title: &'static str,
    /// Where: the menus and tabs, one inside the other.
    pub(crate) menu: &'static [&'static str],
    /// How, in paragraphs.
    pub(crate) text: &'static [&'static str],
    /// What goes into which field.
    pub(crate) fields: &'static [Field],
    /// Which attribute becomes which.
    pub(crate) mappings: &'static [Mapping],
    /// What is switched on, and what is not.
    pub(crate) ticks: &'static [Tick],
    /// What goes wrong here most often.
    pub(crate) note: Option<&'static str>,
}

impl Step {
    /// A step of words alone, for others to be built on.
    const EMPTY: Self = Self {
        title: "",
        menu: &[],
        text: &[],
        fields: &[],
        mappings: &[],
        ticks: &[],
        note: None,
    };
}

/// A field of a form of the provider.
pub(crate) struct Field {
    /// As the form calls it.
    pub(crate) label: &'static str,
    /// What goes in.
    pub(crate) value: Value,
}

/// What goes into a field.
pub(crate) enum Value {
    /// The connection's endpoint URL.
    EndpointUrl,
    /// The secret of a token, which only its own page shows.
    Token,
    /// The same for everybody.
    Fixed(&'static str),
}

/// One row of a table of attributes.
pub(crate) struct Mapping {
    /// What the provider calls it.
    pub(crate) theirs: &'static str,
    /// The SCIM attribute.
    pub(crate) scim: &'static str,
    /// What there is to say about it.
    pub(crate) note: &'static str,
}

/// A check box.
pub(crate) struct Tick {
    /// As the form calls it.
    pub(crate) label: &'static str,
    /// Whether it is to be ticked.
    pub(crate) on: bool,
    /// Why.
    pub(crate) why: &'static str,
}

const fn field(label: &'static str, value: Value) -> Field {
    Field { label, value }
}

const fn on(label: &'static str, why: &'static str) -> Tick {
    Tick {
        label,
        on: true,
        why,
    }
}

const fn off(label: &'static str, why: &'static str) -> Tick {
    Tick {
        label,
        on: false,
        why,
    }
}

const fn maps(theirs: &'static str, scim: &'static str, note: &'static str) -> Mapping {
    Mapping { theirs, scim, note }
}

/// The guides, in the order that people choose from.
pub(crate) const ALL: [&Guide; 7] = [
    &okta::GUIDE,
    &entra::GUIDE,
    &onelogin::GUIDE,
    &jumpcloud::GUIDE,
    &ping::GUIDE,
    &google::GUIDE,
    &generic::GUIDE,
];

/// The guide for a provider; the one for any other where it has none of its own.
pub(crate) fn of(kind: Option<IdpKind>) -> &'static Guide {
    let kind = kind.unwrap_or(IdpKind::Generic);
    let own = ALL.into_iter().find(|guide| guide.kind == kind);
    own.unwrap_or(&generic::GUIDE)
}

/// The name of a provider for people.
pub(crate) const fn name(kind: IdpKind) -> &'static str {
    match kind {
        IdpKind::Okta => "Okta",
        IdpKind::Entra => "Microsoft Entra ID",
        IdpKind::OneLogin => "OneLogin",
        IdpKind::JumpCloud => "JumpCloud",
        IdpKind::Ping => "PingOne",
        IdpKind::Google => "Google Workspace",
        IdpKind::CyberArk => "CyberArk Identity",
        IdpKind::SailPoint => "SailPoint",
        IdpKind::Duo => "Duo",
        IdpKind::Rippling => "Rippling",
        IdpKind::Authentik => "authentik",
        IdpKind::Keycloak => "Keycloak",
        IdpKind::Rauthy => "Rauthy",
        IdpKind::Generic => "another identity provider",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guide_asks_for_the_address_and_the_token_and_ends_in_a_request() {
        for guide in ALL {
            let fields = || guide.steps.iter().flat_map(|step| step.fields);
            let url = fields().any(|field| matches!(field.value, Value::EndpointUrl));
            let token = fields().any(|field| matches!(field.value, Value::Token));
            assert!(url && token, "{}", guide.name);
            let sentences = [guide.first_request, guide.first_sync, guide.refused];
            let sentences = sentences.iter().chain(guide.leavers).chain(guide.habits);
            for sentence in sentences {
                assert!(sentence.ends_with('.'), "{}: {sentence}", guide.name);
            }
            assert!(!guide.leavers.is_empty() && !guide.habits.is_empty());
            assert!(guide.steps.iter().all(|step| !step.title.is_empty()));
        }
    }

    #[test]
    fn every_guide_but_google_says_who_is_known_by_what_and_that_leavers_are_switched_off() {
        for guide in ALL {
            let mappings: Vec<_> = guide.steps.iter().flat_map(|step| step.mappings).collect();
            for attribute in ["userName", "active"] {
                let known = mappings.iter().any(|mapping| mapping.scim == attribute);
                assert!(known, "{} {attribute}", guide.name);
            }
        }
    }
}
