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
pub(crate) const SSO_CONNECTIONS: &str = "SSO connections";
pub(crate) const SSO_CONNECTION: &str = "SSO connection";
pub(crate) const SSO_LEAD: &str = "The login providers of this customer.";
pub(crate) const NEW_SSO: &str = "New SSO connection";
pub(crate) const NO_SSO: &str = "No SSO connections yet";
pub(crate) const NO_SSO_SAYS: &str = "Add the login provider that this customer's people use.";
pub(crate) const PROTOCOL: &str = "Protocol";
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

pub(crate) const NEW_SSO_LEAD: &str =
    "Fill in the fields of one protocol; those of the other stay empty.";
pub(crate) const SSO_NAME_HELP: &str = "What people call it, such as the name of the product.";
pub(crate) const PROTOCOL_HELP: &str =
    "OIDC needs issuer and client id; SAML the last three fields.";
pub(crate) const ISSUER: &str = "OIDC issuer";
pub(crate) const ISSUER_HELP: &str = "An address that begins with https://";
pub(crate) const CLIENT_ID: &str = "OIDC client id";
pub(crate) const CLIENT_SECRET: &str = "OIDC client secret";
pub(crate) const CLIENT_SECRET_HELP: &str =
    "If there is one. It is kept sealed and never shown again.";
pub(crate) const ENTITY_ID: &str = "SAML entity id";
pub(crate) const ENTITY_ID_HELP: &str = "The name of the identity provider, often an address.";
pub(crate) const SSO_URL: &str = "SAML sign-in address";
pub(crate) const CERTIFICATE: &str = "SAML signing certificate";
pub(crate) const CERTIFICATE_HELP: &str = "Base64, with or without its first and last line.";
pub(crate) const CREATE_SSO: &str = "Create SSO connection";
pub(crate) fn sso_created(name: &str) -> String {
    format!("{name} was created.")
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
