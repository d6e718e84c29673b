//! Which identity provider is asking.
//!
//! Most say so in `User-Agent`. Microsoft Entra ID sends none; it is known by the flag in its
//! tenant URL, by its connection test (a look-up of a random GUID, form-encoded), or by the capital
//! letters of its PATCH operations, which `Tenant::note_quirks` sees. A provider that is not
//! recognised is served all the same; the name is for people and dashboards.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_TYPE, USER_AGENT};
use rollcall_model::IdpKind;
use uuid::Uuid;

/// What a `User-Agent` holds, in lower case, by provider.
const USER_AGENTS: [(&str, IdpKind); 11] = [
    ("okta", IdpKind::Okta),
    ("google-auto-provisioning", IdpKind::Google),
    ("onelogin", IdpKind::OneLogin),
    ("jumpcloud", IdpKind::JumpCloud),
    ("ping", IdpKind::Ping),
    ("cyberark", IdpKind::CyberArk),
    ("sailpoint", IdpKind::SailPoint),
    ("duo", IdpKind::Duo),
    ("rippling", IdpKind::Rippling),
    ("authentik", IdpKind::Authentik),
    ("rauthy", IdpKind::Rauthy),
];

/// The identity provider of a request, if its head tells.
pub(crate) fn recognise(req: &HttpRequest) -> Option<IdpKind> {
    let header = |name| {
        let value = req.headers().get(name)?;
        value.to_str().ok()
    };
    let user_agent = header(USER_AGENT).unwrap_or_default();
    if user_agent.is_empty() {
        return by_query(req.query_string(), header(CONTENT_TYPE).is_some());
    }
    by_user_agent(user_agent)
}

fn by_user_agent(user_agent: &str) -> Option<IdpKind> {
    let user_agent = user_agent.to_ascii_lowercase();
    let named = USER_AGENTS
        .iter()
        .find(|(part, _)| user_agent.contains(part))
        .map(|(_, kind)| *kind);
    named.or_else(|| user_agent.contains("keycloak").then_some(IdpKind::Keycloak))
}

/// For a request without a `User-Agent`.
fn by_query(query: &str, has_content_type: bool) -> Option<IdpKind> {
    if query.to_ascii_lowercase().contains("aadoptscim062020") {
        return Some(IdpKind::Entra);
    }
    // OneLogin announces a body that its look-ups do not have, and leaves an `&` at the end.
    if has_content_type && query.ends_with('&') {
        return Some(IdpKind::OneLogin);
    }
    let filter = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("filter="))?;
    let compared = filter.rsplit("%22").nth(1)?;
    let probes = filter.contains("+eq+") && Uuid::try_parse(compared).is_ok();
    probes.then_some(IdpKind::Entra)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn okta_and_google_say_who_they_are() {
        assert_eq!(by_user_agent("Okta SCIM Client 1.0.0"), Some(IdpKind::Okta));
        assert_eq!(
            by_user_agent("Google-Auto-Provisioning"),
            Some(IdpKind::Google)
        );
        assert_eq!(by_user_agent("curl/8.5.0"), None);
    }

    #[test]
    fn entra_is_known_by_its_connection_test() {
        let probe = "filter=userName+eq+%22a1b9c3f0-6c1e-4a53-9f3a-0d6f6a3f0c11%22";
        assert_eq!(by_query(probe, false), Some(IdpKind::Entra));
        assert_eq!(by_query("filter=userName+eq+%22amy%22", false), None);
        assert_eq!(by_query("aadOptscim062020", false), Some(IdpKind::Entra));
    }

    #[test]
    fn onelogin_is_known_by_what_it_leaves_behind() {
        let lookup = "filter=userName+eq+%22amy%22&";
        assert_eq!(by_query(lookup, true), Some(IdpKind::OneLogin));
    }
}
