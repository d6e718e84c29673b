//! Which scopes of a token a request needs.
//!
//! A resource is seen whole or not at all: the `groups` of a user come with `users:read`, and the
//! `members` of a group with `groups:read`, because a client that was given a part of a resource
//! would write that part back as the whole. Changing who is in a group is a change of the group.

use actix_web::HttpRequest;
use actix_web::http::Method;
use rollcall_model::Scope;
use rollcall_orgs::authentication::Needed;
use rollcall_scim::bulk::Collection;

use super::endpoint::EndpointPath;

const LOOKING: Needed = &[Scope::UsersRead, Scope::GroupsRead];
const CHANGING: Needed = &[Scope::UsersWrite, Scope::GroupsWrite];

/// Whether a request only looks, as far as its method and its path tell.
pub(super) fn only_looks(req: &HttpRequest) -> bool {
    looks(req.method(), EndpointPath::of(req).unwrap_or_default())
}

fn looks(method: &Method, path: &str) -> bool {
    match *method {
        Method::GET | Method::HEAD => true,
        // A query by POST changes nothing (RFC 7644 §3.4.3).
        Method::POST => path.ends_with("/.search"),
        _ => false,
    }
}

/// The scopes of which a request needs one before its body is read. What a query of both types
/// shows, and what a bulk request does, is looked at again for each type.
pub(super) fn needed(req: &HttpRequest) -> Needed {
    EndpointPath::of(req).map_or(&[], |path| of(req.method(), path))
}

fn of(method: &Method, path: &str) -> Needed {
    let looks = looks(method, path);
    let resource = path.split('/').nth(1).unwrap_or_default();
    match (resource, looks) {
        ("ServiceProviderConfig" | "ResourceTypes" | "Schemas", true) => &[],
        // The only person that `/Me` could be is a user.
        ("Users" | "Me", true) => &[Scope::UsersRead],
        ("Users" | "Me", false) => &[Scope::UsersWrite],
        ("Groups", true) => &[Scope::GroupsRead],
        ("Groups", false) => &[Scope::GroupsWrite],
        (_, true) => LOOKING,
        (_, false) => CHANGING,
    }
}

/// The scope for a change in a collection.
pub(super) const fn of_change(collection: Collection) -> Needed {
    match collection {
        Collection::Users => &[Scope::UsersWrite],
        Collection::Groups => &[Scope::GroupsWrite],
    }
}

/// The names of scopes of which one is needed, with a word between them.
pub(super) fn names(needed: Needed, between: &str) -> String {
    let names: Vec<&str> = needed.iter().map(|scope| scope.as_str()).collect();
    names.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_needs_the_scope_of_what_it_shows_or_changes() {
        let rows: Vec<String> = super::super::routes()
            .into_iter()
            .map(|(method, path)| {
                let needed = of(&method.parse().unwrap(), path);
                format!("{method} {path}: {}", names(needed, " or "))
            })
            .collect();
        insta::assert_snapshot!(rows.join("\n"), @"
        GET /Me: users:read
        POST /Me: users:write
        PUT /Me: users:write
        PATCH /Me: users:write
        DELETE /Me: users:write
        GET : users:read or groups:read
        POST /.search: users:read or groups:read
        GET /Users: users:read
        POST /Users: users:write
        POST /Users/.search: users:read
        GET /Users/{id}: users:read
        PUT /Users/{id}: users:write
        PATCH /Users/{id}: users:write
        DELETE /Users/{id}: users:write
        GET /Groups: groups:read
        POST /Groups: groups:write
        POST /Groups/.search: groups:read
        GET /Groups/{id}: groups:read
        PUT /Groups/{id}: groups:write
        PATCH /Groups/{id}: groups:write
        DELETE /Groups/{id}: groups:write
        POST /Bulk: users:write or groups:write
        GET /ServiceProviderConfig: 
        GET /ResourceTypes: 
        GET /ResourceTypes/{id}: 
        GET /Schemas: 
        GET /Schemas/{id}:
        ");
    }
}
