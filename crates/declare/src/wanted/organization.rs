//! An organization of a file.

use rollcall_model::Slug;
use rollcall_orgs::domains::DomainName;
use toml::Spanned;

use super::read::{Reading, each_once, put, put_or_none, webhooks};
use super::{Fields, Wanted, WantedOrganization, scim, sso};
use crate::document::{Domain, Organization};
use crate::place::FileError;

pub(super) fn read(
    reading: &Reading<'_>,
    given: Organization,
) -> Result<WantedOrganization, FileError> {
    if let Err(reason) = given.slug.get_ref().parse::<Slug>() {
        let said = format!("`{}` is no slug: {reason}", given.slug.get_ref());
        return Err(reading.wrong(&given.slug, "organizations.slug", said));
    }
    let mut fields = Fields::new();
    put(&mut fields, "name", given.name.as_deref().map(str::trim));
    put_or_none(&mut fields, "external_id", given.external_id.as_deref());
    let sso_connections = all(reading, given.sso_connections, sso::read)?;
    if let Some(sso) = &sso_connections {
        each_once(sso::PATH, sso.iter().map(|it| &it.it))?;
    }
    // Where a file lists SSO connections, a name that is not among them is likely mistyped; it may
    // still be one that is there and that the file leaves alone, so the plan decides.
    let scim_connections = all(reading, given.scim_connections, scim::read)?;
    if let Some(scim) = &scim_connections {
        each_once(scim::PATH, scim.iter().map(|it| &it.it))?;
    }
    let domains = all(reading, given.domains, domain)?;
    if let Some(domains) = &domains {
        each_once("organizations.domains", domains.iter())?;
    }
    const WEBHOOKS: &str = "organizations.webhook_endpoints";
    Ok(WantedOrganization {
        it: Wanted {
            place: reading.place(&given.slug),
            name: given.slug.into_inner(),
            fields,
        },
        domains,
        sso_connections,
        scim_connections,
        policy: given.policy.map(|named| named.fields),
        webhook_endpoints: webhooks(reading, WEBHOOKS, given.webhook_endpoints)?,
    })
}

/// Reads each one of a list, if there is a list.
pub(super) fn all<G, W>(
    reading: &Reading<'_>,
    given: Option<Vec<G>>,
    read: impl Fn(&Reading<'_>, G) -> Result<W, FileError>,
) -> Result<Option<Vec<W>>, FileError> {
    let read = |given: Vec<G>| given.into_iter().map(|it| read(reading, it)).collect();
    given.map(read).transpose()
}

fn domain(reading: &Reading<'_>, given: Domain) -> Result<Wanted, FileError> {
    let name = DomainName::parse(given.domain.get_ref()).map_err(|reason| {
        let said = format!("`{}`: {reason}", given.domain.get_ref());
        reading.wrong(&given.domain, "organizations.domains.domain", said)
    })?;
    let mut fields = Fields::new();
    let sso = given.sso_connection.map(Spanned::into_inner);
    put_or_none(&mut fields, "sso_connection", sso.as_deref());
    Ok(Wanted {
        name: name.to_string(),
        fields,
        place: reading.place(&given.domain),
    })
}
