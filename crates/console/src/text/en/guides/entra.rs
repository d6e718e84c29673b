//! Microsoft Entra ID.

use rollcall_model::IdpKind;

use super::{Guide, Step, Value, field, maps, off, on};

pub(super) static GUIDE: Guide = Guide {
    kind: IdpKind::Entra,
    name: "Microsoft Entra ID",
    hint: "formerly Azure AD",
    limits: &[],
    steps: &[
        Step {
            title: "Open provisioning of the enterprise application",
            menu: &[
                "Entra admin center",
                "Enterprise apps",
                "your {product} app",
                "Provisioning",
            ],
            text: &[
                "Open the application your people sign in to {product} with. If there is none, choose New \
                 application, Create your own application, and the kind that is not in the gallery.",
                "Choose New configuration (in older portals: Get started, and the mode Automatic).",
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Give Entra the address and the token",
            menu: &["Provisioning", "Connectivity (or Admin credentials)"],
            text: &["Choose Test connection, and save once it says that it worked."],
            fields: &[
                field(
                    "Authentication method",
                    Value::Fixed("Bearer authentication"),
                ),
                field("Tenant URL", Value::EndpointUrl),
                field("Secret token", Value::Token),
            ],
            note: Some(
                "Microsoft's guides add ?aadOptscim062020 to the URL. It is welcome and not needed: both forms \
                 are understood.",
            ),
            ..Step::EMPTY
        },
        Step {
            title: "Set the mappings of users",
            menu: &[
                "Provisioning",
                "Attribute mapping",
                "Provision Microsoft Entra ID Users",
            ],
            text: &[
                "Two rows matter. userName is what Entra looks people up by, so it keeps matching precedence 1. \
                 externalId begins as mailNickname: change it to objectId, which stays when somebody is renamed \
                 and is what sign-ins carry.",
            ],
            mappings: &[
                maps("userPrincipalName", "userName", "matching precedence 1"),
                maps(
                    "objectId",
                    "externalId",
                    "change it: it is mailNickname at first",
                ),
                maps(
                    "Switch([IsSoftDeleted], …)",
                    "active",
                    "leave it: this is how leavers are switched off",
                ),
                maps("mail", "emails[type eq \"work\"].value", ""),
                maps("givenName, surname", "name.givenName, name.familyName", ""),
                maps("displayName", "displayName", ""),
                maps(
                    "manager",
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
                    "if you want it here",
                ),
            ],
            ticks: &[
                on("Create", "people get an account"),
                on("Update", "changes arrive"),
                on("Delete", "whoever was deleted for good is removed"),
            ],
            ..Step::EMPTY
        },
        Step {
            title: "Say who is sent",
            menu: &["Users and groups", "Add user/group"],
            text: &[
                "Assign the people and groups who may use {product}. Under Settings keep the scope at assigned \
                 users and groups.",
            ],
            ticks: &[
                on(
                    "Provision Microsoft Entra ID Groups",
                    "groups arrive with their members",
                ),
                off(
                    "Sync all users and groups",
                    "it would send your whole directory",
                ),
            ],
            note: Some(
                "Entra sends the direct members of an assigned group and never those of a group inside it. Assign \
                 inner groups as well.",
            ),
            ..Step::EMPTY
        },
        Step {
            title: "Try one person, then start",
            menu: &["Provisioning", "Provision on demand"],
            text: &[
                "Choose one assigned person and provision. If that works, go to the overview and start \
                 provisioning.",
                "The first run sends everybody; after that Entra looks for changes about every 40 minutes. \
                 Provision on demand does not wait.",
            ],
            ..Step::EMPTY
        },
    ],
    first_request: "Test connection looks up a user that does not exist, at once.",
    first_sync: "The first run begins within minutes and takes a while: minutes for some hundred people, hours \
        for many thousands. After that changes are looked for about every 40 minutes.",
    leavers: &[
        "Whoever is unassigned, blocked or deleted in Entra is switched off here with the next run, so within \
         about 40 minutes. Sign-ins through Entra end earlier. Provision on demand takes somebody away at \
         once.",
        "30 days after a deletion Entra deletes for good, and the account here goes with it.",
    ],
    refused: "Test connection says You appear to have entered invalid credentials.",
    habits: &[
        "What failed is tried again after 6, 12 and 24 hours, then once a day for 28 days. When you have \
         mended the cause, Provision on demand or Restart provisioning does not wait.",
        "If very much fails, Entra puts the app into quarantine: it runs once a day, and is switched off after \
         four weeks. Mend the cause, then choose Restart provisioning.",
        "Entra renames whoever is deleted there before it switches the account off. That is why externalId and \
         not the name ties an account to the sign-in.",
    ],
};
