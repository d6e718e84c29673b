//! One attempt: a signed request, and what came of it.

use std::sync::Arc;

use rollcall_metrics::traces::Place;
use rollcall_outbound::{FetchError, Post, Posted};
use rollcall_store::{AfterFailure, AttemptMade, ClaimedDelivery, Store};
use secrecy::SecretString;
use tokio::time::Instant;

use super::{WebhookOptions, retry, sign};

/// How much of an answer is kept.
const KEPT_BYTES: usize = 4 * 1024;

/// What the deliveries of one claim have in common.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) timeout: std::time::Duration,
    pub(super) secrets: Vec<SecretString>,
}

/// Sends one delivery. Whatever happens is an answer to be noted.
pub(super) async fn attempt(
    store: &Store,
    options: &WebhookOptions,
    target: &Arc<Target>,
    claimed: &ClaimedDelivery,
) -> AttemptMade {
    let (at, begun) = (store.clock().now(), Instant::now());
    let answer = match &claimed.body {
        None => Err(NOT_KEPT.to_owned()),
        Some(body) => match headers(target, claimed, at.unix_millis() / 1_000, body) {
            Err(reason) => Err(reason),
            Ok(headers) => {
                let post = Post {
                    url: &target.url,
                    content_type: "application/json",
                    headers,
                    body: body.clone(),
                    total: target.timeout,
                    keep_bytes: KEPT_BYTES,
                };
                let answered = options.fetcher.post(post).await;
                answered.map_err(|error: FetchError| error.to_string())
            }
        },
    };
    let (posted, failed) = match answer {
        Ok(posted) => (Some(posted), None),
        Err(reason) => (None, Some(reason)),
    };
    let status = posted.as_ref().map(|posted| posted.status);
    let asked = posted.as_ref().and_then(asked_to_wait);
    let retry_at = retry::next(options, claimed.number, asked, store.clock().now());
    AttemptMade {
        at,
        duration: begun.elapsed(),
        status,
        error: failed.or_else(|| status.and_then(refused)),
        response: posted.map(|posted| text(&posted.body)),
        then: AfterFailure {
            // An event that is gone does not come back.
            retry_at: claimed.body.is_some().then_some(retry_at),
            give_up_after: options.give_up_after,
            pause_after: options.pause_after,
            gone: status == Some(410),
        },
    }
}

const NOT_KEPT: &str = "the event is not kept any more, or cannot be read";

fn headers(
    target: &Target,
    claimed: &ClaimedDelivery,
    timestamp: i64,
    body: &str,
) -> Result<Vec<(&'static str, String)>, String> {
    let id = claimed.event_id.to_string();
    let signatures: Result<Vec<_>, _> = target
        .secrets
        .iter()
        .map(|secret| sign(secret, &id, timestamp, body))
        .collect();
    let signatures = signatures.map_err(|error| error.to_string())?;
    if signatures.is_empty() {
        return Err("the endpoint's secrets cannot be read with this secret key".to_owned());
    }
    let mut headers = vec![
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    // Of an attempt that is not recorded nothing is said: the receiver decides for itself.
    headers.extend(Place::current().map(|place| ("traceparent", place.traceparent())));
    Ok(headers)
}

/// Why a status is no success.
fn refused(status: u16) -> Option<String> {
    match status {
        200..=299 => None,
        300..=399 => Some(format!(
            "the endpoint answered with status {status}; redirects are not followed"
        )),
        410 => Some("the endpoint answered with status 410: it is gone".to_owned()),
        _ => Some(format!("the endpoint answered with status {status}")),
    }
}

/// How long the endpoint wants to be left alone, from one that has reason to say so.
fn asked_to_wait(posted: &Posted) -> Option<std::time::Duration> {
    matches!(posted.status, 429 | 503).then_some(posted.retry_after)?
}

/// A body as text. PostgreSQL takes no zero bytes.
fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace('\0', "\u{fffd}")
}
