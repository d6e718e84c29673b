//! Groups with more members than an answer holds in memory.
//!
//! Such a group is written around its members: what comes before them, a chunk of them at a time
//! from a snapshot, and what comes after.

use rollcall_scim::{Projection, ResourceType};
use rollcall_store::{Group, MemberId, MemberRef, Snapshot};
use serde_json::{Map, Value, json};

use super::failure::ScimFailure;
use super::render;
use super::stream::{BrokenOff, Pen};
use super::tenant::Tenant;

/// How many members are held in memory at once. A group that has no more is answered whole.
pub(super) const MEMBERS_AT_ONCE: usize = 1_000;

/// How the members of a tenant's groups are shown.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) base: String,
    pub(super) kind: ResourceType,
    pub(super) projection: Projection,
}

/// A group without its members, as two texts that they stand between.
pub(super) struct Frame {
    before: String,
    after: String,
}

impl Shown {
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

    /// The elements of some members, with commas between them.
    fn elements(&self, members: &[MemberRef]) -> String {
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
        group: &Group,
        frame: Frame,
        first: Vec<MemberRef>,
    ) -> Result<(), BrokenOff> {
        pen.write(frame.before).await?;
        let mut chunk = first;
        let mut begun = false;
        loop {
            let elements = self.elements(&chunk);
            if !elements.is_empty() {
                let comma = if begun { "," } else { "" };
                pen.write(format!("{comma}{elements}")).await?;
                begun = true;
            }
            let Some(last) = after(&chunk) else { break };
            chunk = read(snapshot, group, Some(last)).await?;
        }
        pen.write(frame.after).await
    }
}

/// The last of a full chunk: there may be more after it.
fn after(chunk: &[MemberRef]) -> Option<MemberId> {
    let last = chunk.last()?;
    (chunk.len() >= MEMBERS_AT_ONCE).then_some(last.id)
}

/// The members of a group after one of them, at most a chunk.
pub(super) async fn read(
    snapshot: &Snapshot,
    group: &Group,
    after: Option<MemberId>,
) -> Result<Vec<MemberRef>, ScimFailure> {
    let members = snapshot.list_members_after(group.id, after, MEMBERS_AT_ONCE);
    Ok(members.await?)
}

impl Frame {
    fn of(resource: Value) -> Self {
        let parts = match resource {
            Value::Object(parts) => parts,
            _ => Map::new(),
        };
        let mut frame = Self {
            before: "{".to_owned(),
            after: String::new(),
        };
        let mut past_members = false;
        for (position, (name, value)) in parts.into_iter().enumerate() {
            let side = if past_members {
                &mut frame.after
            } else {
                &mut frame.before
            };
            if position > 0 {
                side.push(',');
            }
            side.push_str(&Value::from(name.as_str()).to_string());
            side.push(':');
            if name == "members" {
                side.push('[');
                frame.after.push(']');
                past_members = true;
            } else {
                side.push_str(&value.to_string());
            }
        }
        frame.after.push('}');
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_with_its_members_is_the_resource() {
        let frame = Frame::of(json!({
            "id": "1",
            "displayName": "\"members\":[",
            "members": [{ "value": "2" }],
            "meta": { "version": "W/\"1\"" },
        }));
        insta::assert_snapshot!(frame.before, @r#"{"id":"1","displayName":"\"members\":[","members":["#);
        insta::assert_snapshot!(frame.after, @r#"],"meta":{"version":"W/\"1\""}}"#);
    }

    #[test]
    fn a_frame_without_members_is_closed() {
        let frame = Frame::of(json!({ "id": "1" }));
        assert_eq!(format!("{}{}", frame.before, frame.after), r#"{"id":"1"}"#);
    }
}
