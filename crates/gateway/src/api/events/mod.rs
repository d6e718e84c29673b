//! `/v1/events`: the feed of every organization's changes.

mod stream;
mod wanted;

use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, HttpResponse, get};
use rollcall_model::{Event, EventId, EventType, OrgId, RequestId, ScimConnectionId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use self::wanted::{Filter, Wanted, enter};
use crate::api::answer;
use crate::api::caller::{Caller, bearer};
use crate::api::fields::from_text;
use crate::api::problem::Problem;
use crate::api::query;
use crate::followers::Following;
use crate::observe::Waited;

/// The longest that a request may wait for events.
const MOST_WAITING: u64 = 60;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(stream::stream_events).service(list_events);
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
    /// The version of the schema of `data`.
    version: u32,
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
    /// Who caused it: a SCIM connection, an API key, a session of the setup portal, or
    /// `system`.
    actor: String,
    /// The request that caused it.
    #[schema(value_type = String, example = "req_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    request_id: RequestId,
    /// What changed, by type.
    #[schema(value_type = Object)]
    data: Value,
}

/// The next events of the feed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventList)]
struct EventListBody {
    /// The events.
    #[schema(value_type = Vec<EventBody>)]
    data: Vec<Event>,
    /// What to send as `after` to go on. It moves on past events that were not asked for. `null` only
    /// if no `after` was given and there was never an event.
    #[schema(required = true, example = "1042")]
    next_cursor: Option<String>,
    /// The oldest `after` that works; before it, events are no longer kept.
    #[schema(example = "0")]
    oldest_cursor: String,
}

/// Which events are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// The `next_cursor` of the answer before; from the oldest event that is kept if it is not given.
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
    /// If there is nothing to tell, wait so long for it, in seconds.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 0, maximum = 60)]
    wait_seconds: Option<u64>,
}

fn patience(asked: Option<u64>) -> Result<Duration, Problem> {
    match asked.unwrap_or(0) {
        seconds @ 0..=MOST_WAITING => Ok(Duration::from_secs(seconds)),
        _ => Err(Problem::invalid(
            "wait_seconds",
            format!("`wait_seconds` must be 0 to {MOST_WAITING}"),
        )),
    }
}

/// Follow the events of every organization
///
/// In the order of the feed, which never changes. A key that is bound to an organization sees the events of
/// that one. Send `next_cursor` as `after` to go on; it is
/// there at the end of the feed too, so that a follower can ask again later. With `wait_seconds` the
/// answer comes as soon as there is something in it.
#[utoipa::path(
    tag = "Events",
    params(EventsQuery),
    responses(
        (status = 200, description = "The next events", body = EventListBody),
        (status = 410, description = "Events after this cursor are no longer kept"),
    ),
)]
#[get("/events")]
async fn list_events(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query: EventsQuery = query::read(&req)?;
    let filter = Filter {
        after: query.after,
        organization: query.organization.as_deref(),
        types: query.types.as_deref(),
        limit: query::limit(query.limit, caller.app.settings.limits.max_page)?,
    };
    let patience = patience(query.wait_seconds)?;
    let mut wanted = Wanted::by(&caller, filter).await?;
    let mut page = wanted.next(&caller).await?;
    if page.events.is_empty() && !patience.is_zero() {
        let _place = enter(&caller, Following::Waiting)?;
        let begun = Instant::now();
        page = wanted
            .wait(&caller, begun + patience)
            .await?
            .unwrap_or(page);
        req.extensions_mut().insert(Waited(begun.elapsed()));
        // Whoever was let in a minute ago is told nothing that came since if they no longer are.
        let secret = bearer(&req).ok_or_else(Problem::unauthorized)?;
        caller.check_again(secret).await?;
    }
    answer::ok(&EventListBody {
        data: page.events,
        next_cursor: wanted.cursor().map(|position| position.to_string()),
        oldest_cursor: page.removed_to.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::wanted::types;
    use super::*;

    fn refusal(query: &str) -> String {
        let req = TestRequest::with_uri(&format!("/v1/events?{query}")).to_http_request();
        let read = query::read::<EventsQuery>(&req).and_then(|query| {
            patience(query.wait_seconds)?;
            types(query.types.as_deref())
        });
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
    fn nobody_waits_for_longer_than_a_minute() {
        insta::assert_snapshot!(
            refusal("wait_seconds=61"),
            @"422 Unprocessable Entity invalid_field: `wait_seconds` must be 0 to 60"
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
