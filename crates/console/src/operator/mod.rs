//! The console of the vendor's operators.

mod api_keys;
mod audit_log;
mod caller;
mod connection;
mod form_page;
mod form_parts;
mod frame;
mod organization;
mod organizations;
mod sign_in;
mod table;
mod user;
mod webhooks;

use actix_web::web::ServiceConfig;

pub(crate) use caller::{Deed, Operator, path_id};
pub(crate) use frame::{Frame, Place};

/// How many lines a page of a list has.
const PAGE: u64 = 50;

/// Mounts the pages below `/console`.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .configure(sign_in::configure)
        .configure(organizations::configure)
        // Its `…/scim-connections/new` comes before the scope of one connection.
        .configure(organization::configure)
        .configure(connection::configure)
        .configure(webhooks::configure)
        .configure(audit_log::configure)
        .configure(api_keys::configure);
}

/// What a field holds; `None` if it was left empty.
fn given(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}
