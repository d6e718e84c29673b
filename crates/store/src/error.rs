//! What can go wrong with the database, by what the caller can do about it.

use std::borrow::Cow;
use std::convert::Infallible;

use rollcall_model::{RoleName, UserId};
use rollcall_scim::ScimError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr};

use crate::guards::PolicyRefusal;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row already holds this value.
    #[error("`{attribute}` is already taken")]
    Conflict {
        /// The attribute, in the words of the API or of SCIM.
        attribute: Cow<'static, str>,
    },
    /// A user that is there and inactive has this `userName`.
    #[error("`userName` is already taken by a user that is inactive")]
    InactiveUser {
        /// Its id.
        id: UserId,
    },
    /// The row that this one belongs to, or points to, is gone.
    #[error("what this belongs to does not exist any more")]
    ParentMissing,
    /// Who was to join a group does not exist in this connection.
    #[error("there is no user or group with the id `{value}`")]
    NoSuchMember {
        /// What was given for its id.
        value: String,
    },
    /// Who was to be a user's manager does not exist in this connection.
    #[error("there is no user with the id `{value}` who could be the manager")]
    NoSuchManager {
        /// What was given for the id.
        value: String,
    },
    /// A member is not of the `type` that the request said.
    #[error("the member `{value}` is a {kind}; leave out its `type`, or send that")]
    WrongMemberKind {
        /// The id that was given.
        value: String,
        /// What it is.
        kind: &'static str,
    },
    /// The attribute that gives a user its role names none of the organization.
    #[error(
        "`{attribute}` is `{value}`, and this organization has no role of that name; it has {}",
        listed(roles)
    )]
    NoSuchRole {
        /// The attribute, in the words of SCIM.
        attribute: String,
        /// Its value.
        value: String,
        /// What there is.
        roles: Vec<RoleName>,
    },
    /// A group was to become a member of itself.
    #[error("a group cannot be a member of itself, be it directly or through other groups")]
    GroupCycle,
    /// A value that is looked up by an index is longer than an index takes.
    #[error("`{attribute}` is longer than {limit} bytes")]
    TooLong {
        /// The attribute, in the words of SCIM.
        attribute: Cow<'static, str>,
        /// The most it may have.
        limit: usize,
    },
    /// A filter asks for an attribute that is made when a resource is answered.
    #[error(transparent)]
    Filter(#[from] ScimError),
    /// The policy of the organization forbids it.
    #[error(transparent)]
    Refused(#[from] PolicyRefusal),
    /// There are as many as there may be.
    #[error("there are {limit} {what} already, and no more can be added")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// Other rows still point to this one.
    #[error("still in use by {by}")]
    InUse {
        /// What uses it.
        by: &'static str,
    },
    /// The last API key was to be deleted, after which nobody could make another one.
    #[error("this is the last API key; make another one before you delete it")]
    LastApiKey,
    /// A stored row does not decode. The database was changed from outside, or this is a bug.
    #[error("row {row} of {table} cannot be read: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Which row.
        row: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database cannot be reached, or cannot take work now. Trying again later may help.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// Anything else that the database refused.
    #[error("the database refused a statement")]
    Database(#[source] DbErr),
}

fn listed(roles: &[RoleName]) -> String {
    let roles: Vec<_> = roles.iter().map(|role| format!("`{role}`")).collect();
    roles.join(", ")
}

/// SQLSTATE classes and codes of PostgreSQL that pass by themselves: connection trouble (08),
/// resources (53), operator intervention such as a restart or a time-out (57), the system around
/// it (58), a server that became a read-only replica (25006), and conflicts between transactions
/// (40001, 40P01, 55P03).
fn passes_by_itself(sqlstate: &str) -> bool {
    ["08", "53", "57", "58"]
        .iter()
        .any(|class| sqlstate.starts_with(class))
        || matches!(sqlstate, "25006" | "40001" | "40P01" | "55P03")
}

/// Primary result codes of SQLite that pass by themselves: BUSY, LOCKED, NOMEM, READONLY, IOERR,
/// FULL, CANTOPEN.
///
/// A full disk is among them on purpose: the write was not made, and the identity provider
/// should send it again when an operator has made room.
fn sqlite_passes_by_itself(code: &str) -> bool {
    code.parse::<i32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14))
}

/// Whether PostgreSQL ended a transaction because of what another one did at the same time
/// (serialization failure, dead-lock). Done again, it may well succeed.
pub(crate) fn is_contention(error: &DbErr) -> bool {
    sqlstate(error).is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
}

/// Whether PostgreSQL refused to divide; see `at_once`.
pub(crate) fn is_division_by_zero(error: &DbErr) -> bool {
    sqlstate(error).is_some_and(|code| code == "22012")
}

/// The code of an error of PostgreSQL.
fn sqlstate(error: &DbErr) -> Option<Cow<'_, str>> {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return None;
    };
    let cause = cause.as_database_error()?;
    let postgres = cause.try_downcast_ref::<sqlx::postgres::PgDatabaseError>()?;
    Some(Cow::Borrowed(postgres.code()))
}

fn is_unavailable(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        // No connection could be made, whatever the reason.
        return matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_));
    };
    match cause.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(cause) => {
            let code = cause.code().unwrap_or_default();
            if cause
                .try_downcast_ref::<sqlx::sqlite::SqliteError>()
                .is_some()
            {
                sqlite_passes_by_itself(&code)
            } else {
                passes_by_itself(&code)
            }
        }
        _ => false,
    }
}

/// Whether the server closed the connection, or takes none for the moment, so that another one may
/// do. What was sent over it may have been done.
pub(crate) fn is_lost_connection(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    is_loss(cause)
}

/// Whether the driver says that a connection is gone.
pub(crate) fn is_loss(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        // Connection trouble, and a server that stops, that crashed, or that starts.
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| {
            code.starts_with("08") || matches!(code.as_ref(), "57P01" | "57P02" | "57P03")
        }),
        _ => false,
    }
}

/// Rows that always decode go through the same code as those that may not.
impl From<Infallible> for StoreError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if is_unavailable(&error) {
            return Self::Unavailable(error);
        }
        match error.sql_err() {
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::ParentMissing,
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// Whether the transaction was ended because of what another one did at the same time, so that
    /// the same work may succeed if it is done again.
    #[must_use]
    pub fn is_contention(&self) -> bool {
        matches!(self, Self::Unavailable(cause) if is_contention(cause))
    }

    /// What there are few of was not free within the time that a request waits for its turn.
    pub(crate) const fn too_busy() -> Self {
        Self::Unavailable(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
    }

    /// Names the attribute behind a violated unique index; any other error stays what it is.
    pub(crate) fn naming_conflict(
        attribute: impl Into<Cow<'static, str>>,
    ) -> impl FnOnce(DbErr) -> Self {
        let attribute = attribute.into();
        move |error| match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict { attribute },
            _ => error.into(),
        }
    }

    /// Names what still points to a row that was to be deleted.
    pub(crate) fn naming_user(by: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |error| match error.sql_err() {
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::InUse { by },
            _ => error.into(),
        }
    }

    /// A column that does not hold what it should.
    pub(crate) fn corrupt(table: &'static str, row: impl ToString, reason: impl ToString) -> Self {
        Self::Corrupt {
            table,
            row: row.to_string(),
            reason: reason.to_string(),
        }
    }
}
