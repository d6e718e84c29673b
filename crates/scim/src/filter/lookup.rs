//! What of a filter an index can answer.
//!
//! Clients look people up by a handful of attributes, and those lookups must not read a
//! whole directory. The store asks here which they are.

use super::{CheckedFilter, CompareOp, Filter, Literal};
use crate::attr::AttrPath;

/// `attribute eq "value"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equality {
    /// What is compared.
    pub attribute: IndexedAttribute,
    /// The text as the client wrote it; the caller folds case as its index does.
    pub value: String,
}

/// An attribute that can be looked up without reading every resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexedAttribute {
    /// `id`
    Id,
    /// `userName`
    UserName,
    /// `externalId`
    ExternalId,
    /// `displayName`
    DisplayName,
    /// `emails.value` of any element.
    EmailsValue,
}

impl CheckedFilter {
    /// The equalities, if the filter is nothing but equalities of indexed attributes joined
    /// by `and`: a resource that has them all matches, and no other does.
    pub fn equalities(&self) -> Option<Vec<Equality>> {
        let mut found = Vec::new();
        collect(self.as_filter(), &mut found).then_some(found)
    }

    /// Equalities that every matching resource has, so that what remains to be tested with
    /// [`matches`](Self::matches) are few resources: `id eq "…" and manager eq "…"` gives
    /// the first, and `emails[type eq "work" and value eq "…"]` the address. Empty if the
    /// filter does not narrow the search.
    pub fn narrowing(&self) -> Vec<Equality> {
        let mut found = Vec::new();
        collect(self.as_filter(), &mut found);
        found
    }
}

/// Adds the equalities of a conjunction. Whether there was nothing else.
fn collect(filter: &Filter, found: &mut Vec<Equality>) -> bool {
    match filter {
        Filter::And(left, right) => {
            let left = collect(left, found);
            collect(right, found) && left
        }
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value: Literal::Text(text),
        } => indexed(path).is_some_and(|attribute| {
            found.push(Equality {
                attribute,
                value: text.clone(),
            });
            true
        }),
        Filter::AnyElement { path, matching } if is_core(path, "emails", None) => {
            element_value(matching, found)
        }
        _ => false,
    }
}

/// As [`collect`], for the conditions on one e-mail. Two different values can never both be
/// that of one element, so only a lone equality stands for the whole condition.
fn element_value(condition: &Filter, found: &mut Vec<Equality>) -> bool {
    match condition {
        Filter::And(left, right) => {
            element_value(left, found);
            element_value(right, found);
            false
        }
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value: Literal::Text(text),
        } if is_core(path, "value", None) => {
            found.push(Equality {
                attribute: IndexedAttribute::EmailsValue,
                value: text.clone(),
            });
            true
        }
        _ => false,
    }
}

fn indexed(path: &AttrPath) -> Option<IndexedAttribute> {
    [
        ("id", None, IndexedAttribute::Id),
        ("userName", None, IndexedAttribute::UserName),
        ("externalId", None, IndexedAttribute::ExternalId),
        ("displayName", None, IndexedAttribute::DisplayName),
        ("emails", Some("value"), IndexedAttribute::EmailsValue),
    ]
    .into_iter()
    .find(|(name, sub, _)| is_core(path, name, *sub))
    .map(|(_, _, attribute)| attribute)
}

fn is_core(path: &AttrPath, name: &str, sub: Option<&str>) -> bool {
    path.schema.is_none() && path.name == name && path.sub.as_deref() == sub
}
