//! One attribute and its characteristics (RFC 7643 §2.2 and §7).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::attr::caseless;
use crate::user_name;

/// Definition of an attribute or sub-attribute, in the JSON form of RFC 7643 §7.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Name in its canonical spelling; compared without regard to case.
    pub name: String,
    /// Type of each value.
    #[serde(rename = "type", default)]
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
    /// Values the schema suggests; others are taken too, unless the attribute is
    /// [`restricted`](Self::restricted).
    #[serde(default)]
    pub canonical_values: Vec<String>,
    /// Whether a value that is not among the suggested ones is refused. A choice of the tenant,
    /// not of the schema, so no document tells it.
    #[serde(skip)]
    pub restricted: bool,
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

    /// Whether its values are kept in the resource. What may only be written, such as a
    /// password, is not: nobody here could use it, so nobody here may hold it.
    pub fn is_kept(&self) -> bool {
        self.mutability != Mutability::WriteOnly
    }

    /// Whether anybody but a filter may see its values.
    pub fn is_shown(&self) -> bool {
        self.is_kept() && self.returned != Returned::Never
    }

    /// Whether values are texts whose letter case can matter.
    pub fn is_text(&self) -> bool {
        matches!(
            self.kind,
            AttributeType::String | AttributeType::Reference | AttributeType::Binary
        )
    }

    /// The attribute as `/Schemas` shows it: every characteristic that its type has, defaults
    /// included (RFC 7643 §7). Complex and boolean attributes have no case and no uniqueness.
    pub fn document(&self) -> Value {
        let mut document = Map::new();
        let mut put = |name: &str, value: Value| {
            document.insert(name.to_owned(), value);
        };
        put("name", Value::from(self.name.as_str()));
        put("type", Value::from(self.kind.as_str()));
        put("multiValued", Value::from(self.multi_valued));
        put("description", Value::from(self.description.as_str()));
        put("required", Value::from(self.required));
        if self.is_text() {
            put("caseExact", Value::from(self.case_exact));
        }
        put("mutability", Value::from(self.mutability.as_str()));
        put("returned", Value::from(self.returned.as_str()));
        if self.can_be_unique() {
            put("uniqueness", Value::from(self.uniqueness.as_str()));
        }
        if !self.canonical_values.is_empty() {
            put(
                "canonicalValues",
                Value::from(self.canonical_values.clone()),
            );
        }
        if self.kind == AttributeType::Reference {
            put("referenceTypes", Value::from(self.reference_types.clone()));
        }
        if !self.is_simple() {
            let subs = self.sub_attributes.iter().map(Self::document);
            put("subAttributes", subs.collect());
        }
        Value::Object(document)
    }

    /// Whether `uniqueness` means anything for its type.
    pub fn can_be_unique(&self) -> bool {
        !matches!(self.kind, AttributeType::Boolean | AttributeType::Complex)
    }

    /// What of a text takes part in comparisons (RFC 7643 §2.2, RFC 7644 §5).
    pub(crate) fn text_key<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_user_name {
            Cow::Owned(user_name::key(text))
        } else if self.kind == AttributeType::Binary {
            // The padding of base64 says nothing (RFC 7643 §2.3.6).
            Cow::Borrowed(text.trim_end_matches('='))
        } else if self.case_exact {
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

/// Declares a characteristic whose values are keywords. Their spelling is part of the protocol,
/// and reading and writing share it.
macro_rules! keywords {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every keyword, in the order of the RFC.
            pub(super) const KEYWORDS: &'static [(&'static str, Self)] =
                &[$(($word, Self::$variant)),+];

            /// What a keyword means; `None` if it is none.
            pub fn from_keyword(word: &str) -> Option<Self> {
                let found = Self::KEYWORDS.iter().find(|(keyword, _)| *keyword == word);
                found.map(|(_, value)| *value)
            }

            /// The keyword as a schema writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

keywords! {
    /// Data types of RFC 7643 §2.3.
    AttributeType {
        /// Text.
        #[default]
        String = "string",
        /// `true` or `false`.
        Boolean = "boolean",
        /// A number that may have a fraction.
        Decimal = "decimal",
        /// A whole number.
        Integer = "integer",
        /// A moment, as `xsd:dateTime` text.
        DateTime = "dateTime",
        /// Bytes, as base64 text.
        Binary = "binary",
        /// An address, as text.
        Reference = "reference",
        /// An object of sub-attributes.
        Complex = "complex",
    }
}

keywords! {
    /// Who may write an attribute (RFC 7643 §7).
    Mutability {
        /// The server alone.
        ReadOnly = "readOnly",
        /// The client, at any time.
        #[default]
        ReadWrite = "readWrite",
        /// The client, once.
        Immutable = "immutable",
        /// The client, but no answer ever shows it.
        WriteOnly = "writeOnly",
    }
}

keywords! {
    /// When an answer holds an attribute (RFC 7643 §7).
    Returned {
        /// In every answer, even if the client excludes it.
        Always = "always",
        /// In none.
        Never = "never",
        /// Unless the client excludes it or names others.
        #[default]
        Default = "default",
        /// Only if the client names it.
        Request = "request",
    }
}

keywords! {
    /// Where values must be unique (RFC 7643 §7).
    Uniqueness {
        /// Nowhere.
        #[default]
        None = "none",
        /// Among the resources of that type of one tenant.
        Server = "server",
        /// Everywhere; a tenant is all the server can vouch for, so it is kept as `Server`.
        Global = "global",
    }
}
