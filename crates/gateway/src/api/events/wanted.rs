//! What a follower asks for, and how it is read.

use std::time::Duration;

use actix_web::http::StatusCode;
use rollcall_model::{EventType, OrgId, OrgRef};
use rollcall_store::{FeedPage, FeedQuery};
use tokio::time::{Instant, sleep, timeout_at};

use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::followers::{Following, Place};

/// After a look for events that found none of those wanted. It grows with each, so that a follower
/// of what is rare does not ask for everything that others write.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What one follower wants, and how far it is.
pub(super) struct Wanted {
    query: FeedQuery,
    /// Whether the follower said where it is.
    given: bool,
    /// Grows while what comes is not what is wanted.
    pause: Duration,
}

/// A filter as it is asked for.
pub(super) struct Filter<'q> {
    pub(super) after: Option<u64>,
    pub(super) organization: Option<&'q str>,
    pub(super) types: Option<&'q str>,
    pub(super) limit: u64,
}

impl Wanted {
    pub(super) async fn by(caller: &Caller, filter: Filter<'_>) -> Result<Self, Problem> {
        let org_id = match filter.organization {
            Some(asked) => Some(organization(caller, asked).await?),
            None => None,
        };
        Ok(Self {
            query: FeedQuery {
                after: filter.after.unwrap_or(0),
                org_id,
                bound_to: caller.bound_to(),
                types: types(filter.types)?,
                limit: filter.limit,
            },
            given: filter.after.is_some(),
            pause: PAUSE,
        })
    }

    /// How far it is: what to go on after, if there is anything to say.
    pub(super) fn cursor(&self) -> Option<u64> {
        (self.given || self.query.after > 0).then_some(self.query.after)
    }

    /// The next events, of those that were committed before the call.
    ///
    /// # Errors
    ///
    /// 410 if some before them are no longer kept; 422 if the follower is beyond the end.
    pub(super) async fn next(&mut self, caller: &Caller) -> Result<FeedPage, Problem> {
        let page = caller.app.store.read_feed(&self.query).await?;
        if self.given && self.query.after > page.end {
            // It would stay silent until the feed has caught up, and skip everything until then.
            return Err(Problem::invalid(
                "after",
                "`after` lies beyond the end of the feed; was the database restored from a backup? \
                 Begin again without it, and compare what you have",
            ));
        }
        self.take(page)
    }

    /// The next events, when there are some, or nothing when this moment has come or the server
    /// is to end. Asks nothing of the database while nothing is committed.
    ///
    /// # Errors
    ///
    /// 410 if some before them are no longer kept.
    pub(super) async fn wait(
        &mut self,
        caller: &Caller,
        until: Instant,
    ) -> Result<Option<FeedPage>, Problem> {
        let app = &caller.app;
        let mut end = app.store.watch_feed();
        loop {
            let moved = async {
                // The sender is in the store, so that it cannot be gone.
                let _ = end.wait_for(|end| *end > self.query.after).await;
            };
            let in_time = tokio::select! {
                () = app.draining.begun() => false,
                moved = timeout_at(until, moved) => moved.is_ok(),
            };
            if !in_time {
                return Ok(None);
            }
            let page = app.store.read_placed(&self.query).await?;
            let page = self.take(page)?;
            if !page.events.is_empty() {
                self.pause = PAUSE;
                return Ok(Some(page));
            }
            tokio::select! {
                () = app.draining.begun() => return Ok(None),
                _ = timeout_at(until, sleep(self.pause)) => {}
            }
            self.pause = LONGEST_PAUSE.min(self.pause * 2);
        }
    }

    fn take(&mut self, page: FeedPage) -> Result<FeedPage, Problem> {
        if self.given && self.query.after < page.removed_to {
            return Err(cursor_expired(page.removed_to));
        }
        self.query.after = page.read_to;
        self.given |= page.read_to > 0;
        Ok(page)
    }
}

/// What a follower is told whose next events are gone.
fn cursor_expired(removed_to: u64) -> Problem {
    Problem::new(
        StatusCode::GONE,
        "cursor_expired",
        format!(
            "events after this cursor are no longer kept; the oldest cursor that works is \
             `{removed_to}`. Take a new copy of each organization with \
             `GET /v1/organizations/{{org}}/snapshot`, and go on from the cursor that it begins with"
        ),
    )
    .at("after")
}

/// A place among those who wait.
///
/// # Errors
///
/// 503 if there is none.
pub(super) fn enter(caller: &Caller, following: Following) -> Result<Place, Problem> {
    let app = &caller.app;
    let place = app
        .followers
        .enter(following, app.settings.limits.max_followers);
    place.ok_or_else(|| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_followers",
            "too many requests wait for events in this process; ask without `wait_seconds`, or try \
             again in a moment",
        )
    })
}

pub(super) fn types(asked: Option<&str>) -> Result<Vec<EventType>, Problem> {
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
/// organization, and an id that was never given out has none.
async fn organization(caller: &Caller, asked: &str) -> Result<OrgId, Problem> {
    if let Ok(OrgRef::Id(id)) = asked.parse() {
        return Ok(id);
    }
    let named = caller.referenced_organization("organization", asked);
    Ok(named.await?.org_id())
}
