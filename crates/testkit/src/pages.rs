//! The pages, over what the gateway of a test works with.

use std::sync::Arc;

use rollcall_console::{Branding, Console, ConsoleOptions};
use rollcall_gateway::{AppState, Pages, source_of};
use rollcall_orgs::console_sign_in::ConsoleOidc;

/// The operator console and the setup portal of a gateway.
pub(crate) fn of(state: &AppState, sign_in: Option<ConsoleOidc>) -> Pages {
    let console = Console::new(ConsoleOptions {
        store: state.store.clone(),
        sealing_key: Arc::clone(&state.sealing_key),
        dns: Arc::clone(&state.dns),
        oidc: Arc::clone(&state.oidc),
        sign_in,
        return_origins: state.settings.portal_return_origins.clone(),
        destinations: state.destinations.clone(),
        public_url: state.settings.public_url.clone(),
        base_domain: state.settings.base_domain.clone(),
        branding: Branding::default(),
        max_failures_per_minute: state.settings.limits.max_bad_tokens_per_minute,
        draining: state.draining.watch(),
        source_of,
    });
    Arc::new(move |config| console.configure(config))
}
