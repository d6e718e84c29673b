//! The event feed, followed as the vendor's product follows it.
//!
//! Events about membership name users and groups by id. A follower has seen both being created,
//! so it can say their names.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::api::{Api, Event, Events};

/// How many events are kept to be shown.
pub(super) const KEPT: usize = 10;

/// A place in the feed, and what was learned on the way there.
#[derive(Default)]
pub(super) struct Feed {
    cursor: Option<String>,
    /// How many events were read.
    pub(super) total: usize,
    /// The last [`KEPT`] events.
    pub(super) last: VecDeque<Event>,
    names: HashMap<String, String>,
}

impl Feed {
    /// Reads to the end, and says how many events that were.
    pub(super) async fn follow(&mut self, api: &Api) -> anyhow::Result<usize> {
        let before = self.total;
        loop {
            let after = match &self.cursor {
                Some(cursor) => format!("&after={cursor}"),
                None => String::new(),
            };
            let page: Events = api.get(&format!("/v1/events?limit=500{after}")).await?;
            if page.data.is_empty() {
                return Ok(self.total - before);
            }
            self.cursor = page.next_cursor;
            for event in page.data {
                self.take(event);
            }
        }
    }

    fn take(&mut self, event: Event) {
        self.total += 1;
        for (object, name) in [("user", "userName"), ("group", "displayName")] {
            let object = &event.data[object];
            if let (Some(id), Some(name)) = (object["id"].as_str(), object[name].as_str()) {
                self.names.insert(id.to_owned(), name.to_owned());
            }
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(event);
    }

    /// What an event is about, by name.
    pub(super) fn subject(&self, event: &Event) -> String {
        let named = |object: &Value| self.names.get(object["id"].as_str()?).cloned();
        match (named(&event.data["user"]), named(&event.data["group"])) {
            (Some(user), Some(group)) => format!("{user} in {group}"),
            (Some(name), None) | (None, Some(name)) => name,
            (None, None) => String::new(),
        }
    }
}
