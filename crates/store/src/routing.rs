//! From what a request carries to the tenant that it may be for.
//!
//! These are the only reads that begin without an organization: a digest, or a connection's id
//! in a path. What they find is not yet a permission; `orgs` compares the token with the
//! address, its dates and the connection's switch, and only then lets go of the handle.

use std::net::IpAddr;
use std::sync::Arc;

use rollcall_model::{
    Credential, IdpKind, OauthClientId, OrgId, OrgRef, PageRequest, ScimConnectionId, Scopes, Slug,
    Timestamp, TokenId,
};
use sea_orm::{EntityTrait, FromQueryResult, Statement};
use uuid::Uuid;

use crate::connect::Store;
use crate::entity::{routing_connections, scim_connections};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;
use crate::shape::{Shape, ShapeRow};

/// What is looked up for a request, and remembered by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Carried {
    /// The SHA-256 of a SCIM token.
    Token([u8; 32]),
    /// The id of an OAuth client, out of an access token that was verified.
    OauthClient(OauthClientId),
}

/// A SCIM token or an OAuth client as it is stored, with its connection, before anything has been
/// checked.
pub struct StoredCredential {
    /// Which one it is.
    pub credential: Credential,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// The connection it belongs to.
    pub connection_id: ScimConnectionId,
    /// The slug of the organization it belongs to.
    pub org_slug: Slug,
    /// What it may do.
    pub scopes: Scopes,
    /// From when on it is refused; an OAuth client has no end of its own.
    pub expires_at: Option<Timestamp>,
    /// From when on it is refused because somebody revoked it.
    pub revoked_at: Option<Timestamp>,
    /// Whether its connection takes requests.
    pub connection_enabled: bool,
    /// Whether the identity provider has been heard of before.
    pub connected_before: bool,
    /// The identity provider that was recognised when it was.
    pub recognised_idp: Option<IdpKind>,
    pub(crate) org_id: OrgId,
    shape: Arc<Shape>,
}

impl StoredCredential {
    /// The organization it belongs to.
    #[must_use]
    pub const fn org_id(&self) -> OrgId {
        self.org_id
    }

    /// Whether its connection takes requests from there.
    #[must_use]
    pub fn may_come_from(&self, source: Option<IpAddr>) -> bool {
        self.shape.settings.allowed_source_addresses.allow(source)
    }

    /// The handle that it opens. For whoever has checked the rest.
    #[must_use]
    pub fn handle(&self, store: &Store) -> ConnectionHandle {
        ConnectionHandle {
            store: store.clone(),
            org_id: self.org_id,
            connection_id: self.connection_id,
            shape: Arc::clone(&self.shape),
        }
    }
}

#[derive(FromQueryResult)]
struct Row {
    org_id: Uuid,
    scim_connection_id: Uuid,
    credential_id: Uuid,
    digest: Vec<u8>,
    slug: String,
    access: String,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    enabled: bool,
    first_request_at: Option<i64>,
    recognised_idp: Option<String>,
    settings: String,
    revision: i64,
}

const FIND_TOKEN: &str = "
    select r.org_id, r.scim_connection_id, r.token_id as credential_id, r.digest, o.slug, t.access,
           t.expires_at, t.revoked_at,
           c.enabled, c.first_request_at, c.recognised_idp, c.settings, c.revision
    from routing_tokens r
    join scim_tokens t on t.org_id = r.org_id
        and t.scim_connection_id = r.scim_connection_id and t.id = r.token_id
    join scim_connections c on c.org_id = r.org_id and c.id = r.scim_connection_id
    join organizations o on o.id = r.org_id
    where r.digest = $1";

const FIND_OAUTH_CLIENT: &str = "
    select r.org_id, r.scim_connection_id, r.client_id as credential_id, t.digest, o.slug, t.access,
           cast(null as bigint) as expires_at, t.revoked_at,
           c.enabled, c.first_request_at, c.recognised_idp, c.settings, c.revision
    from routing_oauth_clients r
    join oauth_clients t on t.org_id = r.org_id
        and t.scim_connection_id = r.scim_connection_id and t.id = r.client_id
    join scim_connections c on c.org_id = r.org_id and c.id = r.scim_connection_id
    join organizations o on o.id = r.org_id
    where r.client_id = $1";

impl Store {
    /// The token of that SHA-256 digest: as it is, or as it was at most
    /// [`REMEMBER_FOR`](crate::REMEMBER_FOR) ago if nobody told this process of a change.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_token(
        &self,
        digest: &[u8; 32],
    ) -> Result<Option<Arc<StoredCredential>>, StoreError> {
        self.find_carried(Carried::Token(*digest)).await
    }

    /// The OAuth client of that id; see [`Self::find_token`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_oauth_client(
        &self,
        id: OauthClientId,
    ) -> Result<Option<Arc<StoredCredential>>, StoreError> {
        self.find_carried(Carried::OauthClient(id)).await
    }

    async fn find_carried(
        &self,
        carried: Carried,
    ) -> Result<Option<Arc<StoredCredential>>, StoreError> {
        if let Some(known) = self.remembered.token(&carried) {
            return Ok(Some(known));
        }
        let before = self.remembered.before_read();
        let Some(found) = self.read_carried(carried).await? else {
            return Ok(None);
        };
        let found = Arc::new(found);
        self.remembered.keep(carried, Arc::clone(&found), before);
        Ok(Some(found))
    }

    async fn read_carried(&self, carried: Carried) -> Result<Option<StoredCredential>, StoreError> {
        let (sql, value) = match carried {
            Carried::Token(digest) => (FIND_TOKEN, digest.to_vec().into()),
            Carried::OauthClient(id) => (FIND_OAUTH_CLIENT, id.as_uuid().into()),
        };
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, [value]);
        let Some(row) = Row::find_by_statement(statement).one(&self.db).await? else {
            return Ok(None);
        };
        let connection_id = ScimConnectionId::from_uuid(row.scim_connection_id);
        let shape = ShapeRow {
            org_id: OrgId::from_uuid(row.org_id),
            id: connection_id,
            revision: row.revision,
            settings: &row.settings,
        };
        let shape = self.remembered.shapes.of(&self.db, &shape).await?;
        let digest = row.digest.try_into();
        Ok(Some(StoredCredential {
            credential: match carried {
                Carried::Token(_) => Credential::Token(TokenId::from_uuid(row.credential_id)),
                Carried::OauthClient(id) => Credential::OauthClient(id),
            },
            digest: digest.map_err(|_| {
                StoreError::corrupt("oauth_clients", row.credential_id, "no SHA-256")
            })?,
            connection_id,
            org_slug: row
                .slug
                .parse()
                .map_err(|reason| StoreError::corrupt("organizations", row.org_id, reason))?,
            scopes: Scopes::from_stored(&row.access),
            expires_at: row.expires_at.map(Timestamp::from_unix_micros),
            revoked_at: row.revoked_at.map(Timestamp::from_unix_micros),
            connection_enabled: row.enabled,
            connected_before: row.first_request_at.is_some(),
            recognised_idp: row
                .recognised_idp
                .map(|name| name.parse())
                .transpose()
                .map_err(|reason| StoreError::corrupt("scim_connections", connection_id, reason))?,
            org_id: OrgId::from_uuid(row.org_id),
            shape,
        }))
    }

    /// The connection that a path names. For its log only: nothing was checked.
    pub(crate) async fn route_connection(
        &self,
        id: ScimConnectionId,
    ) -> Result<Option<ConnectionHandle>, StoreError> {
        let row = routing_connections::Entity::find_by_id(id.as_uuid())
            .one(&self.db)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let found = scim_connections::Entity::find_by_id((row.org_id, row.scim_connection_id))
            .one(&self.db)
            .await?;
        match found {
            Some(row) => Ok(Some(self.handle_of(&row).await?)),
            None => Ok(None),
        }
    }

    /// The handle of a connection whose row was found for a caller who may open it.
    pub(crate) async fn handle_of(
        &self,
        row: &scim_connections::Model,
    ) -> Result<ConnectionHandle, StoreError> {
        let connection_id = ScimConnectionId::from_uuid(row.id);
        let shape = ShapeRow {
            org_id: OrgId::from_uuid(row.org_id),
            id: connection_id,
            revision: row.revision,
            settings: &row.settings,
        };
        let shape = self.remembered.shapes.of(&self.db, &shape).await?;
        Ok(ConnectionHandle {
            store: self.clone(),
            org_id: OrgId::from_uuid(row.org_id),
            connection_id,
            shape,
        })
    }

    /// The connection of an organization that a host names, if it has exactly one. For its log
    /// only: nothing was checked.
    pub(crate) async fn route_only_connection(
        &self,
        slug: &Slug,
    ) -> Result<Option<ConnectionHandle>, StoreError> {
        let Some(org) = self.open_organization(&OrgRef::Slug(slug.clone())).await? else {
            return Ok(None);
        };
        let two = PageRequest {
            after: None,
            limit: 2,
        };
        let connections = org.list_scim_connections(two).await?.items;
        match connections.as_slice() {
            [only] => org.open_connection(only.id).await,
            _ => Ok(None),
        }
    }
}
