//! A checked filter as a condition on the rows of one connection, and a checked order as what they
//! are sorted by.
//!
//! Nothing else builds SQL from what a client wrote, and what it wrote is only ever a bound value:
//! names come from the schema. Each comparison says yes or no and never "unknown", so that `not`
//! is plain negation, as it is for `CheckedFilter::matches`; a property test holds the two against
//! each other.
//!
//! Attributes that clients look people up by are answered by indexed columns when they are
//! compared for equality. Everything else is answered from the search document, by reading the
//! rows of the connection.

mod json;
mod moment;
mod order;
mod relation;

use rollcall_model::{GroupId, OrgId, ScimConnectionId, UserId};
use rollcall_scim::filter::{CheckedFilter, CompareOp, Filter, Literal, SearchKey};
use rollcall_scim::schema::{Attribute, ResourceType};
use rollcall_scim::{AttrPath, ScimError};
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend};

use crate::entity::{groups, user_emails, users};
use json::Json;
pub(crate) use order::SortKey;
use relation::Relation;

/// What a filter is compiled for.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) backend: DbBackend,
    pub(crate) org_id: OrgId,
    pub(crate) connection_id: ScimConnectionId,
    pub(crate) kind: &'a ResourceType,
    pub(crate) table: Table,
}

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    Users,
    Groups,
}

/// The condition for a filter.
///
/// # Errors
///
/// `invalidFilter` for an attribute that is made when a resource is answered and is not stored.
pub(crate) fn condition(target: Target<'_>, filter: &CheckedFilter) -> Result<Expr, ScimError> {
    Scope::Resource(target).fold(filter.as_filter())
}

/// Whether a row has data under the URN of an extension.
pub(crate) fn holds_extension(db: &impl ConnectionTrait, table: Table, urn: &str) -> Expr {
    let document = match table {
        Table::Users => Json::column(db.get_database_backend(), "users"),
        Table::Groups => Json::column(db.get_database_backend(), "groups"),
    };
    document.at(urn).exists()
}

/// What the names of a filter belong to.
enum Scope<'a> {
    /// A row of users or groups.
    Resource(Target<'a>),
    /// One element of a multi-valued attribute in the search document.
    Element(Json, &'a Attribute),
    /// One membership.
    Membership(Relation<'a>),
}

/// Something that can be compared.
pub(crate) enum Leaf {
    /// Text in the form of its key.
    Text(Expr),
    /// A number, or a moment in nanoseconds.
    Number(Expr),
    /// A moment in a column of microseconds that is never null.
    Moment(Expr),
    /// A boolean; the expression is true, false or null.
    Boolean(Expr),
    /// The same text in every row.
    Constant(String),
}

impl Scope<'_> {
    fn fold(&self, filter: &Filter) -> Result<Expr, ScimError> {
        Ok(match filter {
            Filter::And(left, right) => self.fold(left)?.and(self.fold(right)?),
            Filter::Or(left, right) => self.fold(left)?.or(self.fold(right)?),
            Filter::Not(inner) => self.fold(inner)?.not(),
            Filter::Present(path) => self.present(path)?,
            Filter::Compare {
                path,
                op: CompareOp::Eq,
                value: Literal::Null,
            } => self.present(path)?.not(),
            Filter::Compare {
                path,
                op: CompareOp::Ne,
                value: Literal::Null,
            } => self.present(path)?,
            Filter::Compare {
                path,
                op: CompareOp::Ne,
                value,
            } => self.compare(path, CompareOp::Eq, value)?.not(),
            Filter::Compare { path, op, value } => self.compare(path, *op, value)?,
            Filter::AnyElement { path, matching } => self.any_element(path, matching)?,
        })
    }

    fn present(&self, path: &AttrPath) -> Result<Expr, ScimError> {
        match self {
            Self::Resource(target) => target.present(path),
            Self::Element(json, attribute) if attribute.is_simple() => Ok(json.exists()),
            Self::Element(json, _) => Ok(json.at(&path.name).exists()),
            Self::Membership(relation) => relation.present(&path.name),
        }
    }

    fn compare(&self, path: &AttrPath, op: CompareOp, value: &Literal) -> Result<Expr, ScimError> {
        match self {
            Self::Resource(target) => target.compare(path, op, value),
            Self::Element(json, attribute) if attribute.is_simple() => {
                Ok(compare_json(json, attribute, op, value))
            }
            Self::Element(json, attribute) => Ok(match attribute.sub(&path.name) {
                Some(sub) => compare_json(&json.at(&sub.name), sub, op, value),
                None => never(),
            }),
            Self::Membership(relation) => relation.compare(&path.name, op, value),
        }
    }

    fn any_element(&self, path: &AttrPath, matching: &Filter) -> Result<Expr, ScimError> {
        // Brackets do not nest, so this is a resource; the check before has seen to it.
        let Self::Resource(target) = self else {
            return Ok(never());
        };
        if let Some(relations) = Relation::named(target, path) {
            return relation::any_of(&relations, |relation| {
                Scope::Membership(relation.clone()).fold(matching)
            });
        }
        let Some((json, attribute)) = target.document(path) else {
            return Ok(never());
        };
        let element = json.element();
        let inner = Scope::Element(element, attribute).fold(matching)?;
        Ok(json.any_element(inner))
    }
}

impl<'a> Target<'a> {
    /// Where an attribute is in the search document.
    fn document(&self, path: &AttrPath) -> Option<(Json, &'a Attribute)> {
        let resolved = self.kind.resolve(path)?;
        let attribute = resolved.attribute?;
        let root = match self.table {
            Table::Users => Json::column(self.backend, "users"),
            Table::Groups => Json::column(self.backend, "groups"),
        };
        let holder = match resolved.extension {
            Some(schema) => root.at(&schema.id),
            None => root,
        };
        Some((holder.at(&attribute.name), attribute))
    }

    fn present(&self, path: &AttrPath) -> Result<Expr, ScimError> {
        if let Some(relations) = Relation::named(self, path) {
            let sub = path.sub.as_deref().unwrap_or("value");
            return relation::any_of(&relations, |relation| relation.present(sub));
        }
        if path.schema.is_none() && matches!(path.name.as_str(), "id" | "meta" | "schemas") {
            return Ok(always());
        }
        if let (Some(urn), true) = (&path.schema, path.name.is_empty()) {
            let root = match self.table {
                Table::Users => Json::column(self.backend, "users"),
                Table::Groups => Json::column(self.backend, "groups"),
            };
            return Ok(root.at(urn).exists());
        }
        let Some((json, attribute)) = self.document(path) else {
            return Ok(never());
        };
        Ok(match &path.sub {
            None => json.exists(),
            Some(sub) if attribute.multi_valued => {
                json.any_element(json.element().at(sub).exists())
            }
            Some(sub) => json.at(sub).exists(),
        })
    }

    fn compare(&self, path: &AttrPath, op: CompareOp, value: &Literal) -> Result<Expr, ScimError> {
        if let Some(relations) = Relation::named(self, path) {
            let sub = path.sub.as_deref().unwrap_or("value");
            return relation::any_of(&relations, |relation| relation.compare(sub, op, value));
        }
        let Some(resolved) = self.kind.resolve(path) else {
            return Ok(never());
        };
        let Some(leaf) = resolved.sub.or(resolved.attribute) else {
            return Ok(never());
        };
        let Some(key) = SearchKey::of(leaf, value) else {
            return Ok(never());
        };
        if op == CompareOp::Eq && key == SearchKey::Text(String::new()) {
            // Empty text is no value, though a column may hold it.
            return Ok(never());
        }
        if path.schema.is_none() {
            if path.name == "schemas" {
                return Ok(self.schemas(leaf, op, &key));
            }
            let indexed = match &key {
                SearchKey::Text(text) => self.indexed(path, text),
                SearchKey::Boolean(false) => self.inactive(path),
                SearchKey::Boolean(true) | SearchKey::Number(_) => None,
            };
            if let (CompareOp::Eq, Some(indexed)) = (op, indexed) {
                return Ok(indexed);
            }
            if let Some(leaf) = self.column(path)? {
                return Ok(compare(self.backend, leaf, op, &key));
            }
        }
        let Some((json, attribute)) = self.document(path) else {
            return Ok(never());
        };
        Ok(match (resolved.sub, attribute.multi_valued) {
            (Some(sub), true) => {
                let part = json.element().at(&sub.name);
                json.any_element(compare_json(&part, sub, op, value))
            }
            (Some(sub), false) => compare_json(&json.at(&sub.name), sub, op, value),
            (None, true) => json.any_element(compare_json(&json.element(), attribute, op, value)),
            (None, false) => compare_json(&json, attribute, op, value),
        })
    }

    /// An equality that an index answers.
    fn indexed(&self, path: &AttrPath, key: &str) -> Option<Expr> {
        let is = |name: &str, sub: Option<&str>| path.name == name && path.sub.as_deref() == sub;
        Some(match self.table {
            _ if is("id", None) => {
                let id = match self.table {
                    Table::Users => UserId::from_scim(key).map(UserId::as_uuid),
                    Table::Groups => GroupId::from_scim(key).map(GroupId::as_uuid),
                };
                match (id, self.table) {
                    (None, _) => never(),
                    (Some(id), Table::Users) => users::Column::Id.eq(id),
                    (Some(id), Table::Groups) => groups::Column::Id.eq(id),
                }
            }
            Table::Users if is("userName", None) => users::Column::UserNameKey.eq(key),
            Table::Users if is("externalId", None) => held(users::Column::ExternalId, key),
            Table::Users if is("displayName", None) => held(users::Column::DisplayNameKey, key),
            Table::Users if is("emails", Some("value")) => users::Column::Id.in_subquery(
                Query::select()
                    .column(user_emails::Column::UserId)
                    .from(user_emails::Entity)
                    .and_where(user_emails::Column::OrgId.eq(self.org_id.as_uuid()))
                    .and_where(
                        user_emails::Column::ScimConnectionId.eq(self.connection_id.as_uuid()),
                    )
                    .and_where(user_emails::Column::ValueKey.eq(key))
                    .to_owned(),
            ),
            Table::Groups if is("externalId", None) => held(groups::Column::ExternalId, key),
            Table::Groups if is("displayName", None) => groups::Column::DisplayNameKey.eq(key),
            Table::Users | Table::Groups => return None,
        })
    }

    /// Users that are inactive. The column says true where nothing was sent as well, so it answers
    /// for false alone.
    fn inactive(&self, path: &AttrPath) -> Option<Expr> {
        let is_active = path.name == "active" && path.sub.is_none();
        (self.table == Table::Users && is_active).then(|| users::Column::Active.eq(false))
    }

    /// An attribute that is a column and not in the document.
    fn column(&self, path: &AttrPath) -> Result<Option<Leaf>, ScimError> {
        let (id, created, updated, version) = match self.table {
            Table::Users => (
                column(users::Column::Id.into_column_ref()),
                column(users::Column::CreatedAt.into_column_ref()),
                column(users::Column::UpdatedAt.into_column_ref()),
                column(users::Column::Version.into_column_ref()),
            ),
            Table::Groups => (
                column(groups::Column::Id.into_column_ref()),
                column(groups::Column::CreatedAt.into_column_ref()),
                column(groups::Column::UpdatedAt.into_column_ref()),
                column(groups::Column::Version.into_column_ref()),
            ),
        };
        let leaf = match (path.name.as_str(), path.sub.as_deref()) {
            ("id", None) => Leaf::Text(json::uuid_text(self.backend, id)),
            ("meta", Some("created")) => Leaf::Moment(created),
            ("meta", Some("lastModified")) => Leaf::Moment(updated),
            ("meta", Some("resourceType")) => Leaf::Constant(self.kind.id.clone()),
            ("meta", Some("version")) => Leaf::Text(json::etag(self.backend, version)),
            ("meta", Some(sub)) => return Err(not_stored(&format!("meta.{sub}"))),
            _ => return Ok(None),
        };
        Ok(Some(leaf))
    }

    /// `schemas` are the base and those extensions that have data.
    fn schemas(&self, leaf: &Attribute, op: CompareOp, key: &SearchKey) -> Expr {
        let holds = |urn: &str| match SearchKey::of(leaf, &Literal::Text(urn.to_owned())) {
            Some(SearchKey::Text(urn)) => constant_holds(&urn, op, key),
            _ => false,
        };
        if holds(&self.kind.schema.id) {
            return always();
        }
        let root = match self.table {
            Table::Users => Json::column(self.backend, "users"),
            Table::Groups => Json::column(self.backend, "groups"),
        };
        self.kind
            .extensions
            .iter()
            .filter(|extension| holds(&extension.schema.id))
            .fold(never(), |any, extension| {
                any.or(root.at(&extension.schema.id).exists())
            })
    }
}

fn column(reference: sea_orm::sea_query::ColumnRef) -> Expr {
    Expr::Column(reference)
}

pub(crate) fn never() -> Expr {
    Expr::value(1).eq(0)
}

pub(crate) fn always() -> Expr {
    Expr::value(1).eq(1)
}

pub(crate) fn not_stored(path: &str) -> ScimError {
    ScimError::invalid_filter(format!("`{path}` cannot be filtered on"))
}

/// A comparison with something that may be missing: missing is no.
pub(crate) fn known(comparison: Expr) -> Expr {
    Func::coalesce([comparison, never()]).into()
}

/// Whether a column that may be empty holds a key: yes or no, in a form that an index answers. What
/// [`known`] makes of a comparison is answered by reading every row.
fn held(column: impl ColumnTrait, key: &str) -> Expr {
    column.is_not_null().and(column.eq(key))
}

/// Whether a constant stands in a relation to a key.
pub(crate) fn constant_holds(constant: &str, op: CompareOp, key: &SearchKey) -> bool {
    let SearchKey::Text(wanted) = key else {
        return false;
    };
    match op {
        CompareOp::Eq => constant == wanted,
        CompareOp::Ne => constant != wanted,
        CompareOp::Co => constant.contains(wanted.as_str()),
        CompareOp::Sw => constant.starts_with(wanted.as_str()),
        CompareOp::Ew => constant.ends_with(wanted.as_str()),
        CompareOp::Gt => constant > wanted.as_str(),
        CompareOp::Ge => constant >= wanted.as_str(),
        CompareOp::Lt => constant < wanted.as_str(),
        CompareOp::Le => constant <= wanted.as_str(),
    }
}

fn compare_json(json: &Json, attribute: &Attribute, op: CompareOp, value: &Literal) -> Expr {
    match SearchKey::of(attribute, value) {
        Some(key) => compare(json.backend, json.leaf(&key), op, &key),
        None => never(),
    }
}

/// A comparison that says yes or no.
pub(crate) fn compare(backend: DbBackend, leaf: Leaf, op: CompareOp, key: &SearchKey) -> Expr {
    match (leaf, key) {
        (Leaf::Constant(constant), key) if constant_holds(&constant, op, key) => always(),
        (Leaf::Text(text), SearchKey::Text(wanted)) => {
            known(json::compare_text(backend, text, op, wanted))
        }
        (Leaf::Number(number), SearchKey::Number(wanted)) => {
            known(json::compare_number(backend, number, op, wanted))
        }
        (Leaf::Moment(micros), SearchKey::Number(wanted)) => match wanted.as_i64() {
            Some(nanos) => moment::compare(micros, op, nanos),
            None => never(),
        },
        (Leaf::Boolean(boolean), SearchKey::Boolean(true)) => known(boolean),
        (Leaf::Boolean(boolean), SearchKey::Boolean(false)) => known(boolean.not()),
        _ => never(),
    }
}
