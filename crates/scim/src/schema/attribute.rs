//! One attribute and its characteristics (RFC 7643 §2.2 and §7).

use std::borrow::Cow;

use serde::Deserialize;

use crate::attr::caseless;
use crate::user_name;

/// Definition of an attribute or sub-attribute, in the JSON form of RFC 7643 §7.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Name in its canonical spelling; compared without regard to case.
    pub name: String,
    /// Type of each value.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// Whether the value is an array.
    #[serde(default)]
    pub multi_valued: bool,
    /// What the attribute means, for people.
    #[serde(default)]
    pub description: String,
    /// Whether a resource without it is refused.
    #[serde(default)]
    pub required: bool,
    /// Whether case matters when strings are compared.
    #[serde(default)]
    pub case_exact: bool,
    /// Who may write it.
    #[serde(default)]
    pub mutability: Mutability,
    /// When an answer holds it.
    #[serde(default)]
    pub returned: Returned,
    /// Where its values must be unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// Values the schema suggests; others are taken too.
    #[serde(default)]
    pub canonical_values: Vec<String>,
    /// What a reference may point at: names of resource types, `external` or `uri`.
    #[serde(default)]
    pub reference_types: Vec<String>,
    /// Parts of a complex attribute; never complex themselves (erratum 8415).
    #[serde(default)]
    pub sub_attributes: Vec<Attribute>,
    /// Whether it is the `userName` of users, which is compared by rules of its own
    /// ([`user_name`](crate::user_name)). No schema can say so; the catalog does.
    #[serde(skip)]
    pub is_user_name: bool,
}

impl Attribute {
    /// The sub-attribute of that name, ignoring case.
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// Whether the value is no JSON object.
    pub fn is_simple(&self) -> bool {
        self.kind != AttributeType::Complex
    }

    /// Whether clients may not write it.
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// Whether its values are kept in the resource. A password is not: it is handed on or
    /// dropped, and no answer ever shows it.
    pub fn is_kept(&self) -> bool {
        self.mutability != Mutability::WriteOnly && self.returned != Returned::Never
    }

    /// What of a text takes part in comparisons (RFC 7643 §2.2, RFC 7644 §5).
    pub(crate) fn text_key<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_user_name {
            Cow::Owned(user_name::key(text))
        } else if self.case_exact || self.kind == AttributeType::Binary {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(caseless(text))
        }
    }

    /// Whether values point at a resource of this server, so that `$ref` follows from an
    /// id and is never taken from a client.
    pub fn refers_to_resource(&self) -> bool {
        self.kind == AttributeType::Reference
            && self
                .reference_types
                .iter()
                .any(|kind| kind != "external" && kind != "uri")
    }

    /// Whether each value is an object whose `value` is the id of a resource of this server,
    /// as in `members` and `manager`.
    pub fn identifies_resource(&self) -> bool {
        self.sub("value").is_some() && self.sub_attributes.iter().any(Self::refers_to_resource)
    }
}

/// The attribute of that name, ignoring case.
pub(super) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// Data types of RFC 7643 §2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeType {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number that may have a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// A moment, as `xsd:dateTime` text.
    DateTime,
    /// Bytes, as base64 text.
    Binary,
    /// An address, as text.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

/// Who may write an attribute (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// The server alone.
    ReadOnly,
    /// The client, at any time.
    #[default]
    ReadWrite,
    /// The client, once.
    Immutable,
    /// The client, but no answer ever shows it.
    WriteOnly,
}

/// When an answer holds an attribute (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every answer, even if the client excludes it.
    Always,
    /// In none.
    Never,
    /// Unless the client excludes it or names others.
    #[default]
    Default,
    /// Only if the client names it.
    Request,
}

/// Where values must be unique (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Nowhere.
    #[default]
    None,
    /// Among the resources of that type of one tenant.
    Server,
    /// Everywhere; a tenant is all the server can vouch for, so it is kept as `Server`.
    Global,
}
