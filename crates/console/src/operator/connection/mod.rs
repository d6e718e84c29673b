//! `/console/organizations/{org}/scim-connections/{scim}`: everything of one SCIM connection.

mod activity;
mod directory;
mod log;
mod overview;
mod secret;
mod tokens;

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{ScimConnection, ScimConnectionId};
use rollcall_orgs::scim_connections;
use rollcall_store::{ConnectionHandle, OrgHandle};

use crate::answer::PageError;
use crate::operator::organization::{frame_of, page_of};
use crate::operator::table::Tab;
use crate::operator::{Frame, Operator};
use crate::text as t;

pub(super) use directory::active;
pub(super) use secret::{SecretPage, secret_page};

/// The path of the page, as it is mounted.
const PATTERN: &str = "/organizations/{org}/scim-connections/{scim}";

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::scope(PATTERN)
            .configure(overview::configure)
            .configure(tokens::configure)
            .configure(directory::configure)
            .configure(log::configure)
            .default_service(web::to(crate::answer::nothing_here)),
    );
}

/// Which part of a connection a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Overview,
    Users,
    Groups,
    Parked,
    Requests,
    Events,
}

const PARTS: [(Part, &str, &str); 6] = [
    (Part::Overview, "", t::OVERVIEW),
    (Part::Users, "/users", t::USERS),
    (Part::Groups, "/groups", t::GROUPS),
    (Part::Parked, "/parked", t::PARKED),
    (Part::Requests, "/requests", t::REQUEST_LOG),
    (Part::Events, "/events", t::EVENTS),
];

/// A connection as an operator opened it.
pub(super) struct Opened {
    pub(super) org: OrgHandle,
    pub(super) handle: ConnectionHandle,
    pub(super) connection: ScimConnection,
    /// Where its page is.
    pub(super) base: String,
}

impl Opened {
    /// Opens the connection that a path names.
    ///
    /// # Errors
    ///
    /// There is none for this operator.
    pub(super) async fn of(
        operator: &Operator,
        (org, scim): &(String, String),
    ) -> Result<Self, PageError> {
        let (org, handle) = operator.connection(org, scim).await?;
        let connection = scim_connections::find(&org, handle.connection_id()).await?;
        Ok(Self {
            base: base(&org, connection.id),
            org,
            handle,
            connection,
        })
    }

    /// Where one of its parts is.
    pub(super) fn address(&self, part: Part) -> String {
        let path = PARTS.iter().find(|(it, ..)| *it == part);
        format!("{}{}", self.base, path.map_or("", |(_, path, _)| path))
    }

    /// The frame of one of its pages.
    pub(super) fn frame(&self, operator: &Operator) -> Frame {
        frame_of(operator, &self.org, &self.connection.name)
    }

    /// The way to its other parts.
    pub(super) fn tabs(&self, here: Part) -> Vec<Tab> {
        let tab = |(part, _, says): (Part, &str, &'static str)| Tab {
            href: self.address(part),
            says,
            here: part == here,
        };
        PARTS.into_iter().map(tab).collect()
    }
}

/// Where the page of a connection is.
pub(super) fn base(org: &OrgHandle, id: ScimConnectionId) -> String {
    format!("{}/scim-connections/{id}", page_of(org))
}
