//! Where things are set in identity providers.

use rollcall_model::IdpKind;

use crate::request_log::Place;

/// Where something is set, in the words of each provider's console.
#[must_use]
#[expect(
    clippy::too_many_lines,
    reason = "one sentence for each place and provider"
)]
pub const fn of_place(place: Place, idp: IdpKind) -> &'static str {
    use IdpKind::{Entra, JumpCloud, Okta, OneLogin};
    match (place, idp) {
        (Place::Credentials, Okta) => {
            "Okta: Applications > the app > Provisioning > Integration > Edit. `SCIM connector base \
             URL` takes the endpoint URL; with `HTTP Header` as authentication mode, \
             `Authorization` takes the token. Then Test Connector Configuration, and Save."
        }
        (Place::Credentials, Entra) => {
            "Entra: Enterprise applications > the app > Provisioning > Connectivity (Admin \
             Credentials). `Tenant URL` takes the endpoint URL, `Secret Token` the token. Then Test \
             Connection, Save, and restart provisioning if it is in quarantine."
        }
        (Place::Credentials, OneLogin) => {
            "OneLogin: Applications > the app > Configuration. `SCIM Base URL` takes the endpoint \
             URL, `SCIM Bearer Token` the token. Save, and enable the API connection."
        }
        (Place::Credentials, JumpCloud) => {
            "JumpCloud: SSO Applications > the app > Identity Management. `Base URL` takes the \
             endpoint URL, `Token Key` the token. Then Test Connection, and Activate."
        }
        (Place::Credentials, _) => {
            "In the provisioning settings of the application, where the SCIM base URL and the bearer \
             token are."
        }
        (Place::Matching, Okta) => {
            "Okta: `Unique identifier field for users` under Provisioning > Integration is \
             `userName`; what is sent as it is the `Application username format` on the Sign On tab."
        }
        (Place::Matching, Entra) => {
            "Entra: Provisioning > Mappings > users > the attribute `userName`: `Match objects using \
             this attribute` is Yes, with precedence 1."
        }
        (Place::Matching, OneLogin) => {
            "OneLogin: Applications > the app > Parameters > `SCIM Username`, and `Include in User \
             Provisioning`."
        }
        (Place::Matching, JumpCloud) => {
            "JumpCloud: SSO Applications > the app > Identity Management > attribute mapping: what \
             is sent as `userName`."
        }
        (Place::Matching, _) => {
            "In the provisioning settings, where the attribute is chosen by which people are matched."
        }
        (Place::Mapping, Okta) => {
            "Okta: Applications > the app > Provisioning > To App > Attribute Mappings; types and \
             required attributes are in the Profile Editor."
        }
        (Place::Mapping, Entra) => {
            "Entra: Provisioning > Mappings > users or groups; the list of attributes with their \
             types is under `Show advanced options`. Provision on demand shows what is sent for one \
             person."
        }
        (Place::Mapping, OneLogin) => {
            "OneLogin: Applications > the app > Parameters; the body is the `SCIM JSON Template` on \
             the Configuration tab."
        }
        (Place::Mapping, JumpCloud) => {
            "JumpCloud: SSO Applications > the app > Identity Management > attribute mapping."
        }
        (Place::Mapping, _) => {
            "In the attribute mapping of the application's provisioning settings."
        }
        (Place::Groups, Okta) => {
            "Okta: the Push Groups tab has the groups, and Assignments has the people: push a group \
             only when its members are assigned to the app."
        }
        (Place::Groups, Entra) => {
            "Entra: Users and groups of the app has who is provisioned; nested groups are not \
             expanded, so assign the inner group too."
        }
        (Place::Groups, OneLogin) => {
            "OneLogin: the Rules tab says which groups are sent, and `Groups` under Parameters has \
             to be included in user provisioning."
        }
        (Place::Groups, JumpCloud) => {
            "JumpCloud: the User Groups tab of the application has the groups that are sent with \
             their members."
        }
        (Place::Groups, _) => {
            "Where the application's groups and people are assigned: both have to be."
        }
        (Place::Again, Okta) => {
            "Okta: Dashboard > Tasks lists what failed, with Retry; a group has Push now on the Push \
             Groups tab. A person who was deleted here is removed from the app and assigned again."
        }
        (Place::Again, Entra) => {
            "Entra: Provision on demand sends one person now; Restart provisioning begins anew and \
             forgets the ids that Entra remembers."
        }
        (Place::Again, OneLogin) => {
            "OneLogin: the Users tab of the app shows who failed; choose the person and Retry, or \
             More Actions > Sync logins."
        }
        (Place::Again, JumpCloud) => {
            "JumpCloud: take the person's group off the application and put it back, which sends the \
             person again."
        }
        (Place::Again, _) => "Where failed provisioning tasks are listed: send them again.",
        (Place::Pace, Okta) => {
            "Okta: it slows down by itself when it is told to. Large groups on Push Groups can be \
             split, and an import run at another hour."
        }
        (Place::Pace, Entra) => {
            "Entra: what was refused is sent again in the next cycle, about every 40 minutes. Scope \
             (assigned users only) and the number of mapped attributes decide how much is sent."
        }
        (Place::Pace, OneLogin) => {
            "OneLogin: apply rules and mappings to fewer people at once; reapplying all of them \
             sends everybody."
        }
        (Place::Pace, JumpCloud) => {
            "JumpCloud: bind large user groups to the application one after another."
        }
        (Place::Pace, _) => {
            "In the provisioning settings, where page size, batch size or schedule are chosen."
        }
        (Place::Dialect, Okta) => {
            "Okta: nothing need be set. Applications made with the wizard send PUT, those of the \
             catalogue PATCH; both are served."
        }
        (Place::Dialect, Entra) => {
            "Entra: it writes closer to the standard if the Tenant URL ends with \
             `?aadOptscim062020`; both ways are served."
        }
        (Place::Dialect, OneLogin) => {
            "OneLogin: use the application `SCIM Provisioner with SAML (SCIM v2)`; the JSON template \
             on the Configuration tab is what is sent."
        }
        (Place::Dialect, JumpCloud) => {
            "JumpCloud: choose SCIM 2.0 under Identity Management; nothing else need be set."
        }
        (Place::Dialect, _) => "Choose SCIM 2.0, and PATCH where there is a choice.",
        (Place::Vendor, _) => {
            "Nothing in the identity provider: this is set at the connection or the organization, by \
             the vendor of the application."
        }
    }
}
