//! What rows are sorted by, and which of them come after a place.
//!
//! Names come from the schema by way of [`Sort`], and keys are bound values. What is a column is
//! sorted by that column, with an index where there is one; everything else is read from the search
//! document. `members` and `groups` are rows of their own and no part of an order.

use rollcall_model::{GroupId, UserId};
use rollcall_scim::filter::{CompareOp, SearchKey};
use rollcall_scim::schema::AttributeType;
use rollcall_scim::sort::SortValues;
use rollcall_scim::{AttrPath, ScimError, Sort};
use sea_orm::sea_query::{Expr, ExprTrait, IntoColumnRef, Order};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, Select};

use super::relation::Relation;
use super::{Table, Target, column, json};
use crate::entity::{groups, users};
use crate::search::{Among, RowView};

/// What the rows of one table are sorted by.
pub(crate) struct SortKey<'a> {
    target: Target<'a>,
    sort: Sort,
    expr: Expr,
    kind: Kind,
    /// Whether rows may have no value.
    nullable: bool,
}

/// How keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Any number of a document.
    Number,
    /// A whole number in a column of its own.
    Whole,
    /// The id of the row: different in every row.
    Id,
}

impl<'a> Target<'a> {
    /// What rows are sorted by in an order.
    ///
    /// # Errors
    ///
    /// `invalidValue` for an attribute that is made when a resource is answered.
    pub(crate) fn sort_key(&self, sort: &Sort) -> Result<SortKey<'a>, ScimError> {
        let key = |expr, kind, nullable| SortKey {
            target: *self,
            sort: sort.clone(),
            expr,
            kind,
            nullable,
        };
        let (nothing, kind) = match sort.values() {
            SortValues::Text => ("cast(null as text)", Kind::Text),
            SortValues::Number => ("cast(null as numeric)", Kind::Number),
        };
        let nothing = Expr::cust(nothing);
        let Some(path) = sort.path() else {
            return Ok(key(nothing, kind, true));
        };
        if Relation::named(self, path).is_some() {
            return Err(not_stored(path));
        }
        if path.schema.is_none()
            && let Some((expr, kind, nullable)) = self.sort_column(path)?
        {
            return Ok(key(expr, kind, nullable));
        }
        let (Some((json, attribute)), Some(resolved)) =
            (self.document(path), self.kind.resolve(path))
        else {
            return Ok(key(nothing, kind, true));
        };
        let value = match (attribute.multi_valued, path.sub.as_deref()) {
            (true, sub) => json.of_chosen_element(sub),
            (false, Some(sub)) => json.at(sub).value(),
            (false, None) => json.value(),
        };
        let is_boolean = resolved.sub.unwrap_or(attribute).kind == AttributeType::Boolean;
        let expr = match (kind, is_boolean) {
            (Kind::Text, _) => value.text(),
            (_, true) => value.boolean(),
            (_, false) => value.number(),
        };
        Ok(key(expr, kind, true))
    }

    /// An attribute that is a column, how it is compared, and whether it may be missing.
    fn sort_column(&self, path: &AttrPath) -> Result<Option<(Expr, Kind, bool)>, ScimError> {
        let of = |of_users: users::Column, of_groups: groups::Column| match self.table {
            Table::Users => column(of_users.into_column_ref()),
            Table::Groups => column(of_groups.into_column_ref()),
        };
        Ok(Some(match (path.name.as_str(), path.sub.as_deref()) {
            ("id", None) => (of(users::Column::Id, groups::Column::Id), Kind::Id, false),
            ("userName", None) if self.table == Table::Users => (
                column(users::Column::UserNameKey.into_column_ref()),
                Kind::Text,
                false,
            ),
            ("externalId", None) => (
                of(users::Column::ExternalId, groups::Column::ExternalId),
                Kind::Text,
                true,
            ),
            ("displayName", None) => (
                of(
                    users::Column::DisplayNameKey,
                    groups::Column::DisplayNameKey,
                ),
                Kind::Text,
                self.table == Table::Users,
            ),
            ("meta", Some("created")) => (
                of(users::Column::CreatedAt, groups::Column::CreatedAt),
                Kind::Whole,
                false,
            ),
            ("meta", Some("lastModified")) => (
                of(users::Column::UpdatedAt, groups::Column::UpdatedAt),
                Kind::Whole,
                false,
            ),
            ("meta", Some("version")) => {
                let version = of(users::Column::Version, groups::Column::Version);
                (json::etag(self.backend, version), Kind::Text, false)
            }
            ("meta", Some("resourceType")) => (constant(&self.kind.id), Kind::Text, false),
            ("schemas", None) => (constant(&self.kind.schema.id), Kind::Text, false),
            ("meta", _) => return Err(not_stored(path)),
            _ => return Ok(None),
        }))
    }
}

fn not_stored(path: &AttrPath) -> ScimError {
    ScimError::invalid_value(format!("`{path}` cannot be sorted by"))
}

/// The same text in every row.
fn constant(text: &str) -> Expr {
    Expr::value(text).cast_as("text")
}

impl SortKey<'_> {
    /// The key itself: null where there is no value.
    pub(crate) fn expr(&self) -> Expr {
        self.expr.clone()
    }

    /// Whether the greatest value comes first.
    pub(crate) fn is_descending(&self) -> bool {
        self.sort.is_descending()
    }

    fn direction(&self) -> Order {
        if self.is_descending() {
            Order::Desc
        } else {
            Order::Asc
        }
    }

    /// An expression in the order of its values.
    fn comparable(&self, expr: Expr) -> Expr {
        match self.kind {
            Kind::Text => json::by_code_points(self.target.backend, expr),
            Kind::Number | Kind::Whole | Kind::Id => expr,
        }
    }

    /// The key of a row that was read. What is sorted by a column is taken from that column, and not
    /// from the document, so that a page goes on exactly where the last one ended.
    pub(crate) fn of_row(&self, row: &RowView<'_>) -> Option<SearchKey> {
        let path = self.sort.path()?;
        let text = |text: &str| Some(SearchKey::Text(text.to_owned()));
        if path.schema.is_some() {
            return self.sort.key(row.search);
        }
        match (path.name.as_str(), path.sub.as_deref()) {
            ("id", None) => text(&row.id.to_scim()),
            ("userName", None) if row.user_name_key.is_some() => row.user_name_key.and_then(text),
            ("externalId", None) => row.external_id.and_then(text),
            ("displayName", None) => row.display_name_key.and_then(text),
            ("schemas", None) => text(&self.target.kind.schema.id),
            ("meta", Some("resourceType")) => text(&self.target.kind.id),
            ("meta", Some("version")) => text(&format!("W/\"{}\"", row.version)),
            ("meta", Some("created")) => Some(SearchKey::Number(row.created_at.into())),
            ("meta", Some("lastModified")) => Some(SearchKey::Number(row.updated_at.into())),
            _ => self.sort.key(row.search),
        }
    }

    /// The parts of the order, first to last: rows with a value (`true`), and rows without.
    pub(crate) fn parts(&self) -> &'static [bool] {
        match (self.nullable, self.is_descending()) {
            (false, _) => &[true],
            (true, false) => &[true, false],
            (true, true) => &[false, true],
        }
    }

    /// Rows of one part, in order.
    pub(crate) fn order_part<E: EntityTrait>(
        &self,
        rows: Select<E>,
        id: E::Column,
        with_value: bool,
    ) -> Select<E> {
        if !with_value {
            return rows.filter(self.expr().is_null()).order_by_asc(id);
        }
        let rows = if self.nullable {
            rows.filter(self.expr().is_not_null())
        } else {
            rows
        };
        let rows = rows.order_by(self.comparable(self.expr()), self.direction());
        match self.kind {
            Kind::Id => rows,
            Kind::Text | Kind::Number | Kind::Whole => rows.order_by_asc(id),
        }
    }

    /// All rows in order.
    pub(crate) fn order<E: EntityTrait>(&self, rows: Select<E>, id: E::Column) -> Select<E> {
        self.order_of_keys(self.expr())
            .into_iter()
            .fold(rows, |rows, (expr, order)| rows.order_by(expr, order))
            .order_by_asc(id)
    }

    /// What to sort by, if `key` holds the keys of any rows.
    pub(crate) fn order_of_keys(&self, key: Expr) -> [(Expr, Order); 2] {
        [
            (key.clone().is_null(), self.direction()),
            (self.comparable(key), self.direction()),
        ]
    }

    /// Rows with a value that come after a place with a value.
    pub(crate) fn after(&self, last: &SearchKey, among: Among, id: impl ColumnTrait) -> Condition {
        let further = self.compare(last, true);
        match among {
            Among::None => Condition::all().add(further),
            Among::All => Condition::all().add(self.compare(last, false)),
            Among::After(_) if self.kind == Kind::Id => Condition::all().add(further),
            Among::After(last_id) => Condition::all()
                // Said twice, so that an index on the key is read from the right place.
                .add(self.compare(last, false))
                .add(Condition::any().add(further).add(id.gt(last_id))),
        }
    }

    /// Rows whose key is further in the order than another one, or as far.
    fn compare(&self, last: &SearchKey, further: bool) -> Expr {
        let op = match (self.is_descending(), further) {
            (false, true) => CompareOp::Gt,
            (false, false) => CompareOp::Ge,
            (true, true) => CompareOp::Lt,
            (true, false) => CompareOp::Le,
        };
        let backend = self.target.backend;
        match (self.kind, last) {
            (Kind::Text, SearchKey::Text(last)) => {
                json::compare_text(backend, self.expr(), op, last)
            }
            (Kind::Number, SearchKey::Number(last)) => {
                json::compare_number(backend, self.expr(), op, last)
            }
            (Kind::Whole, SearchKey::Number(last)) => match last.as_i64() {
                Some(last) => self.stands(op, Expr::value(last)),
                None => super::never(),
            },
            (Kind::Id, SearchKey::Text(last)) => {
                let id = match self.target.table {
                    Table::Users => UserId::from_scim(last).map(UserId::as_uuid),
                    Table::Groups => GroupId::from_scim(last).map(GroupId::as_uuid),
                };
                id.map_or_else(super::never, |id| self.stands(op, Expr::value(id)))
            }
            _ => super::never(),
        }
    }

    fn stands(&self, op: CompareOp, than: Expr) -> Expr {
        match op {
            CompareOp::Gt => self.expr().gt(than),
            CompareOp::Ge => self.expr().gte(than),
            CompareOp::Lt => self.expr().lt(than),
            _ => self.expr().lte(than),
        }
    }
}

#[cfg(test)]
mod tests;
