//! Bodies without what is hidden.
//!
//! A body is read once, from the front, and what is hidden is never held. Reading stops where the body
//! ends, be that in the middle, or where enough of it was read; what was read until then is whole JSON.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{HIDDEN, Mask, segments, without_tokens};

/// How much of one text is kept, in characters.
const TEXT: usize = 1_000;

/// A body as it may be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedBody {
    /// JSON.
    pub json: String,
    /// Whether something is missing at its end.
    pub cut: bool,
}

/// A body of which nothing can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON")]
pub struct NotJson;

impl Mask {
    /// A body without what is hidden, and with about `most` bytes of it. The body may be the
    /// beginning of one.
    ///
    /// # Errors
    ///
    /// It does not begin as JSON.
    pub fn body(&self, body: &[u8], most: usize) -> Result<MaskedBody, NotJson> {
        let reading = Reading {
            mask: self,
            left: Cell::new(most),
            path: RefCell::default(),
        };
        let mut read = Value::Null;
        let mut reader = serde_json::Deserializer::from_slice(body);
        let whole = Slot {
            reading: &reading,
            into: &mut read,
        }
        .deserialize(&mut reader)
        .and_then(|()| reader.end());
        if whole.is_err() && read.is_null() {
            return Err(NotJson);
        }
        Ok(MaskedBody {
            json: read.to_string(),
            cut: whole.is_err(),
        })
    }
}

struct Reading<'m> {
    mask: &'m Mask,
    /// How much more may be kept, in bytes.
    left: Cell<usize>,
    /// The names around what is read.
    path: RefCell<Vec<String>>,
}

impl Reading<'_> {
    fn take<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| E::custom("enough"))
    }

    /// Reads something below a name; the answer is whether it is hidden instead.
    fn below<T>(&self, name: &str, read: impl FnOnce(bool) -> T) -> T {
        let names = segments(name);
        let added = names.len();
        self.path.borrow_mut().extend(names);
        let hidden = self.mask.hides(&self.path.borrow());
        let done = read(hidden);
        let mut path = self.path.borrow_mut();
        let before = path.len() - added;
        path.truncate(before);
        done
    }

    /// Hides what an object says by its other members: an operation, whose `path` tells what its
    /// `value` is of. Of an object that is not whole the path may be missing.
    fn settle(&self, object: &mut Map<String, Value>, whole: bool, two_paths: bool) {
        let named = |object: &Map<String, Value>, wanted: &str| {
            let mut names = object.keys();
            names
                .find(|name| name.eq_ignore_ascii_case(wanted))
                .cloned()
        };
        for name in ["path", "filter"] {
            if let Some(name) = named(object, name)
                && let Some(Value::String(text)) = object.get_mut(&name)
            {
                *text = self.mask.filter(text, true);
            }
        }
        let Some(value) = named(object, "value") else {
            return;
        };
        let path = named(object, "path").and_then(|name| object.get(&name).cloned());
        let Some(held) = object.get_mut(&value) else {
            return;
        };
        match path {
            _ if two_paths => *held = HIDDEN.into(),
            Some(Value::String(path)) => {
                let mut around = segments(&path);
                hide_below(self.mask, &mut around, held);
            }
            Some(_) => *held = HIDDEN.into(),
            None if whole => {}
            None => *held = HIDDEN.into(),
        }
    }
}

/// Hides in a value that stands at a path.
fn hide_below(mask: &Mask, path: &mut Vec<String>, value: &mut Value) {
    if mask.hides(path) || (value.is_string() && mask.hides_compared(path)) {
        *value = HIDDEN.into();
        return;
    }
    match value {
        Value::Array(values) => {
            for value in values {
                hide_below(mask, path, value);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                let before = path.len();
                path.extend(segments(name));
                hide_below(mask, path, value);
                path.truncate(before);
            }
        }
        _ => {}
    }
}

/// Where a value is read to. What was read of one that fails stays there.
struct Slot<'r, 'm> {
    reading: &'r Reading<'m>,
    into: &'r mut Value,
}

impl<'de> DeserializeSeed<'de> for Slot<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Slot<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.reading.take(4)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.reading.take(5)?;
        *self.into = value.into();
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.reading.take(20)?;
        *self.into = value.into();
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.reading.take(20)?;
        *self.into = value.into();
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.reading.take(20)?;
        *self.into = value.into();
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let kept = match text.char_indices().nth(TEXT) {
            Some((end, _)) => format!("{}…", without_tokens(&text[..end])),
            None => without_tokens(text),
        };
        self.reading.take(kept.len() + 3)?;
        *self.into = kept.into();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Self { reading, into } = self;
        *into = Value::Array(Vec::new());
        let Value::Array(read) = into else {
            return Ok(());
        };
        loop {
            reading.take(1)?;
            let mut element = Value::Null;
            let slot = Slot {
                reading,
                into: &mut element,
            };
            let there = elements.next_element_seed(slot);
            match &there {
                Ok(None) => return Ok(()),
                // Nothing was read of it.
                Err(_) if element.is_null() => {}
                Ok(Some(())) | Err(_) => read.push(element),
            }
            there?;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { reading, into } = self;
        let mut object = Map::new();
        let mut two_paths = false;
        let mut next = || -> Result<bool, A::Error> {
            let Some(name) = members.next_key::<String>()? else {
                return Ok(false);
            };
            reading.take(name.len() + 4)?;
            let paths = object
                .keys()
                .any(|it: &String| it.eq_ignore_ascii_case("path"));
            two_paths |= paths && name.eq_ignore_ascii_case("path");
            reading.below(&name, |hidden| {
                if hidden {
                    object.insert(name.clone(), HIDDEN.into());
                    return members.next_value::<IgnoredAny>().map(|_| true);
                }
                let mut value = Value::Null;
                let slot = Slot {
                    reading,
                    into: &mut value,
                };
                let read = members.next_value_seed(slot);
                if read.is_ok() || !value.is_null() {
                    object.insert(name.clone(), value);
                }
                read.map(|()| true)
            })
        };
        let end = loop {
            match next() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        reading.settle(&mut object, end.is_ok(), two_paths);
        *into = Value::Object(object);
        end
    }
}
