//! `/Groups`.

pub(super) mod create;
pub(super) mod delete;
mod get;
pub(super) mod list;
pub(super) mod membership;
pub(super) mod patch;
pub(super) mod replace;

use actix_web::http::Method;
use rollcall_model::GroupId;
use serde::Deserialize;

use super::endpoint::Endpoint;
use super::failure::ScimFailure;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/Groups")
            .on(Method::GET, list::list_groups)
            .on(Method::POST, create::create_group),
        Endpoint::at("/Groups/.search").on(Method::POST, list::search_groups),
        Endpoint::at("/Groups/{id}")
            .on(Method::GET, get::get_group)
            .on(Method::PUT, replace::replace_group)
            .on(Method::PATCH, patch::patch_group)
            .on(Method::DELETE, delete::delete_group),
    ]
}

/// The id in a path. A text that is no id is answered as an id that does not exist.
#[derive(Deserialize)]
pub(super) struct GroupPath {
    pub(super) id: String,
}

impl GroupPath {
    fn id(&self) -> Result<GroupId, ScimFailure> {
        GroupId::from_scim(&self.id).ok_or_else(|| self.missing())
    }

    fn missing(&self) -> ScimFailure {
        ScimFailure::NotFound {
            kind: "Group",
            id: self.id.clone(),
        }
    }
}
