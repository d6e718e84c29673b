//! Looks whether anybody touched the audit log.
//!
//! Every row is read and every hash computed again. Rows are read in pages, up to the head that the
//! chain had at the start, so writers are neither waited for nor taken for intruders.

use std::collections::BTreeMap;

use rollcall_model::{AuditHash, AuditHead, AuditId, OrgId, RequestId, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde::Serialize;
use uuid::Uuid;

use super::chain::{Entry, Link, column_of, of_column};
use super::read::of;
use super::swaps::{self, Misfit};
use crate::connect::Store;
use crate::entity::audit_log::{Column, Model};
use crate::error::StoreError;

/// How many rows are read at once.
const PAGE: u64 = 1_000;
/// How many findings of one chain are told; a log that was rewritten has no end of them.
const MAX_FINDINGS: usize = 100;

/// What is wrong at a place of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum AuditFault {
    /// The content of the row does not give its hash.
    Changed,
    /// The row and another one are in each other's place.
    Swapped {
        /// The number of the other one.
        with: u64,
    },
    /// Rows are gone, from this number through another one.
    Removed {
        /// The number of the last one that is gone.
        through: u64,
    },
    /// Rows are gone from the end: from this number through the head.
    Truncated {
        /// The number of the last one that is gone.
        through: u64,
    },
    /// The row lies behind the head of its chain.
    BehindHead,
    /// The head of the chain is not the hash of its last row.
    WrongHead,
    /// The row was added past the chain: it has no number, and is not older than the chain.
    Unchained,
    /// The hash is not the one that was noted elsewhere: the rows up to here were written anew.
    NotAsNoted,
}

/// One finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    /// The organization; `None` for the log of the installation.
    pub organization_id: Option<OrgId>,
    /// The number of the row in its chain, if it has one.
    pub number: Option<u64>,
    /// The id of the row, if it is there.
    pub id: Option<AuditId>,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: AuditFault,
}

/// What was read, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How many chains were read.
    pub chains: u64,
    /// How many rows of them.
    pub rows: u64,
    /// Rows that are older than their chain, which nothing vouches for.
    pub rows_before_chains: u64,
    /// What is wrong; empty is good.
    pub findings: Vec<AuditFinding>,
}

impl Store {
    /// Reads the chain of an organization anew, even of one that was deleted, or every chain. `noted`
    /// are heads that were kept elsewhere. `progress` is told how many rows were read so far.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn verify_audit_log(
        &self,
        only: Option<OrgId>,
        noted: &[AuditHead],
        mut progress: impl FnMut(u64),
    ) -> Result<AuditReport, StoreError> {
        let mut report = AuditReport::default();
        let mut at = only.map(|org_id| column_of(Some(org_id)));
        if at.is_none() {
            at = self.next_chain(None).await?;
        }
        let mut unseen: Vec<_> = noted.iter().filter(|head| head.number > 0).collect();
        while let Some(column) = at {
            let org_id = of_column(column);
            let (own, others) = unseen
                .into_iter()
                .partition(|head| head.organization_id == org_id);
            unseen = others;
            self.verify_chain(org_id, own, &mut report, &mut progress)
                .await?;
            at = match only {
                Some(_) => None,
                None => self.next_chain(Some(column)).await?,
            };
        }
        // A chain that was noted and of which nothing is left.
        for head in unseen {
            if only.is_none() {
                report.findings.push(AuditFinding {
                    organization_id: head.organization_id,
                    number: Some(1),
                    id: None,
                    fault: AuditFault::Truncated {
                        through: head.number,
                    },
                });
            }
        }
        Ok(report)
    }

    /// The chain after another one, whether rows or only a head are left of it.
    async fn next_chain(&self, after: Option<Uuid>) -> Result<Option<Uuid>, StoreError> {
        const NEXT: &str = "select org_id from (
                select org_id from (select org_id from audit_log
                    where org_id >= $1 and (org_id > $1 or $2 = 0) order by org_id limit 1) as rows
                union all
                select org_id from (select org_id from event_sequences
                    where org_id >= $1 and (org_id > $1 or $2 = 0) order by org_id limit 1) as heads
            ) as chains order by org_id limit 1";
        let values = [
            after.unwrap_or_default().into(),
            i64::from(after.is_some()).into(),
        ];
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, NEXT, values);
        let row = self.db.query_one_raw(statement).await?;
        Ok(row.map(|row| row.try_get("", "org_id")).transpose()?)
    }

    async fn verify_chain(
        &self,
        org_id: Option<OrgId>,
        noted: Vec<&AuditHead>,
        report: &mut AuditReport,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), StoreError> {
        let ends = self.ends(org_id).await?;
        let mut chain = Chain::new(org_id, noted);
        loop {
            let rows = of(org_id)
                .filter(Column::Number.gt(chain.at.number))
                .filter(Column::Number.lte(ends.head.number))
                .order_by_asc(Column::Number)
                .limit(PAGE)
                .all(&self.db)
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                report.rows += 1;
                chain.read(row);
            }
            progress(report.rows);
        }
        chain.end(&ends);
        let (before, past) = self.unchained(org_id).await?;
        chain.findings.extend(past);
        report.chains += 1;
        report.rows_before_chains += before;
        chain.findings.sort_by_key(|finding| finding.number);
        chain.findings.truncate(MAX_FINDINGS);
        report.findings.append(&mut chain.findings);
        Ok(())
    }

    /// The head of a chain and its last row, at one moment.
    async fn ends(&self, org_id: Option<OrgId>) -> Result<Ends, StoreError> {
        const ENDS: &str = "select
            (select audit_number from event_sequences where org_id = $1) as head,
            (select audit_hash from event_sequences where org_id = $1) as hash,
            (select number from audit_log where org_id = $1 and number is not null
                order by number desc limit 1) as last";
        let backend = self.db.get_database_backend();
        let values = [column_of(org_id).into()];
        let statement = Statement::from_sql_and_values(backend, ENDS, values);
        let row = self.db.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| {
            StoreError::corrupt("event_sequences", column_of(org_id), "no answer")
        })?;
        let hash = row.try_get::<Option<Vec<u8>>>("", "hash")?;
        Ok(Ends {
            head: Link {
                number: row.try_get::<Option<i64>>("", "head")?.unwrap_or(0),
                // A hash of another length is no hash of any row.
                hash: match hash {
                    Some(hash) => hash.try_into().unwrap_or_default(),
                    None => Link::beginning(org_id).hash,
                },
            },
            last: row.try_get::<Option<i64>>("", "last")?.unwrap_or(0),
        })
    }

    /// How many rows are older than their chain, and those that should be in it.
    async fn unchained(
        &self,
        org_id: Option<OrgId>,
    ) -> Result<(u64, Vec<AuditFinding>), StoreError> {
        let rows = || of(org_id).filter(Column::Number.is_null());
        let all = rows().count(&self.db).await?;
        let first = of(org_id)
            .filter(Column::Number.eq(1))
            .one(&self.db)
            .await?;
        let Some(first) = first.filter(|_| all > 0) else {
            return Ok((all, Vec::new()));
        };
        let past = rows().filter(Column::At.gt(first.at));
        let how_many = past.clone().count(&self.db).await?;
        let past = past
            .order_by_asc(Column::Id)
            .limit(u64::try_from(MAX_FINDINGS).unwrap_or(1))
            .all(&self.db)
            .await?;
        let findings = past.into_iter().map(|row| AuditFinding {
            organization_id: org_id,
            number: None,
            id: Some(AuditId::from_uuid(row.id)),
            fault: AuditFault::Unchained,
        });
        Ok((all - how_many, findings.collect()))
    }
}

/// Where a chain ended when it began to be read.
struct Ends {
    head: Link,
    /// The highest number of a row, wherever the head is.
    last: i64,
}

/// A chain that is being read.
struct Chain<'n> {
    org_id: Option<OrgId>,
    /// The last place that was read.
    at: Link,
    /// Heads that were noted elsewhere and are still ahead.
    noted: Vec<&'n AuditHead>,
    misfits: Vec<Misfit>,
    /// The ids of the misfits, by number.
    ids: BTreeMap<i64, AuditId>,
    findings: Vec<AuditFinding>,
}

impl<'n> Chain<'n> {
    fn new(org_id: Option<OrgId>, noted: Vec<&'n AuditHead>) -> Self {
        Self {
            org_id,
            at: Link::beginning(org_id),
            noted,
            misfits: Vec::new(),
            ids: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    fn read(&mut self, row: Model) {
        let number = row.number.unwrap_or(0);
        let id = AuditId::from_uuid(row.id);
        // A hash of another length is no hash of any row.
        let hash = row.hash.as_deref().and_then(|hash| hash.try_into().ok());
        let stands = Link {
            number,
            hash: hash.unwrap_or_default(),
        };
        if number > self.at.number + 1 {
            // What the row before it was is unknown, so this one's hash tells nothing.
            let through = as_number(number - 1);
            self.find(self.at.number + 1, None, AuditFault::Removed { through });
        } else {
            let digest = entry(row).digest();
            if self.at.followed_by(&digest) != stands && self.misfits.len() < MAX_FINDINGS {
                self.ids.insert(number, id);
                self.misfits.push(Misfit {
                    before: self.at,
                    digest,
                    hash: stands.hash,
                });
            }
        }
        self.at = stands;
        let at = AuditHash(stands.hash);
        let (here, ahead) = std::mem::take(&mut self.noted)
            .into_iter()
            .partition::<Vec<_>, _>(|head| head.number == as_number(number));
        self.noted = ahead;
        if here.iter().any(|head| head.hash != at) {
            self.find(number, Some(id), AuditFault::NotAsNoted);
        }
    }

    fn end(&mut self, ends: &Ends) {
        for (one, other) in swaps::take_out(&mut self.misfits) {
            let id = self.ids.get(&one.number()).copied();
            let with = as_number(other.number());
            self.find(one.number(), id, AuditFault::Swapped { with });
            // The last row may have brought its hash along.
            if other.number() == self.at.number && one.hash == ends.head.hash {
                self.at.hash = one.hash;
            }
        }
        for misfit in std::mem::take(&mut self.misfits) {
            let number = misfit.number();
            let id = self.ids.get(&number).copied();
            self.find(number, id, AuditFault::Changed);
        }
        let noted = self.noted.iter().map(|head| head.number).max();
        let through = noted.unwrap_or(0).max(as_number(ends.head.number));
        let next = self.at.number + 1;
        if through >= as_number(next) {
            self.find(next, None, AuditFault::Truncated { through });
        } else if self.at.hash != ends.head.hash {
            self.find(ends.head.number, None, AuditFault::WrongHead);
        }
        if ends.last > ends.head.number {
            self.find(ends.head.number + 1, None, AuditFault::BehindHead);
        }
    }

    fn find(&mut self, number: i64, id: Option<AuditId>, fault: AuditFault) {
        self.findings.push(AuditFinding {
            organization_id: self.org_id,
            number: Some(as_number(number)),
            id,
            fault,
        });
    }
}

fn entry(row: Model) -> Entry {
    Entry {
        org_id: of_column(row.org_id),
        id: AuditId::from_uuid(row.id),
        at: Timestamp::from_unix_micros(row.at),
        actor: row.actor,
        action: row.action,
        target: row.target,
        request_id: RequestId::from_uuid(row.request_id),
        detail: row.detail,
    }
}

fn as_number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
