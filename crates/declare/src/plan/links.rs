//! Paths of calls.

use super::{Piece, Ref};

/// A path below the organization.
pub(super) fn organization(rest: &str) -> Vec<Piece> {
    vec![
        Piece::Text("/v1/organizations/".to_owned()),
        Piece::Id(Ref::Organization),
        Piece::Text(rest.to_owned()),
    ]
}

/// A path below one of its SCIM connections.
pub(super) fn scim(connection: &str, rest: &str) -> Vec<Piece> {
    let mut path = organization("/scim-connections/");
    path.push(Piece::Id(Ref::Scim(connection.to_owned())));
    path.push(Piece::Text(rest.to_owned()));
    path
}
