//! What is set in the end, and who set it: the answer to `rollcall config show`.

use std::fmt;
use std::path::Path;

use ::config::ValueKind;

use super::layers::{self, Given};
use super::reference::{self, Entry};
use super::{Config, ConfigError};

/// One key with the value that counts.
pub(crate) struct Effective {
    /// `key = value`, or `#key` when it is not set. A secret is `***`.
    setting: String,
    /// Where the value comes from: `in ROLLCALL_LISTEN`. `None` for a default.
    origin: Option<String>,
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{:<48} # {origin}", self.setting),
            None => f.write_str(&self.setting),
        }
    }
}

/// Loads a configuration as [`Config::load`] does, and lists every key in the order of the
/// default file.
///
/// # Errors
///
/// Those of [`Config::load`]: what is shown could be served with.
pub(crate) fn effective(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Vec<Effective>, ConfigError> {
    let environment: Vec<_> = environment.collect();
    Config::load(file, environment.iter().cloned())?;
    let mut given = layers::gather(file, environment.into_iter())?;
    let shown = reference::entries()
        .into_iter()
        // A secret that was read from a file is shown under its own key.
        .filter(|entry| !is_file_of_secret(&entry.key))
        .map(|entry| show(&entry, given.remove(&entry.key)));
    Ok(shown.collect())
}

fn is_file_of_secret(key: &str) -> bool {
    key.strip_suffix("_file")
        .is_some_and(|secret| layers::SECRETS.contains(&secret))
}

fn show(entry: &Entry, given: Option<Given>) -> Effective {
    let key = &entry.key;
    match (given, &entry.default) {
        (Some(given), _) => {
            let value = if layers::SECRETS.contains(&key.as_str()) {
                "\"***\"".to_owned()
            } else {
                toml(entry, given.value.kind)
            };
            Effective {
                setting: format!("{key} = {value}"),
                origin: Some(given.origin),
            }
        }
        (None, Some(default)) => Effective {
            setting: format!("{key} = {default}"),
            origin: None,
        },
        (None, None) => Effective {
            setting: format!("#{key}"),
            origin: None,
        },
    }
}

/// A value as TOML. The text of a variable becomes a number or boolean where the default is one.
fn toml(entry: &Entry, value: ValueKind) -> String {
    let is_text = entry
        .default
        .as_deref()
        .is_none_or(|default| default.starts_with('"'));
    match value {
        ValueKind::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("{item:?}", item = item.to_string()))
                .collect();
            format!("[{}]", items.join(", "))
        }
        ValueKind::String(text) if !is_text => text,
        ValueKind::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}
