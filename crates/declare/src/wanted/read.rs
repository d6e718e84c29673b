//! From the text of a file to what it wants.

use std::collections::HashMap;
use std::path::Path;

use rollcall_model::EventType;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::{Fields, File, Wanted, organization};
use crate::document::{Document, VERSION, WebhookEndpoint};
use crate::place::{FileError, Lines, Place};

/// What everything that is read needs.
pub(super) struct Reading<'a> {
    lines: Lines<'a>,
    pub(super) folder: &'a Path,
}

impl Reading<'_> {
    pub(super) fn place<T>(&self, spanned: &Spanned<T>) -> Place {
        self.lines.place(&spanned.span())
    }

    /// What is wrong at a value.
    pub(super) fn wrong<T>(
        &self,
        at: &Spanned<T>,
        path: &str,
        reason: impl Into<String>,
    ) -> FileError {
        FileError::new(self.place(at), path, reason)
    }

    /// A name that people gave, which the API takes as it is.
    pub(super) fn name(&self, name: &Spanned<String>, path: &str) -> Result<String, FileError> {
        let text = name.get_ref();
        if text.trim().is_empty() {
            return Err(self.wrong(name, path, "must not be empty"));
        }
        if text.trim() != text {
            return Err(self.wrong(name, path, format!("`{text}` has space around it")));
        }
        Ok(text.clone())
    }
}

pub(super) fn file(text: &str, folder: &Path) -> Result<File, FileError> {
    let reading = Reading {
        lines: Lines::of(text),
        folder,
    };
    let of_toml = |error| FileError::of_toml(error, &reading.lines);
    let tree = DeTable::parse(text).map_err(of_toml)?;
    let document = <Document as serde::Deserialize>::deserialize(Deserializer::from(tree));
    let document = document.map_err(of_toml)?;
    if *document.version.get_ref() != VERSION {
        let found = document.version.get_ref();
        let reason = format!("is {found}; this release reads version {VERSION}");
        return Err(reading.wrong(&document.version, "version", reason));
    }
    let organizations = document.organizations.into_iter();
    let organizations: Vec<_> = organizations
        .map(|it| organization::read(&reading, it))
        .collect::<Result<_, _>>()?;
    each_once("organizations", organizations.iter().map(|it| &it.it))?;
    Ok(File {
        organizations,
        webhook_endpoints: webhooks(&reading, "webhook_endpoints", document.webhook_endpoints)?,
    })
}

/// Refuses a name that is given twice.
pub(super) fn each_once<'a>(
    path: &str,
    all: impl Iterator<Item = &'a Wanted>,
) -> Result<(), FileError> {
    let mut seen: HashMap<&str, Place> = HashMap::new();
    for one in all {
        if let Some(first) = seen.insert(&one.name, one.place) {
            let reason = format!("`{}` is there already, in line {}", one.name, first.line);
            return Err(FileError::new(one.place, path, reason));
        }
    }
    Ok(())
}

/// Notes a value that was given.
pub(super) fn put(fields: &mut Fields, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.into());
    }
}

/// Notes a text that was given; an empty one is none.
pub(super) fn put_or_none(fields: &mut Fields, name: &str, value: Option<&str>) {
    let value = value.map(|text| (!text.is_empty()).then_some(text));
    put(fields, name, value);
}

pub(super) fn webhooks(
    reading: &Reading<'_>,
    path: &str,
    given: Option<Vec<WebhookEndpoint>>,
) -> Result<Option<Vec<Wanted>>, FileError> {
    let Some(given) = given else { return Ok(None) };
    let read: Vec<_> = given
        .into_iter()
        .map(|it| webhook(reading, path, it))
        .collect::<Result<_, _>>()?;
    Ok(Some(read))
}

fn webhook(reading: &Reading<'_>, path: &str, given: WebhookEndpoint) -> Result<Wanted, FileError> {
    let mut fields = Fields::new();
    put_or_none(&mut fields, "description", given.description.as_deref());
    if let Some(types) = &given.types {
        let mut names = Vec::new();
        for name in types {
            let known = EventType::from_name(name.get_ref()).ok_or_else(|| {
                let path = format!("{path}.types");
                let reason = format!("there is no event type `{}`", name.get_ref());
                reading.wrong(name, &path, reason)
            })?;
            names.push(known.as_str());
        }
        names.sort_unstable();
        names.dedup();
        // No list is every type, and so is an empty one: TOML cannot say `null`.
        put(
            &mut fields,
            "types",
            Some((!names.is_empty()).then_some(names)),
        );
    }
    put(&mut fields, "ordered", given.ordered);
    put(&mut fields, "max_in_flight", given.max_in_flight);
    put(&mut fields, "timeout_seconds", given.timeout_seconds);
    put(&mut fields, "enabled", given.enabled);
    Ok(Wanted {
        name: reading.name(&given.url, &format!("{path}.url"))?,
        fields,
        place: reading.place(&given.url),
    })
}
