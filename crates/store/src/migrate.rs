//! Bringing the schema up to date, in one piece or split into partitions.

use std::collections::HashSet;

use rollcall_migrations::{Migrator, partitions};
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::{IntoSchemaManagerConnection, MigratorTrait, SchemaManager};

use crate::connect::Store;
use crate::dialect::WriteTx;
use crate::error::StoreError;

/// Why the tables of a database cannot be split.
#[derive(Debug, thiserror::Error)]
pub enum SplitRefused {
    /// Only PostgreSQL has partitions.
    #[error("only a PostgreSQL database can have partitions")]
    NotPostgres,
    /// Too few, or too many.
    #[error(
        "there can be {} to {} partitions",
        partitions::NUMBERS.start(),
        partitions::NUMBERS.end()
    )]
    Number,
    /// There are tables that are whole.
    #[error(
        "the database has been migrated without partitions, and only an empty one can be split: \
         make another database for it"
    )]
    NotEmpty,
    /// There are tables that are split otherwise.
    #[error("the database is split into {there} partitions, and that cannot be changed")]
    Already {
        /// Into how many.
        there: u32,
    },
    /// The server cannot hold as many locks as it takes.
    #[error(
        "so many partitions take {needed} locks at once, and the server has room for {room}: set \
         its `max_locks_per_transaction` higher, in proportion, and restart it"
    )]
    Locks {
        /// How many it takes.
        needed: u32,
        /// For how many there is room.
        room: u32,
    },
    /// The database is not available, or a step fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Brings an empty or older schema up to date: all steps, or none. Does nothing to a schema
    /// that is up to date or newer, and lets replicas that start together take turns.
    ///
    /// # Errors
    ///
    /// A step fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        self.dialect.lock_migrations(&tx).await?;
        if let Some(there) = partitions::found(tx.connection()).await? {
            partitions::choose(tx.connection(), there).await?;
        }
        take_steps(&tx).await?;
        tx.commit().await
    }

    /// As [`Store::migrate`], of an empty PostgreSQL database whose tables that grow are to be split
    /// into so many partitions, by a hash of the organization. Later migrations keep to it. Doing it
    /// again with the same number is a migration like any other.
    ///
    /// # Errors
    ///
    /// The database cannot be split, or not into so many, or a step fails.
    pub async fn migrate_split(&self, partitions: u32) -> Result<(), SplitRefused> {
        if !self.dialect.splits_tables() {
            return Err(SplitRefused::NotPostgres);
        }
        if !partitions::NUMBERS.contains(&partitions) {
            return Err(SplitRefused::Number);
        }
        let tx = self.begin_write().await?;
        self.dialect.lock_migrations(&tx).await?;
        let db = tx.connection().inner();
        match partitions::found(db).await.map_err(StoreError::from)? {
            Some(there) if there != partitions => return Err(SplitRefused::Already { there }),
            None if !steps(db).await?.none_taken => return Err(SplitRefused::NotEmpty),
            Some(_) => {}
            None => {
                let missing = partitions::missing_locks(db, partitions).await;
                if let Some((needed, room)) = missing.map_err(StoreError::from)? {
                    return Err(SplitRefused::Locks { needed, room });
                }
            }
        }
        let chosen = partitions::choose(db, partitions).await;
        chosen.map_err(StoreError::from)?;
        take_steps(&tx).await?;
        Ok(tx.commit().await?)
    }

    /// Into how many partitions each table that grows is split; `None` if they are whole.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn partitions(&self) -> Result<Option<u32>, StoreError> {
        Ok(partitions::found(&self.db).await?)
    }

    /// How many of this binary's migrations the schema still needs. Only reads, and does not mind
    /// steps that a newer release has taken.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        Ok(steps(self.db.inner()).await?.pending)
    }
}

/// Takes the steps that are missing. Asked under the lock: another replica may have done it.
async fn take_steps(tx: &WriteTx) -> Result<(), StoreError> {
    let db = tx.connection().inner();
    if steps(db).await?.pending > 0 {
        Migrator::up(db, None).await?;
    }
    Ok(())
}

/// The steps of the schema, seen from this binary.
pub(crate) struct Steps {
    /// Whether none was taken, by whichever release.
    none_taken: bool,
    /// How many are still to be taken.
    pub(crate) pending: usize,
    /// How many were taken that only a later release knows.
    pub(crate) newer: usize,
}

pub(crate) async fn steps<'db, C>(db: &'db C) -> Result<Steps, StoreError>
where
    C: ConnectionTrait,
    &'db C: IntoSchemaManagerConnection<'db>,
{
    const RECORDED: &str = "select version from seaql_migrations";
    let known = Migrator::migrations();
    let mut recorded = HashSet::new();
    if SchemaManager::new(db).has_table("seaql_migrations").await? {
        let statement = Statement::from_string(db.get_database_backend(), RECORDED);
        for row in db.query_all_raw(statement).await? {
            recorded.insert(row.try_get::<String>("", "version")?);
        }
    }
    let taken = known.iter().filter(|step| recorded.contains(step.name()));
    let taken = taken.count();
    Ok(Steps {
        none_taken: recorded.is_empty(),
        pending: known.len() - taken,
        newer: recorded.len() - taken,
    })
}
