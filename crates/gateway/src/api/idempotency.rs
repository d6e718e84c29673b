//! `Idempotency-Key`: a POST that is sent again is answered again and not done again.
//!
//! A key belongs to the API key it came with and to one request: method, path and body. Its
//! answer is remembered for a day, without the secret that it may have shown. A refused call (4xx)
//! changed nothing, so it frees its key. A failed one (5xx) keeps it: the failure may have come
//! after the commit, and doing the work a second time is what the key is there to prevent.
//!
//! Everything runs as a task of its own. A client that goes away in the middle is the reason to
//! send a request again, and must not cut the work off between its commit and the memory of it.

use std::future::Future;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, ResponseError};
use rollcall_model::{ApiKeyId, chain};
use rollcall_store::{Begun, Remembered, Store};
use sha2::{Digest, Sha256};
use tracing::Instrument;

use crate::api::answer::Answer;
use crate::api::problem::Problem;

/// The header that carries the key.
pub(crate) const HEADER: &str = "Idempotency-Key";

/// The longest key, in characters.
pub(crate) const MAX_LENGTH: usize = 255;

/// A key, whose it is, and the request it stands for.
#[derive(Debug)]
pub(crate) struct IdempotencyKey {
    owner: ApiKeyId,
    text: String,
    request: [u8; 32],
}

/// What came of a call with a key.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The work was done now.
    Done(Answer),
    /// It was done before, and this is what was answered.
    Replayed(Answer),
}

impl IdempotencyKey {
    /// The key of a request; `None` if it carries none.
    ///
    /// # Errors
    ///
    /// 422: the key is not 1 to 255 visible ASCII characters, or there are two.
    pub(crate) fn of(
        req: &HttpRequest,
        body: &[u8],
        owner: ApiKeyId,
    ) -> Result<Option<Self>, Problem> {
        let mut given = req.headers().get_all(HEADER);
        let Some(key) = given.next() else {
            return Ok(None);
        };
        let text = key.to_str().unwrap_or_default();
        let fits = (1..=MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && given.next().is_none();
        if !fits {
            let detail =
                format!("`{HEADER}` must be one key of 1 to {MAX_LENGTH} visible ASCII characters");
            return Err(Problem::invalid(HEADER, detail));
        }
        Ok(Some(Self {
            owner,
            text: text.to_owned(),
            request: digest(req.method().as_str(), req.uri().path(), body),
        }))
    }

    /// Does `work`, unless the same request was answered before.
    ///
    /// # Errors
    ///
    /// What the work is refused with; 409 while it is under way elsewhere or was cut off; 422 if
    /// the key was used for another request.
    pub(crate) async fn run(
        self,
        store: &Store,
        work: impl Future<Output = Result<Answer, Problem>> + 'static,
    ) -> Result<Outcome, Problem> {
        let store = store.clone();
        let task = async move { self.run_whole(&store, work).await };
        // It fails only by a panic; the key stays taken, because nobody knows how far it came.
        let outcome = actix_web::rt::spawn(task.in_current_span()).await;
        outcome.map_err(|error| Problem::internal(&error))?
    }

    async fn run_whole(
        self,
        store: &Store,
        work: impl Future<Output = Result<Answer, Problem>>,
    ) -> Result<Outcome, Problem> {
        let begun = store
            .begin_idempotent(self.owner, &self.text, self.request)
            .await?;
        match begun {
            Begun::New => {}
            Begun::Answered(kept) => {
                return Ok(Outcome::Replayed(Answer::from_remembered(&kept)?));
            }
            Begun::Unfinished => return Err(unfinished()),
            Begun::Different => return Err(reused()),
        }
        let outcome = work.await;
        match &outcome {
            Ok(answer) => self.finish(store, Some(answer.remembered())).await,
            Err(problem) if problem.status_code().is_client_error() => {
                self.finish(store, None).await;
            }
            Err(_) => {}
        }
        outcome.map(Outcome::Done)
    }

    /// The work is done, whether or not this can be noted: then the key stays taken.
    async fn finish(&self, store: &Store, kept: Option<Remembered>) {
        let noted = store.finish_idempotent(self.owner, &self.text, kept).await;
        if let Err(error) = noted {
            tracing::warn!(error = %chain(&error), "an answer could not be remembered");
        }
    }
}

/// Lengths go in too, so that no two requests are the same row of bytes.
fn digest(method: &str, path: &str, body: &[u8]) -> [u8; 32] {
    let mut sha = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes(), body] {
        sha.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        sha.update(part);
    }
    sha.finalize().into()
}

fn unfinished() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "idempotency_unfinished",
        "the first request with this key is still under way, or was cut off; wait a moment and \
         send it again, and if that does not help, look whether the resource was made before you \
         use a new key",
    )
}

fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "this key was used for another request; give each request a key of its own",
    )
    .at(HEADER)
}

#[cfg(test)]
#[path = "idempotency_tests.rs"]
mod tests;
