//! Every page of the console and of the portal, in the order in which they are looked at.
//!
//! A route that answers with a page and is not here fails `routes`. Names in braces are filled in
//! from the [`World`]; what a page shows besides (nothing yet, a refusal) is a page of its own.

use crate::chromium::Chromium;
use crate::world::World;

/// What is done on a page before it is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Types into the field that this selector finds.
    Fill(&'static str, &'static str),
    /// Clicks on the link, button or summary that says this.
    Click(&'static str),
    /// Clicks on what this selector finds.
    ClickOn(&'static str),
}
use Step::{Click, ClickOn, Fill};

/// A page, and how it is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// What its pictures are called.
    pub(crate) name: &'static str,
    /// As it is mounted.
    pub(crate) route: &'static str,
    /// What follows the path.
    query: &'static str,
    /// What is done there; the last step of some sends a form, whose answer is the page.
    steps: &'static [Step],
}

const fn page(name: &'static str, route: &'static str) -> Page {
    Page {
        name,
        route,
        query: "",
        steps: &[],
    }
}

impl Page {
    const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn after(self, steps: &'static [Step]) -> Self {
        Self { steps, ..self }
    }

    /// Goes there.
    pub(crate) async fn open(&self, browser: &Chromium, world: &World) {
        let path = world.fill(&format!("{}{}", self.route, self.query));
        browser.open(&format!("{}{path}", world.base())).await;
        for step in self.steps {
            match step {
                Fill(css, text) => browser.fill(css, text).await,
                Click(says) => browser.click(says).await,
                ClickOn(css) => browser.click_on(css).await,
            }
        }
    }
}

const ORG: &str = "/console/organizations/{org}";
const SCIM: &str = "/console/organizations/{org}/scim-connections/{scim}";
const WAITING: &str = "/console/organizations/{org}/scim-connections/{waiting}";

/// Joins two pieces of a route where it is compiled.
macro_rules! below {
    (ORG, $rest:literal) => {
        concat!("/console/organizations/{org}", $rest)
    };
    (SCIM, $rest:literal) => {
        concat!(
            "/console/organizations/{org}/scim-connections/{scim}",
            $rest
        )
    };
    (WAITING, $rest:literal) => {
        concat!(
            "/console/organizations/{org}/scim-connections/{waiting}",
            $rest
        )
    };
    (PORTAL, $rest:literal) => {
        concat!("/portal/connections/{scim}", $rest)
    };
    (PORTAL_WAITING, $rest:literal) => {
        concat!("/portal/connections/{waiting}", $rest)
    };
}

/// What is shown to everybody who comes to the console.
pub(crate) const BEFORE_SIGNING_IN: &[Page] = &[
    page("sign-in", "/console/sign-in"),
    page("sign-in-refused", "/console/sign-in")
        .after(&[Fill("#key", "rck_wrong"), ClickOn("main button")]),
    page("sign-in-stale", "/console/sign-in/callback").asking("?state=old&code=old"),
    page("not-found", "/console/nowhere"),
];

/// What an operator sees.
pub(crate) const CONSOLE: &[Page] = &[
    page("organizations", "/console/organizations"),
    page("organizations-none-found", "/console/organizations").asking("?q=zzz"),
    page("organization-new", "/console/organizations/new"),
    page("organization-new-refused", "/console/organizations/new").after(&[
        Fill("#name", "Acme, Inc."),
        Fill("#slug", "Not a slug"),
        ClickOn("main form button"),
    ]),
    page("organization", ORG),
    page("organization-edit", below!(ORG, "/edit")),
    page("policy", below!(ORG, "/policy")),
    page("policy-previewed", below!(ORG, "/policy")).after(&[
        ClickOn("#restrict_account_creation_to_scim"),
        Click("See what it would do"),
    ]),
    page("organization-empty", "/console/organizations/{empty}"),
    page(
        "organization-delete-refused",
        "/console/organizations/{empty}",
    )
    .after(&[
        ClickOn(".danger summary"),
        Fill(".danger input[name=confirm]", "Another"),
        ClickOn(".danger button"),
    ]),
    page("sso-connection-new", below!(ORG, "/sso-connections/new")),
    page("sso-connection", below!(ORG, "/sso-connections/{sso}")),
    page(
        "sso-connection-saml",
        below!(ORG, "/sso-connections/{saml}"),
    ),
    page(
        "sso-connection-edit",
        below!(ORG, "/sso-connections/{sso}/edit"),
    ),
    page(
        "sso-connection-checked",
        below!(ORG, "/sso-connections/{saml}"),
    )
    .after(&[Click("Check now")]),
    page("portal-links", below!(ORG, "/portal-links")),
    page(
        "portal-links-none",
        "/console/organizations/{empty}/portal-links",
    ),
    page("portal-link-new", below!(ORG, "/portal-links/new")),
    page("portal-link-made", below!(ORG, "/portal-links/new")).after(&[Click("Make portal link")]),
    page("scim-connection-new", below!(ORG, "/scim-connections/new")),
    page("connection", SCIM),
    page("connection-waiting", WAITING),
    page("connection-token-made", WAITING).after(&[
        Click("New token, or rotate"),
        Fill("#name", "December"),
        Click("Create token"),
    ]),
    page("users", below!(SCIM, "/users")),
    page("users-none", below!(WAITING, "/users")),
    page("user", below!(SCIM, "/users/{user}")),
    page("groups", below!(SCIM, "/groups")),
    page("groups-none", below!(WAITING, "/groups")),
    page("parked", below!(SCIM, "/parked")),
    page("parked-none", below!(WAITING, "/parked")),
    page("requests", below!(SCIM, "/requests")),
    page("requests-none", below!(WAITING, "/requests")),
    page("request-failed", below!(SCIM, "/requests/{failed}")),
    page("events", below!(SCIM, "/events")),
    page("webhooks", "/console/webhooks"),
    page("webhook-new", "/console/webhooks/new"),
    page("webhook-made", "/console/webhooks/new").after(&[
        Fill("#url", "https://127.0.0.1:9/other"),
        ClickOn("main form button"),
    ]),
    page("webhook-change", "/console/webhooks/{endpoint}/change"),
    page("webhook-settings", "/console/webhooks/{endpoint}/settings"),
    page("webhook-deliveries", "/console/webhooks/{endpoint}"),
    page(
        "webhook-attempts",
        "/console/webhooks/{endpoint}/{delivery}",
    ),
    page("audit-log", "/console/audit-log"),
    page("api-keys", "/console/api-keys"),
    page("api-key-new", "/console/api-keys/new"),
    page("api-key-made", "/console/api-keys/new")
        .after(&[Fill("#name", "Support"), ClickOn("main form button")]),
];

/// What is shown to everybody who has a link, or had a session.
pub(crate) const BEFORE_ENTERING: &[Page] = &[
    page("portal-enter", "/portal/link/{link}"),
    page("portal-enter-over", "/portal/link/{nothing}"),
    page("portal-ended", "/portal/ended"),
];

/// What a customer's admin sees; the last page ends the session.
pub(crate) const PORTAL: &[Page] = &[
    page("portal-home", "/portal"),
    page("portal-provider", "/portal/setup"),
    page("portal-sso", "/portal/setup/{okta}"),
    page("portal-sso-google", "/portal/setup/{google}"),
    page("portal-sso-refused", "/portal/setup/{okta}").after(&[
        Click("OpenID Connect"),
        Fill("#issuer", "http://insecure.example"),
        Fill("#client_id", "x"),
        ClickOn("details[open] button"),
    ]),
    page("portal-name", "/portal/setup/{okta}/name").asking("?sso={sso}"),
    page("portal-ready", "/portal/setup/{okta}/name")
        .asking("?sso={sso}")
        .after(&[Click("Create the connection")]),
    page("portal-overview", "/portal/connections/{scim}"),
    page("portal-overview-waiting", "/portal/connections/{waiting}"),
    page("portal-guide", below!(PORTAL, "/guide")),
    page("portal-guide-entra", "/portal/connections/{in-entra}/guide"),
    page(
        "portal-guide-onelogin",
        "/portal/connections/{in-onelogin}/guide",
    ),
    page(
        "portal-guide-jumpcloud",
        "/portal/connections/{in-jumpcloud}/guide",
    ),
    page("portal-guide-ping", "/portal/connections/{in-ping}/guide"),
    page(
        "portal-guide-google",
        "/portal/connections/{in-google}/guide",
    ),
    page("portal-users", below!(PORTAL, "/users")),
    page("portal-users-none", below!(PORTAL_WAITING, "/users")),
    page("portal-groups", below!(PORTAL, "/groups")),
    page("portal-groups-none", below!(PORTAL_WAITING, "/groups")),
    page("portal-requests", below!(PORTAL, "/requests")),
    page("portal-requests-none", below!(PORTAL_WAITING, "/requests")),
    page(
        "portal-request-failed",
        below!(PORTAL, "/requests/{failed}"),
    ),
    page("portal-tokens", below!(PORTAL, "/tokens")),
    page("portal-token-made", below!(PORTAL, "/tokens")).after(&[Click("Make a new token")]),
    page("portal-policy", "/portal/policy"),
    page("portal-signed-out", "/portal").after(&[Click("Sign out")]),
];
