//! Users of verified domains only.

use rollcall_model::{Policy, ProvisioningDomains};
use rollcall_scim::Resource;
use url::Host;

use super::{Deed, PolicyRefusal};
use crate::error::StoreError;
use crate::handle::DirectoryTx;

/// Everything about a user that is an e-mail address, in lower case: its e-mails, and its `userName`
/// where that is one.
pub(super) fn addresses_of(resource: &Resource) -> impl Iterator<Item = String> {
    let name = resource.user_name().filter(|name| name.contains('@'));
    resource.emails().chain(name).map(str::to_lowercase)
}

/// The domain of an address, in ASCII as domains are verified; empty if it has none.
fn domain_of(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    match Host::parse(domain) {
        Ok(Host::Domain(name)) => name,
        _ => String::new(),
    }
}

impl DirectoryTx {
    /// Refuses addresses that are new and of a domain that the organization has not verified.
    pub(super) async fn check_domains(
        &self,
        policy: &Policy,
        deeds: &[Deed],
    ) -> Result<(), StoreError> {
        if policy.provisioning_domains == ProvisioningDomains::Any {
            return Ok(());
        }
        let addresses = || deeds.iter().flat_map(|deed| &deed.addresses);
        let domains: Vec<String> = addresses().map(|address| domain_of(address)).collect();
        let verified = self.verified_domains_among(&domains).await?;
        match addresses().find(|address| !verified.contains(&domain_of(address))) {
            Some(address) => Err(PolicyRefusal::Domain {
                address: address.clone(),
            }
            .into()),
            None => Ok(()),
        }
    }
}
