//! Seats: how many people may have an account, and who waits for one.
//!
//! A seat is taken by each active user that does not wait, and by each account that a sign-in made.
//! The number of active users is kept beside the sequence of the organization, which every write updates
//! as its last act, so that it costs nothing where nobody counts seats.

use rollcall_model::{EventType, OrgId, Policy, ScimConnectionId, SeatLimit, UserId, WhenFull};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};
use serde_json::json;

use super::{Deed, PolicyRefusal};
use crate::entity::waiting_users::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::{DirectoryTx, OrgHandle, OrgTx};

/// How many rows one statement takes.
const ROWS_PER_STATEMENT: usize = 500;

/// How the seats of an organization are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seats {
    /// Active users, whether they have a seat or wait.
    pub active_users: u64,
    /// Those of them who wait.
    pub waiting_users: u64,
    /// Accounts that sign-ins made.
    pub sign_in_accounts: u64,
}

impl Seats {
    /// How many are taken.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.active_users.saturating_sub(self.waiting_users) + self.sign_in_accounts
    }
}

const COUNT: &str = "
    select
        coalesce((select active_users from event_sequences where org_id = $1), 0) as active_users,
        (select count(*) from waiting_users where org_id = $1) as waiting_users,
        (select count(*) from sign_in_links where org_id = $1 and user_id is null)
            as sign_in_accounts";

#[derive(FromQueryResult)]
struct Counted {
    active_users: i64,
    waiting_users: i64,
    sign_in_accounts: i64,
}

async fn count(db: &impl ConnectionTrait, org_id: OrgId) -> Result<Counted, StoreError> {
    let values = [org_id.as_uuid().into()];
    let count = Statement::from_sql_and_values(db.get_database_backend(), COUNT, values);
    let counted = Counted::find_by_statement(count).one(db).await?;
    counted.ok_or_else(|| StoreError::corrupt("event_sequences", org_id, "it was not counted"))
}

fn seats(counted: &Counted, uncommitted: i64) -> Seats {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Seats {
        active_users: number(counted.active_users + uncommitted),
        waiting_users: number(counted.waiting_users),
        sign_in_accounts: number(counted.sign_in_accounts),
    }
}

impl OrgHandle {
    /// How the seats are taken now.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn seats(&self) -> Result<Seats, StoreError> {
        Ok(seats(&count(&self.store.db, self.org_id()).await?, 0))
    }
}

impl OrgTx {
    /// How the seats are taken, with what this transaction did.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn seats(&self) -> Result<Seats, StoreError> {
        let counted = count(self.connection(), self.org_id).await?;
        Ok(seats(&counted, self.outbox.active_change()))
    }

    /// Counts the active users anew, under the lock of whatever changes their number. Called when a limit
    /// begins to hold, so that it never rests on what an earlier release counted.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn recount_active_users(&self) -> Result<(), StoreError> {
        const LOCK: &str = "insert into event_sequences (org_id, last) values ($1, 0)
            on conflict (org_id) do update set last = event_sequences.last";
        const RECOUNT: &str = "update event_sequences set active_users =
            (select count(*) from users where users.org_id = $1 and users.active)
            where event_sequences.org_id = $1";
        // Two statements: the second sees what those committed whom the first waited for.
        for sql in [LOCK, RECOUNT] {
            let db = self.connection();
            let values = [self.org_id.as_uuid().into()];
            let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
            db.execute_raw(statement).await?;
        }
        Ok(())
    }

    /// The same as [`Self::give_out_seats`], for whoever has freed some and does not hold the policy yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn give_out_seats_of_policy(&mut self) -> Result<(), StoreError> {
        let policy = self.lock_guarding_policy().await?;
        match policy.and_then(|policy| policy.seat_limit) {
            Some(limit) => self.give_out_seats(Some(limit)).await,
            None => Ok(()),
        }
    }

    /// Whether one more account may be made. A limit is held until the end of the transaction, so that
    /// nobody else takes the seat.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn has_free_seat(&self) -> Result<bool, StoreError> {
        let policy = self.lock_guarding_policy().await?;
        match policy.and_then(|policy| policy.seat_limit) {
            Some(limit) => Ok(self.seats().await?.taken() < u64::from(limit.seats)),
            None => Ok(true),
        }
    }

    /// Gives free seats to whoever waited longest, with an event for each. The policy is held.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn give_out_seats(&mut self, limit: Option<SeatLimit>) -> Result<(), StoreError> {
        let seats = self.seats().await?;
        let free = limit.map_or(u64::MAX, |limit| {
            u64::from(limit.seats).saturating_sub(seats.taken())
        });
        let mut free = free.min(seats.waiting_users);
        while free > 0 {
            let next = Entity::find()
                .filter(Column::OrgId.eq(self.org_id.as_uuid()))
                .order_by_asc(Column::Since)
                .order_by_asc(Column::UserId)
                .limit(free.min(ROWS_PER_STATEMENT as u64))
                .all(self.connection())
                .await?;
            if next.is_empty() {
                break;
            }
            free = free.saturating_sub(next.len() as u64);
            let ids = next.iter().map(|row| row.user_id);
            Entity::delete_many()
                .filter(Column::OrgId.eq(self.org_id.as_uuid()))
                .filter(Column::UserId.is_in(ids))
                .exec(self.connection())
                .await?;
            next.iter()
                .for_each(|row| self.tell_seat(EventType::UserSeated, row));
        }
        Ok(())
    }

    fn tell_seat(&mut self, kind: EventType, row: &Model) {
        let id = UserId::from_uuid(row.user_id);
        let connection = ScimConnectionId::from_uuid(row.scim_connection_id);
        let data = json!({ "user": { "id": id.to_scim() } });
        self.outbox.push(kind, Some(connection), id, data);
    }
}

impl DirectoryTx {
    /// Refuses users for whom there is no seat, or has them wait; gives the seats that others left to
    /// whoever waited longest.
    pub(super) async fn take_seats(
        &mut self,
        policy: &Policy,
        deeds: &[Deed],
    ) -> Result<(), StoreError> {
        let Some(limit) = policy.seat_limit else {
            return Ok(());
        };
        let with = |activity| {
            let of = move |deed: &&Deed| deed.activity == activity;
            deeds.iter().filter(of).map(|deed| deed.user)
        };
        let mut arrived: Vec<UserId> = with(1).collect();
        arrived.retain(|user| !with(-1).any(|gone| gone == *user));
        self.stop_waiting(with(-1).collect()).await?;
        let over = self
            .seats()
            .await?
            .taken()
            .saturating_sub(limit.seats.into());
        let over = usize::try_from(over)
            .unwrap_or(usize::MAX)
            .min(arrived.len());
        if over > 0 && limit.when_full == WhenFull::Refuse {
            let seats = limit.seats;
            return Err(PolicyRefusal::SeatLimit { seats }.into());
        }
        self.wait_for_seats(arrived.split_off(arrived.len() - over))
            .await?;
        self.org.give_out_seats(Some(limit)).await
    }

    async fn stop_waiting(&self, users: Vec<UserId>) -> Result<(), StoreError> {
        for users in users.chunks(ROWS_PER_STATEMENT) {
            Entity::delete_many()
                .filter(Column::OrgId.eq(self.org_id.as_uuid()))
                .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
                .filter(Column::UserId.is_in(users.iter().map(|id| id.as_uuid())))
                .exec(self.connection())
                .await?;
        }
        Ok(())
    }

    async fn wait_for_seats(&mut self, users: Vec<UserId>) -> Result<(), StoreError> {
        for users in users.chunks(ROWS_PER_STATEMENT) {
            let row = |user: &UserId| Model {
                org_id: self.org_id.as_uuid(),
                scim_connection_id: self.connection_id.as_uuid(),
                user_id: user.as_uuid(),
                since: self.now.unix_micros(),
            };
            let rows: Vec<Model> = users.iter().map(row).collect();
            let insert = rows.iter().map(|row| ActiveModel {
                org_id: Set(row.org_id),
                scim_connection_id: Set(row.scim_connection_id),
                user_id: Set(row.user_id),
                since: Set(row.since),
            });
            Entity::insert_many(insert)
                .exec_without_returning(self.connection())
                .await?;
            for row in &rows {
                self.org.tell_seat(EventType::UserWaiting, row);
            }
        }
        Ok(())
    }
}
