//! Any other provider that speaks SCIM 2.0.

use rollcall_model::IdpKind;

use super::{Guide, Step, Value, field, maps, off, on};

pub(super) static GUIDE: Guide = Guide {
    kind: IdpKind::Generic,
    name: "Any other",
    hint: "that speaks SCIM 2.0",
    limits: &[],
    steps: &[
        Step {
            title: "Find outgoing provisioning",
            text: &[
                "Look in your identity provider for SCIM, provisioning or user synchronization of the app your \
                 people sign in to {product} with. You want the direction from the provider to {product}.",
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give it the address and the token",
            text: &["Names of the fields differ. What matters is the kind of each value."],
            fields: &[
                field("Base URL, tenant URL or endpoint", Value::EndpointUrl),
                field("Bearer token, API token or secret", Value::Token),
                field("SCIM version", Value::Fixed("2.0")),
                field("Authentication", Value::Fixed("HTTP header, Bearer")),
            ],
            note: Some(
                "The address has no /Users at its end: the provider adds it. A slash at the end does no harm.",
            ),
            ..Step::EMPTY
        },
        Step {
            title: "Map the attributes",
            mappings: &[
                maps(
                    "sign-in name or e-mail address",
                    "userName",
                    "who a person is; look-ups ask for it",
                ),
                maps(
                    "an id that never changes",
                    "externalId",
                    "ties the account to the sign-in",
                ),
                maps(
                    "whether the account is in use",
                    "active",
                    "false takes access away",
                ),
                maps("work address", "emails[type eq \"work\"].value", ""),
                maps("first and last name", "name.givenName, name.familyName", ""),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Say what is sent",
            ticks: &[
                on("Create users", "people get an account"),
                on("Update users", "changes arrive"),
                on("Deactivate or disable users", "leavers lose access"),
                on("Groups and their members", "if roles here come from groups"),
                off(
                    "Passwords",
                    "people sign in through the provider, and passwords sent here are thrown away",
                ),
            ],
            text: &["Then assign the people who may use {product}, and start it."],
            ..Step::EMPTY
        },
    ],
    first_request: "Most providers have a button that tests the connection, and ask for a user or a page of \
        users at once.",
    first_sync: "Most send people when they are assigned. Some run by a schedule, of minutes to a day: its \
        documentation says which.",
    leavers: &[
        "Most send active = false, some delete: either takes access away. Try it with one person before you \
         rely on it.",
        "A provider that does neither leaves people their access. Then somebody has to remove them by hand.",
    ],
    refused: "It shows the status 401, or words such as unauthorized or invalid credentials.",
    habits: &[
        "Where user names and e-mail addresses differ, send the one that people sign in with as userName.",
        "Two groups of the same name stay two groups here. Give them different names, so that roles are given \
         by the right one.",
    ],
};
