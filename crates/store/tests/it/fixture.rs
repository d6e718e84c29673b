//! Organizations and connections to work with.

use std::sync::Arc;

use rollcall_model::{
    Actor, ManualClock, OidcProvider, OrgId, Organization, Origin, RequestId, ScimConnectionId,
    Scopes, Slug, SsoConnectionId, SsoProvider, Timestamp, TokenId, UserId,
};
use rollcall_scim::filter::{self, CheckedFilter};
use rollcall_scim::{Catalog, Resource};
use rollcall_store::{
    ConnectionHandle, NamedMember, NewScimConnection, NewSsoConnection, NewToken, OrgHandle, Store,
};
use rollcall_testkit::TestDatabase;
use serde_json::{Value, json};

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
}

impl Fixture {
    pub(crate) async fn on(database: &TestDatabase) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_micros(
            1_700_000_000_000_000,
        )));
        Self {
            store: database.store(clock.clone()).await,
            clock,
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor: Actor::System,
            request_id: self.request(),
        }
    }

    pub(crate) fn request(&self) -> RequestId {
        RequestId::new(self.clock.as_ref())
    }

    pub(crate) async fn organization(&self, name: &str) -> OrgHandle {
        let now = self.store.clock().now();
        let organization = Organization {
            id: OrgId::new(self.clock.as_ref()),
            slug: Slug::from_name(name).unwrap(),
            name: name.to_owned(),
            external_id: None,
            created_at: now,
            updated_at: now,
        };
        let origin = self.origin();
        self.store
            .create_organization(organization, origin)
            .await
            .unwrap()
    }

    /// A connection with a login provider and a token whose digest is `digest` repeated.
    pub(crate) async fn connection(&self, org: &OrgHandle, digest: u8) -> ConnectionHandle {
        let clock = self.clock.as_ref();
        let sso_connection_id = SsoConnectionId::new(clock);
        let id = ScimConnectionId::new(clock);
        let mut tx = org.begin(self.origin()).await.unwrap();
        tx.insert_sso_connection(NewSsoConnection {
            id: sso_connection_id,
            name: "Sign-in".to_owned(),
            provider: SsoProvider::Oidc(OidcProvider {
                issuer: "https://login.example.com".to_owned(),
                client_id: "product".to_owned(),
                has_client_secret: false,
                external_id_claim: None,
            }),
            trust_email: false,
            enabled: true,
            sealed_client_secret: None,
        })
        .await
        .unwrap();
        tx.insert_scim_connection(NewScimConnection {
            id,
            name: "Directory".to_owned(),
            sso_connection_id,
            idp: None,
        })
        .await
        .unwrap();
        let token = NewToken {
            id: TokenId::new(clock),
            name: "token".to_owned(),
            prefix: "rc_abcde".to_owned(),
            scopes: Scopes::WRITE,
            digest: [digest; 32],
            expires_at: Timestamp::from_unix_micros(i64::MAX),
        };
        tx.insert_token(id, token).await.unwrap();
        tx.commit().await.unwrap();
        org.open_connection(id).await.unwrap().unwrap()
    }
}

/// A user's attributes as the protocol reads them.
pub(crate) fn user(user_name: &str) -> Resource {
    resource(json!({ "userName": user_name }))
}

pub(crate) fn resource(body: Value) -> Resource {
    Resource::parse(Catalog::core().user(), body)
        .unwrap()
        .resource
}

/// Users as a request names them.
pub(crate) fn as_members(ids: &[UserId]) -> Vec<NamedMember> {
    ids.iter().map(|id| NamedMember::of(id.to_scim())).collect()
}

pub(crate) fn group(display_name: &str) -> Resource {
    let body = json!({ "displayName": display_name });
    Resource::parse(Catalog::core().group(), body)
        .unwrap()
        .resource
}

/// A filter on users.
pub(crate) fn filter(text: &str) -> CheckedFilter {
    let catalog = Catalog::core();
    let parsed = filter::parse(text, catalog.user()).unwrap();
    filter::check(catalog.user(), parsed).unwrap()
}
