//! The part of a page that waits for the first request, and turns to Connected by itself.
//!
//! It is rendered into the page, so that loading the page again shows how things are, and sent again
//! over server-sent events whenever it has changed. A stream looks at the database every second: it
//! is open for the minutes in which an admin sets things up, and there are few of those at a time.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::web::{self, Bytes, Path, ServiceConfig};
use actix_web::{HttpResponse, rt};
use askama::Template;
use rollcall_model::{ConnectionState, ScimConnectionId};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::first_request::{self, Asked};
use super::frame;
use super::visitor::Visitor;
use crate::answer::{Answer, PageError};
use crate::text::guides;
use crate::text::portal as p;

/// How often the database is looked at.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// How long a stream lasts. Its browser opens the next one by itself.
const LASTS: Duration = Duration::from_mins(10);
/// How long a stream says nothing, and how often the session is looked up again.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser may take to read what is sent.
const READ_WITHIN: Duration = Duration::from_secs(10);
/// How many streams there are at most, so that they cannot use up what identity providers need.
const MOST: usize = 200;
/// Asks proxies to pass on what comes when it comes.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The streams of one process.
pub(crate) type Streams = Arc<AtomicUsize>;

/// A place among the streams, given back when it is dropped.
struct StreamPlace(Streams);

impl StreamPlace {
    fn take(streams: &Streams) -> Option<Self> {
        // Counted first: two who come at once must not both take the last place.
        let before = streams.fetch_add(1, Ordering::SeqCst);
        let place = Self(Arc::clone(streams));
        (before < MOST).then_some(place)
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/connections/{scim}/live", web::get().to(follow));
}

/// What the part shows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Live {
    /// Where its stream is.
    pub(super) stream: String,
    /// Where the connection is.
    overview: String,
    pub(super) connected: bool,
    /// What is shown large.
    title: String,
    says: String,
    /// The first thing that was asked, once connected.
    first: Option<Asked>,
    /// A request that was refused, while nothing else has come.
    refused: Option<Asked>,
}

#[derive(Template)]
#[template(path = "portal/live.html")]
struct LivePart<'a> {
    live: &'a Live,
}

impl Live {
    /// What there is to show of a connection now.
    pub(super) async fn of(visitor: &Visitor, id: ScimConnectionId) -> Result<Self, PageError> {
        let (connection, handle) = visitor.connection(&id.to_string()).await?;
        let connected = connection.first_request_at.is_some();
        let path = frame::path(&connection);
        let guide = guides::of(connection.idp);
        let (title, says) = match connection.state() {
            ConnectionState::Disabled => (p::DISABLED.to_owned(), p::DISABLED_SAYS.to_owned()),
            _ if connected => (
                p::CONNECTED.to_owned(),
                p::connected_says(connection.recognised_idp.map(guides::name)),
            ),
            _ => (p::WAITING_TITLE.to_owned(), guide.first_request.to_owned()),
        };
        let product = visitor.shared.options.branding.product_name();
        Ok(Self {
            stream: format!("{path}/live"),
            first: match connected {
                true => first_request::first(&connection, &handle).await?,
                false => None,
            },
            refused: match connected {
                true => None,
                false => first_request::refused(&connection, &handle).await?,
            },
            overview: path,
            connected,
            title,
            says: says.replace("{product}", product),
        })
    }

    /// The part, as it stands inside its frame on the page.
    pub(super) fn html(&self) -> String {
        // It is made of texts alone, so rendering it cannot fail; a page without it is still a page.
        LivePart { live: self }.render().unwrap_or_default()
    }
}

async fn follow(visitor: Visitor, scim: Path<String>) -> Answer {
    let (connection, _) = visitor.connection(&scim).await?;
    let place = StreamPlace::take(&visitor.shared.streams)
        .ok_or(PageError::TooMany(Duration::from_secs(30)))?;
    let (pieces, written) = mpsc::channel(1);
    rt::spawn(write(visitor, connection.id, pieces, place));
    let body =
        futures_util::stream::unfold(written, async |mut written: mpsc::Receiver<String>| {
            let piece = written.recv().await?;
            Some((Ok::<_, Infallible>(Bytes::from(piece)), written))
        });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((ACCEL_BUFFERING, "no"))
        .streaming(Box::pin(body)))
}

/// Writes until its time is over, the browser has gone, the session ends, or the server goes down,
/// which would wait for it.
async fn write(
    visitor: Visitor,
    id: ScimConnectionId,
    pieces: mpsc::Sender<String>,
    _place: StreamPlace,
) {
    let end = Instant::now() + LASTS;
    let mut shown = None;
    let mut last = Instant::now();
    let mut draining = visitor.shared.options.draining.clone();
    let send =
        async |piece: String| matches!(timeout(READ_WITHIN, pieces.send(piece)).await, Ok(Ok(())));
    if !send("retry: 2000\n\n".to_owned()).await {
        return;
    }
    while Instant::now() < end && !pieces.is_closed() {
        // What fails is asked again when the browser comes again, and told on the page by then.
        let Ok(now) = Live::of(&visitor, id).await else {
            return;
        };
        let changed = shown.as_ref() != Some(&now);
        if changed || last.elapsed() >= HEARTBEAT {
            if !changed && !matches!(visitor.still_holds().await, Ok(true)) {
                return;
            }
            let piece = if changed {
                event(&now)
            } else {
                ": still here\n\n".to_owned()
            };
            if !send(piece).await {
                return;
            }
            last = Instant::now();
            shown = Some(now);
        }
        let goes_down = draining.wait_for(|draining| *draining);
        if timeout(LOOKS_EVERY, goes_down).await.is_ok() {
            return;
        }
    }
}

/// One event: a line of data for each line of the part.
fn event(live: &Live) -> String {
    let lines: Vec<_> = live
        .html()
        .lines()
        .map(|line| format!("data: {line}\n"))
        .collect();
    format!("event: part\n{}\n", lines.concat())
}
