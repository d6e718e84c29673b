//! `/v1/events/stream`: the feed as server-sent events.
//!
//! A stream ends after a while, and its client goes on where it was (`Last-Event-ID`): so
//! connections spread over replicas that came later, and no intermediary has to keep one for
//! ever. The caller is looked up again all the time, so that a revoked key ends its streams.

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, rt};
use futures_util::stream::unfold;
use rollcall_store::FeedPage;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::wanted::{Filter, Wanted, enter};
use crate::api::caller::{Caller, bearer};
use crate::api::fields::from_text;
use crate::api::problem::Problem;
use crate::api::query;
use crate::followers::{Following, Place};

/// How many events are read at once.
const AT_ONCE: u64 = 100;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks nginx, and who follows its custom, to pass on what comes when it comes.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Which events are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Where to begin: a `next_cursor` or the `id` of an event of a stream; from the oldest event
    /// that is kept if it is not given. The header `Last-Event-ID` counts before it.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>)]
    after: Option<u64>,
    /// Only of this organization, by id or slug. A deleted one is found by its id.
    organization: Option<String>,
    /// Only of these types, separated by commas.
    #[param(example = "user.created,user.deactivated")]
    types: Option<String>,
}

/// Follow events as a stream
///
/// Server-sent events: `id` is the cursor, `event` the type, `data` the event as in
/// `GET /v1/events`. Comments and ids without data come while there is nothing to tell. The stream ends
/// after ten minutes, when the server stops and when the caller is no longer let in; go on with the
/// last id in `Last-Event-ID`, as every client of server-sent events does by itself.
#[utoipa::path(
    tag = "Events",
    params(
        StreamQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The last `id` that was received"),
    ),
    responses((
        status = 200, description = "Events as they come",
        body = String, content_type = "text/event-stream",
    )),
)]
#[get("/events/stream")]
pub(super) async fn stream_events(
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query: StreamQuery = query::read(&req)?;
    let filter = Filter {
        after: last_event_id(&req)?.or(query.after),
        organization: query.organization.as_deref(),
        types: query.types.as_deref(),
        limit: AT_ONCE,
    };
    let mut wanted = Wanted::by(&caller, filter).await?;
    let place = enter(&caller, Following::Stream)?;
    let secret = bearer(&req).ok_or_else(Problem::unauthorized)?;
    let secret = SecretString::from(secret);
    // Before the answer begins, so that a cursor that cannot be used is refused with a status.
    let first = wanted.next(&caller).await?;
    let (pieces, written) = mpsc::channel(1);
    let writer = Writer {
        pieces,
        caller,
        secret,
        wanted,
        _place: place,
    };
    rt::spawn(writer.run(first));
    let body = unfold(written, async |mut written: mpsc::Receiver<String>| {
        let piece = written.recv().await?;
        Some((
            Ok::<_, std::convert::Infallible>(Bytes::from(piece)),
            written,
        ))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header((ACCEL_BUFFERING, HeaderValue::from_static("no")))
        .streaming(Box::pin(body)))
}

fn last_event_id(req: &HttpRequest) -> Result<Option<u64>, Problem> {
    let Some(header) = req.headers().get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let id = text.parse().map_err(|_| {
        Problem::invalid(
            "Last-Event-ID",
            "`Last-Event-ID` must be the `id` of an event of a stream",
        )
    });
    id.map(Some)
}

/// What writes one stream, beside its answer.
struct Writer {
    pieces: mpsc::Sender<String>,
    caller: Caller,
    secret: SecretString,
    wanted: Wanted,
    _place: Place,
}

impl Writer {
    /// Writes until the stream's time is over, or there is a reason to end it.
    async fn run(mut self, first: FeedPage) {
        let limits = &self.caller.app.settings.limits;
        let (end, silence) = (Instant::now() + limits.stream_lasts, limits.stream_silence);
        let mut next = Some(first);
        let mut checked = Instant::now();
        if !self.send("retry: 1000\n\n".to_owned()).await {
            return;
        }
        while Instant::now() < end {
            // First, so that what is told is told to somebody who was let in a moment ago.
            if checked.elapsed() >= silence {
                let secret = self.secret.expose_secret();
                if self.caller.check_again(secret).await.is_err() {
                    return;
                }
                checked = Instant::now();
            }
            let piece = match next {
                Some(page) => self.told(&page),
                None => self.silence(),
            };
            if !self.send(piece).await || self.caller.app.draining.has_begun() {
                return;
            }
            let until = end.min(checked + silence);
            next = match self.wanted.wait(&self.caller, until).await {
                Ok(next) => next,
                // The client comes again, and is told what is wrong.
                Err(_) => return,
            };
        }
    }

    /// Events as the stream shows them.
    fn told(&self, page: &FeedPage) -> String {
        let mut text = String::new();
        for event in &page.events {
            let data = match serde_json::to_string(event) {
                Ok(data) => data,
                Err(error) => {
                    tracing::error!(%error, event.id = %event.id, "an event has no JSON form");
                    continue;
                }
            };
            let (id, kind) = (event.position, event.kind.as_str());
            // JSON has no line breaks outside of its texts, and escapes those in them.
            text.push_str(&format!("id: {id}\nevent: {kind}\ndata: {data}\n\n"));
        }
        if page.events.last().map(|event| event.position) != self.wanted.cursor() {
            text.push_str(&self.silence());
        }
        text
    }

    /// A sign of life, with how far the stream is: an id without data moves `Last-Event-ID` and
    /// tells nothing.
    fn silence(&self) -> String {
        match self.wanted.cursor() {
            Some(cursor) => format!(": still here\nid: {cursor}\n\n"),
            None => ": still here\n\n".to_owned(),
        }
    }

    /// Whether the client took it.
    async fn send(&self, piece: String) -> bool {
        let limit = self.caller.app.settings.limits.long_answer_timeout;
        matches!(timeout(limit, self.pieces.send(piece)).await, Ok(Ok(())))
    }
}
