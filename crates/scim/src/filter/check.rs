//! Whether a filter fits a resource type (RFC 7644 §3.4.2.2, §3.12).
//!
//! Decided from the schema alone, before any data is looked at, so that a mistake is
//! answered in the same way by an empty directory and by a full one.

use super::compare::Family;
use super::{CompareOp, Filter, Literal};
use crate::attr::AttrPath;
use crate::date_time;
use crate::error::ScimError;
use crate::quirks::{boolean_text, number_text};
use crate::schema::{Attribute, AttributeType, Profile, Resolved, ResourceType};

/// A filter that fits a resource type. Built only by [`check`].
///
/// Names are in the spelling of the schema, extension attributes carry their URN, a bare
/// `emails` has become `emails.value` (RFC 7644 prints such filters), and literals have the
/// type of their attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedFilter(pub(super) Filter);

impl CheckedFilter {
    /// The filter, for folding it into something else.
    pub fn as_filter(&self) -> &Filter {
        &self.0
    }

    /// The name that it looks for, if it is `userName eq "…"` and no more.
    pub fn user_name(&self) -> Option<&str> {
        match &self.0 {
            Filter::Compare {
                path,
                op: CompareOp::Eq,
                value: Literal::Text(name),
            } if path.schema.is_none() && path.name == "userName" && path.sub.is_none() => {
                (!name.is_empty()).then_some(name)
            }
            _ => None,
        }
    }
}

/// Compares a filter with the schemas of a resource type.
///
/// # Errors
///
/// `invalidFilter` if an attribute does not exist, an operator does not fit the type of its
/// attribute, or a literal has the wrong form. `sensitive` with status 403 if an attribute
/// is one that may only be written, such as `password` (RFC 7644 §7.5.2).
pub fn check(kind: &ResourceType, filter: Filter) -> Result<CheckedFilter, ScimError> {
    rewrite(filter, &Scope::Resource(kind), kind.profile).map(CheckedFilter)
}

/// Compares what stands in the brackets of `attribute[…]` with that attribute.
///
/// # Errors
///
/// As [`check`].
pub(crate) fn check_element(
    attribute: &Attribute,
    filter: Filter,
    profile: Profile,
) -> Result<Filter, ScimError> {
    rewrite(filter, &Scope::Element(attribute), profile)
}

/// What the names in a filter belong to.
enum Scope<'a> {
    Resource(&'a ResourceType),
    /// One element of a multi-valued attribute.
    Element(&'a Attribute),
}

fn rewrite(filter: Filter, scope: &Scope<'_>, profile: Profile) -> Result<Filter, ScimError> {
    Ok(match filter {
        Filter::And(left, right) => Filter::And(
            Box::new(rewrite(*left, scope, profile)?),
            Box::new(rewrite(*right, scope, profile)?),
        ),
        Filter::Or(left, right) => Filter::Or(
            Box::new(rewrite(*left, scope, profile)?),
            Box::new(rewrite(*right, scope, profile)?),
        ),
        Filter::Not(inner) => Filter::Not(Box::new(rewrite(*inner, scope, profile)?)),
        Filter::Present(path) => Filter::Present(scope.find(&path)?.path),
        Filter::Compare { path, op, value } => {
            let found = scope.find(&path)?;
            let marks = found.marks_primary(scope);
            let (path, leaf) = found.leaf()?;
            let value = literal(&path, leaf, op, value, profile)?;
            match value {
                Literal::Boolean(wanted) if marks => primary(path, op, wanted, scope),
                value => Filter::Compare { path, op, value },
            }
        }
        Filter::AnyElement { path, matching } => {
            let found = scope.find(&path)?;
            let attribute = match (scope, found.attribute, found.sub) {
                (Scope::Resource(_), Some(attribute), None) if attribute.multi_valued => attribute,
                _ => {
                    return Err(ScimError::invalid_filter(format!(
                        "`{path}` takes no brackets: it is not a multi-valued attribute"
                    )));
                }
            };
            let matching = Box::new(check_element(attribute, *matching, profile)?);
            Filter::AnyElement {
                path: found.path,
                matching,
            }
        }
    })
}

/// A comparison with the mark of the primary element, which is false where it is not given
/// (RFC 7643 §2.4).
fn primary(path: AttrPath, op: CompareOp, wanted: bool, scope: &Scope<'_>) -> Filter {
    let is = |path: AttrPath| Filter::Compare {
        path,
        op: CompareOp::Eq,
        value: Literal::Boolean(true),
    };
    let not = |filter: Filter| Filter::Not(Box::new(filter));
    match scope {
        Scope::Element(_) if (op == CompareOp::Eq) == wanted => is(path),
        Scope::Element(_) => not(is(path)),
        Scope::Resource(_) if wanted => Filter::Compare {
            path,
            op,
            value: Literal::Boolean(true),
        },
        Scope::Resource(_) => {
            let mark = AttrPath {
                schema: None,
                name: path.sub.clone().unwrap_or_default(),
                sub: None,
            };
            let any = Filter::AnyElement {
                path: AttrPath { sub: None, ..path },
                matching: Box::new(not(is(mark))),
            };
            if op == CompareOp::Eq { any } else { not(any) }
        }
    }
}

/// An attribute that exists, and its path in the spelling of the schema.
struct Found<'a> {
    path: AttrPath,
    /// `None` if the path names an extension as a whole.
    attribute: Option<&'a Attribute>,
    sub: Option<&'a Attribute>,
}

impl<'a> Scope<'a> {
    fn find(&self, path: &AttrPath) -> Result<Found<'a>, ScimError> {
        let unknown = || ScimError::invalid_filter(format!("there is no attribute `{path}`"));
        match self {
            Self::Resource(kind) => {
                let resolved = kind.resolve(path).ok_or_else(unknown)?;
                Found::in_resource(resolved)
            }
            Self::Element(attribute) => {
                if path.schema.is_some() || path.sub.is_some() {
                    return Err(unknown());
                }
                let (name, leaf) = if attribute.is_simple() {
                    // A plain value has no parts; `value` is the value itself.
                    let itself = path
                        .name
                        .eq_ignore_ascii_case("value")
                        .then_some(*attribute);
                    ("value", itself.ok_or_else(unknown)?)
                } else {
                    let sub = attribute.sub(&path.name).ok_or_else(unknown)?;
                    if !sub.is_kept() {
                        return Err(not_asked_about(&format!("{}.{}", attribute.name, sub.name)));
                    }
                    (sub.name.as_str(), sub)
                };
                let path = AttrPath {
                    schema: None,
                    name: name.to_owned(),
                    sub: None,
                };
                Ok(Found {
                    path,
                    attribute: Some(leaf),
                    sub: None,
                })
            }
        }
    }
}

impl<'a> Found<'a> {
    fn in_resource(resolved: Resolved<'a>) -> Result<Self, ScimError> {
        let path = AttrPath {
            schema: resolved.extension.map(|schema| schema.id.clone()),
            name: resolved
                .attribute
                .map(|it| it.name.clone())
                .unwrap_or_default(),
            sub: resolved.sub.map(|it| it.name.clone()),
        };
        // What is never returned may still be looked for (RFC 7643 §7); what is not even kept
        // must not be asked about.
        let not_kept = |it: Option<&Attribute>| it.is_some_and(|it| !it.is_kept());
        if not_kept(resolved.attribute) || not_kept(resolved.sub) {
            return Err(not_asked_about(&path.to_string()));
        }
        Ok(Self {
            path,
            attribute: resolved.attribute,
            sub: resolved.sub,
        })
    }

    /// Whether it says which element of an attribute is the primary one.
    fn marks_primary(&self, scope: &Scope<'_>) -> bool {
        let part = match (scope, self.attribute, self.sub) {
            (Scope::Element(_), part, None) => part,
            (Scope::Resource(_), Some(attribute), part) if attribute.multi_valued => part,
            _ => None,
        };
        part.is_some_and(|part| part.name == "primary" && part.kind == AttributeType::Boolean)
    }

    /// What a comparison is made with: the attribute if it is simple, else the `value` of
    /// the complex one.
    fn leaf(self) -> Result<(AttrPath, &'a Attribute), ScimError> {
        let Self {
            mut path,
            attribute,
            sub,
        } = self;
        match (attribute, sub) {
            (_, Some(sub)) => Ok((path, sub)),
            (Some(attribute), None) if attribute.is_simple() => Ok((path, attribute)),
            (attribute, None) => {
                let value = attribute.and_then(|it| it.sub("value")).ok_or_else(|| {
                    ScimError::invalid_filter(format!(
                        "`{path}` has several parts: name the one to compare"
                    ))
                })?;
                path.sub = Some(value.name.clone());
                Ok((path, value))
            }
        }
    }
}

fn not_asked_about(path: &str) -> ScimError {
    ScimError::sensitive(format!("`{path}` cannot be filtered on"))
}

/// The literal in the type of its attribute, if the operator fits that type too.
fn literal(
    path: &AttrPath,
    leaf: &Attribute,
    op: CompareOp,
    value: Literal,
    profile: Profile,
) -> Result<Literal, ScimError> {
    let family = Family::of(leaf);
    let fits = match op {
        CompareOp::Eq | CompareOp::Ne => true,
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => family == Family::Text,
        CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => {
            matches!(family, Family::Text | Family::Number | Family::Instant)
        }
    };
    let is_equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if !fits || (value == Literal::Null && !is_equality) {
        let reason = if fits {
            "null".to_owned()
        } else {
            format!("`{path}`")
        };
        return Err(ScimError::invalid_filter(format!(
            "`{}` cannot be used with {reason}",
            op.as_str()
        )));
    }
    let wrong = |wanted: &str| {
        ScimError::invalid_filter(format!("`{path}` can be compared only with {wanted}"))
    };
    let coerced = match (family, &value) {
        (Family::Text, Literal::Number(number)) if is_equality => {
            number_text::digits(number).map(Literal::Text)
        }
        (Family::Boolean, Literal::Text(text)) => boolean_text::read(text).map(Literal::Boolean),
        (Family::Number, Literal::Text(text)) => number_text::read(text).map(Literal::Number),
        _ => None,
    };
    if let (Profile::Compat, Some(coerced)) = (profile, coerced) {
        return Ok(coerced);
    }
    match (family, &value) {
        (_, Literal::Null) => Ok(Literal::Null),
        (Family::Text | Family::Binary, Literal::Text(_)) => Ok(value),
        (Family::Text | Family::Binary, _) => Err(wrong("a text in double quotes")),
        (Family::Boolean, Literal::Boolean(_)) => Ok(value),
        (Family::Boolean, _) => Err(wrong("true or false")),
        (Family::Number, Literal::Number(_)) => Ok(value),
        (Family::Number, _) => Err(wrong("a number")),
        (Family::Instant, Literal::Text(text)) if date_time::parse(text).is_some() => Ok(value),
        (Family::Instant, _) => Err(wrong("a date and time such as \"2026-05-13T04:42:34Z\"")),
    }
}
