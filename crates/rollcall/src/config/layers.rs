//! The operator's file and the environment, put over the defaults.
//!
//! Each layer is first brought to the same form, dotted keys with values, so that unknown keys and
//! secrets in files are handled once for both. Only then does the `config` crate merge them and
//! give them their types; it also reads numbers and booleans out of the text of variables.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use ::config::{File, FileFormat, FileSourceString, Source, Value, ValueKind};

use super::reference::{self, Entry, PREFIX};
use super::{Config, ConfigError, DEFAULT_FILE, standard};

/// The keys that can also be read from a file, whose path is in `{key}_file`.
pub(super) const SECRETS: &[&str] = &[
    "database_url",
    "redis_url",
    "admin_key",
    "secret_key",
    "management_oidc.client_secret",
    "traces.headers",
];

/// One source of values.
struct Layer {
    /// Where the operator finds it, as the end of a sentence: `in rollcall.toml`.
    origin: String,
    values: BTreeMap<String, Given>,
}

/// A value and where it was found: `in ROLLCALL_LISTEN`.
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) origin: String,
}

pub(super) fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let values = gather(file, environment)?;
    merge(&values).map_err(|error| value_error(error, &values))
}

/// What the operator gave, by key; the later layer wins.
pub(super) fn gather(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<BTreeMap<String, Given>, ConfigError> {
    let known = reference::entries();
    let environment: HashMap<String, String> = environment.collect();
    let mut unknown = Vec::new();
    let mut layers = vec![from_standard(&environment)];
    if let Some(path) = file {
        layers.push(from_file(path, &known, &mut unknown)?);
    }
    layers.push(from_environment(
        environment.into_iter(),
        &known,
        &mut unknown,
    ));
    if !unknown.is_empty() {
        return Err(ConfigError::Unknown { names: unknown });
    }
    let mut values = BTreeMap::new();
    for mut layer in layers {
        read_secret_files(&mut layer)?;
        values.extend(layer.values);
    }
    Ok(values)
}

fn from_file(
    path: &Path,
    known: &[Entry],
    unknown: &mut Vec<String>,
) -> Result<Layer, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::ReadFile {
        path: path.to_owned(),
        source,
    })?;
    let tables = toml(&text).collect().map_err(|error| ConfigError::Toml {
        path: path.to_owned(),
        reason: without_source_text(&error.to_string()),
    })?;
    let origin = format!("in {}", path.display());
    let given = |value| Given {
        value,
        origin: origin.clone(),
    };
    let mut values = BTreeMap::new();
    for (name, value) in tables {
        match value.kind {
            ValueKind::Table(section) => {
                if !known.iter().any(|entry| entry.section() == Some(&name)) {
                    unknown.push(format!("the section `[{name}]` {origin}"));
                    continue;
                }
                for (key, value) in section {
                    values.insert(format!("{name}.{key}"), given(value));
                }
            }
            _ => {
                values.insert(name, given(value));
            }
        }
    }
    for key in values.keys() {
        if !known.iter().any(|entry| entry.key == *key) {
            unknown.push(format!("the key `{key}` {origin}"));
        }
    }
    // The order of a hash map would make the message differ from start to start.
    unknown.sort();
    Ok(Layer { origin, values })
}

fn from_standard(environment: &HashMap<String, String>) -> Layer {
    let given = |(key, (text, name)): (&str, (String, &str))| {
        let value = Value::new(None, text);
        let origin = format!("in {name}");
        (key.to_owned(), Given { value, origin })
    };
    let settings = standard::settings(environment).into_iter();
    Layer {
        origin: "in the environment".to_owned(),
        values: settings.map(given).collect(),
    }
}

fn from_environment(
    environment: impl Iterator<Item = (String, String)>,
    known: &[Entry],
    unknown: &mut Vec<String>,
) -> Layer {
    let mut values = BTreeMap::new();
    let mut strangers = Vec::new();
    for (name, text) in environment {
        if !name.starts_with(PREFIX) || is_not_a_setting(&name, &text) || text.is_empty() {
            continue;
        }
        let Some(entry) = known.iter().find(|entry| entry.variable() == name) else {
            strangers.push(format!("the variable {name}"));
            continue;
        };
        let value = if entry.is_list() {
            let items = text.split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            Value::new(None, items.map(str::to_owned).collect::<Vec<_>>())
        } else {
            Value::new(None, text)
        };
        let origin = format!("in {name}");
        values.insert(entry.key.clone(), Given { value, origin });
    }
    strangers.sort();
    unknown.append(&mut strangers);
    Layer {
        origin: "in the environment".to_owned(),
        values,
    }
}

/// Variables with the prefix that somebody else sets or reads.
///
/// Kubernetes gives every container the addresses of the services in its namespace. For a service
/// called `rollcall`, or `rollcall-…`, they would look like settings:
/// `ROLLCALL_SERVICE_HOST`, `ROLLCALL_PORT=tcp://10.0.0.1:80`, `ROLLCALL_PORT_80_TCP_ADDR`.
pub(super) fn is_not_a_setting(name: &str, text: &str) -> bool {
    name == "ROLLCALL_CONFIG"
        || name.starts_with("ROLLCALL_API_")
        || name.starts_with("ROLLCALL_TEST_")
        || name.starts_with("ROLLCALL_SIMULATE_")
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && text.contains("://"))
        || ["_TCP", "_UDP", "_SCTP"]
            .iter()
            .any(|protocol| name.contains("_PORT_") && name.contains(protocol))
}

/// Replaces `{key}_file` by the text of that file as `{key}`.
fn read_secret_files(layer: &mut Layer) -> Result<(), ConfigError> {
    for key in SECRETS {
        let Some(path) = layer.values.remove(&format!("{key}_file")) else {
            continue;
        };
        if layer.values.contains_key(*key) {
            return Err(ConfigError::ValueAndFile {
                key: (*key).to_owned(),
                origin: layer.origin.clone(),
            });
        }
        let Given { value, origin } = path;
        let ValueKind::String(path) = value.kind else {
            return Err(ConfigError::Value {
                key: format!("{key}_file"),
                origin,
                reason: "expected the path of a file".to_owned(),
            });
        };
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::ReadSecret {
            key: (*key).to_owned(),
            origin,
            path: PathBuf::from(&path),
            source,
        })?;
        // Editors and `echo` end a file with a line end that is not part of the secret.
        let text = text.trim_end_matches(['\r', '\n']);
        let given = Given {
            value: Value::new(None, text),
            origin: format!("in {path}"),
        };
        layer.values.insert((*key).to_owned(), given);
    }
    Ok(())
}

/// Puts the values over the defaults and gives all of them their types.
fn merge(values: &BTreeMap<String, Given>) -> Result<Config, ::config::ConfigError> {
    let mut builder = ::config::Config::builder().add_source(toml(DEFAULT_FILE));
    for (key, given) in values {
        builder = builder.set_override(key, given.value.clone())?;
    }
    builder.build()?.try_deserialize()
}

fn toml(text: &str) -> File<FileSourceString, FileFormat> {
    File::from_str(text, FileFormat::Toml)
}

/// Says which key has the wrong value and where it is, in the same form for every cause.
fn value_error(error: ::config::ConfigError, values: &BTreeMap<String, Given>) -> ConfigError {
    use ::config::ConfigError as Cause;
    let (key, reason) = match error {
        Cause::Type {
            unexpected,
            expected,
            key,
            ..
        } => (key, format!("expected {expected}, found {unexpected}")),
        Cause::At { error, key, .. } => (key, error.to_string()),
        other => (None, other.to_string()),
    };
    let key = key.unwrap_or_default();
    // The path of an item of a list is `key[1]`.
    let given = values.get(key.split('[').next().unwrap_or(&key));
    ConfigError::Value {
        origin: given.map_or_else(|| "by default".to_owned(), |given| given.origin.clone()),
        key,
        reason,
    }
}

/// Drops the quoted line from a TOML error: it may hold a secret.
fn without_source_text(error: &str) -> String {
    let lines = error.lines().map(str::trim);
    let said = lines.filter(|line| !line.is_empty() && !line.contains('|'));
    said.collect::<Vec<_>>().join(": ")
}
