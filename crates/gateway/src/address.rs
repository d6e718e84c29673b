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
            .and_then(|domain| slug_of_host(host(req, settings), domain)),
    })
}

/// The host that the client asked for, without a port.
fn host<'r>(req: &'r HttpRequest, settings: &Settings) -> &'r str {
    let headers = req.headers();
    let asked_for = || headers.get("host")?.to_str().ok();
    let authority = || Some(req.uri().authority()?.as_str());
    let host = settings
        .proxies
        .host(peer(req), headers)
        .or_else(asked_for)
        .or_else(authority)
        .unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Where a request comes from, as far as it can be believed. Everything that depends on it asks here.
pub(crate) fn source(req: &HttpRequest, settings: &Settings) -> Option<IpAddr> {
    Some(settings.proxies.client(peer(req)?, req.headers()))
}

/// Who holds the other end of the connection.
#[expect(clippy::disallowed_methods, reason = "here it is asked")]
fn peer(req: &HttpRequest) -> Option<IpAddr> {
    Some(req.peer_addr()?.ip())
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
    use super::*;

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
