//! How a client is answered that is told to slow down and does not.
//!
//! Most clients obey `Retry-After`. One that sends its next request as soon as it has a refusal in
//! hand makes the gateway refuse thousands of times a second, and that work is taken from everybody
//! else. So of the refusals of a connection one in each second comes at once, with the reason in
//! it, and the others come after a moment: whoever waits for each answer sends less.
//!
//! The body of a refused request is read and thrown away. Otherwise the rest of it would stand
//! before the next request, and the connection would have to be closed and opened again, which costs
//! both sides more than a short body does.
//!
//! This is around everything else, so that the moment is in no histogram of what requests take.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::BoxedPayloadStream;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use futures_util::{Stream, StreamExt};
use tokio::sync::Semaphore;

use crate::scim::rate::OneOfMany;
use crate::{announced, state};

/// How long a refusal is held back.
const MOMENT: Duration = Duration::from_millis(250);

/// How many are held back at a time; what is more comes at once, so that nobody can fill the
/// memory with them.
const AT_A_TIME: usize = 1_000;

/// How long the rest of a body is waited for.
const REST_WITHIN: Duration = Duration::from_secs(1);

/// A longer body is not read: the connection is closed after the refusal.
const SHORT: usize = 64 * 1_024;

/// Places for refusals that are held back.
pub struct HeldBack(Semaphore);

impl Default for HeldBack {
    fn default() -> Self {
        Self(Semaphore::new(AT_A_TIME))
    }
}

/// Holds refusals back; see the module.
pub(crate) async fn hold_back(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let length = announced::length(req.request()).unwrap_or_default();
    let body = (1..=SHORT).contains(&length).then(|| Shared::of(&mut req));
    let answer = next.call(req).await?;
    if answer.status() != StatusCode::TOO_MANY_REQUESTS {
        return Ok(answer);
    }
    let app = state::of(answer.request());
    if let Some(body) = body {
        // One that does not come in time is the connection's end, as without this.
        let _ = tokio::time::timeout(REST_WITHIN, read_to_end(body)).await;
    }
    let one_of_many = answer.request().extensions().contains::<OneOfMany>();
    if one_of_many && let Ok(_place) = app.held_back.0.try_acquire() {
        tokio::time::sleep(MOMENT).await;
    }
    Ok(answer)
}

/// Reads a body until it ends or fails. The failure of an HTTP/2 stream is told again at each
/// read, without end, so the first one counts.
async fn read_to_end<T, E>(mut body: impl Stream<Item = Result<T, E>> + Unpin) {
    while let Some(Ok(_)) = body.next().await {}
}

/// A body that is read by a handler, and by whoever is left when the handler is done.
#[derive(Clone)]
struct Shared(Rc<RefCell<Payload>>);

impl Shared {
    /// Takes the body of a request, and leaves it one that is the same.
    fn of(req: &mut ServiceRequest) -> Self {
        let shared = Self(Rc::new(RefCell::new(req.take_payload())));
        let same: BoxedPayloadStream = Box::pin(shared.clone());
        req.set_payload(Payload::Stream { payload: same });
        shared
    }
}

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next_unpin(context)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, stream};

    use super::*;

    #[test]
    fn a_body_that_fails_without_end_is_read_once() {
        let begun = stream::iter([Ok(1), Ok(2)]);
        let body = begun.chain(stream::repeat(Err("reset")));
        assert!(read_to_end(Box::pin(body)).now_or_never().is_some());
    }
}
