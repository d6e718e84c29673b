//! Writes what is there as a file: one organization after the other, so that there may be any number.

use std::fmt::Write as _;

use futures_util::{StreamExt, TryStreamExt, stream};
use rollcall_model::{Policy, ScimSettings};
use serde_json::{Map, Value, json};

use crate::api::{Api, ApiError};
use crate::document::VERSION;
use crate::held::{self, Held, HeldOrganization, HeldScim, HeldSso, Parts, shared_names};
use crate::named::{Fields, Section};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The API does not answer, or refuses.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// There is no such organization.
    #[error("there is no organization `{0}`")]
    NoOrganization(String),
    /// Two things have one name.
    #[error(
        "the organization `{organization}` has more than one {kind} `{name}`; a file cannot tell them apart: \
         give them different names first"
    )]
    SharedName {
        /// Its slug.
        organization: String,
        /// What they are.
        kind: &'static str,
        /// Their name.
        name: String,
    },
    /// It cannot be put into TOML.
    #[error("cannot write TOML")]
    Toml(#[from] toml::ser::Error),
    /// It cannot be kept.
    #[error("cannot write")]
    Io(#[from] std::io::Error),
}

/// What is written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The only organizations, by slug; all of them, and the installation's own things, if it is empty.
    pub only: Vec<String>,
    /// Whether values are written that are the default.
    pub with_defaults: bool,
    /// How many organizations are read at the same time.
    pub concurrency: usize,
}

const HEAD: &str = "\
# The set-up of a Rollcall installation, as `rollcall export` wrote it. `rollcall apply -f` takes it.
# There are no secrets in it. A variable that `client_secret_from_env` names has to be set where an
# SSO connection is yet to be made.
";

/// Writes a file, piece by piece. `told` hears of each organization that was written.
///
/// # Errors
///
/// See [`ExportError`].
pub async fn export(
    api: &Api,
    options: &ExportOptions,
    mut write: impl FnMut(&str) -> std::io::Result<()>,
    told: impl Fn(),
) -> Result<(), ExportError> {
    write(&format!("{HEAD}\nversion = {VERSION}\n"))?;
    let slugs: Vec<String> = if options.only.is_empty() {
        let endpoints = held::webhooks_of_all(api).await?;
        let mut document = Fields::new();
        put_list(
            &mut document,
            "webhook_endpoints",
            webhooks(endpoints, options),
        );
        write(&text(&document)?)?;
        held::slugs(api).await?.into_keys().collect()
    } else {
        options.only.clone()
    };
    let read = slugs.into_iter().map(async |slug| {
        let held = held::organization(api, &slug, Parts::Everything).await?;
        Ok::<_, ApiError>((slug, held))
    });
    let mut read = stream::iter(read).buffered(options.concurrency.max(1));
    while let Some((slug, held)) = read.try_next().await? {
        match held {
            Some(held) => write(&organization(&in_order(held), options)?)?,
            // It went while the others were read.
            None if options.only.is_empty() => {}
            None => return Err(ExportError::NoOrganization(slug)),
        }
        told();
    }
    Ok(())
}

fn text(document: &Fields) -> Result<String, ExportError> {
    if document.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("\n{}", toml::to_string(document)?))
}

/// By name, whatever came first: an installation that is made again is written the same.
fn in_order(mut held: HeldOrganization) -> HeldOrganization {
    held.sso_connections
        .sort_by(|one, other| one.it.name.cmp(&other.it.name));
    held.scim_connections
        .sort_by(|one, other| one.it.name.cmp(&other.it.name));
    for connection in &mut held.scim_connections {
        connection
            .schemas
            .sort_by(|one, other| one.name.cmp(&other.name));
    }
    held
}

fn organization(held: &HeldOrganization, options: &ExportOptions) -> Result<String, ExportError> {
    let slug = &held.it.name;
    let shared = |kind, name: &str| ExportError::SharedName {
        organization: slug.clone(),
        kind,
        name: name.to_owned(),
    };
    let sso = held.sso_connections.iter().map(|it| &it.it);
    if let Some(name) = shared_names(sso).first() {
        return Err(shared("SSO connection", name));
    }
    let scim = held.scim_connections.iter().map(|it| &it.it);
    if let Some(name) = shared_names(scim).first() {
        return Err(shared("SCIM connection", name));
    }
    let mut left_out = String::new();
    let mut fields = Fields::new();
    fields.insert("slug".to_owned(), Value::from(slug.as_str()));
    fields.extend(chosen(
        &held.it.fields,
        &json!({ "external_id": null }),
        options,
    ));
    let mut policy = rules(held, options);
    note_gone_users(&mut left_out, held);
    if !policy.is_empty() {
        policy.retain(|_, value| !value.is_null() || options.with_defaults);
        fields.insert("policy".to_owned(), Value::Object(policy));
    }
    let sso = held.sso_connections.iter();
    put_list(
        &mut fields,
        "sso_connections",
        sso.map(|it| self::sso(slug, it, options)),
    );
    let mut connections = Vec::new();
    for connection in &held.scim_connections {
        connections.push(self::scim(connection, options, &mut left_out));
    }
    put_list(&mut fields, "scim_connections", connections);
    let domains = held.domains.iter().map(|it| {
        let rest = chosen(&it.fields, &json!({ "sso_connection": null }), options);
        named("domain", &it.name, rest)
    });
    put_list(&mut fields, "domains", domains);
    let endpoints = webhooks(held.webhook_endpoints.clone(), options);
    put_list(&mut fields, "webhook_endpoints", endpoints);
    let mut document = Fields::new();
    put_list(&mut document, "organizations", [fields]);
    Ok(format!("{left_out}{}", text(&document)?))
}

fn note_gone_users(left_out: &mut String, held: &HeldOrganization) {
    let named = held.policy.raw.get(crate::named::PROTECTED_USERS);
    let named = named.and_then(Value::as_array).map_or(0, Vec::len);
    let gone = named.saturating_sub(held.policy.protected.len());
    if gone > 0 {
        let slug = &held.it.name;
        // Writing into a text does not fail.
        let _ = write!(
            left_out,
            "\n# Left out of `{slug}`: {gone} protected users who are gone.\n"
        );
    }
}

fn put_list(fields: &mut Fields, name: &str, list: impl IntoIterator<Item = Fields>) {
    let list: Vec<_> = list.into_iter().map(Value::Object).collect();
    if !list.is_empty() {
        fields.insert(name.to_owned(), Value::Array(list));
    }
}

/// A thing with its name in front.
fn named(key: &str, name: &str, rest: Fields) -> Fields {
    let mut fields = Map::from_iter([(key.to_owned(), Value::from(name))]);
    fields.extend(rest);
    fields
}

/// The fields that are not the default; all of them if those are wanted too. TOML has no null, and an
/// empty text is none.
fn chosen(fields: &Fields, defaults: &Value, options: &ExportOptions) -> Fields {
    let mut chosen = Fields::new();
    for (name, value) in fields {
        let default = defaults.get(name);
        if !options.with_defaults && Some(value) == default {
            continue;
        }
        let value = match (value, default) {
            (Value::Object(inner), Some(default @ Value::Object(_))) => {
                let inner = self::chosen(inner, default, options);
                if inner.is_empty() {
                    continue;
                }
                Value::Object(inner)
            }
            (Value::Null, _) => Value::from(""),
            _ => value.clone(),
        };
        chosen.insert(name.clone(), value);
    }
    chosen
}

fn defaults<S: Section>() -> Value {
    // Nothing is named, so nothing can be refused.
    S::complete(&Fields::new()).map_or(Value::Null, Value::Object)
}

fn rules(held: &HeldOrganization, options: &ExportOptions) -> Fields {
    chosen(&held.policy.fields, &defaults::<Policy>(), options)
}

fn sso(slug: &str, held: &HeldSso, options: &ExportOptions) -> Fields {
    let usual = json!({
        "enabled": true,
        "trust_email": false,
        "oidc": { "external_id_claim": "sub" },
    });
    let mut fields = chosen(&held.it.fields, &usual, options);
    if held.has_client_secret
        && let Some(oidc) = fields.get_mut("oidc")
    {
        let variable = variable(slug, &held.it.name);
        oidc["client_secret_from_env"] = Value::from(variable);
    }
    named("name", &held.it.name, fields)
}

/// The variable that is to hold the client secret of an SSO connection.
fn variable(slug: &str, name: &str) -> String {
    let mut variable = String::new();
    for char in format!("{slug}_{name}").chars() {
        if char.is_ascii_alphanumeric() {
            variable.push(char.to_ascii_uppercase());
        } else if !variable.ends_with('_') {
            variable.push('_');
        }
    }
    if variable.starts_with(|first: char| first.is_ascii_digit()) {
        variable.insert(0, '_');
    }
    format!("{}_CLIENT_SECRET", variable.trim_end_matches('_'))
}

fn scim(held: &HeldScim, options: &ExportOptions, left_out: &mut String) -> Fields {
    let usual = json!({ "idp": null, "enabled": true, "settings": defaults::<ScimSettings>() });
    let mut fields = chosen(&held.it.fields, &usual, options);
    let schemas = held.schemas.iter().map(|it| {
        let rest = chosen(
            &it.fields,
            &json!({ "resource_type": "User", "required": false }),
            options,
        );
        named("id", &it.name, without_nulls(rest))
    });
    put_list(&mut fields, "schemas", schemas);
    let mappings = held.attribute_mappings.iter().map(|it| {
        let rest = chosen(
            &it.fields,
            &json!({ "required": false, "system": false }),
            options,
        );
        named("name", &it.name, rest)
    });
    put_list(&mut fields, "attribute_mappings", mappings);
    let shared = shared_names(held.role_mappings.iter());
    for group in &shared {
        let connection = &held.it.name;
        let _ = write!(
            left_out,
            "\n# Left out of the SCIM connection {connection:?}: the roles of several groups that are all \
             called {group:?}.\n"
        );
    }
    let roles = held
        .role_mappings
        .iter()
        .filter(|it| !shared.contains(it.name.as_str()));
    put_list(
        &mut fields,
        "role_mappings",
        roles.map(|it| named("group", &it.name, it.fields.clone())),
    );
    named("name", &held.it.name, fields)
}

/// What is absent is none in a schema, with or without defaults.
fn without_nulls(mut fields: Fields) -> Fields {
    fields.retain(|_, value| value.as_str() != Some(""));
    fields
}

fn webhooks(mut held: Vec<Held>, options: &ExportOptions) -> Vec<Fields> {
    let described = |it: &Held| it.fields["description"].as_str().map(str::to_owned);
    held.sort_by_cached_key(|it| (it.name.clone(), described(it)));
    let usual = json!({
        "description": null, "types": null, "ordered": false, "max_in_flight": 8,
        "timeout_seconds": 15, "enabled": true,
    });
    let write = |it: Held| {
        let mut rest = chosen(&it.fields, &usual, options);
        if it.fields["types"].is_null() && options.with_defaults {
            // No type in the list is every type.
            rest.insert("types".to_owned(), json!([]));
        }
        named("url", &it.name, rest)
    };
    held.into_iter().map(write).collect()
}
