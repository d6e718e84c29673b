//! `members` of a group and `groups` of a user: rows of `group_members`, not parts of the
//! document.

use rollcall_model::{GroupId, UserId};
use rollcall_scim::filter::{CompareOp, Literal, SearchKey};
use rollcall_scim::schema::Attribute;
use rollcall_scim::{AttrPath, ScimError};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use super::{Leaf, Table, Target, always, compare, json, never, not_stored};
use crate::entity::{group_members, groups, users};

/// The memberships of the row that a filter looks at.
#[derive(Clone)]
pub(super) struct Relation<'a> {
    target: Target<'a>,
    attribute: &'a Attribute,
}

impl<'a> Relation<'a> {
    /// The relation that a path names, if it names one.
    pub(super) fn named(target: &Target<'a>, path: &AttrPath) -> Option<Self> {
        let name = match target.table {
            Table::Users => "groups",
            Table::Groups => "members",
        };
        if path.schema.is_some() || path.name != name {
            return None;
        }
        Some(Self {
            target: *target,
            attribute: target.kind.schema.attribute(name)?,
        })
    }

    /// The `type` that every element of this relation shows.
    fn shown_type(&self) -> &'static str {
        match self.target.table {
            Table::Users => "direct",
            Table::Groups => "User",
        }
    }

    /// Whether an element shows a sub-attribute.
    pub(super) fn present(&self, sub: &str) -> Result<Expr, ScimError> {
        Ok(match (sub, self.target.table) {
            ("value" | "type" | "$ref", _) | ("display", Table::Users) => always(),
            _ => never(),
        })
    }

    /// Compares a sub-attribute of one element.
    pub(super) fn compare(
        &self,
        sub: &str,
        op: CompareOp,
        value: &Literal,
    ) -> Result<Expr, ScimError> {
        use group_members::{Column, Entity};
        let Some(attribute) = self.attribute.sub(sub) else {
            return Ok(never());
        };
        let Some(key) = SearchKey::of(attribute, value) else {
            return Ok(never());
        };
        let backend = self.target.backend;
        let leaf = match (sub, self.target.table) {
            ("value", table) => {
                let (column, id) = match (table, &key) {
                    (Table::Users, SearchKey::Text(text)) => (
                        Column::GroupId,
                        GroupId::from_scim(text).map(GroupId::as_uuid),
                    ),
                    (Table::Groups, SearchKey::Text(text)) => {
                        (Column::UserId, UserId::from_scim(text).map(UserId::as_uuid))
                    }
                    _ => return Ok(never()),
                };
                let column = Expr::col((Entity, column));
                if op == CompareOp::Eq {
                    return Ok(id.map_or_else(never, |id| column.eq(id)));
                }
                Leaf::Text(json::uuid_text(backend, column))
            }
            ("type", _) => {
                let shown = Literal::Text(self.shown_type().to_owned());
                match SearchKey::of(attribute, &shown) {
                    Some(SearchKey::Text(shown)) => Leaf::Constant(shown),
                    _ => return Ok(never()),
                }
            }
            ("display", Table::Users) => {
                Leaf::Text(Expr::col((groups::Entity, groups::Column::DisplayNameKey)))
            }
            ("display", Table::Groups) => return Ok(never()),
            (sub, _) => return Err(not_stored(&format!("{}.{sub}", self.attribute.name))),
        };
        Ok(compare(backend, leaf, op, &key))
    }

    /// Whether a condition on one element holds for any of them.
    pub(super) fn any(&self, condition: Expr) -> Expr {
        use group_members::{Column, Entity};
        let member = |column: Column| Expr::col((Entity, column));
        let mut select: SelectStatement = Query::select()
            .expr(Expr::value(1))
            .from(Entity)
            .and_where(member(Column::OrgId).eq(self.target.org_id.as_uuid()))
            .and_where(member(Column::ScimConnectionId).eq(self.target.connection_id.as_uuid()))
            .to_owned();
        match self.target.table {
            Table::Groups => {
                select.and_where(
                    member(Column::GroupId).equals((groups::Entity, groups::Column::Id)),
                );
            }
            Table::Users => {
                let group = |column: groups::Column| Expr::col((groups::Entity, column));
                select
                    .inner_join(
                        groups::Entity,
                        group(groups::Column::OrgId)
                            .equals((Entity, Column::OrgId))
                            .and(
                                group(groups::Column::ScimConnectionId)
                                    .equals((Entity, Column::ScimConnectionId)),
                            )
                            .and(group(groups::Column::Id).equals((Entity, Column::GroupId))),
                    )
                    .and_where(member(Column::UserId).equals((users::Entity, users::Column::Id)));
            }
        }
        select.and_where(condition);
        Expr::exists(select)
    }
}
