//! A checked filter over a resource in memory.
//!
//! Multi-valued attributes match if any value does. `ne` is the negation of `eq`, so it is
//! true where there is no value, and on a multi-valued attribute only if no value equals.

use serde_json::{Map, Value};

use super::compare::{holds, is_empty};
use super::{CheckedFilter, CompareOp, Filter, Literal};
use crate::attr::AttrPath;
use crate::schema::{Attribute, ResourceType};

impl CheckedFilter {
    /// Whether the filter holds for a resource, given in the form of an answer: attributes
    /// in the spelling of the schema, extensions under their URN. `kind` must be the
    /// resource type the filter was checked with; an attribute that is missing there has no
    /// value.
    pub fn matches(&self, kind: &ResourceType, resource: &Value) -> bool {
        evaluate(
            self.as_filter(),
            &Scope::Resource(kind, resource.as_object()),
        )
    }
}

/// Whether a condition in brackets, checked against `attribute`, holds for one element.
pub(crate) fn element_matches(attribute: &Attribute, condition: &Filter, element: &Value) -> bool {
    evaluate(condition, &Scope::Element(attribute, element))
}

enum Scope<'a> {
    Resource(&'a ResourceType, Option<&'a Map<String, Value>>),
    Element(&'a Attribute, &'a Value),
}

fn evaluate(filter: &Filter, scope: &Scope<'_>) -> bool {
    match filter {
        Filter::And(left, right) => evaluate(left, scope) && evaluate(right, scope),
        Filter::Or(left, right) => evaluate(left, scope) || evaluate(right, scope),
        Filter::Not(inner) => !evaluate(inner, scope),
        Filter::Present(path) => scope.is_present(path),
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value: Literal::Null,
        } => !scope.is_present(path),
        Filter::Compare {
            path,
            op: CompareOp::Ne,
            value: Literal::Null,
        } => scope.is_present(path),
        Filter::Compare {
            path,
            op: CompareOp::Ne,
            value,
        } => !scope.any(path, |leaf, stored| {
            holds(leaf, stored, CompareOp::Eq, value)
        }),
        Filter::Compare { path, op, value } => {
            scope.any(path, |leaf, stored| holds(leaf, stored, *op, value))
        }
        Filter::AnyElement { path, matching } => scope.any(path, |attribute, element| {
            element_matches(attribute, matching, element)
        }),
    }
}

impl Scope<'_> {
    fn is_present(&self, path: &AttrPath) -> bool {
        if let (Self::Resource(_, Some(resource)), Some(urn), true) =
            (self, &path.schema, path.name.is_empty())
        {
            return resource
                .get(urn)
                .is_some_and(|extension| !is_empty(extension));
        }
        self.any(path, |_, stored| !is_empty(stored))
    }

    /// Whether `test` holds for any value the path leads to.
    fn any(&self, path: &AttrPath, test: impl Fn(&Attribute, &Value) -> bool) -> bool {
        match self {
            Self::Resource(kind, resource) => {
                let Some(resolved) = kind.resolve(path) else {
                    return false;
                };
                let holder = match resolved.extension {
                    None => *resource,
                    Some(schema) => resource
                        .and_then(|it| it.get(&schema.id))
                        .and_then(Value::as_object),
                };
                let (Some(attribute), Some(holder)) = (resolved.attribute, holder) else {
                    return false;
                };
                values(holder.get(&attribute.name))
                    .iter()
                    .any(|value| match resolved.sub {
                        None => test(attribute, value),
                        Some(sub) => values(value.get(&sub.name))
                            .iter()
                            .any(|part| test(sub, part)),
                    })
            }
            Self::Element(attribute, element) if attribute.is_simple() => test(attribute, element),
            Self::Element(attribute, element) => attribute.sub(&path.name).is_some_and(|sub| {
                values(element.get(&sub.name))
                    .iter()
                    .any(|part| test(sub, part))
            }),
        }
    }
}

/// The values of an attribute: none, one, or those of the array.
fn values(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(values)) => values,
        Some(single) => std::slice::from_ref(single),
    }
}
