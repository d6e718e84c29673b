//! Groups as text, around their members.
//!
//! Members are by far the most of a group, so they are written as text one by one and never stand
//! in a document of their own. A group with more of them than an answer holds in memory is written
//! a chunk at a time from a snapshot.

use std::fmt::Write;

use rollcall_model::GroupId;
use rollcall_scim::{Projection, ResourceType};
use rollcall_store::{Group, MemberId, MemberRef, Snapshot};
use serde_json::{Map, Value, json};

use super::failure::ScimFailure;
use super::render;
use super::tenant::Tenant;
use crate::stream::{BrokenOff, Pen};

/// How many members are held in memory at once. A group that has no more is answered whole.
pub(super) const MEMBERS_AT_ONCE: usize = 1_000;

/// How the groups of a tenant are shown.
#[derive(Clone)]
pub(super) struct Shown {
    base: String,
    kind: ResourceType,
    projection: Projection,
}

/// A group without its members, as texts that they stand between.
pub(super) struct Frame {
    /// What comes before `members`.
    before: String,
    /// The name of the attribute; empty if members are not shown.
    open: &'static str,
    /// What comes after it.
    after: String,
}

impl Shown {
    /// As a projection wants them.
    pub(super) fn new(tenant: &Tenant, projection: &Projection) -> Self {
        Self {
            base: tenant.base.clone(),
            kind: tenant.catalog().group().clone(),
            projection: projection.clone(),
        }
    }

    /// What is shown of a group around its members.
    pub(super) fn frame(&self, tenant: &Tenant, group: &Group) -> Frame {
        // One that has every part a member can have, so that the projection leaves as much of it
        // as of any.
        let some = MemberRef {
            id: MemberId::Group(group.id),
            display: Some(String::new()),
        };
        let mut resource = render::group(tenant, group, Some(&[some]));
        self.projection.apply(&self.kind, &mut resource);
        Frame::of(resource)
    }

    /// A whole group.
    pub(super) fn text(&self, frame: &Frame, members: &[MemberRef]) -> String {
        let elements = self.elements(members);
        if frame.open.is_empty() || elements.is_empty() {
            return format!("{}{}", frame.before, frame.after);
        }
        let Frame {
            before,
            open,
            after,
        } = frame;
        format!("{before}{open}{elements}]{after}")
    }

    /// The elements of some members, with commas between them.
    fn elements(&self, members: &[MemberRef]) -> String {
        if !self.projection.is_default() {
            return self.projected(members);
        }
        let mut text = String::new();
        for (position, member) in members.iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            let (id, kind) = (member.id.to_scim(), member.id.kind().as_str());
            let place = Value::from(render::member_location(&self.base, member.id));
            // Writing to a text does not fail.
            let _ = write!(
                text,
                r#"{comma}{{"value":"{id}","$ref":{place},"type":"{kind}""#
            );
            if let Some(display) = &member.display {
                let _ = write!(text, r#","display":{}"#, Value::from(display.as_str()));
            }
            text.push('}');
        }
        text
    }

    fn projected(&self, members: &[MemberRef]) -> String {
        let members: Vec<Value> = members
            .iter()
            .map(|member| render::member(&self.base, member))
            .collect();
        let mut alone = json!({ "members": members });
        self.projection.apply(&self.kind, &mut alone);
        let text = alone.get("members").map(Value::to_string);
        let text = text.unwrap_or_default();
        let inside = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        inside.unwrap_or_default().to_owned()
    }

    /// Writes a group whose first members were read already.
    pub(super) async fn write(
        &self,
        pen: &Pen,
        snapshot: &Snapshot,
        id: GroupId,
        frame: Frame,
        first: Vec<MemberRef>,
    ) -> Result<(), BrokenOff> {
        pen.write(frame.before).await?;
        let mut chunk = first;
        let mut between = frame.open;
        loop {
            let elements = self.elements(&chunk);
            if !elements.is_empty() {
                pen.write(format!("{between}{elements}")).await?;
                between = ",";
            }
            let Some(last) = last_of_full(&chunk) else {
                break;
            };
            chunk = read(snapshot, id, Some(last)).await?;
        }
        if between == "," {
            pen.write("]").await?;
        }
        pen.write(frame.after).await
    }
}

/// The last of a full chunk: there may be more after it.
fn last_of_full(chunk: &[MemberRef]) -> Option<MemberId> {
    let last = chunk.last()?;
    (chunk.len() >= MEMBERS_AT_ONCE).then_some(last.id)
}

/// The members of a group after one of them, at most a chunk.
pub(super) async fn read(
    snapshot: &Snapshot,
    id: GroupId,
    after: Option<MemberId>,
) -> Result<Vec<MemberRef>, ScimFailure> {
    let members = snapshot.list_members_after(id, after, MEMBERS_AT_ONCE);
    Ok(members.await?)
}

impl Frame {
    /// `schemas` and `id` stand in every resource, before its members.
    fn of(resource: Value) -> Self {
        let parts = match resource {
            Value::Object(parts) => parts,
            _ => Map::new(),
        };
        let mut frame = Self {
            before: "{".to_owned(),
            open: "",
            after: String::new(),
        };
        for (position, (name, value)) in parts.into_iter().enumerate() {
            if name == "members" {
                frame.open = r#","members":["#;
                continue;
            }
            let side = if frame.open.is_empty() {
                &mut frame.before
            } else {
                &mut frame.after
            };
            let comma = if position > 0 { "," } else { "" };
            let _ = write!(side, "{comma}{}:{value}", Value::from(name));
        }
        frame.after.push('}');
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_all_but_the_members() {
        let frame = Frame::of(json!({
            "id": "1",
            "displayName": ",\"members\":[",
            "members": [{ "value": "2" }],
            "meta": { "version": "W/\"1\"" },
        }));
        insta::assert_snapshot!(frame.before, @r#"{"id":"1","displayName":",\"members\":[""#);
        insta::assert_snapshot!(frame.open, @r#","members":["#);
        insta::assert_snapshot!(frame.after, @r#","meta":{"version":"W/\"1\""}}"#);
    }

    #[test]
    fn a_frame_without_members_is_closed() {
        let frame = Frame::of(json!({ "id": "1" }));
        assert_eq!(frame.open, "");
        assert_eq!(format!("{}{}", frame.before, frame.after), r#"{"id":"1"}"#);
    }
}
