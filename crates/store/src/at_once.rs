//! A change of a user as one statement, where the database can do that.
//!
//! On PostgreSQL a statement may write several tables, and alone it is a transaction. So the user,
//! its addresses, the count, the audit row, the number in the organization's sequence and the event
//! are one round trip, durable with its answer, in place of eight in an open transaction. Only what
//! needs nothing else goes this way: no manager, no value that must be unique, no other role, nobody
//! who waits for the user, and an organization whose policy has no say. For all else, and on SQLite,
//! the answer is `None` with nothing written, and the caller
//! goes the long way, which finds out why.
//!
//! If the connection breaks, the audit row tells whether the statement was carried out; if not, it is
//! sent once more.
//!
//! A user that changes was read before, without a lock. The statement writes nothing if somebody
//! else has changed it since; its version tells.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rollcall_model::{
    Actor, AuditId, DeletedUsers, EventId, EventType, RequestId, Timestamp, TracePlace, UserId,
};
use rollcall_scim::Resource;
use sea_orm::{ActiveModelTrait, ConnectionTrait, Iterable, Statement, Value};

use crate::audit::{self, Entry, Link};
use crate::entity::users::Column;
use crate::error::{self, StoreError};
use crate::handle::ConnectionHandle;
use crate::roles::{same_role, says_role};
use crate::shown::StoredUser;
use crate::spans;
use crate::users::{self, User, email_keys, later};

/// Adds a user, unless its name is taken or somebody waits for it. `$1` and `$2` are the tenant,
/// `$3` is the user.
///
/// References are parked under the lock on the counts, and each time a number grows there. If it
/// grew between the look at who waits and the lock, the division fails, and the statement with it.
const INSERT: &str = "
    with before as (
        select parkings from directory_counts where org_id = $1 and scim_connection_id = $2
    ), added as (
        insert into users (org_id, scim_connection_id, id, user_name_key, external_id,
            display_name_key, active, version, created_at, updated_at, body, search, unmapped)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
        where not exists (
            select 1 from parked_references p
            where p.org_id = $1 and p.scim_connection_id = $2 and p.value = $5
        ) and not exists (
            select 1 from organization_policies where org_id = $1 and guarded
        )
        on conflict (org_id, scim_connection_id, user_name_key) do nothing
        returning id
    ), mailed as (
        insert into user_emails (org_id, scim_connection_id, value_key, user_id)
        select $1, $2, address, $3
        from added, json_array_elements_text($14::json) as address
    ), done as (
        update directory_counts c set users = c.users + 1
        from added where c.org_id = $1 and c.scim_connection_id = $2
        returning c.parkings
    ),";

/// What an insertion answers: see [`INSERT`].
const UNLESS_PARKED: &str = "
    select 1 / (done.parkings = before.parkings)::int as done from done, before";

/// Writes over a user that has the version before `$8`. The first thirteen are the same.
const UPDATE: &str = "
    with done as (
        update users set user_name_key = $4, external_id = $5, display_name_key = $6,
            active = $7, version = $8, updated_at = $10, body = $11, search = $12, unmapped = $13
        where org_id = $1 and scim_connection_id = $2 and id = $3
            and version = $8 - 1
            and not exists (select 1 from organization_policies where org_id = $1 and guarded)
        returning id
    ),";

/// Follows a change of addresses: `$14` is what is new, `$23` what is gone.
const UPDATE_EMAILS: &str = "
    unmailed as (
        delete from user_emails using done
        where org_id = $1 and scim_connection_id = $2 and user_id = $3
            and value_key in (select json_array_elements_text($23::json))
    ), mailed as (
        insert into user_emails (org_id, scim_connection_id, value_key, user_id)
        select $1, $2, address, $3
        from done, json_array_elements_text($14::json) as address
    ),";

/// Numbers and tells what was done, if it was. `$24` is how many users more are active, `$25` and
/// `$26` are for the chain of the audit log, `$27` is where the event is from in a trace.
static TELL: LazyLock<String> = LazyLock::new(|| {
    let appended = audit::appended("$25", "$26");
    format!(
        "
    taken as (
        insert into event_sequences (org_id, last, active_users, audit_number, audit_hash)
        select $1, 1, $24, 1, sha256($25 || int8send(1) || $26) from done
        {appended}
    ), audited as (
        insert into audit_log (org_id, id, at, actor, action, target, request_id, number, hash)
        select $1, $15, $16, $17, $18, $19, $20, taken.audit_number, taken.audit_hash from taken
    ), told as (
        insert into events (org_id, sequence, id, type, scim_connection_id, occurred_at, actor,
            request_id, data, trace)
        select $1, taken.last, $21, $18, $2, $16, $17, $20, $22, $27 from taken
    )"
    )
});

/// What an update answers.
const IF_DONE: &str = "
    select 1 as done from done";

static INSERT_USER: LazyLock<String> =
    LazyLock::new(|| [INSERT, TELL.as_str(), UNLESS_PARKED].concat());
static UPDATE_USER: LazyLock<String> = LazyLock::new(|| [UPDATE, TELL.as_str(), IF_DONE].concat());
static UPDATE_USER_AND_EMAILS: LazyLock<String> =
    LazyLock::new(|| [UPDATE, UPDATE_EMAILS, TELL.as_str(), IF_DONE].concat());

/// A statement and its outcome if it was done.
struct AtOnce<'t> {
    sql: &'t str,
    user: User,
    kind: EventType,
    /// What the event tells.
    data: serde_json::Value,
    /// Keys of addresses that are new, and of those that are gone.
    emails: [BTreeSet<String>; 2],
    /// The change in how many users are active.
    activity: i64,
    request_id: RequestId,
    trace: Option<TracePlace>,
    audit_id: AuditId,
    event_id: EventId,
    at: Timestamp,
}

impl AtOnce<'_> {
    /// The parameters of the statement: the columns of the user, then what tells of it.
    fn values(
        &self,
        handle: &ConnectionHandle,
        stored: &StoredUser,
    ) -> Result<Vec<Value>, StoreError> {
        let kind = handle.catalog().user();
        let row = users::row(
            handle.org_id,
            handle.connection_id,
            kind,
            &self.user,
            stored,
        );
        let mut row = row?;
        let mut values: Vec<Value> = Column::iter()
            .filter_map(|column| row.take(column).into_value())
            .collect();
        let [new, gone] = &self.emails;
        let user = &self.user;
        let entry = Entry {
            org_id: Some(handle.org_id),
            id: self.audit_id,
            at: self.at,
            actor: Actor::IdentityProvider(handle.connection_id).to_string(),
            action: self.kind.as_str().to_owned(),
            target: user.id.to_string(),
            request_id: self.request_id,
            detail: None,
        };
        let (beginning, digest) = (Link::beginning(entry.org_id).hash, entry.digest());
        values.extend::<[Value; 14]>([
            address_list(new).into(),
            entry.id.as_uuid().into(),
            entry.at.unix_micros().into(),
            entry.actor.into(),
            entry.action.into(),
            entry.target.into(),
            self.request_id.as_uuid().into(),
            self.event_id.as_uuid().into(),
            self.data.to_string().into(),
            address_list(gone).into(),
            self.activity.into(),
            beginning.to_vec().into(),
            digest.to_vec().into(),
            spans::column(self.trace),
        ]);
        Ok(values)
    }
}

fn address_list(keys: &BTreeSet<String>) -> String {
    serde_json::Value::from_iter(keys.iter().map(String::as_str)).to_string()
}

impl ConnectionHandle {
    /// Whether the database can write a user in one statement at all.
    #[must_use]
    pub const fn writes_at_once(&self) -> bool {
        self.store.dialect.writes_at_once()
    }

    /// Adds a user with its event, as the identity provider, if one statement does all of it.
    ///
    /// # Errors
    ///
    /// The database is not available, or the connection is gone ([`StoreError::ParentMissing`]).
    pub async fn insert_user_at_once(
        &self,
        request_id: RequestId,
        resource: &Resource,
    ) -> Result<Option<StoredUser>, StoreError> {
        let settings = self.settings();
        let plain = settings.deleted_users == DeletedUsers::New
            && !(settings.unique_external_ids && resource.external_id().is_some())
            && self.is_plain(resource)
            && !says_role(&self.shape, resource);
        if !plain {
            return Ok(None);
        }
        let now = self.store.clock.now().truncated_to_millis();
        let user = User {
            id: UserId::new(self.store.clock()),
            version: 1,
            created_at: now,
            updated_at: now,
            resource: resource.clone(),
        };
        let emails = [email_keys(&user.resource)?, BTreeSet::new()];
        let sql = INSERT_USER.as_str();
        self.run_at_once(self.told(sql, None, user, emails, request_id))
            .await
    }

    /// Replaces the attributes of a user that was read before, with its event, as the identity
    /// provider, if one statement does all of it. What equals what is stored is not written, and
    /// needs no statement.
    ///
    /// # Errors
    ///
    /// The database is not available, or another user has the new `userName`
    /// ([`StoreError::Conflict`]).
    pub async fn save_user_at_once(
        &self,
        request_id: RequestId,
        before: &User,
        after: Resource,
    ) -> Result<Option<StoredUser>, StoreError> {
        if before.resource == after {
            return Ok(Some(StoredUser::from(before)));
        }
        let plain = before.resource.external_id() == after.external_id()
            && same_role(&self.shape, &before.resource, &after)
            && self.is_plain(&before.resource)
            && self.is_plain(&after);
        if !plain {
            return Ok(None);
        }
        let (old, new) = (email_keys(&before.resource)?, email_keys(&after)?);
        let emails = [&new - &old, &old - &new];
        let sql = if old == new {
            UPDATE_USER.as_str()
        } else {
            UPDATE_USER_AND_EMAILS.as_str()
        };
        let user = User {
            id: before.id,
            version: before.version + 1,
            created_at: before.created_at,
            updated_at: later(before.updated_at, self.store.clock.now()),
            resource: after,
        };
        let before = Some(&before.resource);
        self.run_at_once(self.told(sql, before, user, emails, request_id))
            .await
    }

    /// Whether a user touches no table but those of the statements.
    fn is_plain(&self, resource: &Resource) -> bool {
        self.writes_at_once()
            && resource.manager().is_none()
            && resource.unique_values(self.catalog().user()).is_empty()
    }

    fn told<'t>(
        &self,
        sql: &'t str,
        before: Option<&Resource>,
        user: User,
        emails: [BTreeSet<String>; 2],
        request_id: RequestId,
    ) -> AtOnce<'t> {
        let clock = self.store.clock();
        let (shape, after) = (&self.shape, &user.resource);
        let was_active = before.is_some_and(Resource::active);
        let activity = i64::from(after.active()) - i64::from(was_active);
        let (kind, data) = match before {
            None => (EventType::UserCreated, users::told(shape, user.id, after)),
            Some(before) => (
                users::change_kind(before, after),
                users::told_change(shape, user.id, before, after),
            ),
        };
        AtOnce {
            sql,
            user,
            kind,
            data,
            emails,
            activity,
            request_id,
            trace: spans::place(),
            audit_id: AuditId::new(clock),
            event_id: EventId::new(clock),
            // As in every audit row: see `audit::entry`.
            at: clock.now().truncated_to_millis(),
        }
    }

    async fn run_at_once(&self, write: AtOnce<'_>) -> Result<Option<StoredUser>, StoreError> {
        let stored = StoredUser::from(&write.user);
        let kind = write.kind;
        let backend = self.store.db.get_database_backend();
        let statement = || {
            let values = write.values(self, &stored)?;
            Ok::<_, StoreError>(Statement::from_sql_and_values(backend, write.sql, values))
        };
        let db = &self.store.db;
        // Read to its end: what the commit says comes after the row.
        let done = match db.query_all_raw(statement()?).await {
            Err(error) if db.is_lost(&error) => {
                if self.was_done(write.audit_id).await? {
                    self.store.news.committed([kind]);
                    return Ok(Some(stored));
                }
                db.query_all_raw(statement()?).await
            }
            done => done,
        };
        match done {
            Ok(done) if done.is_empty() => Ok(None),
            Ok(_) => {
                self.store.news.committed([kind]);
                Ok(Some(stored))
            }
            Err(error) if error::is_contention(&error) || error::is_division_by_zero(&error) => {
                Ok(None)
            }
            Err(error) => Err(StoreError::naming_conflict("userName")(error)),
        }
    }

    /// Whether a statement whose answer was lost was carried out: then its audit row is there. Were
    /// it still under way and became so after this look, the second one would fail over that row.
    async fn was_done(&self, audit_id: AuditId) -> Result<bool, StoreError> {
        const LOOK: &str = "select 1 from audit_log where org_id = $1 and id = $2";
        let db = &self.store.db;
        let values = [self.org_id.as_uuid().into(), audit_id.as_uuid().into()];
        let look = Statement::from_sql_and_values(db.get_database_backend(), LOOK, values);
        Ok(db.query_one_raw(look).await?.is_some())
    }
}
