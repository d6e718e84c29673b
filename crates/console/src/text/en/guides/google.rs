//! Google Workspace, which provisions to apps of its own catalogue only.

use rollcall_model::IdpKind;

use super::{Guide, Step, Value, field, maps, on};

pub(super) static GUIDE: Guide = Guide {
    kind: IdpKind::Google,
    name: "Google Workspace",
    hint: "with limits, please read",
    limits: &[
        "Google provisions to apps of its own catalogue only. A custom SAML app has no field for a SCIM address, so \
         if {product} is not in Google's list of apps with autoprovisioning, Google cannot send it anybody.",
        "Where it works, Google sends people and never groups. Roles that come from groups need another provider.",
        "If that is not enough, you can put Okta, Entra ID, JumpCloud or OneLogin between: each reads people from \
         Google and sends them on. People can also sign in with Google without provisioning; then leavers lose \
         their sign-in at once, while their account here stays until somebody removes it.",
    ],
    steps: &[
        Step {
            title: "Look whether Google offers it",
            menu: &[
                "Admin console",
                "Apps",
                "Web and mobile apps",
                "your {product} app",
            ],
            text: &[
                "Open the app and look for a card called Autoprovisioning. If there is none, stop here: the choices \
                 above are what is left. Nothing you have set up is lost.",
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give Google the address and the token",
            menu: &["Autoprovisioning", "Configure autoprovisioning"],
            fields: &[
                field("Access token", Value::Token),
                field("Endpoint URL", Value::EndpointUrl),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Map the attributes",
            menu: &["Autoprovisioning", "Attribute mapping"],
            mappings: &[
                maps(
                    "Basic information › Primary email",
                    "userName",
                    "who a person is",
                ),
                maps(
                    "Basic information › Primary email",
                    "emails[type eq \"work\"].value",
                    "",
                ),
                maps(
                    "First name, Last name",
                    "name.givenName, name.familyName",
                    "",
                ),
                maps(
                    "account state",
                    "active",
                    "sent by itself; false when somebody is suspended",
                ),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Say who is sent and what happens to leavers",
            menu: &["Autoprovisioning", "Scope and deprovisioning"],
            text: &["Then switch autoprovisioning on. The first run may take some hours."],
            ticks: &[
                on(
                    "Provisioning scope: groups you choose",
                    "otherwise everybody with the app is sent",
                ),
                on(
                    "Deprovision suspended users after 24 hours",
                    "leavers lose access within a day",
                ),
            ],
            ..Step::EMPTY
        },
    ],
    first_request: "Google looks up the first person in scope some time after you switch it on, which can take \
        hours.",
    first_sync: "Google begins in its own time, often hours after it is switched on, and sends later changes \
        in the same way.",
    leavers: &[
        "Whoever is suspended or deleted in Google, or leaves the scope, is switched off or removed here after \
         the time that you set for each. Sign-ins through Google end at once.",
    ],
    refused: "The card Autoprovisioning shows an error about authorization.",
    habits: &[
        "Roles that hang on groups stay at their default for these people; somebody has to give them by hand.",
    ],
};
