//! `members` of a group and `groups` of a user: rows of tables of their own, not parts of the
//! document.
//!
//! Each has two sources, and an element comes from one of them: users and groups as members,
//! direct and indirect groups of a user. A condition holds for any element if it does in either.

use rollcall_model::{GroupId, UserId};
use rollcall_scim::filter::{CompareOp, Literal, SearchKey};
use rollcall_scim::schema::Attribute;
use rollcall_scim::{AttrPath, ScimError};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use super::{Leaf, Table, Target, always, compare, json, never, not_stored};
use crate::entity::{group_groups, group_members, groups, users};
use crate::members::MAX_NESTING;

/// The memberships of the row that a filter looks at, from one source.
#[derive(Clone)]
pub(super) struct Relation<'a> {
    target: Target<'a>,
    attribute: &'a Attribute,
    source: Source,
}

/// Where elements come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Groups that have a user as their member.
    DirectGroups,
    /// Groups that have a group as their member in which a user is.
    IndirectGroups,
    /// Users in a group.
    UserMembers,
    /// Groups in a group.
    GroupMembers,
}

/// Whether a condition on one element holds for any of them, from whichever source.
pub(super) fn any_of(
    relations: &[Relation<'_>; 2],
    condition: impl Fn(&Relation<'_>) -> Result<Expr, ScimError>,
) -> Result<Expr, ScimError> {
    let [first, second] = relations;
    let either = first.any(condition(first)?);
    Ok(either.or(second.any(condition(second)?)))
}

/// Users in groups that hold their groups. The closure is one of groups in groups alone, which
/// are few; memberships of users come to it by their index.
fn indirect_sql() -> String {
    format!(
        "(\"users\".\"id\" in (
            with recursive reached (base, id, steps) as (
                select member_id, group_id, 2 from group_groups
                where org_id = ? and scim_connection_id = ?
                union
                select reached.base, up.group_id, reached.steps + 1 from reached
                join group_groups up on up.org_id = ? and up.scim_connection_id = ?
                    and up.member_id = reached.id
                where reached.steps < {MAX_NESTING}
            )
            select m.user_id from reached
            join group_members m on m.org_id = ? and m.scim_connection_id = ?
                and m.group_id = reached.base
            join groups on groups.org_id = ? and groups.scim_connection_id = ?
                and groups.id = reached.id
            where not exists (
                select 1 from group_members d
                where d.org_id = m.org_id and d.scim_connection_id = m.scim_connection_id
                    and d.group_id = reached.id and d.user_id = m.user_id
            ) and ?
        ))"
    )
}

impl<'a> Relation<'a> {
    /// The relation that a path names, if it names one, from both of its sources.
    pub(super) fn named(target: &Target<'a>, path: &AttrPath) -> Option<[Self; 2]> {
        let (name, sources) = match target.table {
            Table::Users => ("groups", [Source::DirectGroups, Source::IndirectGroups]),
            Table::Groups => ("members", [Source::UserMembers, Source::GroupMembers]),
        };
        if path.schema.is_some() || path.name != name {
            return None;
        }
        let attribute = target.kind.schema.attribute(name)?;
        Some(sources.map(|source| Self {
            target: *target,
            attribute,
            source,
        }))
    }

    /// The `type` that every element from this source shows.
    const fn shown_type(&self) -> &'static str {
        match self.source {
            Source::DirectGroups => "direct",
            Source::IndirectGroups => "indirect",
            Source::UserMembers => "User",
            Source::GroupMembers => "Group",
        }
    }

    /// Whether an element shows a sub-attribute.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the counterpart of `compare`"
    )]
    pub(super) fn present(&self, sub: &str) -> Result<Expr, ScimError> {
        Ok(match sub {
            "value" | "type" | "$ref" | "display" => always(),
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
        let Some(attribute) = self.attribute.sub(sub) else {
            return Ok(never());
        };
        let Some(key) = SearchKey::of(attribute, value) else {
            return Ok(never());
        };
        let backend = self.target.backend;
        let leaf = match sub {
            "value" => {
                let SearchKey::Text(text) = &key else {
                    return Ok(never());
                };
                if op == CompareOp::Eq {
                    let id = self.read_id(text);
                    return Ok(id.map_or_else(never, |id| self.id().eq(id)));
                }
                Leaf::Text(json::uuid_text(backend, self.id()))
            }
            "type" => {
                let shown = Literal::Text(self.shown_type().to_owned());
                match SearchKey::of(attribute, &shown) {
                    Some(SearchKey::Text(shown)) => Leaf::Constant(shown),
                    _ => return Ok(never()),
                }
            }
            "display" => Leaf::Text(self.display()),
            sub => return Err(not_stored(&format!("{}.{sub}", self.attribute.name))),
        };
        Ok(compare(backend, leaf, op, &key))
    }

    fn read_id(&self, text: &str) -> Option<Uuid> {
        match self.source {
            Source::UserMembers => UserId::from_scim(text).map(UserId::as_uuid),
            Source::DirectGroups | Source::IndirectGroups | Source::GroupMembers => {
                GroupId::from_scim(text).map(GroupId::as_uuid)
            }
        }
    }

    /// The id of one element.
    fn id(&self) -> Expr {
        match self.source {
            Source::DirectGroups => {
                Expr::col((group_members::Entity, group_members::Column::GroupId))
            }
            Source::IndirectGroups => Expr::col((groups::Entity, groups::Column::Id)),
            Source::UserMembers => {
                Expr::col((group_members::Entity, group_members::Column::UserId))
            }
            Source::GroupMembers => {
                Expr::col((group_groups::Entity, group_groups::Column::MemberId))
            }
        }
    }

    /// The key of the name that one element shows.
    fn display(&self) -> Expr {
        match self.source {
            Source::DirectGroups | Source::IndirectGroups => {
                Expr::col((groups::Entity, groups::Column::DisplayNameKey))
            }
            Source::UserMembers => Expr::cust(
                "(select coalesce(nullif(named.display_name_key, ''), named.user_name_key)
                  from users named
                  where named.org_id = \"group_members\".\"org_id\"
                    and named.scim_connection_id = \"group_members\".\"scim_connection_id\"
                    and named.id = \"group_members\".\"user_id\")",
            ),
            Source::GroupMembers => Expr::cust(
                "(select named.display_name_key from groups named
                  where named.org_id = \"group_groups\".\"org_id\"
                    and named.scim_connection_id = \"group_groups\".\"scim_connection_id\"
                    and named.id = \"group_groups\".\"member_id\")",
            ),
        }
    }

    /// Whether a condition on one element holds for any of them.
    fn any(&self, condition: Expr) -> Expr {
        match self.source {
            Source::DirectGroups => self.any_direct_group(condition),
            Source::IndirectGroups => {
                let (org_id, connection_id) = (
                    self.target.org_id.as_uuid(),
                    self.target.connection_id.as_uuid(),
                );
                let tenant = || [Expr::value(org_id), Expr::value(connection_id)];
                let mut places: Vec<Expr> = (0..4).flat_map(|_| tenant()).collect();
                places.push(condition);
                json::fill(self.target.backend, &indirect_sql(), places)
            }
            Source::UserMembers => {
                use group_members::{Column, Entity};
                let of_group = Expr::col((Entity, Column::GroupId))
                    .equals((groups::Entity, groups::Column::Id));
                let mut select = Query::select()
                    .from(Entity)
                    .and_where(self.is_tenant(
                        Expr::col((Entity, Column::OrgId)),
                        Expr::col((Entity, Column::ScimConnectionId)),
                    ))
                    .and_where(of_group)
                    .to_owned();
                exists(&mut select, condition)
            }
            Source::GroupMembers => {
                use group_groups::{Column, Entity};
                let of_group = Expr::col((Entity, Column::GroupId))
                    .equals((groups::Entity, groups::Column::Id));
                let mut select = Query::select()
                    .from(Entity)
                    .and_where(self.is_tenant(
                        Expr::col((Entity, Column::OrgId)),
                        Expr::col((Entity, Column::ScimConnectionId)),
                    ))
                    .and_where(of_group)
                    .to_owned();
                exists(&mut select, condition)
            }
        }
    }

    fn any_direct_group(&self, condition: Expr) -> Expr {
        use group_members::{Column, Entity};
        let group = |column: groups::Column| Expr::col((groups::Entity, column));
        let mut select = Query::select()
            .from(Entity)
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
            .and_where(self.is_tenant(
                Expr::col((Entity, Column::OrgId)),
                Expr::col((Entity, Column::ScimConnectionId)),
            ))
            .and_where(
                Expr::col((Entity, Column::UserId)).equals((users::Entity, users::Column::Id)),
            )
            .to_owned();
        exists(&mut select, condition)
    }

    fn is_tenant(&self, org_id: Expr, connection_id: Expr) -> Expr {
        org_id
            .eq(self.target.org_id.as_uuid())
            .and(connection_id.eq(self.target.connection_id.as_uuid()))
    }
}

fn exists(select: &mut SelectStatement, condition: Expr) -> Expr {
    Expr::exists(select.expr(Expr::value(1)).and_where(condition).to_owned())
}
