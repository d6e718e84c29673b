//! How long a body will be, by its head: what is too large is refused before any of it is read.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;

/// The length in bytes that a request announces for its body; `None` if it does not say.
pub(crate) fn length(req: &HttpRequest) -> Option<usize> {
    let length = req.headers().get(CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
