//! `/v1/events`: the feed of every organization's changes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_model::{
    Event, EventId, EventType, OrgId, OrgRef, RequestId, ScimConnectionId, Timestamp,
};
use rollcall_store::FeedQuery;
use serde::de::{Deserializer, Error, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::fields::from_text;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_events);
}

/// One change, as it was committed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
struct EventBody {
    /// Its id; a follower that sees one twice may drop the second.
    #[schema(value_type = String, example = "evt_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "user.created")]
    kind: EventType,
    /// Whose change it is.
    #[schema(value_type = String, example = "org_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    organization_id: OrgId,
    /// The SCIM connection it happened in, if it happened in one.
    #[schema(value_type = Option<String>, required = true)]
    scim_connection_id: Option<ScimConnectionId>,
    /// Place in the organization's history: 1, 2, 3, … without a gap.
    sequence: u64,
    /// Place in the feed over all organizations; grows, and may skip numbers.
    position: u64,
    /// When the change was made.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// Who caused it: a SCIM connection, an API key, or `system`.
    actor: String,
    /// The request that caused it.
    #[schema(value_type = String, example = "req_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    request_id: RequestId,
    /// What changed, by type.
    #[schema(value_type = Object)]
    data: Value,
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            kind: event.kind,
            organization_id: event.organization_id,
            scim_connection_id: event.scim_connection_id,
            sequence: event.sequence,
            position: event.position,
            occurred_at: event.occurred_at,
            actor: event.actor,
            request_id: event.request_id,
            data: event.data,
        }
    }
}

/// Which events are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// The `next_cursor` of the answer before; from the first event if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    after: Option<u64>,
    /// Only of this organization, by id or slug. A deleted one is found by its id.
    organization: Option<String>,
    /// Only of these types, separated by commas.
    #[param(example = "user.created,user.deactivated")]
    types: Option<String>,
    /// At most this many events; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// Refused with its own sentence: it has a place in the API and is not served yet.
    #[serde(default, rename = "wait_seconds", deserialize_with = "no_waiting")]
    #[param(ignore)]
    _wait_seconds: (),
}

fn no_waiting<'de, D: Deserializer<'de>>(value: D) -> Result<(), D::Error> {
    IgnoredAny::deserialize(value)?;
    Err(D::Error::custom("waiting for events is not supported yet"))
}

fn types(asked: Option<&str>) -> Result<Vec<EventType>, Problem> {
    let names = asked.into_iter().flat_map(|names| names.split(','));
    names
        .map(|name| {
            EventType::from_name(name).ok_or_else(|| {
                Problem::invalid("types", format!("there is no event type `{name}`"))
            })
        })
        .collect()
}

/// The organization whose events are wanted. An id is not looked up: events outlive their
/// organization.
async fn organization(caller: &Caller, asked: &str) -> Result<OrgId, Problem> {
    let unknown = || {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no_such_reference",
            "`organization` names no organization",
        )
        .at("organization")
    };
    let named: OrgRef = asked.parse().map_err(|_| unknown())?;
    if let OrgRef::Id(id) = named {
        return Ok(id);
    }
    let found = caller.app.store.open_organization(&named).await?;
    let found = found.filter(|org| caller.bound_to().is_none_or(|id| id == org.org_id()));
    Ok(found.ok_or_else(unknown)?.org_id())
}

/// Follow the events of every organization
///
/// In the order of the feed, which never changes. A key that is bound to an organization sees the events of
/// that one. Send `next_cursor` as `after` to go on; it is
/// there at the end of the feed too, so that a follower can ask again later. It is `null` only if
/// no `after` was given and there is no event yet.
#[utoipa::path(
    tag = "Events",
    params(EventsQuery),
    responses((status = 200, description = "The next events", body = ListBody<EventBody>)),
)]
#[get("/events")]
async fn list_events(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query: EventsQuery = query::read(&req)?;
    let org_id = match &query.organization {
        Some(asked) => Some(organization(&caller, asked).await?),
        None => caller.bound_to(),
    };
    if let (Some(own), Some(asked)) = (caller.bound_to(), org_id)
        && own != asked
    {
        // An id that was never given out has no events either.
        return answer::ok(&ListBody::<EventBody> {
            data: Vec::new(),
            next_cursor: query.after.map(|position| position.to_string()),
        });
    }
    let feed = FeedQuery {
        after: query.after.unwrap_or(0),
        org_id,
        types: types(query.types.as_deref())?,
        limit: query::limit(query.limit, caller.app.settings.limits.max_page)?,
    };
    let events = caller.app.store.read_feed(&feed).await?;
    if let Some(after) = query.after
        && events.is_empty()
        && after > caller.app.store.feed_end().await?
    {
        // It would stay silent until the feed has caught up, and skip everything until then.
        return Err(Problem::invalid(
            "after",
            "`after` lies beyond the end of the feed; was the database restored from a backup? \
             Begin again without it, and compare what you have",
        ));
    }
    let read_to = events.last().map(|event| event.position).or(query.after);
    answer::ok(&ListBody {
        data: events.into_iter().map(EventBody::from).collect(),
        next_cursor: read_to.map(|position| position.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn refusal(query: &str) -> String {
        let req = TestRequest::with_uri(&format!("/v1/events?{query}")).to_http_request();
        let read = query::read::<EventsQuery>(&req).and_then(|query| types(query.types.as_deref()));
        read.unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_type_is_named() {
        insta::assert_snapshot!(
            refusal("types=user.created,user.made"),
            @"422 Unprocessable Entity invalid_field: there is no event type `user.made`"
        );
    }

    #[test]
    fn waiting_is_refused_with_a_sentence() {
        insta::assert_snapshot!(
            refusal("wait_seconds=20"),
            @"422 Unprocessable Entity invalid_field: `wait_seconds` is not valid: waiting for events is not supported yet"
        );
    }

    #[test]
    fn a_cursor_is_a_position() {
        insta::assert_snapshot!(
            refusal("after=evt_1"),
            @"422 Unprocessable Entity invalid_field: `after` is not valid: invalid digit found in string"
        );
    }
}
