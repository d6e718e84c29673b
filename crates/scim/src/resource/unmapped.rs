//! What a client sent and no schema of its connection knows.
//!
//! It is kept beside the resource and never fails the rest of a request: one unknown path next to
//! `active: false` must not leave a leaver enabled. No SCIM answer shows it, since an answer holds
//! published attributes only; the management API and events do, so that an operator can make a
//! schema of it.
//!
//! The shape is that of the request: plain names at the top, and under a URN or a complex attribute
//! an object of what is unknown in there. Names keep the spelling they came in first, and are
//! compared without regard to case. A path with a condition cannot be followed without a schema, so
//! its text is the name.
//!
//! Nobody knows what it means, so nobody can say that it is harmless: names that speak of secrets
//! are not kept, at any depth.

use serde_json::{Map, Value};

use crate::message::PatchVerb;
use crate::patch::Stray;
use crate::schema::Attribute;

/// Most values of one resource.
pub const MAX_UNMAPPED: usize = 100;
/// Most bytes of them, names included, as JSON.
pub const MAX_UNMAPPED_BYTES: usize = 16 * 1024;

/// Parts of names that say "secret" in what identity providers send, without punctuation.
const SECRET: [&str; 8] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "credential",
    "privatekey",
    "token",
];

/// Unmapped values while a request runs over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unmapped {
    values: Map<String, Value>,
    /// How many values there are.
    count: usize,
    /// How many bytes they have.
    bytes: usize,
}

impl Unmapped {
    /// Goes on from what is stored.
    pub(crate) fn of(values: &Map<String, Value>) -> Self {
        let mut unmapped = Self::default();
        for (name, value) in values {
            let (count, bytes) = measure(name, Some(value));
            unmapped.count += count;
            unmapped.bytes += bytes;
        }
        unmapped.values = values.clone();
        unmapped
    }

    pub(crate) fn into_values(self) -> Map<String, Value> {
        self.values
    }

    /// Keeps a member of a body, whatever it is. `false` if it was too much.
    pub(crate) fn keep(&mut self, name: &str, value: Value) -> bool {
        match value {
            Value::Object(parts) if is_urn(name) => {
                let mut all = true;
                for (part, value) in parts {
                    all &= self.put(Some(name), &part, value);
                }
                all
            }
            value => self.put(None, name, value),
        }
    }

    /// Keeps a value under its name, below a URN if there is one. `false` if it was too much.
    pub(crate) fn put(&mut self, urn: Option<&str>, name: &str, value: Value) -> bool {
        if is_secret(name) {
            return true;
        }
        let Some(value) = without_secrets(value) else {
            self.remove(urn, name);
            return true;
        };
        // Before anything is copied: a body may bring many that are too much.
        let is_new = self.get(urn, name).is_none();
        if is_new
            && (self.count >= MAX_UNMAPPED || self.bytes + cost(name, &value) > MAX_UNMAPPED_BYTES)
        {
            return false;
        }
        match urn {
            None => self.set(name, Some(value)),
            Some(urn) => {
                let mut parts = self.parts(urn);
                let name = spelled(&parts, name);
                parts.insert(name, value);
                self.set(urn, Some(Value::Object(parts)))
            }
        }
    }

    /// Forgets a value.
    pub(crate) fn remove(&mut self, urn: Option<&str>, name: &str) {
        if self.get(urn, name).is_none() {
            return;
        }
        match urn {
            None => {
                self.set(name, None);
            }
            Some(urn) => {
                let mut parts = self.parts(urn);
                let name = spelled(&parts, name);
                parts.shift_remove(&name);
                let rest = (!parts.is_empty()).then_some(Value::Object(parts));
                self.set(urn, rest);
            }
        }
    }

    /// What is below a URN.
    fn parts(&self, urn: &str) -> Map<String, Value> {
        match find(&self.values, urn) {
            Some(Value::Object(parts)) => parts.clone(),
            _ => Map::new(),
        }
    }

    /// Writes one entry at the top. `false` if it would be too much, and nothing was written.
    fn set(&mut self, name: &str, value: Option<Value>) -> bool {
        let name = spelled(&self.values, name);
        let (count_before, bytes_before) = measure(&name, self.values.get(&name));
        let (count_after, bytes_after) = measure(&name, value.as_ref());
        let count = self.count - count_before + count_after;
        let bytes = self.bytes - bytes_before + bytes_after;
        let grows = count > self.count || bytes > self.bytes;
        if grows && (count > MAX_UNMAPPED || bytes > MAX_UNMAPPED_BYTES) {
            return false;
        }
        (self.count, self.bytes) = (count, bytes);
        match value {
            Some(value) => {
                self.values.insert(name, value);
            }
            None => {
                self.values.shift_remove(&name);
            }
        }
        true
    }

    fn get(&self, urn: Option<&str>, name: &str) -> Option<&Value> {
        let holder = match urn {
            None => &self.values,
            Some(urn) => find(&self.values, urn)?.as_object()?,
        };
        find(holder, name)
    }

    /// Does to a path that leads nowhere what an operation says. `false` if it was too much.
    pub(crate) fn change(&mut self, stray: &Stray, verb: PatchVerb, value: Option<Value>) -> bool {
        let (path, text) = (&stray.path, stray.text.as_str());
        let named = &path.attribute;
        if path.condition.is_some() {
            return self.change_value(None, text, verb, value);
        }
        // `urn:acme:User` is cut where its last part begins, and may be all of a URN.
        let may_be_whole = stray.unknown_urn && path.sub.is_none();
        if may_be_whole && (value.as_ref().is_some_and(Value::is_object) || self.holds(text)) {
            return self.change_whole(text, verb, value);
        }
        let urn = named.schema.as_deref();
        let Some(sub) = path.sub.as_deref() else {
            return self.change_value(urn, &named.name, verb, value);
        };
        if is_secret(sub) {
            return true;
        }
        let mut parts = match self.get(urn, &named.name) {
            Some(Value::Object(parts)) => parts.clone(),
            _ => Map::new(),
        };
        let sub = spelled(&parts, sub);
        match changed(parts.get(&sub), verb, value) {
            Some(value) => parts.insert(sub, value),
            None => parts.shift_remove(&sub),
        };
        if parts.is_empty() {
            self.remove(urn, &named.name);
            return true;
        }
        self.put(urn, &named.name, Value::Object(parts))
    }

    fn holds(&self, name: &str) -> bool {
        find(&self.values, name).is_some()
    }

    fn change_whole(&mut self, urn: &str, verb: PatchVerb, value: Option<Value>) -> bool {
        if verb == PatchVerb::Remove {
            let held = find(&self.values, urn).and_then(Value::as_object).cloned();
            for name in held.unwrap_or_default().keys() {
                self.remove(Some(urn), name);
            }
            return true;
        }
        match value {
            Some(Value::Object(parts)) => {
                let mut all = true;
                for (name, value) in parts {
                    all &= self.change_value(Some(urn), &name, verb, Some(value));
                }
                all
            }
            other => self.change_value(None, urn, verb, other),
        }
    }

    fn change_value(
        &mut self,
        urn: Option<&str>,
        name: &str,
        verb: PatchVerb,
        value: Option<Value>,
    ) -> bool {
        match changed(self.get(urn, name), verb, value) {
            Some(value) => self.put(urn, name, value),
            None => {
                self.remove(urn, name);
                true
            }
        }
    }
}

/// What an operation makes of a value. `None` means that nothing is left.
fn changed(held: Option<&Value>, verb: PatchVerb, value: Option<Value>) -> Option<Value> {
    match (verb, held, value) {
        (PatchVerb::Add, held, None | Some(Value::Null)) => held.cloned(),
        (PatchVerb::Add, Some(Value::Array(held)), Some(value)) => {
            let mut all = held.clone();
            let added = match value {
                Value::Array(added) => added,
                single => vec![single],
            };
            for value in added {
                if !all.contains(&value) {
                    all.push(value);
                }
            }
            Some(Value::Array(all))
        }
        (PatchVerb::Add, Some(Value::Object(held)), Some(Value::Object(added))) => {
            let mut all = held.clone();
            all.extend(added);
            Some(Value::Object(all))
        }
        (PatchVerb::Add | PatchVerb::Replace, _, value) => value,
        (PatchVerb::Remove, Some(Value::Array(held)), Some(Value::Array(gone))) => {
            let left: Vec<Value> = held
                .iter()
                .filter(|it| !gone.contains(it))
                .cloned()
                .collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        (PatchVerb::Remove, _, _) => None,
    }
}

/// What of a value may be kept: no secrets, and nothing that says nothing.
fn without_secrets(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(values) => {
            let values: Vec<Value> = values.into_iter().filter_map(without_secrets).collect();
            (!values.is_empty()).then_some(Value::Array(values))
        }
        Value::Object(parts) => {
            let parts = parts.into_iter().filter(|(name, _)| !is_secret(name));
            let parts = parts.filter_map(|(name, value)| Some((name, without_secrets(value)?)));
            let parts: Map<String, Value> = parts.collect();
            (!parts.is_empty()).then_some(Value::Object(parts))
        }
        plain => Some(plain),
    }
}

fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.collect::<String>().to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}

fn is_urn(name: &str) -> bool {
    name.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// The value under a name, ignoring case.
fn find<'a>(values: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = values
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// The name as it is spelled already, if it is there.
fn spelled(values: &Map<String, Value>, name: &str) -> String {
    let known = values.keys().find(|key| key.eq_ignore_ascii_case(name));
    known.map_or(name, String::as_str).to_owned()
}

/// How many values an entry at the top counts for, and its bytes. An object counts for each of its
/// parts, whether it stands under a URN or under a name.
fn measure(name: &str, value: Option<&Value>) -> (usize, usize) {
    match value {
        None => (0, 0),
        Some(Value::Object(parts)) => (
            parts.len(),
            parts
                .iter()
                .map(|(part, value)| cost(part, value))
                .sum::<usize>()
                + name.len(),
        ),
        Some(value) => (1, cost(name, value)),
    }
}

/// Bytes of a value with its name.
fn cost(name: &str, value: &Value) -> usize {
    name.len() + value.to_string().len()
}

/// What of a value its attribute does not know: unknown parts of an object, or of each element.
pub(crate) fn unknown_parts(attribute: &Attribute, value: &Value) -> Option<Value> {
    if attribute.is_simple() {
        return None;
    }
    match value {
        Value::Object(parts) => {
            let unknown = parts
                .iter()
                .filter(|(name, _)| attribute.sub(name).is_none());
            let unknown: Map<String, Value> = unknown
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (!unknown.is_empty()).then_some(Value::Object(unknown))
        }
        Value::Array(elements) => {
            let unknown = elements
                .iter()
                .filter_map(|it| unknown_parts(attribute, it));
            let unknown: Vec<Value> = unknown.collect();
            (!unknown.is_empty()).then_some(Value::Array(unknown))
        }
        _ => None,
    }
}
