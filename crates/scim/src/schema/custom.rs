//! Schemas that somebody adds to one connection, beside those of the RFC (RFC 7643 §7).
//!
//! A schema is read here as strictly as the server will have to obey it: a keyword in another
//! letter case or a characteristic that nobody knows is refused by name and not ignored, since a
//! misspelt `multiValued` would otherwise become another attribute than the one that was meant.
//! What is read is written out again with every default, so that `/Schemas` tells all of it.
//!
//! It can only add: the attributes that every resource has, and the schemas of the RFC, keep
//! their meaning (RFC 7643 §3.1, §3.3). URNs below `urn:ietf:params:scim:schemas:extension:` are
//! taken, though only the IETF may give them out: Entra ID and Okta tell their customers to
//! choose such names.

use std::sync::Arc;

use serde_json::{Value, json};

use super::attribute::{Attribute, find};
use super::catalog::Catalog;
use super::definition::Reader;
use super::resource_type::Schema;

/// Most schemas that are added to one connection.
pub const MAX_SCHEMAS: usize = 20;
/// Longest URN, in bytes.
const MAX_URN: usize = 255;
/// URN of the schema of schemas, which a document may name in `schemas`.
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// What the RFCs named themselves.
const RESERVED: &str = "urn:ietf:params:scim:";
/// The part of it that vendors use for their own.
const FOR_EXTENSIONS: &str = "urn:ietf:params:scim:schemas:extension:";

/// The resource type that a schema adds to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Extends {
    /// Users.
    #[default]
    User,
    /// Groups.
    Group,
}

impl Extends {
    /// Name of the resource type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The resource type of that name, which is case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::User, Self::Group]
            .into_iter()
            .find(|extends| extends.as_str() == name)
    }
}

/// What is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{place}` {reason}")]
pub struct SchemaError {
    /// Where, such as `attributes[2].type`.
    pub place: String,
    /// What, to follow the place in a sentence.
    pub reason: String,
}

impl SchemaError {
    pub(super) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            reason: reason.into(),
        }
    }
}

/// A schema that extends a resource type of one connection. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomSchema {
    schema: Arc<Schema>,
    extends: Extends,
    required: bool,
}

impl CustomSchema {
    /// Reads a schema in the JSON form of RFC 7643 §7.
    ///
    /// # Errors
    ///
    /// The first thing that no server could obey, by its place in the document.
    pub fn read(document: &Value, extends: Extends, required: bool) -> Result<Self, SchemaError> {
        let Value::Object(members) = document else {
            return Err(SchemaError::new("schema", "must be a JSON object"));
        };
        let known = ["schemas", "id", "name", "description", "attributes", "meta"];
        let reader = Reader::of_document(members);
        reader.only(&known)?;
        if let Some(schemas) = members.get("schemas")
            && !schemas
                .as_array()
                .is_some_and(|it| it.iter().any(is_schema))
        {
            let reason = format!("must hold `{SCHEMA_URN}`, or be left out");
            return Err(SchemaError::new("schemas", reason));
        }
        let id = reader.text("id")?.unwrap_or_default();
        check_urn(&id).map_err(|reason| SchemaError::new("id", reason))?;
        let attributes = reader.attributes()?;
        let name = reader.text("name")?.unwrap_or_default();
        let schema = Schema {
            name: if name.is_empty() { id.clone() } else { name },
            description: reader.text("description")?.unwrap_or_default(),
            id,
            attributes,
        };
        Ok(Self {
            schema: Arc::new(schema),
            extends,
            required,
        })
    }

    /// Whether it may take the place of another one, whose values are stored already: an attribute
    /// that stays keeps its type and its number of values.
    ///
    /// # Errors
    ///
    /// The first attribute that does not.
    pub fn check_replaces(&self, before: &Self) -> Result<(), SchemaError> {
        if self.urn() != before.urn() {
            let reason = format!("must stay `{}`", before.urn());
            return Err(SchemaError::new("id", reason));
        }
        if self.extends != before.extends {
            let reason = format!("must stay `{}`", before.extends.as_str());
            return Err(SchemaError::new("resource_type", reason));
        }
        check_same_form(
            &before.schema.attributes,
            &self.schema.attributes,
            "attributes",
        )
    }

    /// Its URN.
    pub fn urn(&self) -> &str {
        &self.schema.id
    }

    /// Its attributes.
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The resource type that it adds to.
    pub const fn extends(&self) -> Extends {
        self.extends
    }

    /// Whether every resource of that type must have it (RFC 7643 §6).
    pub const fn required(&self) -> bool {
        self.required
    }

    /// The schema as `/Schemas` shows it, its location relative to the base address. Reading it
    /// again gives the same schema.
    pub fn document(&self) -> Value {
        let schema = &self.schema;
        let attributes: Vec<Value> = schema.attributes.iter().map(Attribute::document).collect();
        json!({
            "schemas": [SCHEMA_URN],
            "id": schema.id,
            "name": schema.name,
            "description": schema.description,
            "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": format!("Schemas/{}", schema.id) },
        })
    }
}

fn is_schema(urn: &Value) -> bool {
    urn.as_str()
        .is_some_and(|urn| urn.eq_ignore_ascii_case(SCHEMA_URN))
}

/// Whether a text is a URN (RFC 8141 §2) that may name another schema.
fn check_urn(text: &str) -> Result<(), String> {
    let mut parts = text.splitn(3, ':');
    let (scheme, space, rest) = (parts.next(), parts.next(), parts.next());
    let is_space = |space: &str| {
        (2..=32).contains(&space.len())
            && !space.starts_with('-')
            && !space.ends_with('-')
            && space
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '-')
    };
    let is_specific = |rest: &str| {
        !rest.is_empty()
            && !rest.ends_with([':', '.', '/'])
            && rest
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || "-._~:@/%+*!$&()=,;".contains(it))
    };
    let well_formed = text.len() <= MAX_URN
        && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn"))
        && space.is_some_and(is_space)
        && rest.is_some_and(is_specific);
    if !well_formed {
        return Err(format!(
            "must be a URN of at most {MAX_URN} bytes, such as urn:example:params:scim:schemas:extension:acme:2.0:User"
        ));
    }
    let lower = text.to_ascii_lowercase();
    let is_core = Catalog::core()
        .schemas()
        .iter()
        .any(|schema| schema.id.eq_ignore_ascii_case(text));
    if is_core || (lower.starts_with(RESERVED) && !lower.starts_with(FOR_EXTENSIONS)) {
        return Err("belongs to the RFC and cannot be defined again".to_owned());
    }
    Ok(())
}

fn check_same_form(
    before: &[Attribute],
    after: &[Attribute],
    place: &str,
) -> Result<(), SchemaError> {
    for (index, attribute) in after.iter().enumerate() {
        let Some(held) = find(before, &attribute.name) else {
            continue;
        };
        let place = format!("{place}[{index}]");
        if (held.kind, held.multi_valued) != (attribute.kind, attribute.multi_valued) {
            let many = if held.multi_valued {
                "many values"
            } else {
                "one value"
            };
            let reason = format!(
                "must stay of the type `{}` with {many}: there may be values of it",
                held.kind.as_str()
            );
            return Err(SchemaError::new(place, reason));
        }
        let place = format!("{place}.subAttributes");
        check_same_form(&held.sub_attributes, &attribute.sub_attributes, &place)?;
    }
    Ok(())
}
