//! What an identity provider asked first, and what was refused while nothing else had come.

use std::time::Duration;

use rollcall_model::{PageRequest, RequestCategory, ScimConnection, Timestamp};
use rollcall_orgs::request_log;
use rollcall_store::{ConnectionHandle, LoggedRequest, RequestQuery};

use crate::answer::PageError;
use crate::text::portal as p;

/// How long around the moment of connecting the first request is looked for.
const AROUND: Duration = Duration::from_mins(1);
/// How many lines are looked at for it.
const LOOKS_AT: u64 = 200;

/// A request, in a line, with what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Method and path.
    pub(super) line: String,
    /// What it was for, or what was wrong with it.
    pub(super) title: String,
    /// What to do about it, if anything.
    pub(super) advice: Option<String>,
    /// When it came.
    pub(super) at: String,
}

/// The first request that was let in, once it is in the log, which may be seconds behind.
pub(super) async fn first(
    connection: &ScimConnection,
    handle: &ConnectionHandle,
) -> Result<Option<Asked>, PageError> {
    let Some(at) = connection.first_request_at else {
        return Ok(None);
    };
    let query = RequestQuery {
        since: Some(before(at)),
        until: Some(at.plus(AROUND)),
        ..RequestQuery::default()
    };
    let page = PageRequest {
        after: None,
        limit: LOOKS_AT,
    };
    let lines = handle.list_requests(&query, page).await?.items;
    let let_in = |line: &&LoggedRequest| line.category != RequestCategory::Authentication;
    let first = lines.iter().rev().find(let_in);
    Ok(first.map(|request| Asked {
        line: line(request),
        title: p::asked(&request.method, &request.route, request.filter.is_some()).to_owned(),
        advice: None,
        at: p::moment(request.at),
    }))
}

/// A moment before; ids of requests are older than the moment at which they are answered.
fn before(at: Timestamp) -> Timestamp {
    let micros = i64::try_from(AROUND.as_micros()).unwrap_or(0);
    Timestamp::from_unix_micros(at.unix_micros().saturating_sub(micros))
}

/// The newest request that was refused, with what to change.
pub(super) async fn refused(
    connection: &ScimConnection,
    handle: &ConnectionHandle,
) -> Result<Option<Asked>, PageError> {
    let query = RequestQuery {
        failed: true,
        ..RequestQuery::default()
    };
    let page = PageRequest {
        after: None,
        limit: 1,
    };
    let newest = handle.list_requests(&query, page).await?.items.pop();
    Ok(newest.map(|request| {
        let explained = request_log::explain(&request, connection.idp);
        let advice = explained.setting.or(explained.advice);
        Asked {
            line: line(&request),
            title: explained.title.to_owned(),
            advice: Some(advice.unwrap_or(explained.meaning).to_owned()),
            at: p::moment(request.at),
        }
    }))
}

fn line(request: &LoggedRequest) -> String {
    format!("{} {}", request.method, request.route)
}
