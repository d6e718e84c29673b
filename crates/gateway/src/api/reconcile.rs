//! `/v1/organizations/{org}/reconcile`: what a product's roster and the directory differ in.
//!
//! A POST that only reads: the roster is too long for a query string. So read-only keys may send it,
//! and an `Idempotency-Key` has nothing to do here.

use actix_web::http::StatusCode;
use actix_web::web::{BytesMut, Path, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post};
use futures_util::StreamExt;
use rollcall_model::{ScimConnectionId, Timestamp};
use rollcall_orgs::reconcile::{Comparison, Differences, RosterEntry};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::announced;
use crate::api::answer;
use crate::api::caller::{Caller, path_id};
use crate::api::problem::Problem;
use crate::api::query;
use crate::settings::Limits;

/// What the route of this call is.
pub(crate) const PATTERN: &str = "/v1/organizations/{org}/reconcile";

/// The names of NDJSON.
const MEDIA_TYPES: [&str; 3] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
];

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(reconcile);
}

/// What a roster is compared with.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReconcileQuery {
    /// Only the users of this SCIM connection; of all if it is not given.
    scim_connection: Option<String>,
}

/// What differs, as it was at one moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reconciliation)]
struct ReconciliationBody {
    /// The cursor of the event feed from which later changes are told.
    cursor: String,
    /// The number of the last event whose change was looked at.
    sequence: u64,
    /// When the users were looked at.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `counts`, and the lists `missing` (active users whom no line names), `extra` (active lines that
    /// name nobody), `stale` (lines whose `active` or `role` is another, with both sides) and
    /// `ambiguous` (lines of which nobody can say whom they are about).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    differences: Differences,
}

/// Compare a roster with an organization
///
/// Send what the product has, a line of JSON for each account: `id`, `external_id` or `user_name` (one
/// or more), `active`, and `role` if it is to be compared. Nothing is changed by this call. A user that
/// waits for a seat counts as not active.
#[utoipa::path(
    tag = "Events",
    params(ReconcileQuery),
    request_body(content = String, content_type = "application/x-ndjson", description = "The roster"),
    responses(
        (status = 200, description = "What differs", body = ReconciliationBody),
        (status = 413, description = "The roster is longer than `limits.max_roster_bytes`"),
    ),
)]
#[post("/organizations/{org}/reconcile")]
async fn reconcile(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    const WHAT: &str = "SCIM connection";
    let org = caller.organization(&path).await?;
    let query: ReconcileQuery = query::read(&req)?;
    let only: Option<ScimConnectionId> = match &query.scim_connection {
        Some(id) => Some(path_id(id, WHAT)?),
        None => None,
    };
    let limits = &caller.app.settings.limits;
    let roster = timeout(limits.snapshot_timeout, read(&req, payload, limits));
    let roster = roster.await.map_err(|_| too_slow())??;
    let snapshot = org.snapshot(limits.snapshot_timeout).await?;
    let known = |id| snapshot.connections().iter().any(|it| it.id() == id);
    if only.is_some_and(|id| !known(id)) {
        return Err(Problem::not_found(WHAT));
    }
    let (cursor, sequence, at) = (snapshot.cursor(), snapshot.sequence(), snapshot.at());
    let differences = roster.with(&snapshot, only).await?;
    drop(snapshot);
    answer::ok(&ReconciliationBody {
        cursor: cursor.to_string(),
        sequence,
        at,
        differences,
    })
}

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "the body took too long to arrive",
    )
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("the roster is longer than {limit} bytes"),
    )
}

/// Reads a roster line by line, as it arrives.
async fn read(
    req: &HttpRequest,
    mut payload: Payload,
    limits: &Limits,
) -> Result<Comparison, Problem> {
    let kind = req.mime_type().ok().flatten();
    if !kind.is_some_and(|kind| MEDIA_TYPES.contains(&kind.essence_str())) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send the roster with `Content-Type: application/x-ndjson`",
        ));
    }
    let limit = limits.max_roster_bytes;
    if announced::length(req).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut reader = Reader::new(limits.max_string_bytes);
    let mut length = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "incomplete_body",
                "the body ended before it was complete",
            )
        })?;
        length += chunk.len();
        if length > limit {
            return Err(too_large(limit));
        }
        reader.take(&chunk)?;
    }
    reader.end()
}

/// What was read of a roster.
struct Reader {
    roster: Comparison,
    /// The line that has not ended yet.
    rest: BytesMut,
    /// The number of that line; the first is 1.
    line: usize,
    longest: usize,
}

impl Reader {
    fn new(longest: usize) -> Self {
        Self {
            roster: Comparison::default(),
            rest: BytesMut::new(),
            line: 1,
            longest,
        }
    }

    fn take(&mut self, mut chunk: &[u8]) -> Result<(), Problem> {
        while let Some(end) = chunk.iter().position(|byte| *byte == b'\n') {
            let (line, after) = chunk.split_at(end);
            chunk = after.get(1..).unwrap_or_default();
            self.bound(line)?;
            if self.rest.is_empty() {
                self.take_line(line)?;
            } else {
                self.rest.extend_from_slice(line);
                let line = self.rest.split();
                self.take_line(&line)?;
            }
        }
        self.bound(chunk)?;
        self.rest.extend_from_slice(chunk);
        Ok(())
    }

    /// Refuses a line that would be too long with `more`.
    fn bound(&self, more: &[u8]) -> Result<(), Problem> {
        let longest = self.longest;
        if self.rest.len() + more.len() > longest {
            return Err(self.wrong("malformed_line", format!("is longer than {longest} bytes")));
        }
        Ok(())
    }

    fn end(mut self) -> Result<Comparison, Problem> {
        let line = self.rest.split();
        self.take_line(&line)?;
        Ok(self.roster)
    }

    /// Empty lines are left out, but counted.
    fn take_line(&mut self, line: &[u8]) -> Result<(), Problem> {
        if !line.trim_ascii().is_empty() {
            let value: Value = serde_json::from_slice(line)
                .map_err(|_| self.wrong("malformed_line", "is not JSON"))?;
            // serde would take a list of the values as well.
            if !value.is_object() {
                return Err(self.wrong("invalid_line", "is no JSON object"));
            }
            let entry: RosterEntry = serde_json::from_value(value)
                .map_err(|error| self.wrong("invalid_line", format!("is no entry: {error}")))?;
            if !entry.has_key() {
                let what = "has none of `id`, `external_id` and `user_name`";
                return Err(self.wrong("invalid_line", what));
            }
            self.roster.push(self.line, entry);
        }
        self.line += 1;
        Ok(())
    }

    fn wrong(&self, code: &'static str, what: impl AsRef<str>) -> Problem {
        let (line, what) = (self.line, what.as_ref());
        let detail = format!("line {line} of the roster {what}");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at(format!("line {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(pieces: &[&str]) -> String {
        let mut reader = Reader::new(200);
        let taken = pieces
            .iter()
            .try_for_each(|piece| reader.take(piece.as_bytes()));
        taken
            .and_then(|()| reader.end().map(drop))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let good = r#"{"id":"1","active":true}"#;
        insta::assert_snapshot!(
            refusal(&[good, "\n", "\n{\"id\":", "}\n", good]),
            @"422 Unprocessable Entity malformed_line: line 3 of the roster is not JSON"
        );
        insta::assert_snapshot!(
            refusal(&[good, "\r\n{\"active\":true}"]),
            @"422 Unprocessable Entity invalid_line: line 2 of the roster has none of `id`, `external_id` and `user_name`"
        );
        insta::assert_snapshot!(
            refusal(&[r#"{"id":"1"}"#]),
            @"422 Unprocessable Entity invalid_line: line 1 of the roster is no entry: missing field `active`"
        );
        insta::assert_snapshot!(
            refusal(&[r#"{"id":"1","active":true,"rôle":"x"}"#]),
            @"422 Unprocessable Entity invalid_line: line 1 of the roster is no entry: unknown field `rôle`, expected one of `id`, `external_id`, `user_name`, `active`, `role`"
        );
        insta::assert_snapshot!(
            refusal(&[good, "\n", &"x".repeat(201)]),
            @"422 Unprocessable Entity malformed_line: line 2 of the roster is longer than 200 bytes"
        );
    }

    #[test]
    fn lines_may_be_cut_anywhere() {
        let text = "{\"id\":\"1\",\"active\":true}\r\n\n{\"user_name\":\"ä\",\"active\":false}\n";
        for cut in 0..text.len() {
            let mut reader = Reader::new(200);
            let (before, after) = text.as_bytes().split_at(cut);
            reader.take(before).unwrap();
            reader.take(after).unwrap();
            let found = reader.end().unwrap().differences();
            assert_eq!(found.counts.roster, 2);
            assert_eq!(found.extra[0].line, 1);
        }
    }
}
