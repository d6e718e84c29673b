//! A user with all that an answer shows of it, read by one statement.
//!
//! A look-up by id or by `userName` is what identity providers ask most. The groups and the
//! manager come along as columns of the user's row, so that the answer is one round trip away;
//! lists read those of all their users at once (see `members` and `managers`).

use std::sync::LazyLock;

use rollcall_model::{GroupId, Timestamp, UserId};
use rollcall_scim::{Resource, user_name};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::dialect;
use crate::entity::users::Model;
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::managers::ManagerRef;
use crate::members::{GroupRef, MAX_NESTING, Scope};
use crate::users::User;

/// A user as its row holds it, whose attributes have not been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUser {
    /// Its id.
    pub id: UserId,
    /// See [`User::version`].
    pub version: u64,
    /// See [`User::created_at`].
    pub created_at: Timestamp,
    /// See [`User::updated_at`].
    pub updated_at: Timestamp,
    /// The attributes as [`Resource::to_stored`] wrote them.
    pub body: String,
    pub(crate) unmapped: Option<String>,
}

impl StoredUser {
    /// Reads the attributes.
    ///
    /// # Errors
    ///
    /// They are corrupt.
    pub fn read(&self) -> Result<User, StoreError> {
        let resource = Resource::from_stored(&self.body)
            .and_then(|stored| stored.with_stored_unmapped(self.unmapped.as_deref()))
            .map_err(|reason| StoreError::corrupt("users", self.id.as_uuid(), reason))?;
        Ok(User {
            id: self.id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            resource,
        })
    }

    /// Whether it may name a manager: whoever does has this in its attributes.
    #[must_use]
    pub fn may_have_manager(&self) -> bool {
        self.body.contains("\"manager\":")
    }
}

impl From<&User> for StoredUser {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            version: user.version,
            created_at: user.created_at,
            updated_at: user.updated_at,
            body: user.resource.to_stored(),
            unmapped: user.resource.unmapped_to_stored(),
        }
    }
}

impl TryFrom<Model> for StoredUser {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId::from_uuid(row.id),
            version: version(row.id, row.version)?,
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
            body: row.body,
            unmapped: row.unmapped,
        })
    }
}

fn version(id: Uuid, stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|reason| StoreError::corrupt("users", id, reason))
}

/// A user with all that an answer shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownUser {
    /// The user.
    pub user: StoredUser,
    /// The groups it is in, direct and indirect, in the order of their ids.
    pub groups: Vec<GroupRef>,
    /// Its manager, if that is somebody.
    pub manager: Option<ManagerRef>,
}

impl ShownUser {
    /// A user that is in no group and has no manager.
    #[must_use]
    pub const fn alone(user: StoredUser) -> Self {
        Self {
            user,
            groups: Vec::new(),
            manager: None,
        }
    }
}

/// By what a user is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKey<'k> {
    /// Its id.
    Id(UserId),
    /// Its `userName`, in any spelling that is the same name.
    UserName(&'k str),
}

/// The statement for a key column, with groups or without. `$1` and `$2` are the tenant, `$3` is
/// the key.
fn sql(backend: DbBackend, key: &str, with_groups: bool) -> String {
    let groups = if with_groups {
        let each = dialect::json_array(backend, &["g.id", "g.display_name", "reached.steps"]);
        // As `members` reads the groups of many: a row for each length of way, so that a circle
        // of groups ends.
        let up = dialect::look_up_each(
            backend,
            "group_groups",
            "up",
            "up.org_id = $1 and up.scim_connection_id = $2 and up.member_id = ways.group_id",
        );
        let group = dialect::look_up_each(
            backend,
            "groups",
            "g",
            "g.org_id = $1 and g.scim_connection_id = $2 and g.id = reached.group_id",
        );
        let list = dialect::json_list(backend, &each);
        format!(
            "(with recursive ways (group_id, steps) as (
                select m.group_id, 1 from group_members m
                where m.org_id = $1 and m.scim_connection_id = $2 and m.user_id = u.id
                union
                select up.group_id, ways.steps + 1 from ways {up}
                where ways.steps < {MAX_NESTING}
            )
            select {list} from (
                select group_id, min(steps) as steps from ways group by group_id
            ) as reached {group})"
        )
    } else {
        "null".to_owned()
    };
    let manager_name = dialect::text_in(backend, "b.body", "displayName");
    format!(
        "select u.id, u.version, u.created_at, u.updated_at, u.body, u.unmapped,
            {groups} as groups, b.id as manager_id, {manager_name} as manager_name
         from users u
         left join user_managers m on m.org_id = $1 and m.scim_connection_id = $2
            and m.user_id = u.id
         left join users b on b.org_id = $1 and b.scim_connection_id = $2 and b.id = m.manager_id
         where u.org_id = $1 and u.scim_connection_id = $2 and u.{key} = $3"
    )
}

/// The four statements of one database: by id and by name, each without and with groups.
type Statements = [[String; 2]; 2];

static SQLITE: LazyLock<Statements> = LazyLock::new(|| statements(DbBackend::Sqlite));
static POSTGRES: LazyLock<Statements> = LazyLock::new(|| statements(DbBackend::Postgres));

fn statements(backend: DbBackend) -> Statements {
    ["id", "user_name_key"].map(|key| [false, true].map(|groups| sql(backend, key, groups)))
}

fn statement(backend: DbBackend, by_name: bool, with_groups: bool) -> &'static str {
    let all = match backend {
        DbBackend::Sqlite => &*SQLITE,
        _ => &*POSTGRES,
    };
    &all[usize::from(by_name)][usize::from(with_groups)]
}

fn read_groups(row: &QueryResult, id: Uuid) -> Result<Vec<GroupRef>, StoreError> {
    let Some(text) = row.try_get::<Option<String>>("", "groups")? else {
        return Ok(Vec::new());
    };
    let rows: Vec<(Uuid, String, i32)> = serde_json::from_str(&text)
        .map_err(|reason| StoreError::corrupt("group_members", id, reason))?;
    let mut groups: Vec<GroupRef> = rows
        .into_iter()
        .map(|(id, display_name, steps)| GroupRef {
            id: GroupId::from_uuid(id),
            display_name,
            direct: steps == 1,
        })
        .collect();
    groups.sort_unstable_by_key(|group| group.id);
    Ok(groups)
}

fn read_row(row: &QueryResult) -> Result<ShownUser, StoreError> {
    let id: Uuid = row.try_get("", "id")?;
    let manager_id: Option<Uuid> = row.try_get("", "manager_id")?;
    let manager = match manager_id {
        None => None,
        Some(manager_id) => Some(ManagerRef {
            id: UserId::from_uuid(manager_id),
            display_name: row.try_get("", "manager_name")?,
        }),
    };
    Ok(ShownUser {
        user: StoredUser {
            id: UserId::from_uuid(id),
            version: version(id, row.try_get("", "version")?)?,
            created_at: Timestamp::from_unix_micros(row.try_get("", "created_at")?),
            updated_at: Timestamp::from_unix_micros(row.try_get("", "updated_at")?),
            body: row.try_get("", "body")?,
            unmapped: row.try_get("", "unmapped")?,
        },
        groups: read_groups(row, id)?,
        manager,
    })
}

impl ConnectionHandle {
    /// One user with what an answer shows of it, its groups only if they are wanted; `None` also
    /// if it belongs to another connection or organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_shown_user(
        &self,
        key: UserKey<'_>,
        with_groups: bool,
    ) -> Result<Option<ShownUser>, StoreError> {
        let scope = Scope {
            org_id: self.org_id,
            connection_id: self.connection_id,
        };
        find(&self.store.db, scope, key, with_groups).await
    }
}

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    of: Scope,
    key: UserKey<'_>,
    with_groups: bool,
) -> Result<Option<ShownUser>, StoreError> {
    let backend = db.get_database_backend();
    let (by_name, key): (bool, Value) = match key {
        UserKey::Id(id) => (false, id.as_uuid().into()),
        UserKey::UserName(name) => (true, user_name::key(name).into()),
    };
    let values = [
        of.org_id.as_uuid().into(),
        of.connection_id.as_uuid().into(),
        key,
    ];
    let sql = statement(backend, by_name, with_groups);
    let row = db
        .query_one_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    row.as_ref().map(read_row).transpose()
}

impl DirectoryTx {
    /// A user of this transaction with what an answer shows of it, its groups only if they are
    /// wanted.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn show_user(&self, user: &User, with_groups: bool) -> Result<ShownUser, StoreError> {
        let groups = if with_groups {
            self.groups_of_user(user.id).await?
        } else {
            Vec::new()
        };
        Ok(ShownUser {
            user: StoredUser::from(user),
            groups,
            manager: self.manager_of_user(user).await?,
        })
    }
}
