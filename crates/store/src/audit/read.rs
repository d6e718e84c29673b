//! Reading the audit log: of one organization, or of all with the installation's own rows.

use rollcall_model::{
    AuditChain, AuditEntry, AuditHash, AuditHead, AuditId, OrgId, Page, PageRequest, RequestId,
    Timestamp,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Select, Statement,
};
use uuid::Uuid;

use super::chain::{Link, column_of, of_column};
use crate::connect::Store;
use crate::entity::audit_log::{Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::OrgHandle;
use crate::pool::Pool;

/// Which rows are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Of exactly this actor.
    pub actor: Option<String>,
    /// Of exactly this action.
    pub action: Option<String>,
    /// About exactly this target.
    pub target: Option<String>,
    /// Not written before.
    pub since: Option<Timestamp>,
    /// Written before.
    pub until: Option<Timestamp>,
}

impl AuditQuery {
    fn of(&self, select: Select<Entity>) -> Select<Entity> {
        let micros = |at: Timestamp| at.unix_micros();
        let wanted = Condition::all()
            .add_option(self.actor.as_ref().map(|it| Column::Actor.eq(it)))
            .add_option(self.action.as_ref().map(|it| Column::Action.eq(it)))
            .add_option(self.target.as_ref().map(|it| Column::Target.eq(it)))
            .add_option(self.since.map(|at| Column::At.gte(micros(at))))
            .add_option(self.until.map(|at| Column::At.lt(micros(at))));
        select.filter(wanted)
    }
}

impl TryFrom<Model> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::corrupt("audit_log", row.id, reason);
        let number = row.number.map(u64::try_from).transpose();
        let detail = row.detail.as_deref().map(serde_json::from_str).transpose();
        let hash = row.hash.map(<[u8; 32]>::try_from).transpose();
        Ok(Self {
            id: AuditId::from_uuid(row.id),
            organization_id: of_column(row.org_id),
            number: number.map_err(|reason| corrupt(reason.to_string()))?,
            at: Timestamp::from_unix_micros(row.at),
            actor: row.actor,
            action: row.action,
            target: row.target,
            request_id: RequestId::from_uuid(row.request_id),
            detail: detail.map_err(|reason| corrupt(reason.to_string()))?,
            hash: hash
                .map_err(|_| corrupt("the hash has not 32 bytes".to_owned()))?
                .map(AuditHash),
        })
    }
}

/// Rows of one chain, or of the installation. Every query on one organization starts here.
pub(super) fn of(org_id: Option<OrgId>) -> Select<Entity> {
    Entity::find().filter(Column::OrgId.eq(column_of(org_id)))
}

/// Where a chain ends.
pub(super) async fn head(
    db: &impl ConnectionTrait,
    org_id: Option<OrgId>,
) -> Result<AuditHead, StoreError> {
    const HEAD: &str = "select audit_number, audit_hash from event_sequences where org_id = $1";
    let column = column_of(org_id);
    let backend = db.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, HEAD, [column.into()]);
    let beginning = Link::beginning(org_id);
    let (number, hash) = match db.query_one_raw(statement).await? {
        Some(row) => (
            row.try_get::<i64>("", "audit_number")?,
            row.try_get::<Option<Vec<u8>>>("", "audit_hash")?,
        ),
        None => (0, None),
    };
    let corrupt = || StoreError::corrupt("event_sequences", column, "not the head of a chain");
    Ok(AuditHead {
        organization_id: org_id,
        number: u64::try_from(number).map_err(|_| corrupt())?,
        hash: match hash {
            Some(hash) => AuditHash(hash.try_into().map_err(|_| corrupt())?),
            None => AuditHash(beginning.hash),
        },
    })
}

impl OrgHandle {
    /// Lists the audit log, newest first: in the order of its chain, then what is older than the
    /// chain.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_audit_log(
        &self,
        query: &AuditQuery,
        page: PageRequest<AuditId>,
    ) -> Result<Page<AuditEntry, AuditId>, StoreError> {
        let db = &self.store.db;
        let rows = || query.of(of(Some(self.org_id())));
        let after = match page.after {
            Some(id) => {
                let row = of(Some(self.org_id())).filter(Column::Id.eq(id.as_uuid()));
                Some((id, row.one(db).await?.and_then(|row| row.number)))
            }
            None => None,
        };
        let wanted = page.limit + 1;
        let mut items = match after {
            Some((_, None)) => Vec::new(),
            Some((_, Some(number))) => {
                numbered(rows().filter(Column::Number.lt(number)))
                    .limit(wanted)
                    .all(db)
                    .await?
            }
            None => numbered(rows()).limit(wanted).all(db).await?,
        };
        let left = wanted - u64::try_from(items.len()).unwrap_or(wanted);
        if left > 0 {
            let mut older = rows().filter(Column::Number.is_null());
            if let Some((id, None)) = after {
                older = older.filter(Column::Id.lt(id.as_uuid()));
            }
            let older = older.order_by_desc(Column::Id).limit(left);
            items.extend(older.all(db).await?);
        }
        read(items, page.limit)
    }

    /// Where the chain of this organization ends.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        head(&self.store.db, Some(self.org_id())).await
    }
}

impl Store {
    /// Lists the audit log of all organizations and of the installation, newest first. This crosses
    /// organizations, so it is for the vendor's keys only.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_audit_log(
        &self,
        query: &AuditQuery,
        page: PageRequest<AuditId>,
    ) -> Result<Page<AuditEntry, AuditId>, StoreError> {
        let mut rows = query.of(Entity::find());
        if let Some(after) = page.after {
            rows = rows.filter(Column::Id.lt(after.as_uuid()));
        }
        let rows = rows.order_by_desc(Column::Id).limit(page.limit + 1);
        read(rows.all(&self.db).await?, page.limit)
    }

    /// Where each chain ends: that of the installation first, then those of the organizations by
    /// age. `after` is the last one that is known already.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_audit_heads(
        &self,
        after: Option<AuditChain>,
        limit: u64,
    ) -> Result<Vec<AuditHead>, StoreError> {
        const CHAINS: &str = "select org_id from event_sequences
            where audit_number > 0 and org_id >= $1 and (org_id > $1 or $2 = 0)
            order by org_id limit $3";
        let from = after.map_or_else(Uuid::nil, |AuditChain(org_id)| column_of(org_id));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [from.into(), i64::from(after.is_some()).into(), limit.into()];
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, CHAINS, values);
        let mut heads = Vec::new();
        for row in self.db.query_all_raw(statement).await? {
            let org_id = of_column(row.try_get("", "org_id")?);
            heads.push(head(&self.db, org_id).await?);
        }
        Ok(heads)
    }
}

/// Rows of the chain, newest first.
fn numbered(rows: Select<Entity>) -> Select<Entity> {
    rows.filter(Column::Number.is_not_null())
        .order_by(Expr::col(Column::Number), Order::Desc)
}

fn read(rows: Vec<Model>, limit: u64) -> Result<Page<AuditEntry, AuditId>, StoreError> {
    let items = rows.into_iter().map(AuditEntry::try_from);
    let items = items.collect::<Result<_, _>>()?;
    Ok(Page::from_one_more(items, limit, |entry| entry.id))
}

/// The newest rows about one thing: at most `limit`, among the `looked_through` newest of the
/// organization.
pub(crate) async fn newest_about(
    db: &Pool,
    org_id: OrgId,
    target: &str,
    (looked_through, limit): (u64, u64),
) -> Result<Vec<AuditEntry>, StoreError> {
    const SQL: &str = "select * from (
            select * from audit_log where org_id = $1 and number is not null
            order by number desc limit $2
        ) row where target = $3 order by number desc limit $4";
    let most = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let values: [sea_orm::Value; 4] = [
        org_id.as_uuid().into(),
        most(looked_through).into(),
        target.into(),
        most(limit).into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), SQL, values);
    let rows = Entity::find().from_raw_sql(statement).all(db).await?;
    rows.into_iter().map(AuditEntry::try_from).collect()
}
