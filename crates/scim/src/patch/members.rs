//! What a PATCH of a group does to its members, as changes of rows.

use serde_json::{Map, Value};

use super::target::{Place, Target, locate};
use super::{Change, PatchError, Patched, apply};
use crate::attr::AttrPath;
use crate::error::ScimError;
use crate::filter::{self, CheckedFilter, CompareOp, Filter, Literal};
use crate::message::{PatchOp, PatchVerb};
use crate::quirks::{Quirk, note, refuse_in_strict};
use crate::resource::{Member, Resource};
use crate::schema::ResourceType;

/// A PATCH of a group, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPatch {
    /// Operations on the document, without what concerned members. Empty if nothing else
    /// did, so that the document need not be looked at.
    pub attributes: Vec<PatchOp>,
    /// Changes of the membership, in the order of the operations.
    pub members: Vec<MemberChange>,
    /// Tolerances that the changes of the membership needed, each once.
    pub quirks: Vec<Quirk>,
    /// For each of `attributes`, its position in the request.
    positions: Vec<usize>,
}

/// A change of the membership.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberChange {
    /// These become members; those who are stay.
    Add(Vec<Member>),
    /// Those with these ids are no longer members; ids that are none are ignored.
    Remove(Vec<String>),
    /// Those who match are no longer members. The filter is `members[…]`; it is evaluated
    /// on a group `{"members": […]}` that may hold one member at a time.
    RemoveMatching(CheckedFilter),
    /// Nobody is a member.
    RemoveAll,
    /// These are the members, and nobody else.
    ReplaceAll(Vec<Member>),
}

impl GroupPatch {
    /// Applies what remains for the document, as [`apply`] does, but with errors that name
    /// the position in the request and not in `attributes`.
    ///
    /// # Errors
    ///
    /// As [`apply`].
    pub fn apply(&self, kind: &ResourceType, before: &Resource) -> Result<Patched, PatchError> {
        apply(kind, before, &self.attributes).map_err(|err| PatchError {
            index: self.positions.get(err.index).copied().unwrap_or(err.index),
            ..err
        })
    }
}

/// Takes the changes of `members` out of a PATCH of a group.
///
/// # Errors
///
/// The first operation on members that cannot be carried out: `invalidValue` for a member
/// without id, `mutability` for an attempt to change an entry, which can only come and go.
/// An operation whose path is malformed stays among the others and fails with them.
pub fn split_members(kind: &ResourceType, ops: Vec<PatchOp>) -> Result<GroupPatch, PatchError> {
    let mut split = GroupPatch {
        attributes: Vec::new(),
        members: Vec::new(),
        quirks: Vec::new(),
        positions: Vec::new(),
    };
    for (index, op) in ops.into_iter().enumerate() {
        let rest = split
            .take(kind, op)
            .and_then(|rest| refuse_in_strict(kind.profile, &split.quirks).map(|()| rest))
            .map_err(|reason| PatchError { index, reason })?;
        if let Some(op) = rest {
            split.attributes.push(op);
            split.positions.push(index);
        }
    }
    Ok(split)
}

impl GroupPatch {
    /// What of the operation does not concern members.
    fn take(&mut self, kind: &ResourceType, op: PatchOp) -> Result<Option<PatchOp>, ScimError> {
        let PatchOp { verb, path, value } = op;
        match (path, verb, value) {
            (Some(path), verb, value) => match members_target(kind, &path) {
                Some(target) => {
                    self.change(kind, &target, verb, value)?;
                    Ok(None)
                }
                // An error of the path is found again, and reported, when it is applied.
                None => Ok(Some(PatchOp {
                    verb,
                    path: Some(path),
                    value,
                })),
            },
            (None, PatchVerb::Add | PatchVerb::Replace, Some(Value::Object(all))) => {
                let rest = self.take_keys(kind, verb, all)?;
                Ok(rest.map(|rest| PatchOp {
                    verb,
                    path: None,
                    value: Some(Value::Object(rest)),
                }))
            }
            (path, verb, value) => Ok(Some(PatchOp { verb, path, value })),
        }
    }

    fn take_keys(
        &mut self,
        kind: &ResourceType,
        verb: PatchVerb,
        all: Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, ScimError> {
        let mut rest = Map::new();
        for (key, value) in all {
            match members_target(kind, &key) {
                Some(_) if value.is_null() && verb == PatchVerb::Add => {}
                Some(target) => self.change(kind, &target, verb, Some(value))?,
                None => {
                    rest.insert(key, value);
                }
            }
        }
        Ok((!rest.is_empty()).then_some(rest))
    }

    fn change(
        &mut self,
        kind: &ResourceType,
        target: &Target<'_>,
        verb: PatchVerb,
        value: Option<Value>,
    ) -> Result<(), ScimError> {
        let fixed = || ScimError::mutability("an entry of `members` can be added or removed only");
        let change = match (&target.condition, target.sub) {
            (None, None) => match Change::new(verb, value)? {
                Change::Add(value) => MemberChange::Add(self.read(value)?),
                Change::Replace(value) => MemberChange::ReplaceAll(self.read(value)?),
                Change::Remove(None) => MemberChange::RemoveAll,
                Change::Remove(Some(value)) => {
                    note(&mut self.quirks, Quirk::RemoveWithValue);
                    let members = self.read(value)?;
                    MemberChange::Remove(members.into_iter().map(|it| it.value).collect())
                }
            },
            (Some(condition), None) if matches!(Change::new(verb, value)?, Change::Remove(_)) => {
                remove_matching(kind, condition)?
            }
            (_, Some(_)) | (Some(_), None) => return Err(fixed()),
        };
        self.members.push(change);
        Ok(())
    }

    fn read(&mut self, value: Value) -> Result<Vec<Member>, ScimError> {
        Member::read_all(value, &mut self.quirks)
    }
}

/// The target, if the path leads to `members`.
fn members_target<'k>(kind: &'k ResourceType, path: &str) -> Option<Target<'k>> {
    match locate(kind, path) {
        Ok(Place::Attribute(target))
            if target.extension.is_none() && target.attribute.name == "members" =>
        {
            Some(target)
        }
        _ => None,
    }
}

/// Almost every condition names ids, for which no row need be read.
fn remove_matching(kind: &ResourceType, condition: &Filter) -> Result<MemberChange, ScimError> {
    let mut ids = Vec::new();
    if collect_ids(condition, &mut ids) {
        return Ok(MemberChange::Remove(ids));
    }
    let path = AttrPath {
        schema: None,
        name: "members".to_owned(),
        sub: None,
    };
    let whole = Filter::AnyElement {
        path,
        matching: Box::new(condition.clone()),
    };
    filter::check(kind, whole).map(MemberChange::RemoveMatching)
}

/// Adds the ids of `value eq "…"`, or several joined by `or`. Whether there was nothing else.
fn collect_ids(condition: &Filter, ids: &mut Vec<String>) -> bool {
    match condition {
        Filter::Or(left, right) => collect_ids(left, ids) && collect_ids(right, ids),
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value: Literal::Text(id),
        } if path.name == "value" => {
            ids.push(id.clone());
            true
        }
        _ => false,
    }
}
