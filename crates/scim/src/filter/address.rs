//! Addresses in a filter: `meta.location`, and the `$ref` of what points at other resources.
//!
//! No address is stored. It is the address of the connection, the endpoint and an id, so what is
//! asked about an address becomes what is asked about the id: nothing that answers filters has to
//! know where the service is reached.

use super::check::CheckedFilter;
use super::{CompareOp, Filter, Literal};
use crate::attr::AttrPath;
use crate::schema::{Attribute, ResourceType};

const REFERENCE: &str = "$ref";

impl CheckedFilter {
    /// The filter with every address in it replaced by the id that it follows from.
    ///
    /// `kinds` are all resource types of the connection and `base` is its address, without a
    /// slash at the end.
    #[must_use]
    pub fn by_ids(self, kind: &ResourceType, kinds: &[ResourceType], base: &str) -> Self {
        let places = Places { kind, kinds, base };
        Self(places.resource(self.0))
    }
}

/// Where resources are.
struct Places<'a> {
    kind: &'a ResourceType,
    kinds: &'a [ResourceType],
    base: &'a str,
}

impl Places<'_> {
    /// Rewrites what is asked of a resource.
    fn resource(&self, filter: Filter) -> Filter {
        fold(filter, &|condition| match condition {
            Filter::AnyElement { path, matching } => {
                let attribute = self.pointer(&path);
                let matching = match attribute {
                    Some(attribute) => Box::new(self.element(attribute, *matching)),
                    None => matching,
                };
                Filter::AnyElement { path, matching }
            }
            Filter::Compare { path, op, value } if is_location(&path) => match value {
                Literal::Text(text) => compare(&self.at(self.kind), &name("id"), op, &text),
                value => Filter::Compare { path, op, value },
            },
            Filter::Present(ref path) | Filter::Compare { ref path, .. }
                if path.sub.as_deref() == Some(REFERENCE) =>
            {
                match self.pointer(path) {
                    Some(attribute) => self.reference(attribute, condition),
                    None => condition,
                }
            }
            other => other,
        })
    }

    /// Rewrites what is asked of one value of an attribute that points at resources.
    fn element(&self, attribute: &Attribute, filter: Filter) -> Filter {
        fold(filter, &|condition| match condition {
            Filter::Present(path) if path.name == REFERENCE => Filter::Present(name("value")),
            Filter::Compare { path, op, value } if path.name == REFERENCE => {
                self.points(attribute, &name("value"), op, value)
            }
            other => other,
        })
    }

    /// `members.$ref` and its like, outside brackets.
    fn reference(&self, attribute: &Attribute, condition: Filter) -> Filter {
        let value = |path: AttrPath| AttrPath {
            sub: Some("value".to_owned()),
            ..path
        };
        match condition {
            Filter::Present(path) => Filter::Present(value(path)),
            Filter::Compare {
                path,
                op,
                value: text,
            } if !attribute.multi_valued => self.points(attribute, &value(path), op, text),
            // No value equals: that is asked of all of them, not of each.
            Filter::Compare {
                path,
                op: CompareOp::Ne,
                value,
            } => {
                let op = CompareOp::Eq;
                let equal = self.reference(attribute, Filter::Compare { path, op, value });
                Filter::Not(Box::new(equal))
            }
            Filter::Compare {
                path,
                op: CompareOp::Eq,
                value: Literal::Null,
            } => Filter::Not(Box::new(Filter::Present(value(path)))),
            Filter::Compare { path, op, value } => Filter::AnyElement {
                path: AttrPath { sub: None, ..path },
                matching: Box::new(self.points(attribute, &name("value"), op, value)),
            },
            other => other,
        }
    }

    /// Whether the resource that a value points at has such an address.
    fn points(
        &self,
        attribute: &Attribute,
        id: &AttrPath,
        op: CompareOp,
        value: Literal,
    ) -> Filter {
        let Literal::Text(text) = value else {
            let path = id.clone();
            return Filter::Compare { path, op, value };
        };
        if op == CompareOp::Ne {
            let equal = self.points(attribute, id, CompareOp::Eq, Literal::Text(text));
            return Filter::Not(Box::new(equal));
        }
        let types = attribute
            .sub(REFERENCE)
            .map(|it| it.reference_types.as_slice());
        let types = types.unwrap_or_default();
        let kinds = self.kinds.iter().filter(|kind| types.contains(&kind.id));
        let of_kind = |kind: &ResourceType| {
            let condition = compare(&self.at(kind), id, op, &text);
            if types.len() == 1 {
                return condition;
            }
            let is_kind = Filter::Compare {
                path: name("type"),
                op: CompareOp::Eq,
                value: Literal::Text(kind.id.clone()),
            };
            Filter::And(Box::new(is_kind), Box::new(condition))
        };
        any(kinds.map(of_kind)).unwrap_or_else(|| never(id))
    }

    /// What the addresses of resources of a type begin with.
    fn at(&self, kind: &ResourceType) -> String {
        format!("{}{}/", self.base, kind.endpoint)
    }

    /// The attribute that a path leads to or into, if its values point at resources.
    fn pointer(&self, path: &AttrPath) -> Option<&Attribute> {
        let attribute = self.kind.resolve(path)?.attribute?;
        attribute.identifies_resource().then_some(attribute)
    }
}

/// Rewrites each condition of a filter.
fn fold(filter: Filter, condition: &impl Fn(Filter) -> Filter) -> Filter {
    let inner = |filter: Box<Filter>| Box::new(fold(*filter, condition));
    match filter {
        Filter::And(left, right) => Filter::And(inner(left), inner(right)),
        Filter::Or(left, right) => Filter::Or(inner(left), inner(right)),
        Filter::Not(negated) => Filter::Not(inner(negated)),
        leaf => condition(leaf),
    }
}

/// Compares the address that begins with `prefix` and ends with an id.
fn compare(prefix: &str, id: &AttrPath, op: CompareOp, text: &str) -> Filter {
    let of_id = |op: CompareOp, rest: &str| Filter::Compare {
        path: id.clone(),
        op,
        value: Literal::Text(rest.to_owned()),
    };
    // Where the text can lie across the border between the two.
    let across = |op: CompareOp| {
        let borders = text.char_indices().map(|(at, _)| at).skip(1);
        borders
            .filter(|at| prefix.ends_with(&text[..*at]))
            .map(move |at| of_id(op, &text[at..]))
    };
    let rest = text.strip_prefix(prefix);
    match op {
        CompareOp::Eq => rest.map_or_else(|| never(id), |rest| of_id(op, rest)),
        CompareOp::Ne => Filter::Not(Box::new(compare(prefix, id, CompareOp::Eq, text))),
        CompareOp::Sw if prefix.starts_with(text) => always(id),
        CompareOp::Sw => rest.map_or_else(|| never(id), |rest| of_id(op, rest)),
        CompareOp::Ew => any(std::iter::once(of_id(op, text)).chain(across(CompareOp::Eq)))
            .unwrap_or_else(|| never(id)),
        CompareOp::Co if prefix.contains(text) => always(id),
        CompareOp::Co => any(std::iter::once(of_id(op, text)).chain(across(CompareOp::Sw)))
            .unwrap_or_else(|| never(id)),
        CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => match rest {
            Some(rest) => of_id(op, rest),
            None => {
                let greater = matches!(op, CompareOp::Gt | CompareOp::Ge);
                if (prefix > text) == greater {
                    always(id)
                } else {
                    never(id)
                }
            }
        },
    }
}

fn any(conditions: impl Iterator<Item = Filter>) -> Option<Filter> {
    conditions.reduce(|left, right| Filter::Or(Box::new(left), Box::new(right)))
}

fn always(id: &AttrPath) -> Filter {
    Filter::Present(id.clone())
}

fn never(id: &AttrPath) -> Filter {
    Filter::Not(Box::new(always(id)))
}

fn name(name: &str) -> AttrPath {
    AttrPath {
        schema: None,
        name: name.to_owned(),
        sub: None,
    }
}

fn is_location(path: &AttrPath) -> bool {
    path.schema.is_none() && path.name == "meta" && path.sub.as_deref() == Some("location")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::filter::{check, parse};
    use crate::schema::Catalog;

    const BASE: &str = "https://scim.example/v2";
    const ID: &str = "0189a-b2";

    fn group() -> Value {
        json!({
            "id": ID,
            "meta": { "resourceType": "Group", "location": format!("{BASE}/Groups/{ID}") },
            "members": [
                { "value": ID, "type": "User", "$ref": format!("{BASE}/Users/{ID}") },
                { "value": "0200c", "type": "Group", "$ref": format!("{BASE}/Groups/0200c") },
            ],
        })
    }

    /// What a filter says of the group, by its addresses and by its ids.
    fn both(text: &str) -> (bool, bool) {
        let catalog = Catalog::core();
        let kind = catalog.group();
        let filter = check(kind, parse(text, kind).unwrap()).unwrap();
        let by_ids = filter.clone().by_ids(kind, catalog.resource_types(), BASE);
        let asks = by_ids.as_filter().to_string();
        assert!(
            !asks.contains(REFERENCE) && !asks.contains("location "),
            "{asks}"
        );
        (
            filter.matches(kind, &group()),
            by_ids.matches(kind, &group()),
        )
    }

    #[test]
    fn an_id_answers_what_an_address_would() {
        let whole = format!("{BASE}/Groups/{ID}");
        let users = format!("{BASE}/Users/{ID}");
        let mut texts: Vec<&str> = vec![
            "",
            "z",
            "https://scim.example/v3",
            "http",
            "/Users/0200c",
            "b2x",
        ];
        for address in [&whole, &users] {
            for from in 0..address.len() {
                texts.extend(
                    (from..=address.len())
                        .step_by(3)
                        .map(|to| &address[from..to]),
                );
                texts.push(&address[from..]);
            }
        }
        for op in ["eq", "ne", "sw", "ew", "co", "gt", "ge", "lt", "le"] {
            for text in &texts {
                for path in ["meta.location", "members.$ref"] {
                    let filter = format!("{path} {op} \"{text}\"");
                    let (by_address, by_id) = both(&filter);
                    assert_eq!(by_address, by_id, "{filter}");
                }
                let filter = format!("members[$ref {op} \"{text}\" and type eq \"User\"]");
                let (by_address, by_id) = both(&filter);
                assert_eq!(by_address, by_id, "{filter}");
            }
        }
    }

    #[test]
    fn presence_and_null_are_those_of_the_id() {
        for filter in [
            "members.$ref pr",
            "members.$ref eq null",
            "members.$ref ne null",
            "members[$ref pr and type eq \"Group\"]",
            "members[not ($ref pr)]",
            "not (members.$ref co \"Users\") or displayName pr",
        ] {
            let (by_address, by_id) = both(filter);
            assert_eq!(by_address, by_id, "{filter}");
        }
    }

    #[test]
    fn a_manager_is_asked_for_by_id() {
        let catalog = Catalog::core();
        let kind = catalog.user();
        let text = format!("manager.$ref eq \"{BASE}/Users/{ID}\" or userName pr");
        let filter = check(kind, parse(&text, kind).unwrap()).unwrap();
        insta::assert_snapshot!(
            filter.by_ids(kind, catalog.resource_types(), BASE).as_filter(),
            @r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "0189a-b2" or userName pr"#
        );
    }
}
