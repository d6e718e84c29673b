//! Changes that somebody should look at twice.

use serde_json::{Value, json};

use super::{FieldChange, Kind};

/// Why a change of something that is there may hurt; `None` for one that does not.
pub(super) fn of_change(kind: Kind, change: &FieldChange) -> Option<&'static str> {
    let field = change.field.as_str();
    let switched_off = change.after == Value::Bool(false);
    match kind {
        Kind::Organization if field == "slug" => {
            Some("host names and links with the old slug stop working")
        }
        Kind::SsoConnection => match field {
            "enabled" if switched_off => Some("nobody can sign in with it any more"),
            "trust_email" if !switched_off => {
                Some("addresses count as verified although the provider does not say so")
            }
            "oidc"
            | "saml"
            | "oidc.issuer"
            | "oidc.client_id"
            | "oidc.external_id_claim"
            | "saml.idp_entity_id"
            | "saml.sso_url"
            | "saml.certificates" => Some("people sign in with another provider, or fail to"),
            _ => None,
        },
        Kind::ScimConnection => match field {
            "enabled" if switched_off => Some("requests of its identity provider are refused"),
            "sso_connection" => Some("its users sign in with another SSO connection"),
            "settings.allowed_source_addresses" => {
                Some("requests from other addresses are refused")
            }
            "settings.profile" if change.after == json!("strict") => {
                Some("what identity providers send beyond the RFCs is refused")
            }
            "settings.role_attribute" => Some("users get their roles from another attribute"),
            _ if field.starts_with("settings.features.") && switched_off => {
                Some("identity providers that use it are refused")
            }
            _ if field.starts_with("settings.rate_limits.") => {
                Some("its identity provider may ask for less, or for more, than it does now")
            }
            _ => None,
        },
        Kind::Policy => of_rule(field, change),
        Kind::WebhookEndpoint if field == "enabled" && switched_off => {
            Some("events wait, and are not sent")
        }
        Kind::RoleMapping => Some("every direct member of the group may get another role"),
        Kind::Schema => Some("values of attributes that are gone are dropped from every resource"),
        Kind::Organization | Kind::Domain | Kind::AttributeMapping | Kind::WebhookEndpoint => None,
    }
}

fn of_rule(field: &str, change: &FieldChange) -> Option<&'static str> {
    let switched_on = change.after == Value::Bool(true);
    match field {
        "restrict_account_creation_to_scim" if switched_on => {
            Some("whoever was not provisioned is denied at sign-in")
        }
        "restrict_account_creation_to_scim" => {
            Some("people whom nobody provisioned may get accounts")
        }
        "just_in_time_provisioning" if !switched_on => Some("a sign-in makes no account any more"),
        "protected_users" if takes_away(change) => {
            Some("SCIM may deactivate, delete and demote whoever is not protected any more")
        }
        "last_owner_protection" if !switched_on => Some("SCIM may take the last owner away"),
        "unverified_email_linking" if switched_on => {
            Some("a sign-in may match a user by an address that nobody has verified")
        }
        "default_role" => Some("everybody who has no other role gets it"),
        "roles" if takes_away(change) => Some("a role is gone"),
        _ if field.starts_with("seat_limit") && !change.after.is_null() => {
            Some("whoever comes when all seats are taken gets none")
        }
        "provisioning_domains" if change.after == json!("verified") => {
            Some("users with addresses of other domains are refused")
        }
        _ => None,
    }
}

/// Whether a list loses something.
fn takes_away(change: &FieldChange) -> bool {
    let (Some(before), Some(after)) = (change.before.as_array(), change.after.as_array()) else {
        return true;
    };
    before.iter().any(|it| !after.contains(it))
}
