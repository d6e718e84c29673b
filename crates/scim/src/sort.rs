//! `sortBy` and `sortOrder` (RFC 7644 §3.4.2.3).
//!
//! Decided from the schema alone, like a filter: a mistake is answered in the same way by an empty
//! directory and by a full one. What is sorted by are the keys of a search document
//! ([`filter::search`](crate::filter::search)), so order and comparison cannot disagree: caseless
//! text by the code points of its folded form, moments by time, numbers by value, false before
//! true.

use serde_json::{Number, Value};

use crate::attr::AttrPath;
use crate::error::ScimError;
use crate::filter::SearchKey;
use crate::schema::{AttributeType, ResourceType, Returned};

/// An order that fits a resource type. Built only by [`Sort::parse`] and from another one.
///
/// Resources without a value come last ascending and first descending. Of a multi-valued
/// attribute the primary element counts, and the first if none is primary.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// In the spelling of the schema; `None` for a type that lacks the attribute.
    path: Option<AttrPath>,
    values: SortValues,
    descending: bool,
}

/// What the values of an attribute are when they are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortValues {
    /// Text, compared code point by code point.
    Text,
    /// Numbers; moments and booleans are numbers too.
    Number,
}

impl Sort {
    /// Reads the two parameters. Without `sortBy` there is no order, and `sortOrder` is checked
    /// all the same.
    ///
    /// # Errors
    ///
    /// `invalidValue` if the attribute does not exist, is never shown, or has parts and none is
    /// named, and if the order is neither `ascending` nor `descending`.
    pub fn parse(
        kind: &ResourceType,
        by: Option<&str>,
        order: Option<&str>,
    ) -> Result<Option<Self>, ScimError> {
        let descending = match order {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => {
                let detail = "`sortOrder` must be `ascending` or `descending`";
                return Err(ScimError::invalid_value(detail));
            }
        };
        let Some(by) = by else { return Ok(None) };
        let path = AttrPath::parse(by, &kind.urns())
            .map_err(|error| ScimError::invalid_value(error.detail))?;
        let unknown =
            || ScimError::invalid_value(format!("there is no attribute `{path}` to sort by"));
        let found = kind.resolve(&path).ok_or_else(unknown)?;
        let in_parts = || {
            ScimError::invalid_value(format!(
                "`{path}` has several parts: name the one to sort by"
            ))
        };
        let attribute = found.attribute.ok_or_else(in_parts)?;
        let leaf = found.sub.unwrap_or(attribute);
        if attribute.returned == Returned::Never || leaf.returned == Returned::Never {
            return Err(ScimError::invalid_value(format!(
                "`{path}` cannot be sorted by"
            )));
        }
        let values = match leaf.kind {
            AttributeType::Complex => return Err(in_parts()),
            AttributeType::String | AttributeType::Reference | AttributeType::Binary => {
                SortValues::Text
            }
            AttributeType::Boolean
            | AttributeType::Decimal
            | AttributeType::Integer
            | AttributeType::DateTime => SortValues::Number,
        };
        let path = AttrPath {
            schema: found.extension.map(|schema| schema.id.clone()),
            name: attribute.name.clone(),
            sub: found.sub.map(|sub| sub.name.clone()),
        };
        Ok(Some(Self {
            path: Some(path),
            values,
            descending,
        }))
    }

    /// The same order for a resource type that lacks the attribute: none of its resources has a
    /// value.
    #[must_use]
    pub fn without_values(&self) -> Self {
        Self {
            path: None,
            ..self.clone()
        }
    }

    /// What is sorted by, in the spelling of the schema; `None` if the type lacks it.
    pub fn path(&self) -> Option<&AttrPath> {
        self.path.as_ref()
    }

    /// What the values are.
    pub fn values(&self) -> SortValues {
        self.values
    }

    /// Whether the greatest value comes first.
    pub fn is_descending(&self) -> bool {
        self.descending
    }

    /// Whether a key is of the kind that is sorted by.
    pub fn fits(&self, key: &SearchKey) -> bool {
        match self.values {
            SortValues::Text => matches!(key, SearchKey::Text(_)),
            SortValues::Number => matches!(key, SearchKey::Number(_)),
        }
    }

    /// What a resource is sorted by, read from its search document; `None` if it has no value.
    ///
    /// `id` and `meta` are in no document; whoever stores them knows their values.
    pub fn key(&self, document: &Value) -> Option<SearchKey> {
        let path = self.path.as_ref()?;
        let holder = match &path.schema {
            Some(urn) => document.get(urn)?,
            None => document,
        };
        let value = match holder.get(&path.name)? {
            Value::Array(elements) => {
                let primary = |element: &&Value| element.get("primary") == Some(&Value::Bool(true));
                elements.iter().find(primary).or_else(|| elements.first())?
            }
            value => value,
        };
        let value = match &path.sub {
            Some(sub) => value.get(sub)?,
            None => value,
        };
        let key = match value {
            Value::String(text) => SearchKey::Text(text.clone()),
            Value::Number(number) => SearchKey::Number(number.clone()),
            Value::Bool(value) => SearchKey::Number(Number::from(u8::from(*value))),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        self.fits(&key).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Catalog;
    use crate::schema::ENTERPRISE_USER_URN;

    fn by(name: &str) -> Result<Option<Sort>, ScimError> {
        Sort::parse(Catalog::core().user(), Some(name), None)
    }

    #[test]
    fn names_are_found_in_any_case_and_with_their_urn() {
        let department = format!("{ENTERPRISE_USER_URN}:DEPARTMENT");
        for (sent, kept) in [
            ("USERNAME", "userName".to_owned()),
            ("name.FAMILYNAME", "name.familyName".to_owned()),
            ("meta.created", "meta.created".to_owned()),
            (&department, format!("{ENTERPRISE_USER_URN}:department")),
        ] {
            let sort = by(sent).unwrap().unwrap();
            assert_eq!(sort.path().unwrap().to_string(), kept);
        }
    }

    #[test]
    fn what_cannot_be_sorted_by_is_refused_with_the_reason() {
        let refused = |name| by(name).unwrap_err().to_string();
        insta::assert_snapshot!(refused("shoeSize"), @"there is no attribute `shoeSize` to sort by");
        insta::assert_snapshot!(refused("password"), @"`password` cannot be sorted by");
        insta::assert_snapshot!(refused("name"), @"`name` has several parts: name the one to sort by");
        insta::assert_snapshot!(refused("emails"), @"`emails` has several parts: name the one to sort by");
        insta::assert_snapshot!(refused("a b"), @"`a b` is not an attribute path");
        insta::assert_snapshot!(refused(ENTERPRISE_USER_URN), @"`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` has several parts: name the one to sort by");
        assert_eq!(
            by("shoeSize").unwrap_err(),
            ScimError::invalid_value("there is no attribute `shoeSize` to sort by")
        );
    }

    #[test]
    fn only_the_two_orders_are_orders() {
        let catalog = Catalog::core();
        let order = |order| Sort::parse(catalog.user(), Some("title"), Some(order));
        assert!(!order("ascending").unwrap().unwrap().is_descending());
        assert!(order("Descending").unwrap().unwrap().is_descending());
        for wrong in ["up", "", "desc"] {
            assert!(order(wrong).is_err(), "{wrong}");
            assert!(
                Sort::parse(catalog.user(), None, Some(wrong)).is_err(),
                "{wrong}"
            );
        }
        assert_eq!(Sort::parse(catalog.user(), None, None), Ok(None));
    }

    #[test]
    fn the_primary_element_counts_and_else_the_first() {
        let sort = by("emails.value").unwrap().unwrap();
        let text = |text: &str| Some(SearchKey::Text(text.to_owned()));
        let second_is_primary =
            json!({ "emails": [{ "value": "b" }, { "value": "a", "primary": true }] });
        assert_eq!(sort.key(&second_is_primary), text("a"));
        let none_is = json!({ "emails": [{ "value": "b", "primary": false }, { "value": "a" }] });
        assert_eq!(sort.key(&none_is), text("b"));
        let without = json!({ "emails": [{ "value": "b" }, { "type": "x", "primary": true }] });
        assert_eq!(sort.key(&without), None);
        assert_eq!(sort.key(&json!({})), None);
        assert_eq!(sort.without_values().key(&none_is), None);
    }

    #[test]
    fn a_boolean_is_a_number_and_text_where_a_number_belongs_no_value() {
        let active = by("active").unwrap().unwrap();
        let key = SearchKey::Number(Number::from(1));
        assert_eq!(active.key(&json!({ "active": true })), Some(key));
        assert_eq!(active.key(&json!({ "active": "true" })), None);
    }
}
