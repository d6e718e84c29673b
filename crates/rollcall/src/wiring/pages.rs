//! The pages, over what the gateway works with.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use rollcall_console::{Branding, Console, ConsoleOptions, MAX_LOGO_BYTES};
use rollcall_gateway::{AppState, Pages, source_of};

use crate::config::{Config, PortalConfig};

/// The operator console and the setup portal of a gateway.
///
/// # Errors
///
/// A sentence about the logo.
pub(super) fn of(state: &AppState, config: &Config) -> anyhow::Result<Pages> {
    let console = Console::new(ConsoleOptions {
        store: state.store.clone(),
        sealing_key: Arc::clone(&state.sealing_key),
        dns: Arc::clone(&state.dns),
        oidc: Arc::clone(&state.oidc),
        sign_in: config.management_oidc.console(),
        return_origins: state.settings.portal_return_origins.clone(),
        destinations: state.destinations.clone(),
        public_url: state.settings.public_url.clone(),
        base_domain: state.settings.base_domain.clone(),
        branding: branding(&config.portal)?,
        max_failures_per_minute: state.settings.limits.max_bad_tokens_per_minute,
        draining: state.draining.watch(),
        source_of,
    });
    Ok(Arc::new(move |config| console.configure(config)))
}

fn branding(portal: &PortalConfig) -> anyhow::Result<Branding> {
    let file = portal.logo_file.as_deref();
    let logo = file
        .map(|path| {
            let told = || format!("cannot read `portal.logo_file` {}", path.display());
            let size = std::fs::metadata(path).with_context(told)?.len();
            if size > u64::try_from(MAX_LOGO_BYTES)? {
                return Err(anyhow!(
                    "`portal.logo_file` has {size} bytes; it may have {MAX_LOGO_BYTES}"
                ));
            }
            std::fs::read(path).with_context(told)
        })
        .transpose()?;
    Branding::new(portal.product_name.clone(), &portal.accent_color, logo)
        .map_err(|reason| anyhow!("`[portal]`: {reason}"))
}
