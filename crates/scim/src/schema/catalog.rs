//! The schemas and resource types that one connection serves.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde_json::{Value, json};

use super::attribute::{Attribute, find};
use super::custom::{CustomSchema, Extends};
use super::profile::Profile;
use super::resource_type::{Extension, ResourceType, Schema};

/// Files of the core schemas, in the order in which `/Schemas` lists them.
const SCHEMAS: [&str; 6] = [
    include_str!("../../data/user.json"),
    include_str!("../../data/group.json"),
    include_str!("../../data/enterprise-user.json"),
    include_str!("../../data/service-provider-config.json"),
    include_str!("../../data/resource-type.json"),
    include_str!("../../data/schema.json"),
];
const RESOURCE_TYPES: &str = include_str!("../../data/resource-types.json");
const COMMON_ATTRIBUTES: &str = include_str!("../../data/common-attributes.json");

static CORE: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::load().expect("the files under data/ are compiled in and tested"));
static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    serde_json::from_str(COMMON_ATTRIBUTES).expect("the file is compiled in and tested")
});

/// Schemas and resource types one connection serves. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Catalog {
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    /// User, then Group.
    resource_types: [ResourceType; 2],
    schemas: Vec<Arc<Schema>>,
    schema_documents: Vec<Value>,
    resource_type_documents: Vec<Value>,
}

impl Catalog {
    /// User with the enterprise extension, and Group. Parsed once per process.
    pub fn core() -> Self {
        CORE.clone()
    }

    /// The same schemas and types, read by the rules of a profile.
    #[must_use]
    pub fn with_profile(&self, profile: Profile) -> Self {
        let mut inner = Inner::clone(&self.inner);
        for kind in &mut inner.resource_types {
            kind.profile = profile;
        }
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The same schemas and types, and beside them those that somebody added to a connection.
    #[must_use]
    pub fn with_custom_schemas(&self, added: &[CustomSchema]) -> Self {
        let mut inner = Inner::clone(&self.inner);
        for custom in added {
            let at = match custom.extends() {
                Extends::User => 0,
                Extends::Group => 1,
            };
            inner.resource_types[at].extensions.push(Extension {
                schema: Arc::clone(custom.schema()),
                required: custom.required(),
            });
            let listed = &mut inner.resource_type_documents[at]["schemaExtensions"];
            let entry = json!({ "schema": custom.urn(), "required": custom.required() });
            match listed.as_array_mut() {
                Some(listed) => listed.push(entry),
                None => *listed = json!([entry]),
            }
            inner.schemas.push(Arc::clone(custom.schema()));
            inner.schema_documents.push(custom.document());
        }
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The same schemas and types, of whose `canonicalValues` no value may differ (RFC 7643 §7
    /// leaves that to the server).
    #[must_use]
    pub fn with_restricted_values(&self) -> Self {
        fn restrict(attributes: &mut [Attribute]) {
            for attribute in attributes {
                attribute.restricted = !attribute.canonical_values.is_empty();
                restrict(&mut attribute.sub_attributes);
            }
        }
        let mut inner = Inner::clone(&self.inner);
        for kind in &mut inner.resource_types {
            restrict(&mut Arc::make_mut(&mut kind.schema).attributes);
            for extension in &mut kind.extensions {
                restrict(&mut Arc::make_mut(&mut extension.schema).attributes);
            }
        }
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The type behind `/Users`.
    pub fn user(&self) -> &ResourceType {
        let [user, _] = &self.inner.resource_types;
        user
    }

    /// The type behind `/Groups`.
    pub fn group(&self) -> &ResourceType {
        let [_, group] = &self.inner.resource_types;
        group
    }

    /// All resource types.
    pub fn resource_types(&self) -> &[ResourceType] {
        &self.inner.resource_types
    }

    /// All schemas, those of the discovery documents included.
    pub fn schemas(&self) -> &[Arc<Schema>] {
        &self.inner.schemas
    }

    /// The schemas as they are served, locations still relative to the base address.
    pub(super) fn schema_documents(&self) -> &[Value] {
        &self.inner.schema_documents
    }

    /// The resource types as they are served, locations still relative.
    pub(super) fn resource_type_documents(&self) -> &[Value] {
        &self.inner.resource_type_documents
    }

    fn load() -> Result<Self, serde_json::Error> {
        let schema_documents: Vec<Value> = SCHEMAS
            .iter()
            .map(|text| serde_json::from_str(text))
            .collect::<Result<_, _>>()?;
        let schemas: Vec<Arc<Schema>> = schema_documents
            .iter()
            .map(|document| {
                let mut schema = Schema::deserialize(document)?;
                schema.mark_user_name();
                Ok(Arc::new(schema))
            })
            .collect::<Result<_, _>>()?;
        let resource_type_documents: Vec<Value> = serde_json::from_str(RESOURCE_TYPES)?;
        let resource_types =
            <[ResourceTypeFile; 2]>::deserialize(&Value::from(resource_type_documents.clone()))?
                .map(|file| file.link(&schemas));
        let [user, group] = resource_types;
        Ok(Self {
            inner: Arc::new(Inner {
                resource_types: [user?, group?],
                schemas,
                schema_documents,
                resource_type_documents,
            }),
        })
    }
}

/// Attributes every resource has although no schema lists them (RFC 7643 §3.1).
pub fn common_attributes() -> &'static [Attribute] {
    &COMMON
}

/// The attribute of that name that every resource has, ignoring case.
pub fn common_attribute(name: &str) -> Option<&'static Attribute> {
    find(&COMMON, name)
}

/// A resource type as its file says it, schemas by URN.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceTypeFile {
    id: String,
    endpoint: String,
    description: String,
    schema: String,
    #[serde(default)]
    schema_extensions: Vec<ExtensionFile>,
}

#[derive(Deserialize)]
struct ExtensionFile {
    schema: String,
    required: bool,
}

impl ResourceTypeFile {
    fn link(self, schemas: &[Arc<Schema>]) -> Result<ResourceType, serde_json::Error> {
        let named = |urn: &str| {
            schemas
                .iter()
                .find(|schema| schema.id == urn)
                .cloned()
                .ok_or_else(|| {
                    serde::de::Error::custom(format!(
                        "resource type names the unknown schema {urn}"
                    ))
                })
        };
        let extensions = self.schema_extensions.iter().map(|extension| {
            Ok(Extension {
                schema: named(&extension.schema)?,
                required: extension.required,
            })
        });
        Ok(ResourceType {
            schema: named(&self.schema)?,
            extensions: extensions.collect::<Result<_, serde_json::Error>>()?,
            profile: Profile::default(),
            id: self.id,
            endpoint: self.endpoint,
            description: self.description,
        })
    }
}
