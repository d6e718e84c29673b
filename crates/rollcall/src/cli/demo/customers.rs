//! The two customers: how their people sign in, who provisions them, and what happens there in a
//! day.

use anyhow::{Context, bail};
use rollcall_idp_sim::{Change, Directory, IdpKind};
use serde_json::{Value, json};

/// A self-signed certificate that nobody has the key of any more.
const CERTIFICATE: &str = "\
MIIBmDCCAT2gAwIBAgIUPDi2qMa3KJhYof8A4iYSwJoKfmEwCgYIKoZIzj0EAwIw\
IDEeMBwGA1UEAwwVR2xvYmV4IHNpZ24taW4gKGRlbW8pMCAXDTI2MTEyMjA0NDU0\
MloYDzIxMjYxMDI5MDQ0NTQyWjAgMR4wHAYDVQQDDBVHbG9iZXggc2lnbi1pbiAo\
ZGVtbykwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASvISGCxIJpjXziN4E1UMbc\
6ntF8GH52/S0ji00gG6TSeBlkmgCtv+/Mor58ILVvsBFB25tX8JzFmxMg2kPVLSq\
o1MwUTAdBgNVHQ4EFgQUH1QYx1/fkYwvlRxLWoJQ/sI298AwHwYDVR0jBBgwFoAU\
H1QYx1/fkYwvlRxLWoJQ/sI298AwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD\
AgNJADBGAiEA8uXa48X/Og3pnNe+/kVLP4DAWytOeoSZqurQeQ3OimUCIQCo1RSt\
Cz/+IRZxANH+JY5U9OWARCRdhGNy3eRZRcYLAw==";

/// The user name of the person at Acme who is deactivated and comes back.
pub(super) const ON_LEAVE: &str = "nour.khalil@northwind.example";

/// One customer.
pub(super) struct Customer {
    pub(super) name: &'static str,
    pub(super) idp: IdpKind,
    /// How people sign in, for people.
    pub(super) signs_in: &'static str,
    /// The body that describes the login provider to the management API.
    pub(super) sso: Value,
    /// What changes there in a day, each with a sentence.
    pub(super) changes: [(Change, &'static str); 4],
}

/// Acme has Okta for everything; Globex has Entra ID and signs in with SAML.
pub(super) fn customers() -> [Customer; 2] {
    let married = "tereza.novakova@northwind.example";
    let transferred = "gabor.toth@northwind.example";
    let acme = Customer {
        name: "Acme",
        idp: IdpKind::Okta,
        signs_in: "OpenID Connect",
        sso: json!({
            "name": "Okta",
            "protocol": "oidc",
            "oidc": {
                "issuer": "https://acme.okta.example",
                "client_id": "0oa-acme",
                "client_secret": "a secret that is sealed",
            },
        }),
        changes: [
            (
                Change::rename_user(married, "Tereza", "Horváthová"),
                "Tereza Nováková is called Horváthová now",
            ),
            (
                Change::move_user(transferred, "Product", "Design"),
                "Gábor Tóth moves from Product to Design",
            ),
            (
                Change::deactivate_user(ON_LEAVE),
                "Nour Khalil goes on leave and is deactivated",
            ),
            (
                Change::reactivate_user(ON_LEAVE),
                "Nour Khalil is back and active again",
            ),
        ],
    };
    let engaged = "minh.tran@northwind.example";
    let promoted = "yuki.takahashi@northwind.example";
    let suspended = "zanele.mthembu@northwind.example";
    let globex = Customer {
        name: "Globex",
        idp: IdpKind::Entra,
        signs_in: "SAML 2.0",
        sso: json!({
            "name": "Entra ID",
            "protocol": "saml",
            "saml": {
                "idp_entity_id": "https://sts.entra.example/globex/",
                "sso_url": "https://login.entra.example/globex/saml2",
                "certificate": CERTIFICATE,
            },
        }),
        changes: [
            (
                Change::rename_user(engaged, "Minh", "Trần-Oliveira"),
                "Minh Trần is called Trần-Oliveira now",
            ),
            (
                Change::move_user(promoted, "Finance", "Leadership"),
                "Yuki Takahashi moves from Finance to Leadership",
            ),
            (
                Change::deactivate_user(suspended),
                "Zanele Mthembu is suspended and deactivated",
            ),
            (
                Change::reactivate_user(suspended),
                "Zanele Mthembu is cleared and active again",
            ),
        ],
    };
    [acme, globex]
}

/// Makes a change where it begins, in the customer's own directory.
///
/// # Errors
///
/// It names somebody who is not there, or it is of a kind that the demo does not show.
pub(super) fn make(directory: &mut Directory, change: &Change) -> anyhow::Result<()> {
    match change {
        Change::RenameUser {
            user,
            given_name,
            family_name,
            new_user_name: None,
        } => {
            let people = &mut directory.users;
            let person = people.iter_mut().find(|person| person.user_name == *user);
            let person = person.with_context(|| format!("there is no {user}"))?;
            person.given_name = Some(given_name.clone());
            person.family_name = Some(family_name.clone());
        }
        Change::MoveUser { user, from, to } => {
            let mut group = |name: &String| {
                let mut groups = directory.groups.iter_mut();
                groups
                    .position(|group| group.name == *name)
                    .with_context(|| format!("there is no group {name}"))
            };
            let (from, to) = (group(from)?, group(to)?);
            directory.groups[from]
                .members
                .retain(|member| member != user);
            directory.groups[to].members.push(user.clone());
        }
        Change::DeactivateUser { user } | Change::ReactivateUser { user } => {
            let people = &mut directory.users;
            let person = people.iter_mut().find(|person| person.user_name == *user);
            let person = person.with_context(|| format!("there is no {user}"))?;
            person.active = matches!(change, Change::ReactivateUser { .. });
        }
        other => bail!("the demo does not show {other:?}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_about_somebody_in_the_sample_directory() {
        for customer in customers() {
            let mut directory = Directory::sample().unwrap();
            for (change, sentence) in &customer.changes {
                if let Change::MoveUser { user, from, .. } = change {
                    let members = &directory.find_group(from).unwrap().members;
                    assert!(members.contains(user), "{sentence}");
                }
                make(&mut directory, change).unwrap();
            }
            assert_ne!(directory, Directory::sample().unwrap());
        }
    }
}
