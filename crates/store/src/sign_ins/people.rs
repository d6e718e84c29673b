//! Users that a person who signs in may be.
//!
//! Looked for among the users of the SCIM connections that are linked to the SSO connection: one login
//! provider says nothing about the users of another.

use rollcall_model::{ScimConnectionId, SsoConnectionId, UserId, UserRole};
use rollcall_scim::{Resource, caseless, user_name};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use crate::error::StoreError;
use crate::handle::OrgTx;
use crate::members::{GroupRef, Scope};
use crate::roles;
use crate::shown::{self, UserKey};
use crate::users::User;

/// Whom something that a login provider tells is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Nobody.
    Nobody,
    /// One user.
    One(ScimConnectionId, UserId),
    /// Several, so none can be chosen.
    Several,
}

/// A user with what a sign-in asks of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The SCIM connection that provisioned it.
    pub scim_connection_id: ScimConnectionId,
    /// The user.
    pub user: User,
    /// The groups it is in, direct and indirect.
    pub groups: Vec<GroupRef>,
    /// Whether it waits for a seat.
    pub waits: bool,
    /// The role that it was given; `None` for the default one.
    pub role: Option<UserRole>,
}

/// The SCIM connections of a login provider: `$1` is the organization, `$2` the SSO connection.
const LINKED: &str = "select id from scim_connections where org_id = $1 and sso_connection_id = $2";

#[derive(FromQueryResult)]
struct Found {
    connection: Uuid,
    id: Uuid,
}

/// What there is beside a user, if its connection is of the login provider.
const STANDING: &str = "
    select
        exists (select 1 from waiting_users where org_id = $1 and scim_connection_id = $3
            and user_id = $4) as waits,
        exists (select 1 from user_roles where org_id = $1 and scim_connection_id = $3
            and user_id = $4) as role
    from scim_connections where org_id = $1 and sso_connection_id = $2 and id = $3";

#[derive(FromQueryResult)]
struct Standing {
    waits: bool,
    /// Whether it was given a role.
    role: bool,
}

#[derive(FromQueryResult)]
struct Buried {
    body: String,
}

impl OrgTx {
    /// The user of an `externalId`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn match_external_id(
        &self,
        sso: SsoConnectionId,
        external_id: &str,
    ) -> Result<Match, StoreError> {
        let sql = format!(
            "select scim_connection_id as connection, id from users
             where org_id = $1 and scim_connection_id in ({LINKED}) and external_id = $3 limit 2"
        );
        self.find_match(&sql, sso, vec![external_id.into()]).await
    }

    /// The user that has an address among its e-mails, or for its `userName`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn match_email(
        &self,
        sso: SsoConnectionId,
        email: &str,
    ) -> Result<Match, StoreError> {
        let sql = format!(
            "select scim_connection_id as connection, user_id as id from user_emails
             where org_id = $1 and scim_connection_id in ({LINKED}) and value_key = $3
             union
             select scim_connection_id as connection, id from users
             where org_id = $1 and scim_connection_id in ({LINKED}) and user_name_key = $4
             limit 2"
        );
        let keys = vec![caseless(email).into(), user_name::key(email).into()];
        self.find_match(&sql, sso, keys).await
    }

    async fn find_match(
        &self,
        sql: &str,
        sso: SsoConnectionId,
        keys: Vec<Value>,
    ) -> Result<Match, StoreError> {
        let statement = self.of_provider(sql, sso, keys);
        let found = Found::find_by_statement(statement);
        Ok(match found.all(self.connection()).await?.as_slice() {
            [] => Match::Nobody,
            [one] => Match::One(
                ScimConnectionId::from_uuid(one.connection),
                UserId::from_uuid(one.id),
            ),
            _ => Match::Several,
        })
    }

    fn of_provider(&self, sql: &str, sso: SsoConnectionId, keys: Vec<Value>) -> Statement {
        let mut values = vec![self.org_id.as_uuid().into(), sso.as_uuid().into()];
        values.extend(keys);
        let backend = self.connection().get_database_backend();
        Statement::from_sql_and_values(backend, sql, values)
    }

    /// Whether a user with that `externalId` or that address was deleted and can still be brought
    /// back. The addresses of who was deleted are in no index: it is asked only for people who come for
    /// the first time and whom nobody provisioned.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn was_deleted(
        &self,
        sso: SsoConnectionId,
        external_id: Option<&str>,
        email: Option<&str>,
    ) -> Result<bool, StoreError> {
        let sql = format!(
            "select body from tombstones
             where org_id = $1 and scim_connection_id in ({LINKED}) and kind = 'User'
                and purge_at > $5 and (external_id = $3 or lower(body) like $4 escape '!')"
        );
        let email = email.map(caseless);
        let like = email.as_deref().map(|email| {
            // Databases differ in what they call the lower case of other letters.
            if !email.is_ascii() {
                return "%".to_owned();
            }
            let literal = email
                .replace('!', "!!")
                .replace('%', "!%")
                .replace('_', "!_");
            format!("%{literal}%")
        });
        let now = self.now.unix_micros();
        let keys = vec![external_id.into(), like.into(), now.into()];
        let statement = self.of_provider(&sql, sso, keys);
        for row in Buried::find_by_statement(statement)
            .all(self.connection())
            .await?
        {
            let resource = Resource::from_stored(&row.body)
                .map_err(|reason| StoreError::corrupt("tombstones", self.org_id, reason))?;
            let same_id = external_id.is_some() && resource.external_id() == external_id;
            let mut addresses = resource.emails().chain(resource.user_name());
            let same_address = email
                .as_deref()
                .is_some_and(|email| addresses.any(|held| caseless(held) == email));
            if same_id || same_address {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A user with what a sign-in asks of it; `None` if it is gone, or if its SCIM connection belongs to
    /// another SSO connection by now.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_person(
        &self,
        sso: SsoConnectionId,
        connection: ScimConnectionId,
        user: UserId,
    ) -> Result<Option<Person>, StoreError> {
        let values = vec![connection.as_uuid().into(), user.as_uuid().into()];
        let standing = self.of_provider(STANDING, sso, values);
        let standing = Standing::find_by_statement(standing);
        let Some(standing) = standing.one(self.connection()).await? else {
            return Ok(None);
        };
        let scope = Scope {
            org_id: self.org_id,
            connection_id: connection,
        };
        let found = shown::find(self.connection(), scope, UserKey::Id(user), true).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let role = match standing.role {
            true => roles::role_of(self.connection(), scope, user).await?,
            false => None,
        };
        Ok(Some(Person {
            scim_connection_id: connection,
            user: found.user.read()?,
            groups: found.groups,
            waits: standing.waits,
            role,
        }))
    }
}
