//! Webhooks, as the configuration has them.

use std::sync::Arc;

use rollcall_events::webhooks::WebhookOptions;
use rollcall_orgs::secret::SealingKey;
use rollcall_orgs::webhooks;
use rollcall_outbound::Fetcher;

use crate::config::Config;

/// How this process sends webhooks. The workers know nothing of sealing: they ask for a secret here.
pub(super) fn options(config: &Config, fetcher: Fetcher, key: Arc<SealingKey>) -> WebhookOptions {
    let open = move |id, sealed: &[u8]| webhooks::open_secret(&key, id, sealed).ok();
    let asked = &config.webhooks;
    WebhookOptions {
        concurrency: asked.concurrency,
        pause_after: asked.pause_after,
        keep_delivered: asked.keep_delivered,
        keep_failed: asked.keep_failed,
        ..WebhookOptions::new(fetcher, Arc::new(open))
    }
}
