//! English: the page of one organization.

use super::number;

pub(crate) const SCIM_LEAD: &str =
    "How an identity provider sends this customer's people: an address and a token of its own.";
pub(crate) const NEW_SCIM: &str = "New SCIM connection";
pub(crate) const NO_SCIM: &str = "No SCIM connections yet";
pub(crate) const NO_SCIM_SAYS: &str =
    "Add an SSO connection first: a SCIM connection is linked to the one its people sign in with.";
pub(crate) const IDP: &str = "Identity provider";
pub(crate) const IDP_UNKNOWN: &str = "Not known yet";
pub(crate) const USERS: &str = "Users";
pub(crate) const GROUPS: &str = "Groups";
pub(crate) const LAST_REQUEST: &str = "Last request";
pub(crate) const NEVER: &str = "Never";
pub(crate) const DISABLED: &str = "Disabled";

pub(crate) const POLICY: &str = "Policy";
pub(crate) const POLICY_LEAD: &str = "What is checked when people are provisioned and sign in.";
pub(crate) const ON: &str = "On";
pub(crate) const OFF: &str = "Off";
pub(crate) const RESTRICT: &str = "Accounts through SCIM only";
pub(crate) const JIT: &str = "Accounts made at sign-in";
pub(crate) const ROLES: &str = "Roles, the mightiest first";
pub(crate) const DEFAULT_ROLE: &str = "Default role";
pub(crate) const PROTECTED: &str = "Protected users";
pub(crate) const LAST_OWNER: &str = "Last owner protected";
pub(crate) const SEATS: &str = "Seats";
pub(crate) const NO_LIMIT: &str = "No limit";
pub(crate) const LINKING: &str = "Linking by unverified address";
pub(crate) const ADDRESSES: &str = "Addresses taken";
pub(crate) const ADDRESSES_ANY: &str = "Of any domain";
pub(crate) const ADDRESSES_VERIFIED: &str = "Of verified domains";
pub(crate) fn seats(seats: u64, waits: bool) -> String {
    let rest = if waits {
        "whoever comes later waits"
    } else {
        "whoever comes later is refused"
    };
    format!("{}; {rest}", number(seats))
}

pub(crate) const DOMAINS: &str = "Domains";
pub(crate) const DOMAINS_LEAD: &str =
    "What tells which organization an e-mail address belongs to. Each is proven by a TXT record.";
pub(crate) const NO_DOMAINS: &str = "No domains yet";
pub(crate) const NO_DOMAINS_SAYS: &str = "Claim one below; then prove it with a TXT record.";
pub(crate) const DOMAIN: &str = "Domain";
pub(crate) const TXT_RECORD: &str = "TXT record: name and value";
pub(crate) const VERIFIED: &str = "Verified";
pub(crate) const NOT_VERIFIED: &str = "Not verified";
pub(crate) const VERIFY: &str = "Look now";
pub(crate) const CLAIM_DOMAIN: &str = "Claim a domain";
pub(crate) const ADD: &str = "Add";
pub(crate) const REMOVE: &str = "Remove";
pub(crate) const REMOVE_DOMAIN: &str = "Remove this domain";
pub(crate) fn remove_domain_does(domain: &str) -> String {
    format!(
        "People with addresses of {domain} are no longer led to this organization when they sign \
         in. Proving the domain again needs a new TXT record."
    )
}
pub(crate) fn domain_claimed(domain: &str) -> String {
    format!("{domain} was claimed. Set the TXT record shown beside it, then look for it.")
}
pub(crate) fn domain_verified(domain: &str) -> String {
    format!("{domain} is verified.")
}
pub(crate) fn domain_removed(domain: &str) -> String {
    format!("{domain} was removed.")
}

pub(crate) const PORTAL_LINKS: &str = "Portal links";
pub(crate) const PORTAL_LINK: &str = "Portal link";
pub(crate) const PORTAL_LINKS_LEAD: &str =
    "Each lets this customer's IT admin into the setup portal once, and not for long.";
pub(crate) const ALL_PORTAL_LINKS: &str = "All portal links";
pub(crate) const NO_PORTAL_LINKS: &str = "No portal links yet";
pub(crate) const NO_PORTAL_LINKS_SAYS: &str =
    "Make one and give it to the customer's IT admin, who can then connect the identity provider.";
pub(crate) const NEW_PORTAL_LINK: &str = "New portal link";
pub(crate) const NEW_PORTAL_LINK_LEAD: &str =
    "Whoever has it can set up connections of this organization, so treat it as a password.";
pub(crate) const RETURN_URL: &str = "Return address";
pub(crate) const RETURN_URL_HELP: &str =
    "Where the portal leads back to, such as the settings of your product; may stay empty.";
pub(crate) const LINK_LASTS: &str = "Can be opened for";
pub(crate) const LINK_LASTS_HELP: &str =
    "It works once. The session that it opens lasts four hours, whenever that is.";
pub(crate) const LINK_LENGTHS: &[(u64, &str)] = &[
    (3_600, "An hour"),
    (86_400, "A day"),
    (604_800, "A week"),
    (2_592_000, "30 days"),
];
pub(crate) const CREATE_PORTAL_LINK: &str = "Make portal link";
pub(crate) const PORTAL_LINK_MADE: &str = "The portal link is made";
pub(crate) const PORTAL_LINK_URL: &str = "Address for the customer's IT admin";
pub(crate) const LINK_OPEN: &str = "Open";
pub(crate) const LINK_USED: &str = "Used";
pub(crate) const LINK_EXPIRED: &str = "Expired";
pub(crate) const LINK_REVOKED: &str = "Revoked";
pub(crate) const REVOKE_LINK: &str = "Revoke this link";
pub(crate) const REVOKE_LINK_DOES: &str = "It opens nothing from now on. If it was opened, the \
     session behind it ends, and whoever works in it has to have another link. What was set up \
     stays.";
pub(crate) const LINK_IS_REVOKED: &str = "The portal link is revoked.";

pub(crate) const EDIT_ORGANIZATION: &str = "Edit organization";
pub(crate) const EDIT_ORGANIZATION_LEAD: &str = "Its id stays the same, whatever is changed here.";
pub(crate) const SLUG_CHANGE_HELP: &str = "Its name in addresses. With another one, addresses of \
     this console change, and so do SCIM endpoints by host, which identity providers then have to \
     be told of. Endpoints by path stay.";

pub(crate) const ACTIONS: &str = "Actions";
pub(crate) const DANGER: &str = "Danger zone";
pub(crate) const DELETE_ORGANIZATION: &str = "Delete this organization";
pub(crate) fn delete_organization_does(name: &str) -> String {
    format!(
        "Everything of {name} goes: its connections, tokens, users, groups, domains and policy. \
         Its identity providers get 401 from now on. Only its events and its audit log stay. There \
         is no way back."
    )
}
pub(crate) fn organization_deleted(name: &str) -> String {
    format!("{name} was deleted.")
}

pub(crate) const NEW_SCIM_LEAD: &str =
    "It comes with an address and a first token, which is shown once.";
pub(crate) const SCIM_NAME_HELP: &str = "What people call it, such as “Okta, production”.";
pub(crate) const SCIM_SSO_HELP: &str = "What the people that it sends sign in with.";
pub(crate) const IDP_HELP: &str = "If it is known. It is recognised by its requests as well.";
pub(crate) const CREATE_SCIM: &str = "Create SCIM connection";

pub(crate) fn idp(idp: Option<rollcall_model::IdpKind>) -> &'static str {
    use rollcall_model::IdpKind as I;
    match idp {
        None => "—",
        Some(I::Okta) => "Okta",
        Some(I::Entra) => "Microsoft Entra ID",
        Some(I::OneLogin) => "OneLogin",
        Some(I::JumpCloud) => "JumpCloud",
        Some(I::Ping) => "PingOne",
        Some(I::Google) => "Google Workspace",
        Some(I::CyberArk) => "CyberArk",
        Some(I::SailPoint) => "SailPoint",
        Some(I::Duo) => "Duo",
        Some(I::Rippling) => "Rippling",
        Some(I::Authentik) => "authentik",
        Some(I::Keycloak) => "Keycloak",
        Some(I::Rauthy) => "Rauthy",
        Some(I::Generic) => "Another one",
    }
}
