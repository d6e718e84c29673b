//! The setup portal of a customer's admin.

use actix_web::web::ServiceConfig;

/// Mounts the pages below `/portal`.
pub(crate) fn configure(_config: &mut ServiceConfig) {}
