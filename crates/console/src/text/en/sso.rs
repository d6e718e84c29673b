//! English: SSO connections.

pub(crate) const SSO_CONNECTIONS: &str = "SSO connections";
pub(crate) const SSO_CONNECTION: &str = "SSO connection";
pub(crate) const SSO_LEAD: &str = "The login providers of this customer.";
pub(crate) const NEW_SSO: &str = "New SSO connection";
pub(crate) const NO_SSO: &str = "No SSO connections yet";
pub(crate) const NO_SSO_SAYS: &str = "Add the login provider that this customer's people use.";

// The form
pub(crate) const NEW_SSO_LEAD: &str =
    "Choose the protocol of the provider first. Nothing is asked of the provider by saving.";
pub(crate) const EDIT_SSO: &str = "Edit SSO connection";
pub(crate) const EDIT_SSO_LEAD: &str = "People sign in by what stands here as soon as it is saved.";
pub(crate) const SSO_NAME_HELP: &str = "What people call it, such as the name of the product.";
pub(crate) const PROTOCOL: &str = "Protocol";
pub(crate) const PROTOCOL_OIDC: &str = "OpenID Connect";
pub(crate) const PROTOCOL_SAML: &str = "SAML 2.0";
pub(crate) const ISSUER: &str = "OIDC issuer";
pub(crate) const ISSUER_HELP: &str = "An address that begins with https://";
pub(crate) const CLIENT_ID: &str = "OIDC client id";
pub(crate) const CLIENT_SECRET: &str = "OIDC client secret";
pub(crate) const CLIENT_SECRET_HELP: &str =
    "If there is one. It is kept sealed and never shown again.";
pub(crate) const CLIENT_SECRET_KEPT: &str =
    "Left empty, the one that is kept stays, as long as issuer and client id do.";
pub(crate) const EXTERNAL_ID_CLAIM: &str = "External id claim";
pub(crate) const EXTERNAL_ID_CLAIM_HELP: &str = "The claim of an id token that equals the \
     externalId that SCIM sends: sub if empty; Entra ID wants oid.";
pub(crate) const METADATA: &str = "SAML metadata";
pub(crate) const METADATA_HELP: &str = "The XML document of the identity provider, all of it. \
     Entity id, sign-in address and certificates are taken from it. Without it, fill in the \
     three fields below.";
pub(crate) const ENTITY_ID: &str = "SAML entity id";
pub(crate) const ENTITY_ID_HELP: &str = "The name of the identity provider, often an address.";
pub(crate) const SSO_URL: &str = "SAML sign-in address";
pub(crate) const CERTIFICATE: &str = "SAML signing certificate";
pub(crate) const CERTIFICATE_HELP: &str = "Base64, with or without its first and last line.";
pub(crate) const TRUST_EMAIL: &str = "Trust its e-mail addresses";
pub(crate) const TRUST_EMAIL_HELP: &str = "Whether it is believed about addresses of the \
     organization's verified domains, although it does not say that it verified them.";
pub(crate) const YES: &str = "Yes";
pub(crate) const NO: &str = "No";
pub(crate) const CREATE_SSO: &str = "Create SSO connection";
pub(crate) fn sso_created(name: &str) -> String {
    format!("{name} was created.")
}

// The page
pub(crate) const SECRET_KEPT: &str = "Kept, sealed";
pub(crate) const SECRET_NONE: &str = "None";
pub(crate) const ENABLED_BADGE: &str = "Enabled";
pub(crate) const CERTIFICATES: &str = "Signing certificates";
pub(crate) const FINGERPRINT: &str = "SHA-256";
pub(crate) const UNREADABLE: &str = "Cannot be read as a certificate";
pub(crate) const CERTIFICATE_OVER: &str = "Over";
pub(crate) const CHECK: &str = "Check it";
pub(crate) const CHECK_NOW: &str = "Check now";
pub(crate) const CHECK_LEAD: &str = "Asks the provider at this moment, and changes nothing.";
pub(crate) const LINKED_SCIM: &str = "Linked SCIM connections";
pub(crate) const LINKED_SCIM_LEAD: &str = "The people that these send sign in here.";
pub(crate) const NONE_LINKED: &str = "None";
pub(crate) const NONE_LINKED_SAYS: &str = "Nobody is provisioned for its sign-ins.";
pub(crate) const DISABLE_SSO_DOES: &str = "Every sign-in with it is denied until it is enabled \
     again. Provisioning goes on, and accounts stay.";
pub(crate) const ENABLE_SSO_DOES: &str = "People can sign in with it again.";
pub(crate) const DELETE_SSO: &str = "Delete this SSO connection";
pub(crate) const DELETE_SSO_DOES: &str = "Nobody can sign in with it any more, and what is known \
     of who signed in with it goes: people are recognised anew at the next one. There is no way back.";
pub(crate) const MOVE_TO: &str = "Link its SCIM connections to";
pub(crate) const MOVE_TO_HELP: &str =
    "Their users, groups and tokens stay as they are; their people sign in there from then on.";
pub(crate) const NOWHERE_TO_MOVE: &str = "SCIM connections are linked to it, and there is no other \
     SSO connection to link them to. Add that first, or delete them.";
pub(crate) fn switched(name: &str, on: bool) -> String {
    let now = if on { "enabled" } else { "disabled" };
    format!("{name} is {now}.")
}
pub(crate) fn sso_deleted(name: &str) -> String {
    format!("{name} was deleted.")
}
