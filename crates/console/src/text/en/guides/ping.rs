//! PingOne. PingFederate asks for the same values in other forms.

use rollcall_model::IdpKind;

use super::{Guide, Step, Value, field, maps, off, on};

pub(super) static GUIDE: Guide = Guide {
    kind: IdpKind::Ping,
    name: "PingOne",
    hint: "and PingFederate",
    limits: &[],
    steps: &[
        Step {
            title: "Add a SCIM connection",
            menu: &[
                "Integrations",
                "Provisioning",
                "+",
                "New Connection",
                "Identity Store",
            ],
            text: &["Choose SCIM Outbound and give it the name {product}."],
            ..Step::EMPTY
        },
        Step {
            title: "Give PingOne the address and the token",
            menu: &["Configure Authentication"],
            text: &["Choose Test Connection before you go on."],
            fields: &[
                field("SCIM Base URL", Value::EndpointUrl),
                field("Users Resource", Value::Fixed("/Users")),
                field("Groups Resource", Value::Fixed("/Groups")),
                field("SCIM Version", Value::Fixed("2.0")),
                field(
                    "Authentication Method",
                    Value::Fixed("OAuth 2 Bearer Token"),
                ),
                field("OAuth Access Token", Value::Token),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Say how people are found and what is done",
            menu: &["Configure Preferences"],
            fields: &[
                field("User Filter Expression", Value::Fixed("userName Eq \"%s\"")),
                field("User Identifier", Value::Fixed("userName")),
                field("Remove Action", Value::Fixed("Disable")),
            ],
            ticks: &[
                on("Allow users to be created", "people get an account"),
                on("Allow users to be updated", "changes arrive"),
                on(
                    "Allow users to be disabled",
                    "whoever is disabled loses access",
                ),
                on(
                    "Allow users to be deprovisioned",
                    "whoever leaves the population loses access",
                ),
                off(
                    "Deprovision on rule deletion",
                    "deleting the rule by mistake would lock everybody out",
                ),
            ],
            text: &["Save, and switch the connection on with the toggle at its top."],
            ..Step::EMPTY
        },
        Step {
            title: "Add a rule that says who is sent",
            menu: &["Provisioning", "Rules", "+", "New Rule"],
            text: &[
                "The source is PingOne, the target is the connection. Choose the population or filter of the people \
                 who may use {product}. Under Group Provisioning add the groups to send.",
            ],
            mappings: &[
                maps("Username", "userName", "what people sign in with"),
                maps(
                    "Email Address",
                    "workEmail",
                    "PingOne's name for the work address",
                ),
                maps(
                    "Given Name, Family Name",
                    "name.givenName, name.familyName",
                    "",
                ),
                maps(
                    "User ID",
                    "externalId",
                    "add this row: it ties the account to the sign-in",
                ),
                maps("Enabled", "active", "sent by itself"),
            ],
            note: Some(
                "Both the connection and the rule have a switch. People are sent once both are on.",
            ),
            ..Step::EMPTY
        },
    ],
    first_request: "Test Connection asks for users at once; the rule sends people once it is switched on.",
    first_sync: "People of the rule are sent within minutes after it is switched on, and changes when they are \
        made.",
    leavers: &[
        "Whoever is disabled in PingOne, or leaves the population of the rule, is switched off here, since \
         Remove Action is Disable. With Delete the account would be removed.",
    ],
    refused: "Test Connection shows an error with 401.",
    habits: &[
        "PingFederate finds groups by reading all of them, which takes longer with each group. Send those that \
         are used.",
        "By default PingFederate writes a group as a whole. That is right, and slower than by its changes: \
         switch on the use of PATCH for groups if your version offers it.",
    ],
};
