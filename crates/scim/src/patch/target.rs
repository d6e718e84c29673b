//! A path whose attribute exists: what an operation is aimed at.

use super::path;
use crate::error::ScimError;
use crate::filter::{self, Filter};
use crate::schema::{Attribute, Profile, ResourceType, Schema};

/// What a path names.
pub(crate) enum Place<'a> {
    /// An extension as a whole.
    Extension(&'a Schema),
    /// An attribute or something in it.
    Attribute(Target<'a>),
    /// A well-formed path that leads nowhere. Where the profile is strict there is none: such a
    /// path is an error.
    Unmapped(Stray),
}

/// A path that leads nowhere.
pub(crate) struct Stray {
    /// The path, in the spelling of the schema as far as there is one.
    pub(crate) path: path::Path,
    /// The path as it was written.
    pub(crate) text: String,
    /// Whether it begins with a URN that no schema has. Then all of it may be the URN: only a
    /// schema could tell where the attribute begins.
    pub(crate) unknown_urn: bool,
}

/// An attribute, or elements or a part of it.
pub(crate) struct Target<'a> {
    /// The extension that holds it; `None` for the base schema.
    pub(crate) extension: Option<&'a Schema>,
    /// The attribute. Multi-valued if there is a condition.
    pub(crate) attribute: &'a Attribute,
    /// Which elements, checked against the attribute.
    pub(crate) condition: Option<Filter>,
    /// The part.
    pub(crate) sub: Option<&'a Attribute>,
}

/// Finds what a path names.
///
/// # Errors
///
/// `invalidPath` if it is malformed, or names nothing and the profile is strict; `invalidFilter` if the condition in
/// its brackets does not fit the attribute.
pub(crate) fn locate<'a>(kind: &'a ResourceType, text: &str) -> Result<Place<'a>, ScimError> {
    let unknown = || ScimError::invalid_path(format!("there is no attribute `{text}`"));
    let path = path::parse(text, kind)?;
    let Some(resolved) = kind.resolve(&path.attribute) else {
        return unmapped(kind, path, text).ok_or_else(unknown);
    };
    let Some(attribute) = resolved.attribute else {
        return match (resolved.extension, path.condition, path.sub) {
            (Some(extension), None, None) => Ok(Place::Extension(extension)),
            _ => Err(unknown()),
        };
    };
    let sub = match &path.sub {
        Some(name) => match attribute.sub(name) {
            Some(sub) => Some(sub),
            None => return unmapped(kind, path, text).ok_or_else(unknown),
        },
        None => None,
    };
    let condition = match path.condition {
        Some(_) if !attribute.multi_valued => {
            return Err(ScimError::invalid_path(format!(
                "`{}` takes no brackets: it has one value",
                attribute.name
            )));
        }
        Some(condition) => Some(filter::check_element(attribute, condition, kind.profile)?),
        None => None,
    };
    Ok(Place::Attribute(Target {
        extension: resolved.extension,
        attribute,
        condition,
        sub,
    }))
}

/// The place of what no schema knows, its URN and attribute in the spelling of the schema if there
/// are such; `None` where it is to be refused.
fn unmapped<'a>(kind: &ResourceType, mut path: path::Path, text: &str) -> Option<Place<'a>> {
    // A URN of the base schema and nothing after it names nothing that could be kept.
    if kind.profile == Profile::Strict || path.attribute.name.is_empty() {
        return None;
    }
    let named = &mut path.attribute;
    let mut unknown_urn = false;
    if let Some(urn) = &named.schema {
        if urn.eq_ignore_ascii_case(&kind.schema.id) {
            named.schema = None;
        } else if let Some(extension) = kind.extension(urn) {
            named.schema = Some(extension.id.clone());
        } else {
            unknown_urn = true;
        }
    }
    if let (None, Some(attribute)) = (&named.schema, kind.base_attribute(&named.name)) {
        named.name.clone_from(&attribute.name);
    }
    Some(Place::Unmapped(Stray {
        path,
        text: text.to_owned(),
        unknown_urn,
    }))
}

impl Target<'_> {
    /// The path without its condition, for error texts.
    pub(super) fn name(&self) -> String {
        match self.sub {
            Some(sub) => format!("{}.{}", self.attribute.name, sub.name),
            None => self.attribute.name.clone(),
        }
    }

    /// Whether the attribute or the part belongs to the server.
    pub(super) fn is_read_only(&self) -> bool {
        self.attribute.is_read_only() || self.sub.is_some_and(Attribute::is_read_only)
    }

    /// Whether no answer would show what is written: a password.
    pub(super) fn is_write_only(&self) -> bool {
        !self.attribute.is_kept()
    }
}
