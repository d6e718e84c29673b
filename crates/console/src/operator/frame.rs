//! What stands around every page of the console.

use rollcall_model::ApiKeyRole;

use crate::operator::Operator;
use crate::text as t;

/// Which part of the console a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Organizations, and everything of one.
    Organizations,
    /// Webhook endpoints and deliveries.
    Webhooks,
    /// The audit log.
    AuditLog,
    /// API keys.
    ApiKeys,
}

/// One line of the menu.
pub(crate) struct MenuItem {
    pub(crate) href: &'static str,
    pub(crate) says: &'static str,
    /// The path of its picture.
    pub(crate) icon: &'static str,
    pub(crate) here: bool,
}

const MENU: [(Place, &str, &str, &str); 4] = [
    (
        Place::Organizations,
        "/console/organizations",
        t::ORGANIZATIONS,
        "M4 20V6l8-3v17M12 9l8 3v8M3 20h18M7.500 9h1M7.500 13h1M15.500 15h1",
    ),
    (
        Place::Webhooks,
        "/console/webhooks",
        t::WEBHOOKS,
        "M8 16a4 4 0 1 1-1-5.500L12 3M12 7a4 4 0 1 1 4 7M8 16h8a4 4 0 1 1 0 1",
    ),
    (
        Place::AuditLog,
        "/console/audit-log",
        t::AUDIT_LOG,
        "M6 3h9l4 4v14H6zM9 10h7M9 14h7M9 18h4",
    ),
    (
        Place::ApiKeys,
        "/console/api-keys",
        t::API_KEYS,
        "M15 9a5 5 0 1 1-3-4.600M14 8l7 7-2 2M17.500 11.500 16 13",
    ),
];

/// What stands around every page of the console.
pub(crate) struct Frame {
    pub(crate) title: String,
    /// Who is signed in.
    pub(crate) operator: String,
    /// What that one may do.
    pub(crate) role: &'static str,
    /// Whether forms that change something are shown.
    pub(crate) may_change: bool,
    /// What every form holds.
    pub(crate) csrf: String,
    /// What was done just now.
    pub(crate) flash: Option<String>,
    /// Text and address of the pages above this one.
    pub(crate) crumbs: Vec<(String, String)>,
    place: Place,
    bound: bool,
}

impl Frame {
    /// The frame of a page.
    pub(crate) fn new(operator: &Operator, place: Place, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            operator: operator.name().to_owned(),
            role: match operator.key.role {
                ApiKeyRole::Admin => t::ROLE_ADMIN,
                ApiKeyRole::ReadOnly => t::ROLE_READ_ONLY,
            },
            may_change: operator.may_change(),
            csrf: operator.session.csrf(),
            flash: operator.session.stored.flash.clone(),
            crumbs: Vec::new(),
            place,
            bound: operator.bound_to().is_some(),
        }
    }

    /// With a page above this one.
    pub(crate) fn below(mut self, says: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push((says.into(), href.into()));
        self
    }

    /// With another title.
    pub(crate) fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The lines of the menu that lead somewhere for this operator.
    pub(crate) fn menu(&self) -> impl Iterator<Item = MenuItem> {
        let everything = !self.bound;
        let here = self.place;
        MENU.into_iter()
            .filter(move |(place, ..)| everything || *place != Place::ApiKeys)
            .map(move |(place, href, says, icon)| MenuItem {
                href,
                says,
                icon,
                here: place == here,
            })
    }
}
