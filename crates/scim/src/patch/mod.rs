//! The PATCH engine of RFC 7644 §3.5.2: operations over a resource, all of them or none.
//!
//! The engine is pure. It knows the schema and the resource, and neither other resources
//! nor who asks; whether a name is taken or a manager exists is for the caller to find out
//! on the result. Tolerances are in [`quirks`](crate::quirks).
//!
//! Members of a group are rows and not part of its document, so that adding one person to
//! a large group costs no more than to a small one. [`split_members`] takes what concerns
//! them out of a request before the rest is applied.

mod draft;
mod elements;
mod members;
mod path;
mod schemas;
mod single;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use elements::is_same;
pub use members::{GroupPatch, MemberChange, split_members};
pub use path::{Path, parse as parse_path};
pub(crate) use target::{Place, Stray, locate};

use serde_json::Value;

use crate::error::ScimError;
use crate::message::{PatchOp, PatchVerb};
use crate::quirks::Quirk;
use crate::resource::{Resource, syntax};
use crate::schema::ResourceType;

/// What a PATCH made of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Patched {
    /// The new resource.
    pub resource: Resource,
    /// Whether it differs from the old one. If not, version and modification time stay.
    pub changed: bool,
    /// Tolerances the operations needed, each once.
    pub quirks: Vec<Quirk>,
}

/// An operation that could not be applied, so that none was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operation {index}: {reason}")]
pub struct PatchError {
    /// Position of the operation in the request, from 0.
    pub index: usize,
    /// Why.
    pub reason: ScimError,
}

impl From<PatchError> for ScimError {
    fn from(err: PatchError) -> Self {
        let detail = err.to_string();
        Self {
            detail,
            ..err.reason
        }
    }
}

/// Applies `ops` in order and returns the new resource.
///
/// `before` is borrowed, so a failing operation leaves nothing half-applied.
///
/// # Errors
///
/// The first operation that fails, with the reason of RFC 7644 §3.12: `invalidPath`,
/// `invalidFilter`, `mutability`, `invalidValue` or `noTarget`.
pub fn apply(
    kind: &ResourceType,
    before: &Resource,
    ops: &[PatchOp],
) -> Result<Patched, PatchError> {
    let mut draft = draft::Draft::new(kind, before);
    for (index, op) in ops.iter().enumerate() {
        draft
            .apply(op)
            .and_then(|()| syntax::check(kind, Some(before.attributes()), &draft.attributes))
            .map_err(|reason| PatchError { index, reason })?;
    }
    draft.drop_stale_name(before);
    let (resource, quirks) = draft.finish();
    let changed = resource != *before;
    check_extensions(kind, before, &resource).map_err(|reason| PatchError {
        index: ops.len().saturating_sub(1),
        reason,
    })?;
    Ok(Patched {
        resource,
        changed,
        quirks,
    })
}

/// An extension that was changed must have what it requires (RFC 7643 §6). One that was not is
/// left alone, so that a schema that came later does not stop the next PATCH of everybody.
fn check_extensions(
    kind: &ResourceType,
    before: &Resource,
    after: &Resource,
) -> Result<(), ScimError> {
    for extension in &kind.extensions {
        let schema = &extension.schema;
        let Some(held) = after.get(&schema.id) else {
            continue;
        };
        if before.get(&schema.id) == Some(held) {
            continue;
        }
        let missing = schema.attributes.iter().find(|attribute| {
            attribute.required
                && attribute.is_kept()
                && !attribute.is_read_only()
                && held.get(&attribute.name).is_none()
        });
        if let Some(missing) = missing {
            return Err(ScimError::invalid_value(format!(
                "`{}:{}` is required",
                schema.id, missing.name
            )));
        }
    }
    Ok(())
}

/// What an operation does to its target, once verb and value have been seen together.
#[derive(Clone)]
enum Change {
    Add(Value),
    Replace(Value),
    /// The value selects what to remove; without one, everything goes.
    Remove(Option<Value>),
}

impl Change {
    /// `replace` with `null` or `[]` unassigns (RFC 7643 §2.5); no value at all is a
    /// mistake, as is adding nothing.
    fn new(verb: PatchVerb, value: Option<Value>) -> Result<Self, ScimError> {
        let needed = || ScimError::invalid_value(format!("`{}` needs a value", verb.as_str()));
        match verb {
            PatchVerb::Add => match value {
                None | Some(Value::Null) => Err(needed()),
                Some(value) => Ok(Self::Add(value)),
            },
            PatchVerb::Replace => match value {
                None => Err(needed()),
                Some(Value::Null) => Ok(Self::Remove(None)),
                Some(Value::Array(values)) if values.is_empty() => Ok(Self::Remove(None)),
                Some(value) => Ok(Self::Replace(value)),
            },
            PatchVerb::Remove => Ok(Self::Remove(value.filter(|value| !value.is_null()))),
        }
    }
}
