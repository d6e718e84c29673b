//! The one page that shows a secret.

use askama::Template;
use rollcall_model::ScimConnection;
use rollcall_orgs::tokens::IssuedToken;
use rollcall_store::OrgHandle;
use url::Url;

use super::base;
use crate::answer::{self, Answer};
use crate::assets;
use crate::console::Shared;
use crate::operator::organization::frame_of;
use crate::operator::{Frame, Operator};
use crate::text as t;

/// A secret that was made just now. It is the answer to the form that made it, so it has no address
/// of its own and no second showing.
#[derive(Template)]
#[template(path = "operator/secret.html")]
pub(crate) struct SecretPage<'a> {
    pub(crate) frame: Frame,
    pub(crate) heading: &'a str,
    /// Name, id on the page and value.
    pub(crate) values: Vec<(&'static str, &'static str, &'a str)>,
    /// Where to go on.
    pub(crate) next: String,
}

/// Shows the secret of a token, beside the address that it opens.
pub(crate) fn secret_page(
    operator: &Operator,
    org: &OrgHandle,
    connection: &ScimConnection,
    issued: &IssuedToken,
) -> Answer {
    let frame =
        frame_of(operator, org, t::TOKEN_MADE).below(&connection.name, base(org, connection.id));
    let url = endpoint_url(&operator.shared, connection);
    let heading = t::token_made(&issued.token.name);
    answer::page(&SecretPage {
        frame,
        heading: &heading,
        values: vec![
            (t::ENDPOINT_URL, "endpoint-url", &url),
            (t::TOKEN, "token", issued.secret.expose()),
        ],
        next: base(org, connection.id),
    })
}

/// The address of a connection that its id is in.
pub(super) fn endpoint_url(shared: &Shared, connection: &ScimConnection) -> String {
    format!("{}/scim/v2/{}", shared.options.public_url, connection.id)
}

/// The other addresses of a connection: by the host of its organization, if organizations have one,
/// and by the token alone.
pub(super) fn other_urls(shared: &Shared, org: &OrgHandle) -> (Option<String>, String) {
    let options = &shared.options;
    let host = options.base_domain.as_ref().and_then(|domain| {
        let public = Url::parse(&options.public_url).ok()?;
        let port = public.port().map(|port| format!(":{port}"));
        let (scheme, slug) = (public.scheme(), &org.organization().slug);
        let port = port.unwrap_or_default();
        Some(format!("{scheme}://{slug}.{domain}{port}/scim/v2"))
    });
    (host, format!("{}/scim/v2", options.public_url))
}
