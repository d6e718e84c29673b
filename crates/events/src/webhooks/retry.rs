//! When a delivery that failed is tried again.

use std::time::Duration;

use rollcall_model::Timestamp;

use super::WebhookOptions;

/// The longest that an endpoint can ask to be left alone (`Retry-After`).
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);

/// When the attempt after `number` comes. Each wait is four times as long as the one before, up to a
/// bound, and up to a fifth shorter or longer, so that what failed together does not come back together.
pub(super) fn next(
    options: &WebhookOptions,
    number: u32,
    asked: Option<Duration>,
    now: Timestamp,
) -> Timestamp {
    let factor = 4_u32.saturating_pow(number.saturating_sub(1).min(15));
    let wait = options.first_retry.saturating_mul(factor);
    let wait = wait.min(options.longest_retry);
    let wait = wait.mul_f64(fastrand::f64().mul_add(0.4, 0.8));
    let asked = asked.map(|asked| asked.min(LONGEST_ASKED));
    now.plus(asked.map_or(wait, |asked| asked.max(wait)))
}
