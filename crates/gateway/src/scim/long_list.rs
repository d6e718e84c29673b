//! Lists whose groups have more members than an answer holds in memory.
//!
//! What belongs to the page is known before its first byte: which resources it holds, and all of them
//! but members. Those are read from a snapshot while the page is written, a chunk at a time for a
//! large group, and for many small groups at once.

use std::collections::HashMap;

use actix_web::HttpResponse;
use rollcall_model::GroupId;
use rollcall_scim::Projection;
use rollcall_scim::message::{LIST_END, PagePlace, list_head};
use rollcall_store::{Found, Snapshot};

use super::body;
use super::failure::ScimFailure;
use super::long_group::{self, Frame, MEMBERS_AT_ONCE, Shown};
use super::tenant::Tenant;
use crate::stream::{self, BrokenOff, Pen};

/// A page that is to be written.
pub(super) struct LongList<'p> {
    pub(super) total: u64,
    pub(super) place: PagePlace,
    pub(super) items: Vec<Found>,
    /// Its users, in their order, as they are shown.
    pub(super) users: Vec<String>,
    /// About how many members each group has.
    pub(super) members: HashMap<GroupId, u64>,
    /// What of a group is wanted.
    pub(super) projection: &'p Projection,
}

enum Entry {
    User(String),
    Group {
        id: GroupId,
        frame: Frame,
        members: usize,
    },
}

/// Answers with a page that is written while it is read.
pub(super) async fn answer(
    tenant: &Tenant,
    page: LongList<'_>,
) -> Result<HttpResponse, ScimFailure> {
    let snapshot = tenant.handle.snapshot().await?;
    let ids: Vec<GroupId> = page.items.iter().filter_map(group_id).collect();
    // As they are in the snapshot, so that a group's version is that of its members.
    let groups = snapshot.find_groups(&ids).await?;
    let shown = Shown::new(tenant, page.projection);
    let mut users = page.users.into_iter();
    let entries: Vec<Entry> = page
        .items
        .iter()
        .filter_map(|item| match item {
            Found::User(_) => users.next().map(Entry::User),
            Found::Group(group) => groups.get(&group.id).map(|group| {
                let members = page.members.get(&group.id).copied().unwrap_or(0);
                Entry::Group {
                    id: group.id,
                    frame: shown.frame(tenant, group),
                    members: usize::try_from(members).unwrap_or(usize::MAX),
                }
            }),
        })
        .collect();
    let head = list_head(page.total, &page.place, entries.len());
    let subject = format!("request {}, a list of groups", tenant.request_id());
    let limit = tenant.app.settings.limits.long_answer_timeout;
    Ok(body::streamed(stream::body(
        subject,
        limit,
        |pen| async move {
            pen.write(head).await?;
            write(&pen, &snapshot, &shown, entries).await?;
            pen.write(LIST_END).await
        },
    )))
}

fn group_id(item: &Found) -> Option<GroupId> {
    match item {
        Found::User(_) => None,
        Found::Group(group) => Some(group.id),
    }
}

async fn write(
    pen: &Pen,
    snapshot: &Snapshot,
    shown: &Shown,
    entries: Vec<Entry>,
) -> Result<(), BrokenOff> {
    let mut between = "";
    let mut together = Vec::new();
    let mut held = 0;
    for entry in entries {
        let members = match &entry {
            Entry::User(_) => 0,
            Entry::Group { members, .. } => *members,
        };
        if held + members > MEMBERS_AT_ONCE && !together.is_empty() {
            let text = texts(snapshot, shown, std::mem::take(&mut together)).await?;
            pen.write(format!("{between}{text}")).await?;
            between = ",";
            held = 0;
        }
        match entry {
            Entry::Group { id, frame, .. } if members > MEMBERS_AT_ONCE => {
                let first = long_group::read(snapshot, id, None).await?;
                pen.write(between).await?;
                shown.write(pen, snapshot, id, frame, first).await?;
                between = ",";
            }
            entry => {
                held += members;
                together.push(entry);
            }
        }
    }
    if together.is_empty() {
        return Ok(());
    }
    let text = texts(snapshot, shown, together).await?;
    pen.write(format!("{between}{text}")).await
}

/// Some entries with all their members, with commas between them.
async fn texts(
    snapshot: &Snapshot,
    shown: &Shown,
    entries: Vec<Entry>,
) -> Result<String, ScimFailure> {
    let ids = entries.iter().filter_map(|entry| match entry {
        Entry::User(_) => None,
        Entry::Group { id, .. } => Some(*id),
    });
    let ids: Vec<GroupId> = ids.collect();
    let members_of = snapshot.members_of(&ids).await?;
    let texts: Vec<String> = entries
        .into_iter()
        .map(|entry| match entry {
            Entry::User(text) => text,
            Entry::Group { id, frame, .. } => {
                let members = members_of.get(&id).map(Vec::as_slice);
                shown.text(&frame, members.unwrap_or_default())
            }
        })
        .collect();
    Ok(texts.join(","))
}
