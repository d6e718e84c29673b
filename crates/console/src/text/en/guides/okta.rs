//! Okta, with an app that was made by its wizard or comes from its catalogue.

use rollcall_model::IdpKind;

use super::{Guide, Step, Value, field, maps, off, on};

pub(super) static GUIDE: Guide = Guide {
    kind: IdpKind::Okta,
    name: "Okta",
    hint: "Workforce Identity",
    limits: &[],
    steps: &[
        Step {
            title: "Switch SCIM on for the app",
            menu: &[
                "Applications",
                "Applications",
                "your {product} app",
                "General",
            ],
            text: &[
                "Open the app your people sign in to {product} with. Under App Settings choose Edit, set \
                 Provisioning to SCIM, and save. A Provisioning tab appears.",
                "If there is no such choice, the app was made for OpenID Connect. Okta offers SCIM for SAML and \
                 SWA apps: make one more app for provisioning alone and hide its icon from users.",
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give Okta the address and the token",
            menu: &["Provisioning", "Integration", "Edit"],
            text: &["Fill in the form, choose Test Connector Configuration, then save."],
            fields: &[
                field("SCIM connector base URL", Value::EndpointUrl),
                field(
                    "Unique identifier field for users",
                    Value::Fixed("userName"),
                ),
                field("Authentication Mode", Value::Fixed("HTTP Header")),
                field("Authorization (Bearer)", Value::Token),
            ],
            ticks: &[
                on("Push New Users", "people you assign get an account"),
                on(
                    "Push Profile Updates",
                    "changes of names and addresses arrive",
                ),
                on("Push Groups", "groups you push arrive with their members"),
                off(
                    "Import New Users and Profile Updates",
                    "{product} is not where your people are kept",
                ),
                off("Import Groups", "for the same reason"),
            ],
            note: Some("Paste the token alone, without the word Bearer in front: Okta adds it."),
            ..Step::EMPTY
        },
        Step {
            title: "Say what Okta may do",
            menu: &["Provisioning", "To App", "Edit"],
            ticks: &[
                on("Create Users", "accounts are made"),
                on("Update User Attributes", "accounts stay right"),
                on(
                    "Deactivate Users",
                    "whoever is unassigned or leaves loses access",
                ),
                off(
                    "Sync Password",
                    "people sign in through Okta, and passwords sent here are thrown away",
                ),
            ],
            text: &[
                "All three are off at first. Without Deactivate Users, leavers keep their access.",
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Look at the attribute mappings",
            menu: &["Provisioning", "To App", "Attribute Mappings"],
            text: &[
                "The mappings Okta begins with are right. Change them only if your user names are no addresses.",
            ],
            mappings: &[
                maps(
                    "Username (app user name)",
                    "userName",
                    "who a person is; should be what they sign in with",
                ),
                maps(
                    "user.email",
                    "emails[type eq \"work\"].value",
                    "the work address",
                ),
                maps(
                    "user.firstName, user.lastName",
                    "name.givenName, name.familyName",
                    "",
                ),
                maps(
                    "Okta user id",
                    "externalId",
                    "sent by itself; ties the account to the sign-in",
                ),
                maps(
                    "assignment",
                    "active",
                    "sent by itself; false when somebody is unassigned",
                ),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Assign people, then push groups",
            menu: &["Assignments", "Assign"],
            text: &[
                "Assign the people or groups who may use {product}. Each is sent at once.",
                "An assigned group sends its people, not itself. To send groups with their members, add them under \
                 Push Groups. Okta advises against pushing the group you assign by: use another one for that.",
            ],
            note: Some(
                "People who were assigned before you switched SCIM on show a red mark under Assignments: choose \
                 Provision User there.",
            ),
            ..Step::EMPTY
        },
    ],
    first_request: "Test Connector Configuration asks for a page of two users at once.",
    first_sync: "Each person is sent when they are assigned, and each change when it is made: seconds for one, \
        some minutes for hundreds. Groups follow when they are pushed.",
    leavers: &[
        "Whoever is unassigned or deactivated in Okta is switched off here at once, and switched on again when \
         they come back.",
        "Okta never deletes people. Accounts of leavers stay here, switched off. A pushed group that is \
         unlinked can be deleted here if you choose so.",
    ],
    refused: "Okta says Error authenticating, with 401 or 403 behind it.",
    habits: &[
        "If the user name of somebody changes, some Okta apps switch the old account off and make a new one. \
         Let the user name follow something that stays.",
        "A push of groups that failed is not tried again by itself: choose Push now on that group.",
    ],
};
