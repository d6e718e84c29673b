//! Resource types, and finding an attribute in one.

use std::sync::Arc;

use serde::Deserialize;

use super::attribute::{Attribute, Returned, find};
use super::catalog::common_attribute;
use super::profile::Profile;
use super::{GROUP_URN, USER_URN};
use crate::attr::AttrPath;

/// A named set of attributes (RFC 7643 §7).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Schema {
    /// URN.
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Meaning, for people.
    #[serde(default)]
    pub description: String,
    /// Attributes, in the order in which answers show them.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name, ignoring case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }

    /// Marks the one attribute that is compared by the rules for user names.
    pub(super) fn mark_user_name(&mut self) {
        if self.id == USER_URN {
            for attribute in &mut self.attributes {
                attribute.is_user_name = attribute.name == "userName";
            }
        }
    }
}

/// A schema that adds attributes to a resource type, under its URN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The attributes.
    pub schema: Arc<Schema>,
    /// Whether every resource lists its URN in `schemas`.
    pub required: bool,
}

/// A kind of resource with an endpoint of its own (RFC 7643 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Identifier and name, such as `User`; the value of `meta.resourceType`.
    pub id: String,
    /// Path below the base address, such as `/Users`.
    pub endpoint: String,
    /// Meaning, for people.
    pub description: String,
    /// The base schema.
    pub schema: Arc<Schema>,
    /// Extensions, in the order in which answers show them.
    pub extensions: Vec<Extension>,
    /// The rules that bodies, paths and filters of this type are read by.
    pub profile: Profile,
}

/// Where a named attribute lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The extension that holds it; `None` for the base schema and common attributes.
    pub extension: Option<&'a Schema>,
    /// The attribute; `None` if the path names the extension itself.
    pub attribute: Option<&'a Attribute>,
    /// The sub-attribute, if the path goes that far.
    pub sub: Option<&'a Attribute>,
}

impl ResourceType {
    /// Finds what a path names, ignoring case, the common attributes `id`, `externalId`,
    /// `schemas` and `meta` included. `None` if there is no such attribute.
    ///
    /// RFC 7644 §3.10 wants the URN in front of extension attributes. A bare name that
    /// the base schema does not know and exactly one extension defines is found all the
    /// same, because Entra ID asks for `manager eq "…"`.
    pub fn resolve<'a>(&'a self, path: &AttrPath) -> Option<Resolved<'a>> {
        let (extension, attribute) = match &path.schema {
            None => self.find_unqualified(&path.name)?,
            Some(urn) if urn.eq_ignore_ascii_case(&self.schema.id) => {
                (None, Some(self.base_attribute(&path.name)?))
            }
            Some(urn) => {
                let schema = self.extension(urn)?;
                if path.name.is_empty() {
                    (Some(schema), None)
                } else {
                    (Some(schema), Some(schema.attribute(&path.name)?))
                }
            }
        };
        let sub = match &path.sub {
            Some(name) => Some(attribute?.sub(name)?),
            None => None,
        };
        Some(Resolved {
            extension,
            attribute,
            sub,
        })
    }

    /// The extension of that URN, ignoring case.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions
            .iter()
            .map(|extension| extension.schema.as_ref())
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// Whether any attribute is in answers on request only.
    pub fn returns_on_request(&self) -> bool {
        let added = self.extensions.iter().map(|extension| &extension.schema);
        std::iter::once(&self.schema)
            .chain(added)
            .flat_map(|schema| &schema.attributes)
            .any(|attribute| attribute.returned == Returned::Request)
    }

    /// Whether an attribute of that name may only be written, in whichever schema, so that its
    /// value must not be kept under any other name either.
    pub(crate) fn is_write_only_name(&self, name: &str) -> bool {
        let added = self.extensions.iter().map(|extension| &extension.schema);
        std::iter::once(&self.schema)
            .chain(added)
            .filter_map(|schema| schema.attribute(name))
            .any(|attribute| !attribute.is_kept())
    }

    /// URNs of the base schema and of the extensions, base first.
    pub fn urns(&self) -> Vec<&str> {
        let extensions = self
            .extensions
            .iter()
            .map(|extension| extension.schema.id.as_str());
        std::iter::once(self.schema.id.as_str())
            .chain(extensions)
            .collect()
    }

    /// Whether the attribute is `members` of a group, whose values are rows.
    pub fn is_members(&self, attribute: &Attribute) -> bool {
        self.schema.id == GROUP_URN && attribute.name == "members"
    }

    /// An attribute of the base schema or one common to all resources, ignoring case.
    pub fn base_attribute(&self, name: &str) -> Option<&Attribute> {
        self.schema
            .attribute(name)
            .or_else(|| common_attribute(name))
    }

    fn find_unqualified(&self, name: &str) -> Option<(Option<&Schema>, Option<&Attribute>)> {
        if let Some(attribute) = self.base_attribute(name) {
            return Some((None, Some(attribute)));
        }
        // An extension's attribute is to be qualified (RFC 7644 §3.10).
        if self.profile == Profile::Strict {
            return None;
        }
        let mut found = self.extensions.iter().filter_map(|extension| {
            let attribute = extension.schema.attribute(name)?;
            Some((Some(extension.schema.as_ref()), Some(attribute)))
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}
