//! What is asked and told of webhook endpoints.

use std::time::Duration;

use rollcall_model::{
    EventType, OrgId, PageRequest, PauseReason, Timestamp, WebhookEndpoint, WebhookEndpointId,
};
use rollcall_orgs::webhooks::DEFAULT_OVERLAP;
use rollcall_store::WebhookEndpointChange;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::fields::{from_text, present};
use crate::api::problem::Problem;
use crate::api::query;

/// Which endpoints are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EndpointsQuery {
    /// At most this many items; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before; from the start of the list if it is not given.
    after: Option<String>,
    /// Only those of one organization, by id or slug.
    pub(super) organization: Option<String>,
}

impl EndpointsQuery {
    /// The page that is wanted.
    ///
    /// # Errors
    ///
    /// 422: the limit is out of bounds, or the cursor is none of this list.
    pub(super) fn page(&self, most: u64) -> Result<PageRequest<WebhookEndpointId>, Problem> {
        query::page(self.limit, self.after.as_deref(), most)
    }
}

/// When a secret signs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
struct SecretBody {
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it stops signing; `null` for the current one.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    expires_at: Option<Timestamp>,
}

/// A place where events are sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub(super) struct EndpointBody {
    /// Its id.
    #[schema(value_type = String, example = "whe_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: WebhookEndpointId,
    /// The one organization whose events it is sent; `null` for all of them.
    #[schema(value_type = Option<String>, required = true)]
    organization_id: Option<OrgId>,
    /// Where it is.
    url: String,
    /// What it is, for people.
    #[schema(required = true)]
    description: Option<String>,
    /// The event types that it is sent; `null` for every type, those of later releases too.
    #[schema(value_type = Option<Vec<String>>, required = true)]
    types: Option<Vec<EventType>>,
    /// Whether an event of an organization is sent only after the one before was delivered or given
    /// up.
    ordered: bool,
    /// How many requests are on their way to it at most.
    max_in_flight: u32,
    /// How long it may take to answer, in seconds.
    timeout_seconds: u64,
    /// Whether anything is sent to it. While it is not, events are queued.
    enabled: bool,
    /// When it was paused.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    paused_at: Option<Timestamp>,
    /// Why: `manual`, `failing` (everything failed for too long) or `gone` (it answered 410).
    #[schema(value_type = Option<String>, required = true)]
    pause_reason: Option<PauseReason>,
    /// How many attempts in a row failed.
    failures: u32,
    /// When the first of those was.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    failing_since: Option<Timestamp>,
    /// The secrets that sign now, the current one first; empty in lists.
    secrets: Vec<SecretBody>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<WebhookEndpoint> for EndpointBody {
    fn from(endpoint: WebhookEndpoint) -> Self {
        let secrets = endpoint.secrets.into_iter().map(|secret| SecretBody {
            created_at: secret.created_at,
            expires_at: secret.expires_at,
        });
        Self {
            id: endpoint.id,
            organization_id: endpoint.organization_id,
            url: endpoint.url,
            description: endpoint.description,
            types: endpoint.types,
            ordered: endpoint.ordered,
            max_in_flight: endpoint.max_in_flight,
            timeout_seconds: endpoint.timeout.as_secs(),
            enabled: endpoint.paused.is_none(),
            paused_at: endpoint.paused.map(|(at, _)| at),
            pause_reason: endpoint.paused.map(|(_, reason)| reason),
            failures: endpoint.failures,
            failing_since: endpoint.failing_since,
            secrets: secrets.collect(),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// A webhook endpoint in the one answer that shows its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedWebhookEndpoint)]
pub(super) struct IssuedEndpointBody {
    #[serde(flatten)]
    endpoint: EndpointBody,
    /// The secret (`whsec_…`), shown this once: `null` when the answer is repeated.
    #[schema(value_type = Option<String>, required = true)]
    secret: (),
}

impl From<WebhookEndpoint> for IssuedEndpointBody {
    fn from(endpoint: WebhookEndpoint) -> Self {
        Self {
            endpoint: endpoint.into(),
            secret: (),
        }
    }
}

/// A new webhook endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewWebhookEndpoint)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEndpointBody {
    /// Where events are posted: `https://…`. Plain `http` only into a network that the
    /// configuration allows.
    #[schema(example = "https://product.example.com/hooks/rollcall")]
    url: String,
    /// Id or slug of the one organization whose events it shall be sent; all of them if it is not
    /// given, or the one that the key is bound to.
    pub(super) organization: Option<String>,
    /// The event types that it shall be sent; every type if it is not given.
    #[schema(example = json!(["user.created", "user.deactivated"]))]
    types: Option<Vec<String>>,
    /// What it is, for people; up to 500 characters.
    description: Option<String>,
    /// Whether events of one organization shall come strictly one after the other; false if it is
    /// not given.
    ordered: Option<bool>,
    /// How many requests may be on their way to it, 1 to 64; 8 if it is not given.
    #[schema(minimum = 1, maximum = 64)]
    max_in_flight: Option<u32>,
    /// How long it may take to answer, 1 to 60 seconds; 15 if it is not given.
    #[schema(minimum = 1, maximum = 60)]
    timeout_seconds: Option<u64>,
    /// Whether anything is sent to it; true if it is not given.
    enabled: Option<bool>,
}

impl NewEndpointBody {
    /// The URL, and what was chosen beside it.
    pub(super) fn chosen(self) -> Result<(String, WebhookEndpointChange), Problem> {
        let chosen = WebhookEndpointChange {
            url: None,
            description: Some(self.description),
            types: Some(types(self.types)?),
            ordered: self.ordered,
            max_in_flight: self.max_in_flight,
            timeout: self.timeout_seconds.map(Duration::from_secs),
            enabled: self.enabled,
        };
        Ok((self.url, chosen))
    }
}

/// What is to be changed of a webhook endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = WebhookEndpointChange)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedEndpointBody {
    /// Another URL.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    url: Option<String>,
    /// Another description; `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Other event types; `null` for every type. They hold for events from now on.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>)]
    types: Option<Option<Vec<String>>>,
    /// Whether events of one organization come strictly one after the other.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    ordered: Option<bool>,
    /// How many requests may be on their way to it, 1 to 64.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 1, maximum = 64)]
    max_in_flight: Option<u32>,
    /// How long it may take to answer, 1 to 60 seconds.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 1, maximum = 60)]
    timeout_seconds: Option<u64>,
    /// `false` pauses it, `true` resumes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

impl ChangedEndpointBody {
    pub(super) fn chosen(self) -> Result<WebhookEndpointChange, Problem> {
        Ok(WebhookEndpointChange {
            url: self.url,
            description: self.description,
            types: self.types.map(types).transpose()?,
            ordered: self.ordered,
            max_in_flight: self.max_in_flight,
            timeout: self.timeout_seconds.map(Duration::from_secs),
            enabled: self.enabled,
        })
    }
}

/// How a secret is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = WebhookSecretRotation)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationBody {
    /// How long the secret of before signs along, 0 to 604,800 seconds; a day if it is not given.
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<u64>,
}

impl RotationBody {
    pub(super) fn overlap(&self) -> Duration {
        self.overlap_seconds
            .map_or(DEFAULT_OVERLAP, Duration::from_secs)
    }
}

/// Types by their names.
///
/// # Errors
///
/// 422: the first name that is none.
pub(super) fn types(names: Option<Vec<String>>) -> Result<Option<Vec<EventType>>, Problem> {
    let named = |name: &String| {
        EventType::from_name(name)
            .ok_or_else(|| Problem::invalid("types", format!("there is no event type `{name}`")))
    };
    names
        .map(|names| names.iter().map(named).collect())
        .transpose()
}
