//! Reads an organization through the API.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Found, Held, HeldOrganization, HeldPolicy, HeldScim, HeldSso, shown, text};
use crate::api::{Api, ApiError, escaped};
use crate::named::{Fields, PROTECTED_USERS, UserName, in_order};
use crate::wanted::{WantedOrganization, WantedScim};

/// What is to be read: everything, or what a file has something to say of.
#[derive(Clone, Copy)]
pub(crate) enum Parts<'a> {
    Everything,
    /// Of the one it names, what it names.
    NamedBy(&'a WantedOrganization),
    /// Everything, and what the file names beside.
    EverythingFor(&'a WantedOrganization),
}

impl<'a> Parts<'a> {
    fn of(self, named: impl Fn(&'a WantedOrganization) -> bool) -> bool {
        match self {
            Self::Everything | Self::EverythingFor(_) => true,
            Self::NamedBy(file) => named(file),
        }
    }

    const fn file(self) -> Option<&'a WantedOrganization> {
        match self {
            Self::Everything => None,
            Self::NamedBy(file) | Self::EverythingFor(file) => Some(file),
        }
    }

    fn connection(self, name: &str) -> Option<&'a WantedScim> {
        let connections = self.file()?.scim_connections.as_deref()?;
        connections.iter().find(|it| it.it.name == name)
    }

    fn of_connection(self, name: &str, named: impl Fn(&WantedScim) -> bool) -> bool {
        self.of(|_| self.connection(name).is_some_and(&named))
    }
}

/// Every organization by its slug: its id and its external id. Two short texts for each.
pub(crate) async fn slugs(
    api: &Api,
) -> Result<BTreeMap<String, (String, Option<String>)>, ApiError> {
    let all = api.list("/v1/organizations").await?.into_iter().map(|it| {
        let external = it["external_id"].as_str().map(str::to_owned);
        (text(&it, "slug"), (text(&it, "id"), external))
    });
    Ok(all.collect())
}

/// The webhook endpoints of the installation itself.
pub(crate) async fn webhooks_of_all(api: &Api) -> Result<Vec<Held>, ApiError> {
    let all = api.list("/v1/webhook-endpoints").await?;
    let of_all = all.iter().filter(|it| it["organization_id"].is_null());
    Ok(of_all.map(shown::webhook).collect())
}

/// Reads an organization, by id or slug; `None` if there is none.
pub(crate) async fn organization(
    api: &Api,
    named: &str,
    parts: Parts<'_>,
) -> Result<Option<HeldOrganization>, ApiError> {
    let Some(found) = api
        .find::<Value>(&format!("/v1/organizations/{}", escaped(named)))
        .await?
    else {
        return Ok(None);
    };
    let it = shown::organization(&found);
    let path = format!("/v1/organizations/{}", it.id);
    let sso_connections: Vec<HeldSso> = api
        .list(&format!("{path}/sso-connections"))
        .await?
        .iter()
        .map(shown::sso)
        .collect();
    let scim_connections = scim_connections(api, &path, parts, &sso_connections).await?;
    let mut domains = Vec::new();
    if parts.of(|file| file.domains.is_some()) {
        let all = api.list(&format!("{path}/domains")).await?;
        let all = all.iter();
        domains.extend(all.map(|it| shown::domain(it, name_of(&sso_connections, it))));
    }
    let mut policy = HeldPolicy::default();
    if parts.of(|file| file.policy.is_some()) {
        policy = read_policy(api, &path, &scim_connections).await?;
    }
    let mut webhook_endpoints = Vec::new();
    if parts.of(|file| file.webhook_endpoints.is_some()) {
        let all = format!("/v1/webhook-endpoints?organization={}", it.id);
        webhook_endpoints.extend(api.list(&all).await?.iter().map(shown::webhook));
    }
    let mut held = HeldOrganization {
        it,
        domains,
        sso_connections,
        scim_connections,
        policy,
        webhook_endpoints,
        found: Found::default(),
    };
    if let Some(file) = parts.file() {
        held.found = find(api, &path, file, &held).await?;
    }
    Ok(Some(held))
}

/// The name of the SSO connection that something is linked to.
fn name_of<'a>(sso: &'a [HeldSso], linked: &Value) -> Option<&'a str> {
    let id = linked["sso_connection_id"].as_str()?;
    let found = sso.iter().find(|it| it.it.id == id);
    found.map(|it| it.it.name.as_str())
}

async fn scim_connections(
    api: &Api,
    path: &str,
    parts: Parts<'_>,
    sso: &[HeldSso],
) -> Result<Vec<HeldScim>, ApiError> {
    let mut connections = Vec::new();
    for found in api.list(&format!("{path}/scim-connections")).await? {
        let it = shown::scim(&found, name_of(sso, &found));
        let below = format!("{path}/scim-connections/{}", it.id);
        let (mut schemas, mut attribute_mappings) = (Vec::new(), Vec::new());
        if parts.of_connection(&it.name, |file| file.schemas.is_some()) {
            let all = api.list(&format!("{below}/schemas")).await?;
            schemas.extend(all.iter().map(shown::schema));
        }
        if parts.of_connection(&it.name, |file| file.attribute_mappings.is_some()) {
            let all = api
                .get::<Value>(&format!("{below}/attribute-mappings"))
                .await?;
            let all = all["data"].as_array().into_iter().flatten();
            attribute_mappings.extend(all.map(shown::attribute_mapping));
        }
        let number = |name: &str| found[name].as_u64().unwrap_or_default();
        connections.push(HeldScim {
            it,
            users: number("users"),
            groups: number("groups"),
            connected: found["state"] == "connected",
            schemas,
            attribute_mappings,
            role_mappings: Vec::new(),
        });
    }
    let maps_roles = |file: &WantedOrganization| {
        let connections = file.scim_connections.iter().flatten();
        connections.into_iter().any(|it| it.role_mappings.is_some())
    };
    if !connections.is_empty() && parts.of(maps_roles) {
        for found in api.list(&format!("{path}/role-mappings")).await? {
            let of = found["scim_connection_id"].as_str();
            if let Some(connection) = connections.iter_mut().find(|it| Some(&*it.it.id) == of) {
                connection.role_mappings.push(shown::role_mapping(&found));
            }
        }
        for connection in &mut connections {
            connection.role_mappings.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
    Ok(connections)
}

async fn read_policy(
    api: &Api,
    path: &str,
    connections: &[HeldScim],
) -> Result<HeldPolicy, ApiError> {
    let mut raw: Fields = api.get(&format!("{path}/policy")).await?;
    let seats = raw.shift_remove("seats").unwrap_or_default();
    raw.shift_remove("organization_id");
    raw.shift_remove("updated_at");
    let (mut users, mut protected) = (Vec::new(), BTreeSet::new());
    for id in raw[PROTECTED_USERS].as_array().into_iter().flatten() {
        let id = id.as_str().unwrap_or_default();
        if let Some(user) = name_of_user(api, path, connections, id).await? {
            users.push(user);
            protected.insert(id.to_owned());
        }
    }
    let mut fields = raw.clone();
    fields.insert(PROTECTED_USERS.to_owned(), in_order(users));
    Ok(HeldPolicy {
        raw,
        fields,
        protected,
        seats_taken: seats["taken"].as_u64().unwrap_or_default(),
    })
}

/// What a file calls a user; `None` if the user is gone.
async fn name_of_user(
    api: &Api,
    path: &str,
    connections: &[HeldScim],
    id: &str,
) -> Result<Option<UserName>, ApiError> {
    for connection in connections {
        let users = format!("{path}/scim-connections/{}/users?id={id}", connection.it.id);
        if let Some(user) = api.list(&users).await?.first() {
            return Ok(Some(UserName {
                scim_connection: connection.it.name.clone(),
                user_name: text(user, "user_name"),
            }));
        }
    }
    Ok(None)
}

/// Looks up groups and users that the file names, in connections that are there.
async fn find(
    api: &Api,
    path: &str,
    file: &WantedOrganization,
    held: &HeldOrganization,
) -> Result<Found, ApiError> {
    let mut found = Found::default();
    let below = |name: &str| {
        let connection = held.scim_connections.iter().find(|it| it.it.name == name)?;
        Some((
            connection,
            format!("{path}/scim-connections/{}", connection.it.id),
        ))
    };
    for wanted in file.scim_connections.iter().flatten() {
        let Some((connection, below)) = below(&wanted.it.name) else {
            continue;
        };
        for mapping in wanted.role_mappings.iter().flatten() {
            let is_mapped = |it: &Held| it.name == mapping.name;
            if connection.role_mappings.iter().any(is_mapped) {
                continue;
            }
            let groups = format!("{below}/groups?display_name={}", escaped(&mapping.name));
            let groups = api.list(&groups).await?;
            // The look-up takes any letter case, as SCIM does.
            let exact = groups
                .iter()
                .filter(|it| it["display_name"] == *mapping.name);
            let ids = exact.map(|it| text(it, "id")).collect();
            found
                .groups
                .push((wanted.it.name.clone(), mapping.name.clone(), ids));
        }
    }
    for user in wanted_users(file) {
        let Some((_, below)) = below(&user.scim_connection) else {
            continue;
        };
        let users = format!("{below}/users?user_name={}", escaped(&user.user_name));
        let id = api.list(&users).await?.first().map(|it| text(it, "id"));
        found.users.push((user.scim_connection, user.user_name, id));
    }
    Ok(found)
}

/// The users that a file wants to be protected.
pub(crate) fn wanted_users(file: &WantedOrganization) -> Vec<UserName> {
    let users = file
        .policy
        .as_ref()
        .and_then(|policy| policy.get(PROTECTED_USERS));
    let users = users.and_then(Value::as_array).into_iter().flatten();
    users
        .filter_map(|it| serde_json::from_value(it.clone()).ok())
        .collect()
}
