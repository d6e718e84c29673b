//! Operations on multi-valued attributes: the whole array, elements chosen by a condition,
//! or a part of such elements (RFC 7644 §3.5.2.1 to §3.5.2.3).

use serde_json::{Map, Value};

use super::Change;
use super::draft::Draft;
use super::single::{change_part, merge, refuse_missing};
use super::target::Target;
use crate::error::ScimError;
use crate::filter::{self, Filter};
use crate::quirks::{Quirk, created_element, note, remove_with_value, single_object};
use crate::resource::value::{self, MAX_ELEMENTS, is_hollow};
use crate::schema::Attribute;

/// The elements of one attribute while an operation runs over them.
struct Elements<'a> {
    attribute: &'a Attribute,
    list: Vec<Value>,
    /// Which of them the operation made or changed.
    touched: Vec<usize>,
}

impl Draft<'_> {
    pub(super) fn change_elements(
        &mut self,
        target: &Target<'_>,
        change: Change,
    ) -> Result<(), ScimError> {
        // Taken and not copied: if the operation fails, so does the whole draft.
        let list = match self.take(target) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let mut elements = Elements {
            attribute: target.attribute,
            list,
            touched: Vec::new(),
        };
        let quirks = &mut self.quirks;
        match (&target.condition, target.sub) {
            (None, None) => elements.change_all(change, quirks)?,
            (Some(condition), None) => elements.change_matching(condition, change, quirks)?,
            (condition, Some(sub)) => {
                elements.change_parts(condition.as_ref(), sub, change, quirks)?;
            }
        }
        elements.settle_primary()?;
        let changed = (!elements.list.is_empty()).then_some(Value::Array(elements.list));
        if target.attribute.required {
            refuse_missing(target.attribute, changed.as_ref())?;
        }
        self.put(target, changed);
        Ok(())
    }
}

impl Elements<'_> {
    /// The path names the attribute and nothing more.
    fn change_all(&mut self, change: Change, quirks: &mut Vec<Quirk>) -> Result<(), ScimError> {
        match change {
            Change::Add(value) => {
                // RFC 7644 §3.5.2.1 lets one value stand alone here, so that is no quirk.
                let value = Value::Array(single_object::wrap(value).0);
                if let Some(Value::Array(sent)) = value::read(self.attribute, value, quirks)? {
                    self.refuse_more_than_the_limit(self.list.len() + sent.len())?;
                    sent.into_iter().for_each(|element| self.add(element));
                }
            }
            Change::Replace(value) => {
                self.list = match value::read(self.attribute, value, quirks)? {
                    Some(Value::Array(sent)) => sent,
                    _ => Vec::new(),
                };
            }
            Change::Remove(None) => self.list.clear(),
            Change::Remove(Some(value)) => {
                note(quirks, Quirk::RemoveWithValue);
                let values = single_object::wrap(value).0;
                self.refuse_more_than_the_limit(values.len())?;
                let mut selectors = Vec::with_capacity(values.len());
                for value in values {
                    selectors.extend(value::read_one(self.attribute, value, quirks)?);
                }
                let attribute = self.attribute;
                let is_meant = |element: &Value| {
                    selectors
                        .iter()
                        .any(|it| remove_with_value::selects(attribute, it, element))
                };
                self.list.retain(|element| !is_meant(element));
            }
        }
        Ok(())
    }

    /// `emails[type eq "work"]`: whole elements.
    fn change_matching(
        &mut self,
        condition: &Filter,
        change: Change,
        quirks: &mut Vec<Quirk>,
    ) -> Result<(), ScimError> {
        let matches = self.matching(condition);
        let (sent, is_add) = match change {
            Change::Remove(_) => {
                if matches.is_empty() {
                    note(quirks, Quirk::NothingToRemove);
                }
                self.remove_at(&matches);
                return Ok(());
            }
            Change::Add(sent) => (sent, true),
            Change::Replace(sent) => (sent, false),
        };
        if matches.is_empty() {
            return Err(self.no_target());
        }
        let Some(sent) = value::read_one(self.attribute, sent, quirks)? else {
            if !is_add {
                self.remove_at(&matches);
            }
            return Ok(());
        };
        // What the condition fixes stays true of a replaced element unless it is sent
        // anew: whoever replaces the work address means a work address.
        let kept = if is_add {
            None
        } else {
            created_element::parts(condition)
        };
        for &at in &matches {
            let Some(element) = self.list.get_mut(at) else {
                continue;
            };
            let replaced = match (element.take(), &sent) {
                (Value::Object(mut parts), Value::Object(_)) if is_add => {
                    merge(self.attribute, &mut parts, Some(sent.clone()))?;
                    Value::Object(parts)
                }
                (Value::Object(held), Value::Object(sent)) => {
                    let mut parts = sent.clone();
                    for name in kept.iter().flat_map(Map::keys) {
                        if let (false, Some(value)) = (parts.contains_key(name), held.get(name)) {
                            parts.insert(name.clone(), value.clone());
                        }
                    }
                    Value::Object(parts)
                }
                (_, sent) => sent.clone(),
            };
            *element = replaced;
            self.touched.push(at);
        }
        Ok(())
    }

    /// `emails[type eq "work"].value`, or `emails.value` if there is just one element.
    fn change_parts(
        &mut self,
        condition: Option<&Filter>,
        sub: &Attribute,
        change: Change,
        quirks: &mut Vec<Quirk>,
    ) -> Result<(), ScimError> {
        let is_remove = matches!(change, Change::Remove(_));
        let matches = match condition {
            Some(condition) => self.matching(condition),
            None if self.list.len() == 1 => vec![0],
            None if self.list.is_empty() && is_remove => Vec::new(),
            None => {
                return Err(ScimError::invalid_path(format!(
                    "`{name}.{}` does not say which of `{name}` is meant",
                    sub.name,
                    name = self.attribute.name
                )));
            }
        };
        if matches.is_empty() {
            return if is_remove {
                if condition.is_some() {
                    note(quirks, Quirk::NothingToRemove);
                }
                Ok(())
            } else {
                self.create(condition, sub, change, quirks)
            };
        }
        for &at in &matches {
            let Some(Value::Object(parts)) = self.list.get_mut(at) else {
                continue;
            };
            change_part(self.attribute, sub, parts, change.clone(), quirks)?;
        }
        if is_remove {
            let hollow: Vec<usize> = matches
                .into_iter()
                .filter(|at| self.list.get(*at).is_some_and(|it| self.says_nothing(it)))
                .collect();
            self.remove_at(&hollow);
        } else {
            self.touched = matches;
        }
        Ok(())
    }

    /// Makes the element that a condition describes, with one part more.
    fn create(
        &mut self,
        condition: Option<&Filter>,
        sub: &Attribute,
        change: Change,
        quirks: &mut Vec<Quirk>,
    ) -> Result<(), ScimError> {
        let fixed = condition
            .and_then(created_element::parts)
            .ok_or_else(|| self.no_target())?;
        if matches!(change, Change::Replace(_)) {
            note(quirks, Quirk::CreatedElement);
        }
        let mut parts = fixed.clone();
        change_part(self.attribute, sub, &mut parts, change, quirks)?;
        // The condition and the new part must both be true of the element.
        if fixed.get(&sub.name).is_some_and(|fixed| {
            !parts
                .get(&sub.name)
                .is_some_and(|part| filter::equal(sub, fixed, part))
        }) {
            return Err(self.no_target());
        }
        self.refuse_more_than_the_limit(self.list.len() + 1)?;
        self.touched.push(self.list.len());
        self.list.push(Value::Object(parts));
        Ok(())
    }

    /// Appends an element unless it is there. If it is, only what describes it can change.
    fn add(&mut self, element: Value) {
        let known = self
            .list
            .iter()
            .position(|held| is_same(self.attribute, held, &element));
        let Some(at) = known else {
            self.touched.push(self.list.len());
            self.list.push(element);
            return;
        };
        if let (Some(Value::Object(held)), Value::Object(sent)) = (self.list.get_mut(at), element) {
            held.extend(
                sent.into_iter()
                    .filter(|(name, _)| matches!(name.as_str(), "display" | "primary")),
            );
        }
        self.touched.push(at);
    }

    fn matching(&self, condition: &Filter) -> Vec<usize> {
        let matches = |element: &Value| filter::element_matches(self.attribute, condition, element);
        (0..)
            .zip(&self.list)
            .filter(|(_, element)| matches(element))
            .map(|(at, _)| at)
            .collect()
    }

    /// `positions` are in order.
    fn remove_at(&mut self, positions: &[usize]) {
        let (mut at, mut positions) = (0.., positions.iter().peekable());
        self.list.retain(|_| {
            let at = at.next();
            positions
                .next_if(|position| Some(**position) == at)
                .is_none()
        });
    }

    fn says_nothing(&self, element: &Value) -> bool {
        filter::is_empty(element) || is_hollow(self.attribute, element)
    }

    /// At most one element is primary (RFC 7643 §2.4), and the operation that says which
    /// takes the mark from the others.
    fn settle_primary(&mut self) -> Result<(), ScimError> {
        let is_primary = |element: &Value| element["primary"] == true;
        let mut marked = self
            .touched
            .iter()
            .copied()
            .filter(|at| self.list.get(*at).is_some_and(is_primary));
        let Some(chosen) = marked.next() else {
            return Ok(());
        };
        if marked.any(|at| at != chosen) {
            return Err(ScimError::invalid_value(format!(
                "`{}` may have one primary value only",
                self.attribute.name
            )));
        }
        for (at, element) in self.list.iter_mut().enumerate() {
            if at != chosen && is_primary(element) {
                element["primary"] = Value::Bool(false);
            }
        }
        Ok(())
    }

    fn refuse_more_than_the_limit(&self, count: usize) -> Result<(), ScimError> {
        if count > MAX_ELEMENTS {
            return Err(ScimError::invalid_value(format!(
                "`{}` may have at most {MAX_ELEMENTS} values",
                self.attribute.name
            )));
        }
        Ok(())
    }

    fn no_target(&self) -> ScimError {
        ScimError::no_target(format!(
            "no value of `{}` matches the path",
            self.attribute.name
        ))
    }
}

/// Whether two elements are one value, so that adding the second changes nothing: by id if
/// they are references, else by `value` and `type`, else by every part that does not merely
/// describe.
pub(crate) fn is_same(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    let (Value::Object(left_parts), Value::Object(right_parts)) = (left, right) else {
        return filter::equal(attribute, left, right);
    };
    let same = |sub: &Attribute| match (left_parts.get(&sub.name), right_parts.get(&sub.name)) {
        (Some(left), Some(right)) => filter::equal(sub, left, right),
        (left, right) => left.is_none() && right.is_none(),
    };
    let has_value = left_parts.contains_key("value") || right_parts.contains_key("value");
    attribute
        .sub_attributes
        .iter()
        .all(|sub| match sub.name.as_str() {
            "primary" | "display" => true,
            "value" => same(sub),
            "type" if has_value => attribute.identifies_resource() || same(sub),
            _ => has_value || same(sub),
        })
}
