//! The id of a request: in its log line, its answer, its events and its audit rows.
//!
//! It is always our own. An id taken from a client could be repeated or made to look like
//! another request's.

use actix_web::{HttpMessage, HttpRequest};
use rollcall_model::RequestId;

/// The header that every answer carries it in.
pub const HEADER: &str = "x-request-id";

/// The id that the outermost middleware gave this request.
pub(crate) fn of(req: &HttpRequest) -> RequestId {
    let given = req.extensions().get::<RequestId>().copied();
    given.unwrap_or_else(|| RequestId::new(crate::state::of(req).store.clock()))
}
