//! OneLogin, with its app for any SCIM endpoint.

use rollcall_model::IdpKind;

use super::{Guide, Step, Value, field, maps, off, on};

pub(super) static GUIDE: Guide = Guide {
    kind: IdpKind::OneLogin,
    name: "OneLogin",
    hint: "by One Identity",
    limits: &[],
    steps: &[
        Step {
            title: "Add the SCIM app",
            menu: &["Administration", "Applications", "Applications", "Add App"],
            text: &[
                "Search for SCIM Provisioner with SAML (SCIM v2 Enterprise), give it the name {product}, and save. \
                 If people sign in to {product} through an app of yours that has a Provisioning tab, use that one.",
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give OneLogin the address and the token",
            menu: &["Configuration", "API Connection"],
            text: &[
                "Fill in the two fields, choose Enable, and save. API Status turns to Enabled.",
            ],
            fields: &[
                field("SCIM Base URL", Value::EndpointUrl),
                field("SCIM Bearer Token", Value::Token),
                field("Custom Headers", Value::Fixed("leave empty")),
                field("SCIM JSON Template", Value::Fixed("leave as it is")),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Switch provisioning on",
            menu: &["Provisioning", "Workflow"],
            text: &[
                "When people are deleted or lose the app in OneLogin, choose Suspend: it can be undone.",
            ],
            ticks: &[
                on("Enable provisioning", ""),
                off(
                    "Require admin approval: Create user",
                    "otherwise each person waits for a click of yours",
                ),
                off(
                    "Require admin approval: Delete user",
                    "otherwise leavers keep their access until you click",
                ),
                off(
                    "Require admin approval: Update user",
                    "otherwise changes wait as well",
                ),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Look at the parameters",
            menu: &["Parameters"],
            text: &["Each parameter that is to be sent needs Include in User Provisioning."],
            mappings: &[
                maps(
                    "SCIM Username",
                    "userName",
                    "Email, if that is what people sign in with",
                ),
                maps("Email", "emails[type eq \"work\"].value", ""),
                maps(
                    "First Name, Last Name",
                    "name.givenName, name.familyName",
                    "",
                ),
                maps("OneLogin ID", "externalId", "sent by the template"),
                maps(
                    "status",
                    "active",
                    "sent by itself; false when somebody is suspended",
                ),
                maps(
                    "Groups",
                    "groups",
                    "tick Include in User Provisioning to send groups",
                ),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give people the app",
            menu: &["Access", "Roles"],
            text: &[
                "Tick the roles whose people may use {product}. To send groups, add a rule under Rules that sets \
                 groups from roles, then choose More Actions, Reapply entitlement mappings.",
            ],
            note: Some("People who wait are shown as Pending under Users of the app."),
            ..Step::EMPTY
        },
    ],
    first_request: "Enable looks up a user that does not exist, at once.",
    first_sync: "People are sent when a role gives them the app, within minutes. Where an approval is asked \
        for, they wait for your click.",
    leavers: &[
        "With Suspend, whoever loses the app or is suspended in OneLogin is switched off here. With Delete, \
         the account is removed.",
        "Do nothing, the third choice, leaves people their access: do not take it.",
    ],
    refused: "API Status stays at Disabled, or Enable shows an error.",
    habits: &[
        "Users who failed stand under Users of the app with what was answered. Click one and choose Retry.",
        "A change of a rule or a parameter reaches people who are there only after Reapply entitlement mappings.",
    ],
};
