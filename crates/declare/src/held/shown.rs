//! From what the API shows to what a file says.

use serde_json::Value;

use super::{Held, HeldSso, text};
use crate::named::Fields;

/// Those members of an answer that a file has too.
pub(super) fn members(shown: &Value, names: &[&str]) -> Fields {
    let members = names
        .iter()
        .map(|name| ((*name).to_owned(), shown[*name].clone()));
    members.collect()
}

pub(super) fn organization(shown: &Value) -> Held {
    Held {
        id: text(shown, "id"),
        name: text(shown, "slug"),
        fields: members(shown, &["name", "external_id"]),
    }
}

pub(super) fn sso(shown: &Value) -> HeldSso {
    let mut fields = members(shown, &["enabled", "trust_email"]);
    if shown["oidc"].is_object() {
        let oidc = members(
            &shown["oidc"],
            &["issuer", "client_id", "external_id_claim"],
        );
        fields.insert("oidc".to_owned(), Value::Object(oidc));
    }
    if shown["saml"].is_object() {
        let mut saml = members(&shown["saml"], &["idp_entity_id", "sso_url"]);
        let certificates = shown["saml"]["certificates"].as_array();
        let certificates = certificates.into_iter().flatten();
        let certificates = certificates.map(|it| it["certificate"].clone()).collect();
        saml.insert("certificates".to_owned(), certificates);
        fields.insert("saml".to_owned(), Value::Object(saml));
    }
    HeldSso {
        it: Held {
            id: text(shown, "id"),
            name: text(shown, "name"),
            fields,
        },
        has_client_secret: shown["oidc"]["has_client_secret"] == Value::Bool(true),
    }
}

pub(super) fn scim(shown: &Value, sso_name: Option<&str>) -> Held {
    let mut fields = Fields::new();
    fields.insert("sso_connection".to_owned(), sso_name.into());
    fields.extend(members(shown, &["idp", "enabled", "settings"]));
    Held {
        id: text(shown, "id"),
        name: text(shown, "name"),
        fields,
    }
}

pub(super) fn schema(shown: &Value) -> Held {
    let names = [
        "name",
        "description",
        "resource_type",
        "required",
        "attributes",
    ];
    let mut fields = members(shown, &names);
    for name in ["name", "description"] {
        crate::named::none_for_empty(&mut fields[name]);
    }
    Held {
        id: text(shown, "id"),
        name: text(shown, "id"),
        fields,
    }
}

pub(super) fn attribute_mapping(shown: &Value) -> Held {
    Held {
        id: text(shown, "name"),
        name: text(shown, "name"),
        fields: members(shown, &["path", "type", "required", "system"]),
    }
}

pub(super) fn role_mapping(shown: &Value) -> Held {
    Held {
        id: text(shown, "group_id"),
        name: text(shown, "group_name"),
        fields: members(shown, &["role", "precedence"]),
    }
}

pub(super) fn domain(shown: &Value, sso_name: Option<&str>) -> Held {
    let mut fields = Fields::new();
    fields.insert("sso_connection".to_owned(), sso_name.into());
    Held {
        id: text(shown, "domain"),
        name: text(shown, "domain"),
        fields,
    }
}

pub(super) fn webhook(shown: &Value) -> Held {
    let names = [
        "description",
        "types",
        "ordered",
        "max_in_flight",
        "timeout_seconds",
    ];
    let mut fields = members(shown, &names);
    if let Some(types) = fields["types"].as_array_mut() {
        types.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    }
    // One that was paused because it fails is still meant to be on: nobody switched it off.
    let paused_by_itself = matches!(shown["pause_reason"].as_str(), Some("failing" | "gone"));
    if !paused_by_itself {
        fields.insert("enabled".to_owned(), shown["enabled"].clone());
    }
    Held {
        id: text(shown, "id"),
        name: text(shown, "url"),
        fields,
    }
}
