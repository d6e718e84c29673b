//! Which attributes a filter names.

use super::{CheckedFilter, Filter};
use crate::attr::AttrPath;
use crate::schema::ResourceType;

impl CheckedFilter {
    /// The first of some attributes, written as in a filter, that this filter asks about. Naming
    /// an attribute names its parts, and an extension all that is in it.
    pub fn first_mentioned<'n>(
        &self,
        kind: &ResourceType,
        attributes: &'n [String],
    ) -> Option<&'n str> {
        let mut paths = Vec::new();
        collect(self.as_filter(), None, &mut paths);
        let is_mentioned = |attribute: &&String| {
            let wanted = AttrPath::parse(attribute, &kind.urns()).ok();
            let wanted = wanted.and_then(|wanted| canonical(kind, &wanted));
            wanted.is_some_and(|wanted| paths.iter().any(|path| covers(&wanted, path)))
        };
        attributes.iter().find(is_mentioned).map(String::as_str)
    }
}

/// The path in the spelling of the schema, as a checked filter has it.
fn canonical(kind: &ResourceType, path: &AttrPath) -> Option<AttrPath> {
    let found = kind.resolve(path)?;
    let name = found.attribute.map(|attribute| attribute.name.clone());
    Some(AttrPath {
        schema: found.extension.map(|extension| extension.id.clone()),
        name: name.unwrap_or_default(),
        sub: found.sub.map(|sub| sub.name.clone()),
    })
}

fn covers(wanted: &AttrPath, path: &AttrPath) -> bool {
    wanted.schema == path.schema
        && (wanted.name.is_empty() || wanted.name == path.name)
        && (wanted.sub.is_none() || wanted.sub == path.sub)
}

/// Every path of a filter; those in brackets as parts of the attribute before them.
fn collect(filter: &Filter, around: Option<&AttrPath>, into: &mut Vec<AttrPath>) {
    let whole = |path: &AttrPath| match around {
        None => path.clone(),
        Some(around) => AttrPath {
            sub: Some(path.name.clone()),
            ..around.clone()
        },
    };
    match filter {
        Filter::And(left, right) | Filter::Or(left, right) => {
            collect(left, around, into);
            collect(right, around, into);
        }
        Filter::Not(inner) => collect(inner, around, into),
        Filter::Present(path) | Filter::Compare { path, .. } => into.push(whole(path)),
        Filter::AnyElement { path, matching } => {
            into.push(path.clone());
            collect(matching, Some(path), into);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::{check, parse};
    use crate::schema::Catalog;

    fn mentioned(filter: &str, attribute: &str) -> bool {
        let catalog = Catalog::core();
        let kind = catalog.user();
        let filter = check(kind, parse(filter, kind).unwrap()).unwrap();
        filter
            .first_mentioned(kind, &[attribute.to_owned()])
            .is_some()
    }

    #[test]
    fn an_attribute_is_found_wherever_it_stands() {
        let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        for (filter, attribute) in [
            ("title pr", "TITLE"),
            ("not (userName eq \"a\" or title sw \"b\")", "title"),
            ("emails co \"a\"", "emails"),
            ("emails co \"a\"", "emails.value"),
            (
                "emails[type eq \"work\" and value eq \"a\"]",
                "emails.value",
            ),
            ("emails[type eq \"work\"]", "emails"),
            ("name.givenName pr", "name"),
            ("manager eq \"1\"", manager),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:title pr",
                "title",
            ),
            (
                "employeeNumber pr",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            ),
        ] {
            assert!(mentioned(filter, attribute), "{filter}: {attribute}");
        }
    }

    #[test]
    fn other_attributes_and_other_parts_are_not_it() {
        for (filter, attribute) in [
            ("userName pr", "title"),
            ("emails.type eq \"work\"", "emails.value"),
            ("emails[type eq \"work\"]", "emails.value"),
            ("title eq \"userName\"", "userName"),
            ("title pr", "shoeSize"),
        ] {
            assert!(!mentioned(filter, attribute), "{filter}: {attribute}");
        }
    }
}
