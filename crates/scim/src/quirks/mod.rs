//! What identity providers send that the RFCs do not allow, and what is made of it.
//!
//! A tolerance never changes what the server writes, only what it accepts. Each has a file
//! here whose doc shows the offending request. Those in bodies have a [`Quirk`] too, which
//! the caller counts, so that an operator can see which customer depends on what; those in
//! filters change nothing and are not counted.

pub(crate) mod array_for_single;
pub(crate) mod boolean_text;
pub(crate) mod created_element;
pub(crate) mod dotted_key;
pub(crate) mod number_text;
pub(crate) mod remove_with_value;
pub(crate) mod single_object;
pub(crate) mod text_for_complex;
pub(crate) mod unquoted_word;

use crate::error::{ScimError, ScimType};
use crate::schema::Profile;

/// A tolerance that a request made use of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quirk {
    /// `"op": "Replace"`: the operation is not written in lower case.
    CapitalOp,
    /// A PATCH body without `schemas`, or a resource whose `schemas` lack its base schema.
    MissingSchemas,
    /// `"active": "False"`: text for a boolean.
    BooleanText,
    /// `"employeeNumber": 701984`: a number for text, or text for a number.
    NumberText,
    /// One object or plain value where the schema wants an array.
    SingleObject,
    /// `"userName": ["bjensen"]`: an array of one where the schema wants one value.
    ArrayForSingle,
    /// `"manager": "2819c223…"`: text for a complex value that has a `value`.
    TextForComplex,
    /// `remove` with a value that selects what to remove.
    RemoveWithValue,
    /// `"name.givenName": "Barbara"`: a path as a key of a value without path.
    DottedKey,
    /// `replace` of `emails[type eq "work"].value` where there is no such element yet.
    CreatedElement,
    /// `remove` of elements where none matches, of another attribute than `members`.
    NothingToRemove,
    /// A `userName` that breaks the rules of RFC 8265: `henryⅣ`.
    UnusualUserName,
    /// An attribute that no schema of the resource type defines, kept as unmapped.
    UnknownAttribute,
    /// More unmapped values than one resource may have, dropped.
    UnmappedDropped,
    /// `"employeeNumber"` at the top of a body, where only the URN of its extension belongs.
    BareExtensionName,
    /// A schema URN that the server does not know, dropped.
    UnknownSchema,
    /// A value for an attribute that the vendor keeps to itself, ignored.
    SystemAttributeIgnored,
    /// No value, or none of its type, where the product wants one.
    MappedAttributeUnusable,
}

impl Quirk {
    /// Every tolerance.
    pub const ALL: [Self; 18] = [
        Self::CapitalOp,
        Self::MissingSchemas,
        Self::BooleanText,
        Self::NumberText,
        Self::SingleObject,
        Self::ArrayForSingle,
        Self::TextForComplex,
        Self::RemoveWithValue,
        Self::DottedKey,
        Self::CreatedElement,
        Self::NothingToRemove,
        Self::UnusualUserName,
        Self::UnknownAttribute,
        Self::UnmappedDropped,
        Self::BareExtensionName,
        Self::UnknownSchema,
        Self::SystemAttributeIgnored,
        Self::MappedAttributeUnusable,
    ];

    /// Why a request that needs the tolerance is refused where none is given; `None` for what
    /// RFC 7643 §2.1 and RFC 7644 §3.10 let a client do anyway.
    fn refusal(self) -> Option<ScimError> {
        let (scim_type, what) = match self {
            Self::CapitalOp
            | Self::DottedKey
            | Self::UnmappedDropped
            | Self::SystemAttributeIgnored
            | Self::MappedAttributeUnusable => return None,
            Self::MissingSchemas => (
                ScimType::InvalidSyntax,
                "a body whose `schemas` do not say what it is",
            ),
            Self::UnknownSchema => (ScimType::InvalidSyntax, "a schema that is not served"),
            Self::UnknownAttribute => (ScimType::InvalidSyntax, "an attribute that no schema has"),
            Self::BareExtensionName => (
                ScimType::InvalidSyntax,
                "an attribute of an extension outside its URN",
            ),
            Self::BooleanText => (ScimType::InvalidValue, "text for a boolean"),
            Self::NumberText => (
                ScimType::InvalidValue,
                "text for a number, or a number for text",
            ),
            Self::SingleObject => (ScimType::InvalidValue, "one value where an array belongs"),
            Self::ArrayForSingle => (ScimType::InvalidValue, "an array where one value belongs"),
            Self::UnusualUserName => (
                ScimType::InvalidValue,
                "a `userName` that breaks the rules of RFC 8265",
            ),
            Self::TextForComplex => (ScimType::InvalidValue, "text where an object belongs"),
            Self::RemoveWithValue => (ScimType::InvalidValue, "a `remove` with a value"),
            Self::CreatedElement | Self::NothingToRemove => {
                (ScimType::NoTarget, "a path that selects nothing")
            }
        };
        let detail = format!("the request has {what}, which the strict profile does not take");
        Some(ScimError::new(scim_type, detail))
    }

    /// Name for metrics and logs, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CapitalOp => "capital_op",
            Self::MissingSchemas => "missing_schemas",
            Self::BooleanText => "boolean_text",
            Self::NumberText => "number_text",
            Self::SingleObject => "single_object",
            Self::ArrayForSingle => "array_for_single",
            Self::TextForComplex => "text_for_complex",
            Self::RemoveWithValue => "remove_with_value",
            Self::DottedKey => "dotted_key",
            Self::CreatedElement => "created_element",
            Self::NothingToRemove => "nothing_to_remove",
            Self::UnusualUserName => "unusual_user_name",
            Self::UnknownAttribute => "unknown_attribute",
            Self::UnmappedDropped => "unmapped_dropped",
            Self::BareExtensionName => "bare_extension_name",
            Self::UnknownSchema => "unknown_schema",
            Self::SystemAttributeIgnored => "system_attribute_ignored",
            Self::MappedAttributeUnusable => "mapped_attribute_unusable",
        }
    }
}

/// Refuses a request for the first tolerance that it needed, if its profile gives none.
pub(crate) fn refuse_in_strict(profile: Profile, quirks: &[Quirk]) -> Result<(), ScimError> {
    match profile {
        Profile::Compat => Ok(()),
        Profile::Strict => match quirks.iter().find_map(|quirk| quirk.refusal()) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        },
    }
}

/// Adds a tolerance to the list, once.
pub(crate) fn note(quirks: &mut Vec<Quirk>, quirk: Quirk) {
    if !quirks.contains(&quirk) {
        quirks.push(quirk);
    }
}
