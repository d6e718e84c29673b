//! A filter over resources of several types (RFC 7644 §3.4.2.1).
//!
//! An attribute that one type lacks has no value there, so `not (userName pr)` holds for every
//! group. Each type gets a filter of its own, in which what it lacks has become what it comes to:
//! a condition that always or never holds.

use super::check::{CheckedFilter, check};
use super::{CompareOp, Filter, Literal};
use crate::attr::AttrPath;
use crate::error::ScimError;
use crate::schema::ResourceType;

/// Compares a filter with one of several resource types.
///
/// # Errors
///
/// As [`check`]; `invalidFilter` for an attribute that none of the types has.
pub fn check_across(
    kind: &ResourceType,
    kinds: &[ResourceType],
    filter: Filter,
) -> Result<CheckedFilter, ScimError> {
    check(kind, settle(kind, kinds, filter)?)
}

/// The filter without what the type lacks.
fn settle(
    kind: &ResourceType,
    kinds: &[ResourceType],
    filter: Filter,
) -> Result<Filter, ScimError> {
    let inner = |filter: Box<Filter>| settle(kind, kinds, *filter).map(Box::new);
    Ok(match filter {
        Filter::And(left, right) => Filter::And(inner(left)?, inner(right)?),
        Filter::Or(left, right) => Filter::Or(inner(left)?, inner(right)?),
        Filter::Not(negated) => Filter::Not(inner(negated)?),
        Filter::Present(ref path)
        | Filter::Compare { ref path, .. }
        | Filter::AnyElement { ref path, .. } => {
            let knows = |kind: &&ResourceType| kind.resolve(path).is_some();
            match kinds.iter().find(knows) {
                Some(other) if !knows(&kind) => {
                    // It must make sense where the attribute is.
                    check(other, filter.clone())?;
                    constant(without_value(&filter))
                }
                Some(_) | None => filter,
            }
        }
    })
}

/// What a condition comes to where its attribute has no value.
fn without_value(condition: &Filter) -> bool {
    match condition {
        Filter::Compare { op, value, .. } => {
            (*op == CompareOp::Eq) == (*value == Literal::Null)
                && matches!(op, CompareOp::Eq | CompareOp::Ne)
        }
        _ => false,
    }
}

/// Every resource has an id.
fn constant(holds: bool) -> Filter {
    let always = Filter::Present(AttrPath {
        schema: None,
        name: "id".to_owned(),
        sub: None,
    });
    if holds {
        always
    } else {
        Filter::Not(Box::new(always))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::parse;
    use crate::schema::Catalog;

    /// The filter as groups are asked.
    fn of_groups(text: &str) -> Result<String, ScimError> {
        let catalog = Catalog::core();
        let filter = parse(text, catalog.group())?;
        let checked = check_across(catalog.group(), catalog.resource_types(), filter)?;
        Ok(checked.as_filter().to_string())
    }

    #[test]
    fn an_attribute_that_a_type_lacks_has_no_value_there() {
        for (text, settled) in [
            ("userName eq \"x\"", "not (id pr)"),
            ("not (userName pr)", "not (not (id pr))"),
            ("title eq null", "id pr"),
            ("title ne null", "not (id pr)"),
            ("title ne \"x\"", "id pr"),
            ("title gt \"x\"", "not (id pr)"),
            ("emails[type eq \"work\"]", "not (id pr)"),
            ("displayName pr", "displayName pr"),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:userName pr",
                "not (id pr)",
            ),
        ] {
            assert_eq!(of_groups(text).as_deref(), Ok(settled), "{text}");
        }
    }

    #[test]
    fn what_fits_no_type_or_not_the_one_that_has_it_is_refused() {
        for text in ["shoeSize eq 42", "active gt true", "emails[shoe pr]"] {
            assert_eq!(of_groups(text).unwrap_err().status, 400, "{text}");
        }
        assert_eq!(of_groups("password pr").unwrap_err().status, 403);
    }
}
