//! The list of keys, read from the comments of the default file.
//!
//! `key = value` is a key with its default, `#key = value` one that is not set, with an example.
//! The comment lines directly above say what it means.

use std::fmt::Write;

use super::DEFAULT_FILE;

/// What every variable of Rollcall begins with.
pub(super) const PREFIX: &str = "ROLLCALL_";

/// One key, as the default file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `key`, or `section.key`.
    pub(super) key: String,
    /// The default as TOML, if there is one.
    pub(super) default: Option<String>,
    /// What it means, in one line.
    pub(super) meaning: String,
}

impl Entry {
    /// The section, if the key is in one.
    pub(super) fn section(&self) -> Option<&str> {
        self.key.split_once('.').map(|(section, _)| section)
    }

    /// The environment variable: `ROLLCALL_KEY` or `ROLLCALL_SECTION__KEY`.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "__").to_uppercase())
    }

    /// Whether the value is a list, which a variable writes with commas.
    pub(super) fn is_list(&self) -> bool {
        self.default
            .as_deref()
            .is_some_and(|text| text.starts_with('['))
    }
}

/// Every key, in the order of the default file.
pub(super) fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut section = None;
    let mut meaning = Vec::new();
    for line in DEFAULT_FILE.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            meaning.push(comment);
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = Some(name);
        } else if let Some((name, value)) = line.split_once(" = ") {
            let unset = name.strip_prefix('#');
            let name = unset.unwrap_or(name);
            entries.push(Entry {
                key: section.map_or_else(|| name.to_owned(), |section| format!("{section}.{name}")),
                default: unset.is_none().then(|| value.to_owned()),
                meaning: meaning.join(" "),
            });
        }
        meaning.clear();
    }
    entries
}

/// Every key as Markdown: one table for the top level and one for each section.
pub(crate) fn markdown() -> String {
    let mut text = String::new();
    let mut section = None;
    for (index, entry) in entries().iter().enumerate() {
        if index == 0 || entry.section() != section.as_deref() {
            section = entry.section().map(str::to_owned);
            if let Some(section) = &section {
                let _ = writeln!(text, "\n## `[{section}]`\n");
            }
            text.push_str("| variable | key | default | meaning |\n| --- | --- | --- | --- |\n");
        }
        let default = entry.default.as_deref().unwrap_or("");
        let default = if default.is_empty() {
            "not set".to_owned()
        } else {
            format!("`{}`", default.trim_matches('"'))
        };
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {default} | {} |",
            entry.variable(),
            entry.key,
            entry.meaning
        );
    }
    text
}
