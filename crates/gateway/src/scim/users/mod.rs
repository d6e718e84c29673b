//! `/Users`.

mod change;
pub(super) mod create;
pub(super) mod delete;
mod get;
pub(super) mod list;
pub(super) mod patch;
pub(super) mod replace;

use actix_web::http::Method;
use rollcall_model::UserId;
use serde::Deserialize;

use super::endpoint::Endpoint;
use super::failure::ScimFailure;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/Users")
            .on(Method::GET, list::list_users)
            .on(Method::POST, create::create_user),
        Endpoint::at("/Users/.search").on(Method::POST, list::search_users),
        Endpoint::at("/Users/{id}")
            .on(Method::GET, get::get_user)
            .on(Method::PUT, replace::replace_user)
            .on(Method::PATCH, patch::patch_user)
            .on(Method::DELETE, delete::delete_user),
    ]
}

/// The id in a path. A text that is no id is answered as an id that does not exist.
#[derive(Deserialize)]
pub(super) struct UserPath {
    pub(super) id: String,
}

impl UserPath {
    fn id(&self) -> Result<UserId, ScimFailure> {
        UserId::from_scim(&self.id).ok_or_else(|| self.missing())
    }

    fn missing(&self) -> ScimFailure {
        ScimFailure::NotFound {
            kind: "User",
            id: self.id.clone(),
        }
    }
}
