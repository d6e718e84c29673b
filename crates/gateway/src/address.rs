//! What a request's path and host say about its tenant.

use std::net::IpAddr;

use actix_web::HttpRequest;
use rollcall_model::Slug;
use rollcall_orgs::authentication::Address;

use crate::scim::root_path;
use crate::settings::Settings;

/// A path that names a connection whose id cannot exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamesNothing;

/// Reads the tenant that a request names, by path, by host, by both, or by neither.
pub(crate) fn of(req: &HttpRequest, settings: &Settings) -> Result<Address, NamesNothing> {
    let connection = root_path::connection(req.match_info());
    Ok(Address {
        connection: connection
            .map(|text| text.parse().map_err(|_| NamesNothing))
            .transpose()?,
        organization: settings
            .base_domain
            .as_ref()
            .and_then(|domain| slug_of_host(&host(req, settings), domain)),
    })
}

/// The host that the client asked for. What a proxy says of it is believed only behind one.
fn host(req: &HttpRequest, settings: &Settings) -> String {
    let host = if settings.behind_proxy {
        req.connection_info().host().to_owned()
    } else {
        let in_header = req
            .headers()
            .get("host")
            .and_then(|host| host.to_str().ok());
        in_header
            .or_else(|| req.uri().authority().map(|authority| authority.as_str()))
            .unwrap_or_default()
            .to_owned()
    };
    host.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host.clone(), |(name, _)| name.to_owned())
}

/// Where a request comes from. Behind a proxy it is the last address of `X-Forwarded-For`: the one
/// that the proxy itself added, while those before it are whatever the client wrote.
pub(crate) fn source(req: &HttpRequest, settings: &Settings) -> Option<IpAddr> {
    let forwarded = || {
        let lines = req.headers().get_all("x-forwarded-for");
        let line = lines.last()?.to_str().ok()?;
        let last = line.rsplit(',').next()?;
        last.trim().parse().ok()
    };
    let told = if settings.behind_proxy {
        forwarded()
    } else {
        None
    };
    told.or_else(|| Some(req.peer_addr()?.ip()))
}

/// Where a request to this server comes from, for the pages that it serves for others.
#[must_use]
pub fn source_of(req: &HttpRequest) -> Option<IpAddr> {
    source(req, &crate::state::of(req).settings)
}

fn slug_of_host(host: &str, base_domain: &str) -> Option<Slug> {
    let host = host.to_ascii_lowercase();
    let label = host.strip_suffix(base_domain)?.strip_suffix('.')?;
    label.parse().ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::settings::{Limits, OauthSettings, RateSettings};
    use rollcall_orgs::portal::ReturnOrigins;

    #[test]
    fn a_proxy_is_believed_about_the_address_that_it_added_itself() {
        let req = TestRequest::default()
            .peer_addr(([127, 0, 0, 1], 1).into())
            .insert_header(("x-forwarded-for", "198.51.100.7, 192.0.2.1"))
            .to_http_request();
        let mut settings = Settings {
            public_url: String::new(),
            base_domain: None,
            behind_proxy: true,
            extra_scim_paths: Vec::new(),
            limits: Limits::default(),
            rate_limits: RateSettings::OFF,
            oauth: OauthSettings::default(),
            admission: crate::admission::AdmissionLimits::default(),
            request_log: crate::request_log::RequestLogSettings::default(),
            management_oidc: None,
            portal_return_origins: ReturnOrigins::default(),
        };
        assert_eq!(source(&req, &settings), Some([192, 0, 2, 1].into()));
        settings.behind_proxy = false;
        assert_eq!(source(&req, &settings), Some([127, 0, 0, 1].into()));
    }

    fn slug(host: &str) -> Option<String> {
        slug_of_host(host, "scim.example.com").map(|slug| slug.to_string())
    }

    #[test]
    fn the_label_before_the_base_domain_names_the_organization() {
        assert_eq!(slug("Acme.scim.example.com").as_deref(), Some("acme"));
        assert_eq!(slug("scim.example.com"), None);
        assert_eq!(slug("acme.other.example.com"), None);
        assert_eq!(slug("a.b.scim.example.com"), None);
        assert_eq!(slug("acmescim.example.com"), None);
    }
}
