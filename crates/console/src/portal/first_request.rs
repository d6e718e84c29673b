//! What an identity provider asked first, and what was refused while nothing else had come.

use rollcall_model::{PageRequest, ScimConnection};
use rollcall_store::{ConnectionHandle, LoggedRequest};

use crate::answer::PageError;
use crate::text::portal as p;

/// How many lines are looked at.
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

impl Asked {
    fn new(request: &LoggedRequest, title: String) -> Self {
        Self {
            line: format!("{} {}", request.method, request.route),
            title,
            advice: None,
            at: p::moment(request.at),
        }
    }
}

async fn lines(handle: &ConnectionHandle) -> Result<Vec<LoggedRequest>, PageError> {
    let page = PageRequest {
        after: None,
        limit: LOOKS_AT,
    };
    Ok(handle.list_requests(page).await?.items)
}

/// The first request that was let in, once it is in the log, which may be seconds behind.
pub(super) async fn first(
    _connection: &ScimConnection,
    handle: &ConnectionHandle,
) -> Result<Option<Asked>, PageError> {
    let lines = lines(handle).await?;
    let first = lines.iter().rev().find(|line| line.status != 401);
    Ok(first.map(|line| Asked::new(line, p::asked(&line.method, &line.route, false).to_owned())))
}

/// The newest request that was refused, with what to change.
pub(super) async fn refused(
    _connection: &ScimConnection,
    handle: &ConnectionHandle,
) -> Result<Option<Asked>, PageError> {
    let lines = lines(handle).await?;
    let newest = lines.iter().find(|line| line.status >= 400);
    Ok(newest.map(|line| Asked::new(line, line.detail.clone().unwrap_or_default())))
}
