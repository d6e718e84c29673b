//! JumpCloud.

use rollcall_model::IdpKind;

use super::{Guide, Step, Value, field, maps, on};

pub(super) static GUIDE: Guide = Guide {
    kind: IdpKind::JumpCloud,
    name: "JumpCloud",
    hint: "SSO applications",
    limits: &[],
    steps: &[
        Step {
            title: "Open identity management of the application",
            menu: &[
                "Admin Portal",
                "SSO Applications",
                "your {product} app",
                "Identity Management",
            ],
            text: &[
                "Open the application your people sign in to {product} with. If there is none, choose Add New \
                 Application, Custom Application, and tick that you want to export users to it.",
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give JumpCloud the address and the token",
            menu: &["Identity Management", "Configuration settings"],
            text: &[
                "Choose Test Connection. If it worked, choose Activate, then save the application.",
            ],
            fields: &[
                field("API Type", Value::Fixed("SCIM API")),
                field("SCIM Version", Value::Fixed("SCIM 2.0")),
                field("Base URL", Value::EndpointUrl),
                field("Token Key", Value::Token),
                field(
                    "Test User Email",
                    Value::Fixed("an address that nobody has"),
                ),
            ],
            ticks: &[on(
                "Enable management of User Groups and Group Membership in this application",
                "groups arrive with their members",
            )],
            note: Some(
                "The test makes a user and a group and removes both again. You will see them in the log of this \
                 connection; that is as it should be.",
            ),
            ..Step::EMPTY
        },
        Step {
            title: "Look at the attributes",
            menu: &["Identity Management", "Attributes"],
            text: &["What JumpCloud begins with is right."],
            mappings: &[
                maps(
                    "email (or username)",
                    "userName",
                    "choose what people sign in with",
                ),
                maps("email", "emails[type eq \"work\"].value", ""),
                maps("firstname, lastname", "name.givenName, name.familyName", ""),
                maps("JumpCloud id", "externalId", "sent by itself"),
                maps(
                    "user state",
                    "active",
                    "sent by itself; false when somebody is suspended or unassigned",
                ),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give groups access",
            menu: &["your {product} app", "User Groups"],
            text: &[
                "Tick the user groups whose people may use {product}, and save. They are sent within minutes.",
            ],
            ..Step::EMPTY
        },
    ],
    first_request: "Test Connection makes a test user and a test group at once, and removes them.",
    first_sync: "People of the groups you ticked are sent within minutes, and changes when they are made.",
    leavers: &[
        "Whoever is suspended or deleted in JumpCloud, or loses the last group that gives the app, is switched \
         off here, or removed where JumpCloud sends a deletion. Either takes access away.",
    ],
    refused: "Test Connection or Activate shows an error with 401.",
    habits: &[
        "If Activate stops half-way, the test user or test group of JumpCloud may be left here. Remove it, and \
         activate again.",
        "A group that JumpCloud makes here is told apart by its name. Do not rename groups on both sides at once.",
    ],
};
