//! What stands around every page of the portal.

use actix_web::HttpRequest;
use rollcall_model::ScimConnection;

use super::branding::Branding;
use super::visitor::Visitor;
use crate::text::portal as p;

/// The vendor's face: name, logo and colour.
pub(super) struct Brand {
    pub(super) name: String,
    pub(super) css: String,
    pub(super) logo: Option<String>,
}

impl From<&Branding> for Brand {
    fn from(branding: &Branding) -> Self {
        Self {
            name: branding.product_name().to_owned(),
            css: branding.css_path().to_owned(),
            logo: branding.logo_path().map(str::to_owned),
        }
    }
}

impl Brand {
    /// A text in which `{product}` is the vendor's product.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{product}", &self.name)
    }
}

/// What stands around every page of a session.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) brand: Brand,
    /// The customer's name.
    pub(super) organization: String,
    /// What every form holds.
    pub(super) csrf: String,
    /// Where the vendor's product is.
    pub(super) return_url: Option<String>,
    /// What was done just now.
    pub(super) done: Option<&'static str>,
    /// The tabs of the connection that the page is of.
    pub(super) tabs: Vec<Tab>,
    /// The name and the address of that connection.
    pub(super) connection: Option<(String, String)>,
    /// Which of the two parts of the portal the page is in.
    pub(super) in_policy: bool,
}

/// One tab of a connection.
pub(super) struct Tab {
    pub(super) href: String,
    pub(super) says: &'static str,
    pub(super) here: bool,
}

/// Which page of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Overview,
    Guide,
    Users,
    Groups,
    Requests,
    Tokens,
}

/// Every page of a connection: where it is below the connection, and what it is called.
const PLACES: [(Place, &str, &str); 6] = [
    (Place::Overview, "", p::OVERVIEW),
    (Place::Guide, "/guide", p::GUIDE),
    (Place::Users, "/users", p::USERS),
    (Place::Groups, "/groups", p::GROUPS),
    (Place::Requests, "/requests", p::REQUESTS),
    (Place::Tokens, "/tokens", p::TOKENS),
];

impl Frame {
    /// The frame of a page.
    pub(super) fn new(visitor: &Visitor, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            brand: Brand::from(&visitor.shared.options.branding),
            organization: visitor.org.organization().name.clone(),
            csrf: visitor.csrf(),
            return_url: visitor.session.return_url.clone(),
            done: None,
            tabs: Vec::new(),
            connection: None,
            in_policy: false,
        }
    }

    /// The frame of a page of a connection.
    pub(super) fn of(visitor: &Visitor, connection: &ScimConnection, place: Place) -> Self {
        let path = path(connection);
        let says = PLACES.iter().find(|it| it.0 == place).map_or("", |it| it.2);
        let mut frame = Self::new(visitor, format!("{says} · {}", connection.name));
        frame.tabs = PLACES
            .iter()
            .map(|(other, below, says)| Tab {
                href: format!("{path}{below}"),
                says,
                here: *other == place,
            })
            .collect();
        frame.connection = Some((connection.name.clone(), path));
        frame
    }

    /// Says what was done just now, if the address tells by one of the known words.
    pub(super) fn after(mut self, req: &HttpRequest) -> Self {
        let word = req.query_string().strip_prefix("done=");
        self.done = word.and_then(p::done);
        self
    }

    /// A text in which `{product}` is the vendor's product.
    pub(super) fn fill(&self, text: &str) -> String {
        self.brand.fill(text)
    }
}

/// Where the pages of a connection are.
pub(super) fn path(connection: &ScimConnection) -> String {
    format!("/portal/connections/{}", connection.id)
}
