//! The setup portal of a customer's admin: from a link to a connection that works, and what is there
//! to see of it afterwards.
//!
//! | module | pages |
//! | --- | --- |
//! | `entry` | the link, its one button, and the way out |
//! | `setup` | provider, login provider, name: the way to a connection |
//! | `guide` | address, token and steps at the provider; `live` waits there for the first request |
//! | `home`, `overview`, `directory`, `requests`, `tokens`, `policy` | afterwards |
//!
//! Every page but the first takes a `Visitor`, whose organization is the only one it can open; see
//! docs/decisions/0027-portal.md.

mod accent;
pub(crate) mod branding;
mod directory;
mod entry;
mod first_request;
mod frame;
mod guide;
mod home;
mod live;
mod overview;
mod policy;
mod requests;
mod setup;
mod status;
mod tokens;
mod visitor;

use actix_web::web::ServiceConfig;

pub(crate) use live::Streams;

/// Mounts the pages below `/portal`.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .configure(entry::configure)
        .configure(home::configure)
        .configure(setup::configure)
        .configure(guide::configure)
        .configure(live::configure)
        .configure(overview::configure)
        .configure(directory::configure)
        .configure(requests::configure)
        .configure(tokens::configure)
        .configure(policy::configure);
}
