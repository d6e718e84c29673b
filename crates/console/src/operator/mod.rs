//! The console of the vendor's operators.

mod caller;
mod frame;
mod sign_in;

use actix_web::web::{self, ServiceConfig};

pub(crate) use caller::{Deed, Operator};
pub(crate) use frame::{Frame, Place};

/// Mounts the pages below `/console`.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.configure(sign_in::configure);
}
