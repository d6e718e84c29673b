//! `/v1/organizations/{org}/snapshot`: an organization as it is at one moment, to begin following it.
//!
//! One line of JSON for each thing, written while it is read, a few hundred rows ahead of the client
//! at most. The last line says that it is the last: whoever does not see it has a part, and begins
//! again.

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use rollcall_model::{GroupId, ScimConnectionId};
use rollcall_store::{MemberId, MemberKind, Membership, OrgSnapshot, SeenConnection};
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::stream::{self, BrokenOff, Pen};

/// How many users or groups are read at once.
const RESOURCES_AT_ONCE: u64 = 250;

/// How many memberships are read at once, and the most that one line tells.
const MEMBERSHIPS_AT_ONCE: u64 = 1_000;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(get_snapshot);
}

/// Get a snapshot of an organization
///
/// All users, groups and memberships as they are at one moment, and the cursor from which
/// `GET /v1/events?organization=…&after=…` tells every later change once. One line of JSON each, with
/// a `type`: `snapshot` first, then `user`, `group` and `members`, and `end` last, with the counts. An
/// answer without that line was broken off; throw it away.
#[utoipa::path(
    tag = "Events",
    responses((
        status = 200,
        description = "The lines",
        content_type = "application/x-ndjson",
        body = String,
    )),
)]
#[get("/organizations/{org}/snapshot")]
async fn get_snapshot(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let org = caller.organization(&path).await?;
    let limit = caller.app.settings.limits.snapshot_timeout;
    let snapshot = org.snapshot(limit).await?;
    let subject = format!("request {}, a snapshot", caller.request_id);
    let lines = stream::body(subject, limit, |pen| write(pen, snapshot));
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(lines))
}

async fn write(pen: Pen, snapshot: OrgSnapshot) -> Result<(), BrokenOff> {
    pen.write(line(&head(&snapshot))).await?;
    let (mut users, mut groups) = (0, 0);
    for connection in snapshot.connections() {
        users += write_users(&pen, &snapshot, connection).await?;
    }
    for connection in snapshot.connections() {
        groups += write_groups(&pen, &snapshot, connection).await?;
    }
    for connection in snapshot.connections() {
        for kind in [MemberKind::User, MemberKind::Group] {
            write_memberships(&pen, &snapshot, connection, kind).await?;
        }
    }
    let end = json!({ "type": "end", "users": users, "groups": groups });
    pen.write(line(&end)).await
}

fn line(value: &Value) -> String {
    let mut line = value.to_string();
    line.push('\n');
    line
}

fn head(snapshot: &OrgSnapshot) -> Value {
    let organization = snapshot.organization();
    json!({
        "type": "snapshot",
        "cursor": snapshot.cursor().to_string(),
        "sequence": snapshot.sequence(),
        "at": snapshot.at(),
        "default_role": snapshot.default_role(),
        "organization": {
            "id": organization.id,
            "slug": organization.slug.as_str(),
            "name": organization.name,
            "external_id": organization.external_id,
        },
    })
}

async fn write_users(
    pen: &Pen,
    snapshot: &OrgSnapshot,
    connection: &SeenConnection,
) -> Result<u64, BrokenOff> {
    let (mut count, mut after) = (0, None);
    loop {
        let users = snapshot
            .list_users_after(connection, after, RESOURCES_AT_ONCE)
            .await?;
        let Some(last) = users.last().map(|user| user.id) else {
            return Ok(count);
        };
        let mut text = String::new();
        for user in users {
            count += 1;
            text += &line(&json!({
                "type": "user",
                "scim_connection_id": connection.id(),
                "user": user.user,
                "role": user.role.told(),
                "waiting_for_seat": user.waiting_for_seat,
            }));
        }
        pen.write(text).await?;
        after = Some(last);
    }
}

async fn write_groups(
    pen: &Pen,
    snapshot: &OrgSnapshot,
    connection: &SeenConnection,
) -> Result<u64, BrokenOff> {
    let (mut count, mut after) = (0, None);
    loop {
        let groups = snapshot
            .list_groups_after(connection, after, RESOURCES_AT_ONCE)
            .await?;
        let Some(last) = groups.last().map(|group| group.id) else {
            return Ok(count);
        };
        let mut text = String::new();
        for group in groups {
            count += 1;
            let mapping = group.role_mapping.as_ref();
            text += &line(&json!({
                "type": "group",
                "scim_connection_id": connection.id(),
                "group": group.group,
                "role_mapping": mapping.map(|mapping| {
                    json!({ "role": mapping.role, "precedence": mapping.precedence })
                }),
            }));
        }
        pen.write(text).await?;
        after = Some(last);
    }
}

async fn write_memberships(
    pen: &Pen,
    snapshot: &OrgSnapshot,
    connection: &SeenConnection,
    kind: MemberKind,
) -> Result<(), BrokenOff> {
    let mut after = None;
    loop {
        let found = snapshot
            .list_memberships_after(connection, kind, after, MEMBERSHIPS_AT_ONCE)
            .await?;
        let Some(last) = found.last().copied() else {
            return Ok(());
        };
        let text: String = found
            .chunk_by(|one, next| one.group_id == next.group_id)
            .map(|of_one| members(connection.id(), of_one))
            .collect();
        pen.write(text).await?;
        after = Some(last);
    }
}

/// A line about some members of one group.
fn members(connection_id: ScimConnectionId, of_one: &[Membership]) -> String {
    let group = of_one.first().map(|first| first.group_id);
    let ids = |wanted| {
        let of_kind = move |id: &MemberId| id.kind() == wanted;
        let members = of_one.iter().map(|membership| membership.member);
        let ids = members.filter(of_kind).map(MemberId::to_scim);
        Value::from_iter(ids)
    };
    line(&json!({
        "type": "members",
        "scim_connection_id": connection_id,
        "group": { "id": group.map(GroupId::to_scim) },
        "users": ids(MemberKind::User),
        "groups": ids(MemberKind::Group),
    }))
}
