//! What a SCIM connection looks like in bodies.

use std::borrow::Cow;

use rollcall_model::{
    Attention, ConnectionState, IdpKind, OrgId, Organization, ScimConnection, ScimConnectionId,
    ScimSettings, ScimSettingsChange, SsoConnectionId, Timestamp, UnknownIdp,
};
use rollcall_orgs::scim_connections::ScimConnectionPatch;
use rollcall_replicas::Recent;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::tokens::IssuedTokenBody;
use crate::api::fields::present;
use crate::settings::Settings;

/// The ways to reach a connection's endpoint. All of them need one of its tokens.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EndpointUrls)]
pub(super) struct EndpointUrlsBody {
    /// The path names the connection; always there.
    path: String,
    /// The host names the organization; absent if organizations have no hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    host: Option<String>,
    /// The token names the connection.
    token_only: String,
}

impl EndpointUrlsBody {
    fn new(settings: &Settings, slug: &str, id: ScimConnectionId) -> Self {
        let token_only = format!("{}/scim/v2", settings.public_url);
        Self {
            path: format!("{token_only}/{id}"),
            host: settings.host_url(slug),
            token_only,
        }
    }
}

/// What a connection was asked lately. Up to a few seconds behind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecentRequests)]
pub(super) struct RecentBody {
    /// Requests with a good token.
    requests: u64,
    /// Those of them that were answered with a status of 400 or more.
    failures: u64,
    /// From when on they are counted: the beginning of the hour before this one.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

impl From<Recent> for RecentBody {
    fn from(recent: Recent) -> Self {
        Self {
            requests: recent.requests,
            failures: recent.failures,
            since: recent.since,
        }
    }
}

/// Why a connection needs attention.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attention)]
pub(super) struct AttentionBody {
    /// `no_live_token`, `token_expiring`, `auth_failing`, `errors_rising` or `quiet`.
    #[schema(value_type = String, example = "quiet")]
    reason: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// The same as a sentence, with the figures of this connection. Its words may change.
    detail: String,
}

impl From<&Attention> for AttentionBody {
    fn from(attention: &Attention) -> Self {
        Self {
            reason: attention.reason.as_str(),
            since: attention.since,
            detail: attention.detail.clone(),
        }
    }
}

/// One provisioning configuration of an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScimConnection)]
pub(super) struct ScimConnectionBody {
    /// Its id.
    #[schema(value_type = String, example = "scim_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: ScimConnectionId,
    /// Whose it is.
    #[schema(value_type = String, example = "org_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    organization_id: OrgId,
    /// Its name for people.
    name: String,
    /// What it is in now: `disabled`, `awaiting_first_request`, `connected` or `attention`.
    #[schema(value_type = String, example = "connected")]
    state: ConnectionState,
    /// Why the state is `attention`, as stable words.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<&'static str>,
    /// The same with more of each reason, the worst first.
    attention: Vec<AttentionBody>,
    /// What to type into the identity provider; the same as `endpoint_urls.path`.
    endpoint_url: String,
    /// Every way to reach it.
    endpoint_urls: EndpointUrlsBody,
    /// The login provider of the people it provisions.
    #[schema(value_type = String, example = "sso_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    sso_connection_id: SsoConnectionId,
    /// The identity provider that it is said to be.
    #[schema(value_type = Option<String>, required = true, example = "okta")]
    idp: Option<&'static str>,
    /// The identity provider that its requests were recognised as.
    #[schema(value_type = Option<String>, required = true, example = "okta")]
    recognised_idp: Option<&'static str>,
    /// Whether requests are taken.
    enabled: bool,
    /// What was chosen for it; all settings are there, with their defaults.
    #[schema(value_type = Object)]
    settings: ScimSettings,
    /// When the identity provider's first authenticated request came.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    first_request_at: Option<Timestamp>,
    /// When its last request came; up to a few seconds behind.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    last_request_at: Option<Timestamp>,
    /// How many users it has provisioned.
    users: u64,
    /// How many groups it has provisioned.
    groups: u64,
    /// How many of its tokens are neither expired nor revoked.
    live_tokens: u64,
    /// How many of its OAuth clients nobody has revoked.
    live_oauth_clients: u64,
    /// What it was asked lately, over all replicas; `null` while that cannot be told.
    #[schema(required = true)]
    recent: Option<RecentBody>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl ScimConnectionBody {
    /// Shows a connection of an organization.
    pub(super) fn new(
        settings: &Settings,
        organization: &Organization,
        connection: ScimConnection,
        recent: Option<Recent>,
    ) -> Self {
        let slug = organization.slug.as_str();
        let endpoint_urls = EndpointUrlsBody::new(settings, slug, connection.id);
        Self {
            id: connection.id,
            organization_id: organization.id,
            state: connection.state(),
            reasons: connection.reasons(),
            attention: connection
                .attention()
                .iter()
                .map(AttentionBody::from)
                .collect(),
            endpoint_url: endpoint_urls.path.clone(),
            endpoint_urls,
            sso_connection_id: connection.sso_connection_id,
            idp: connection.idp.map(IdpKind::as_str),
            recognised_idp: connection.recognised_idp.map(IdpKind::as_str),
            enabled: connection.enabled,
            settings: connection.settings,
            first_request_at: connection.first_request_at,
            last_request_at: connection.last_request_at,
            users: connection.users,
            groups: connection.groups,
            live_tokens: connection.live_tokens,
            live_oauth_clients: connection.live_oauth_clients,
            recent: recent.map(RecentBody::from),
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            name: connection.name,
        }
    }
}

/// A new SCIM connection with its first token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedScimConnection)]
pub(super) struct CreatedScimConnectionBody {
    /// The connection.
    #[serde(flatten)]
    pub(super) connection: ScimConnectionBody,
    /// Its first token; `null` if none was wanted.
    #[schema(required = true)]
    pub(super) token: Option<IssuedTokenBody>,
}

/// An identity provider by its name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct IdpName(IdpKind);

impl TryFrom<String> for IdpName {
    type Error = UnknownIdp;

    fn try_from(name: String) -> Result<Self, UnknownIdp> {
        name.parse().map(Self)
    }
}

impl PartialSchema for IdpName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(IdpKind::ALL.map(IdpKind::as_str)))
            .build()
            .into()
    }
}

impl ToSchema for IdpName {
    fn name() -> Cow<'static, str> {
        "Idp".into()
    }
}

impl From<IdpName> for IdpKind {
    fn from(name: IdpName) -> Self {
        name.0
    }
}

/// A new SCIM connection.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewScimConnection)]
#[serde(deny_unknown_fields)]
pub(super) struct NewScimConnectionBody {
    /// Its name for people, 1 to 200 characters.
    pub(super) name: String,
    /// The login provider of the people it provisions; one of the same organization.
    #[schema(value_type = String)]
    pub(super) sso_connection_id: SsoConnectionId,
    /// The identity provider, if it is known.
    pub(super) idp: Option<IdpName>,
    /// Whether it comes with a first token; true if absent. Without, nobody can use it until one is
    /// made: for a caller that has no place to keep a secret.
    pub(super) first_token: Option<bool>,
}

/// What is to change about a SCIM connection. What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ScimConnectionChange)]
#[serde(deny_unknown_fields)]
pub(super) struct ScimConnectionChangeBody {
    /// A new name.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Whether requests are taken.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    enabled: Option<bool>,
    /// Another login provider of the same organization.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    sso_connection_id: Option<SsoConnectionId>,
    /// Another identity provider; `null` for none.
    #[serde(default, deserialize_with = "present")]
    idp: Option<Option<IdpName>>,
    /// Settings that get another value; those that are absent stay, `null` is the default.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Object, required = false)]
    settings: Option<ScimSettingsChange>,
}

impl From<ScimConnectionChangeBody> for ScimConnectionPatch {
    fn from(change: ScimConnectionChangeBody) -> Self {
        Self {
            name: change.name,
            enabled: change.enabled,
            sso_connection_id: change.sso_connection_id,
            idp: change.idp.map(|idp| idp.map(IdpKind::from)),
            settings: change.settings,
        }
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::OrgId;
    use uuid::Uuid;

    use super::*;
    use crate::api::body::parse;
    use crate::settings::{Limits, OauthSettings, RateSettings};
    use rollcall_orgs::portal::ReturnOrigins;

    fn urls(public_url: &str, base_domain: Option<&str>) -> serde_json::Value {
        let settings = Settings {
            public_url: public_url.to_owned(),
            base_domain: base_domain.map(str::to_owned),
            proxies: crate::proxies::Proxies::None,
            extra_scim_paths: Vec::new(),
            limits: Limits::default(),
            rate_limits: RateSettings::OFF,
            oauth: OauthSettings::default(),
            admission: crate::admission::AdmissionLimits::default(),
            request_log: crate::request_log::RequestLogSettings::default(),
            management_oidc: None,
            portal_return_origins: ReturnOrigins::default(),
        };
        let id = ScimConnectionId::from_uuid(Uuid::nil());
        serde_json::to_value(EndpointUrlsBody::new(&settings, "acme", id)).unwrap()
    }

    #[test]
    fn a_connection_is_reached_by_path_host_or_token_alone() {
        insta::assert_json_snapshot!(
            urls("https://scim.example.com", Some("tenants.example.com")),
            @r#"
        {
          "path": "https://scim.example.com/scim/v2/scim_00000000000000000000000000",
          "host": "https://acme.tenants.example.com/scim/v2",
          "token_only": "https://scim.example.com/scim/v2"
        }
        "#
        );
    }

    #[test]
    fn without_a_base_domain_there_is_no_host() {
        insta::assert_json_snapshot!(urls("http://127.0.0.1:8080", None), @r#"
        {
          "path": "http://127.0.0.1:8080/scim/v2/scim_00000000000000000000000000",
          "token_only": "http://127.0.0.1:8080/scim/v2"
        }
        "#);
    }

    fn refusal(body: &str) -> String {
        let change = parse::<ScimConnectionChangeBody>(body.as_bytes());
        change.unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_setting_is_refused_with_a_sentence() {
        insta::assert_snapshot!(
            refusal(r#"{"settings": {"profile": "lax"}}"#),
            @"422 Unprocessable Entity invalid_field: `settings` is not valid: unknown variant `lax`, expected `compat` or `strict`"
        );
    }

    #[test]
    fn an_unknown_identity_provider_is_answered_with_the_known_ones() {
        insta::assert_snapshot!(
            refusal(r#"{"idp": "oktta"}"#),
            @"422 Unprocessable Entity invalid_field: `idp` is not valid: unknown identity provider `oktta`; known are: okta, entra, onelogin, jumpcloud, ping, google, cyberark, sailpoint, duo, rippling, authentik, keycloak, rauthy, generic"
        );
    }

    #[test]
    fn null_takes_the_identity_provider_away() {
        let change: ScimConnectionChangeBody = parse(br#"{"idp": null}"#).unwrap();
        assert_eq!(ScimConnectionPatch::from(change).idp, Some(None));
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_name() {
        let id = OrgId::from_uuid(Uuid::nil());
        insta::assert_snapshot!(
            refusal(&format!(r#"{{"sso_connection_id": "{id}"}}"#)),
            @"422 Unprocessable Entity invalid_field: `sso_connection_id` is not valid: expected an id that begins with `sso_` and goes on with 26 letters and digits"
        );
    }
}
