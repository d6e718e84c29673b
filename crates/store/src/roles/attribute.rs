//! The role that an identity provider sends as an attribute of a user.
//!
//! Which attribute that is, is a setting of the connection. Left to itself, a plain `role` names a
//! role and must be right. `roles` is another matter: identity providers use it for whatever they
//! call a role, Entra ID for JSON texts, so it counts where it happens to name a role of the
//! organization and harms nobody where it does not.

use rollcall_model::{RoleAttribute, RoleName, UserId};
use rollcall_scim::{Resource, ResourceType, value_path};
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::handle::DirectoryTx;
use crate::shape::Shape;

/// What the attributes of a user say of its role.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Where it stands.
    pub(super) path: String,
    /// What stands there.
    pub(super) text: String,
    /// Whether it must be a role.
    binding: bool,
}

/// What the attributes of a user say of its role, if anything.
pub(super) fn said(shape: &Shape, resource: &Resource) -> Option<Said> {
    let kind = shape.catalog.user();
    match &shape.settings.role_attribute {
        RoleAttribute::None => None,
        RoleAttribute::Path(path) => at(kind, resource, path, true),
        RoleAttribute::Auto => plain_role(resource).or_else(|| at(kind, resource, "roles", false)),
    }
}

/// Whether the attributes of a user say anything of its role.
pub(crate) fn says_role(shape: &Shape, resource: &Resource) -> bool {
    said(shape, resource).is_some()
}

/// Whether two states of a user say the same of its role.
pub(crate) fn same_role(shape: &Shape, before: &Resource, after: &Resource) -> bool {
    said(shape, before) == said(shape, after)
}

fn at(kind: &ResourceType, resource: &Resource, path: &str, binding: bool) -> Option<Said> {
    Some(Said {
        text: text_of(value_path::read(kind, resource, path)?)?,
        path: path.to_owned(),
        binding,
    })
}

/// An attribute `role` outside every schema, or of whichever extension has one.
fn plain_role(resource: &Resource) -> Option<Said> {
    let (known, unmapped) = (resource.attributes(), resource.unmapped());
    if let Some(text) = find(unmapped, "role").and_then(text_of) {
        return Some(Said {
            path: "role".to_owned(),
            text,
            binding: true,
        });
    }
    known.iter().chain(unmapped).find_map(|(urn, value)| {
        let extension = value.as_object().filter(|_| urn.contains(':'))?;
        Some(Said {
            path: format!("{urn}:role"),
            text: text_of(find(extension, "role")?)?,
            binding: true,
        })
    })
}

fn find<'r>(values: &'r Map<String, Value>, name: &str) -> Option<&'r Value> {
    let mut values = values.iter();
    let found = values.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// The one text in a value: of several the primary one, else the first; of an object its `value`.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Object(parts) => text_of(find(parts, "value")?),
        Value::Array(values) => {
            let primary = values.iter().find(|value| value["primary"] == true);
            text_of(primary.or_else(|| values.first())?)
        }
        Value::String(text) => match serde_json::from_str(text) {
            // Entra ID: `{"id":"…","value":"Admin","displayName":"Admin"}`.
            Ok(Value::Object(parts)) => text_of(find(&parts, "value")?),
            _ => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        },
    }
}

impl DirectoryTx {
    /// Follows what the attributes of a user say of its role.
    ///
    /// # Errors
    ///
    /// It must be a role and is none ([`StoreError::NoSuchRole`]).
    pub(crate) async fn follow_role_of(
        &mut self,
        id: UserId,
        before: Option<&Resource>,
        after: &Resource,
    ) -> Result<(), StoreError> {
        let old = before.and_then(|before| said(&self.shape, before));
        let new = said(&self.shape, after);
        if old == new {
            return Ok(());
        }
        let role = match new {
            None => None,
            Some(new) => self.role_said(&new).await?,
        };
        self.roles.attributes.insert(id, role);
        Ok(())
    }

    /// Reads the role of a user anew, which was written before: its identity provider cannot be
    /// told of a mistake now, so what is no role says nothing.
    pub(crate) async fn read_role_anew(
        &mut self,
        id: UserId,
        resource: &Resource,
    ) -> Result<(), StoreError> {
        let role = match said(&self.shape, resource) {
            None => None,
            Some(said) => match self.role_said(&said).await {
                Err(StoreError::NoSuchRole { .. }) => None,
                role => role?,
            },
        };
        self.roles.attributes.insert(id, role);
        Ok(())
    }

    async fn role_said(&mut self, said: &Said) -> Result<Option<RoleName>, StoreError> {
        let policy = self.policy_for_roles().await?;
        match policy.role(&said.text) {
            Some(role) => Ok(Some(role.clone())),
            None if said.binding => Err(StoreError::NoSuchRole {
                attribute: said.path.clone(),
                value: said.text.clone(),
                roles: policy.roles.clone(),
            }),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::ScimSettings;
    use rollcall_scim::Catalog;
    use serde_json::json;

    use super::*;

    fn says(role_attribute: &str, body: Value) -> Option<(String, String, bool)> {
        let settings = ScimSettings {
            role_attribute: RoleAttribute::from(role_attribute.to_owned()),
            ..ScimSettings::default()
        };
        let shape = Shape::new(settings, &[], &[]);
        let mut whole = json!({ "userName": "amy" });
        whole
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        let resource = Resource::parse(Catalog::core().user(), whole)
            .unwrap()
            .resource;
        said(&shape, &resource).map(|said| (said.path, said.text, said.binding))
    }

    fn found(path: &str, text: &str, binding: bool) -> Option<(String, String, bool)> {
        Some((path.to_owned(), text.to_owned(), binding))
    }

    #[test]
    fn a_plain_role_goes_before_roles_and_must_be_one() {
        let roles = json!([{ "value": "guest" }, { "value": "owner", "primary": true }]);
        assert_eq!(
            says("auto", json!({ "role": " Owner ", "roles": roles })),
            found("role", "Owner", true)
        );
        assert_eq!(
            says("auto", json!({ "urn:acme:User": { "Role": "owner" } })),
            found("urn:acme:User:role", "owner", true)
        );
        assert_eq!(
            says("auto", json!({ "roles": roles })),
            found("roles", "owner", false)
        );
        assert_eq!(says("auto", json!({ "title": "owner" })), None);
    }

    #[test]
    fn a_role_of_entra_is_read_out_of_its_json() {
        let text = r#"{"id":"18d1","value":"Administrator","displayName":"Admins"}"#;
        assert_eq!(
            says("auto", json!({ "roles": [{ "value": text }] })),
            found("roles", "Administrator", false)
        );
    }

    #[test]
    fn what_was_chosen_is_read_and_nothing_else() {
        let body = json!({ "role": "owner", "title": "guest", "roles": ["member"] });
        assert_eq!(says("none", body.clone()), None);
        assert_eq!(says("title", body.clone()), found("title", "guest", true));
        assert_eq!(says("roles", body), found("roles", "member", true));
    }
}
