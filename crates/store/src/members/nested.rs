//! Groups in groups, and the check that none of them holds itself.

use std::collections::BTreeSet;

use rollcall_model::GroupId;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    Value,
};
use uuid::Uuid;

use crate::entity::group_groups::{Column, Entity};
use crate::error::StoreError;
use crate::handle::DirectoryTx;

/// Every group above one, however far; `union` keeps a circle from being walked twice.
const ABOVE: &str = "
    with recursive above (id) as (
        select group_id from group_groups
        where org_id = $1 and scim_connection_id = $2 and member_id = $3
        union
        select up.group_id from above
        join group_groups up
            on up.org_id = $1 and up.scim_connection_id = $2 and up.member_id = above.id
    )
    select id from above";

impl DirectoryTx {
    /// Lets groups become members of each other in this transaction (RFC 7644 §3.7.1).
    pub const fn allow_group_cycles(&mut self) {
        self.cycles_allowed = true;
    }

    /// Refuses members that the group is in, or that are the group.
    ///
    /// Two transactions could add one half of a circle each, and neither would see the other's;
    /// so nestings of one connection take turns, from here to the commit.
    pub(super) async fn refuse_cycle(
        &self,
        group_id: GroupId,
        members: &BTreeSet<GroupId>,
    ) -> Result<(), StoreError> {
        if self.cycles_allowed {
            return Ok(());
        }
        if members.contains(&group_id) {
            return Err(StoreError::GroupCycle);
        }
        self.lock_directory().await?;
        let above = self.groups_above(group_id).await?;
        if members.is_disjoint(&above) {
            Ok(())
        } else {
            Err(StoreError::GroupCycle)
        }
    }

    async fn groups_above(&self, group_id: GroupId) -> Result<BTreeSet<GroupId>, StoreError> {
        let values: [Value; 3] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            group_id.as_uuid().into(),
        ];
        let backend = self.connection().get_database_backend();
        let statement = Statement::from_sql_and_values(backend, ABOVE, values);
        let rows = self.connection().query_all_raw(statement).await?;
        rows.iter()
            .map(|row| Ok(GroupId::from_uuid(row.try_get::<Uuid>("", "id")?)))
            .collect()
    }

    /// The groups that hold a group directly, in the order of their ids.
    pub(crate) async fn parents_of(&self, id: GroupId) -> Result<Vec<GroupId>, StoreError> {
        let parents: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::GroupId)
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::MemberId.eq(id.as_uuid()))
            .order_by_asc(Column::GroupId)
            .into_tuple()
            .all(self.connection())
            .await?;
        Ok(parents.into_iter().map(GroupId::from_uuid).collect())
    }
}
